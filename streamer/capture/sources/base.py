"""What every source offers: open it, and read pictures with a time from it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from streamer.frames import I420

Wait = Callable[[float], bool]
"""Wait so many seconds; true where the capture is being stopped meanwhile."""


@dataclass(frozen=True, slots=True)
class PictureFormat:
    """What a source says of its pictures: size in pixels, nominal rate a second."""

    width: int
    height: int
    fps: float

    @property
    def period_ns(self) -> int:
        """Nominal nanoseconds from picture to picture."""
        return round(1e9 / self.fps)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One decoded picture. Its planes may be the decoder's own memory: read, never write them.

    `time_ns` is, for a live source, the arrival on the capture clock; for a recorded one, the
    nanoseconds since the first picture of this pass. `late` marks what a live source had stored
    before it could be read: decoded for the pictures that build on it, too old to be shown.
    """

    planes: I420
    time_ns: int
    duration_ns: int
    late: bool = False


class Reader(Protocol):
    """An opened source."""

    @property
    def format(self) -> PictureFormat:
        """Size and nominal rate."""
        ...

    def pictures(self) -> Iterator[Picture]:
        """Pictures in decoding order until the source ends; raises SourceError where it fails."""
        ...

    def close(self) -> None:
        """Let go of the device, file or socket."""
        ...


class Source(Protocol):
    """Something that yields pictures, and how it wants to be treated."""

    @property
    def name(self) -> str:
        """How messages call it; holds no password."""
        ...

    @property
    def recorded(self) -> bool:
        """True: it plays at its own times (file, synthetic). False: it comes when it comes."""
        ...

    @property
    def patient(self) -> bool:
        """True: not to be there at start is no error, it is waited for (network)."""
        ...

    @property
    def side_by_side(self) -> bool:
        """True: its pictures are a pair at full size, whatever layout is asked."""
        ...

    def open(self, wait: Wait) -> Reader:
        """Open it; raises SourceError. `wait` is how the reader sleeps, if it must."""
        ...
