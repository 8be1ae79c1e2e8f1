"""The synthetic operating field as a source, made as it is played."""

from collections.abc import Iterator
from typing import Final

from streamer.capture.field.field import OperatingField
from streamer.capture.sources.base import Picture, PictureFormat, Wait
from streamer.errors import SourceError

PREFIX: Final = "synthetic:"
FIELD: Final = "synthetic:field"
DEFAULT_EYE: Final = (1280, 720)
DEFAULT_FPS: Final = 30.0


class SyntheticSource:
    """`synthetic:field`: a stereo operating field, side by side, 1280x720 an eye, 30 a second."""

    recorded, patient, side_by_side = True, False, True

    def __init__(
        self, name: str, eye_size: tuple[int, int] | None = None, fps: float | None = None
    ) -> None:
        if name != FIELD:
            raise SourceError(f"no synthetic source {name!r}; there is {FIELD!r}")
        self.name = name
        self._eye_size = eye_size or DEFAULT_EYE
        self._fps = min(fps or DEFAULT_FPS, DEFAULT_FPS)
        self._field: OperatingField | None = None

    def open(self, wait: Wait) -> "SyntheticReader":
        """A reader that begins with picture 0; the field is prepared on the first call."""
        if self._field is None:
            self._field = OperatingField(*self._eye_size)
        return SyntheticReader(self._field, self._fps)


class SyntheticReader:
    """Makes the pictures of an operating field, without end."""

    def __init__(self, field: OperatingField, fps: float) -> None:
        self._field, self._fps = field, fps
        width, height = field.eye_size
        self.format = PictureFormat(2 * width, height, fps)

    def pictures(self) -> Iterator[Picture]:
        """Picture after picture."""
        number = 0
        while True:
            time_ns = round(number * 1e9 / self._fps)
            planes = self._field.render(time_ns / 1e9)
            yield Picture(planes, time_ns, self.format.period_ns)
            number += 1

    def close(self) -> None:
        """Nothing is held."""
