"""What the user asks of capture: the inputs, how a pair lies in a picture, size and rate."""

import math
from dataclasses import dataclass
from enum import StrEnum

from streamer.errors import SourceError

MIN_EYE_PX = 64
MAX_EYE_PX = 8192


class Layout(StrEnum):
    """How the left and the right picture lie in what a source yields.

    `SBS` and `TB` hold both at full size (left first, top first); the `-half` forms hold them
    squeezed to half width or half height; `ROWS` interleaves them, even rows being the left eye's.
    """

    MONO = "mono"
    SBS = "sbs"
    SBS_HALF = "sbs-half"
    TB = "tb"
    TB_HALF = "tb-half"
    ROWS = "rows"


@dataclass(frozen=True, slots=True)
class CaptureSettings:
    """One room's video input.

    `video` names a capture device, a file, a network address or `synthetic:field`; `video_right`
    is the right eye's input where the pair comes as two (then `layout` is mono). `eye_size` is
    (width, height) in pixels of what capture hands on for each eye, None for the source's own;
    `fps` is a maximum rate, None for the source's own; `loop` plays a file again and again.
    """

    video: str
    video_right: str | None = None
    layout: Layout = Layout.MONO
    eye_size: tuple[int, int] | None = None
    fps: float | None = None
    loop: bool = False

    def check(self) -> None:
        """Raise SourceError where the settings contradict themselves, whatever the source is."""
        if not self.video.strip():
            raise SourceError(
                "the video source is empty; give a device, a file, a network address or "
                "synthetic:field"
            )
        if self.video_right is not None and self.layout is not Layout.MONO:
            raise SourceError(
                f"two inputs were given together with the layout {self.layout.value!r}; each of "
                "two inputs holds one eye, so leave the layout at 'mono' or drop the second input"
            )
        if self.eye_size is not None:
            width, height = self.eye_size
            if (
                width % 2
                or height % 2
                or not all(MIN_EYE_PX <= side <= MAX_EYE_PX for side in self.eye_size)
            ):
                raise SourceError(
                    f"an eye of {width}x{height} pixels is not possible; give an even width and "
                    f"height from {MIN_EYE_PX} to {MAX_EYE_PX}, such as 1280x720"
                )
        if self.fps is not None and not (math.isfinite(self.fps) and 1 <= self.fps <= 240):
            raise SourceError(
                f"a rate of {self.fps:g} frames a second is not possible; give one from 1 to 240"
            )
