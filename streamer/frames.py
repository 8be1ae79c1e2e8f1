"""The values that stages hand on: a frame's identity and its pictures as I420 planes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class FrameStamp:
    """A frame's identity, given at capture and kept to the student's eye.

    `frame_id` counts every frame that the source yielded since the room opened, from 0, also those
    dropped later; `captured_ns` is on the room's `CaptureClock`.
    """

    frame_id: int
    captured_ns: int


@dataclass(frozen=True, slots=True)
class I420:
    """One picture in YUV 4:2:0, limited range, BT.709: `y` (H, W), `u` and `v` (H/2, W/2), uint8.

    Height and width are even. Rows are contiguous but may be strided (a view of a larger picture).
    """

    y: Plane
    u: Plane
    v: Plane

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in luma pixels."""
        return self.y.shape[1], self.y.shape[0]

    @classmethod
    def empty(cls, width: int, height: int) -> "I420":
        """An uninitialised picture in one allocation; `width` and `height` must be even."""
        if width % 2 or height % 2 or width <= 0 or height <= 0:
            raise ValueError(f"I420 needs an even, positive size, not {width}x{height}")
        buffer = np.empty(width * height * 3 // 2, np.uint8)
        luma, chroma = width * height, width * height // 4
        return cls(
            buffer[:luma].reshape(height, width),
            buffer[luma : luma + chroma].reshape(height // 2, width // 2),
            buffer[luma + chroma :].reshape(height // 2, width // 2),
        )

    def crop(self, x: int, y: int, width: int, height: int) -> "I420":
        """A view (no copy) of a rectangle; all four numbers must be even."""
        if (x | y | width | height) & 1:
            raise ValueError(f"an I420 crop must be even, not {width}x{height} at {x},{y}")
        hx, hy, hw, hh = x // 2, y // 2, width // 2, height // 2
        return I420(
            self.y[y : y + height, x : x + width],
            self.u[hy : hy + hh, hx : hx + hw],
            self.v[hy : hy + hh, hx : hx + hw],
        )


@dataclass(frozen=True, slots=True)
class StereoFrame:
    """What capture hands on: one stamp, the left and the right picture, equal in size.

    `packed`, where present, is the picture that already holds both side by side at full size, of
    which `left` and `right` are views: a frame that only passes through is handed to the encoder
    as it is. A mono source gives the same object as `left` and `right`. A slate is not `live`.
    """

    stamp: FrameStamp
    left: I420
    right: I420
    packed: I420 | None = None
    live: bool = True
