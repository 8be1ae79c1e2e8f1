"""Disparity maps: the depth of a stereo pair's left picture, pixel by pixel."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from streamer.frames import Plane
from streamer.render.kernels.refine import fill_unknown, refine

SURE = 255


@dataclass(frozen=True, slots=True, eq=False)
class DisparityMap:
    """Disparity of the left picture: `px` (h, w) float32, in pixels of the picture itself.

    The map may be smaller than the picture; `width` is the picture's, in whose pixels `px` counts.
    Positive is nearer than the screen; all values are finite. `confidence` (h, w) uint8 is 255
    where the match is sure and 0 where it was filled in.
    """

    px: NDArray[np.float32]
    confidence: Plane
    width: int

    @classmethod
    def plane(cls, width: int, height: int, disparity_px: float = 0.0) -> "DisparityMap":
        """The map of a picture that lies flat at one depth: mono video, a slide."""
        shape = (max(height, 1), max(width, 1))
        return cls(np.full(shape, disparity_px, np.float32), np.full(shape, SURE, np.uint8), width)

    @classmethod
    def of_measured(
        cls, px: NDArray[np.floating], *, zero_is_unknown: bool = False
    ) -> "DisparityMap":
        """The map of a picture of `px`'s size, in which NaN and infinities mean unknown.

        With `zero_is_unknown` 0 does too, as in integer files. What is unknown is filled from the
        farther of the surfaces beside it in its row. With nothing known the map is a plane at 0.
        """
        filled = np.ascontiguousarray(px, np.float32).copy()
        sure = np.isfinite(filled)
        if zero_is_unknown:
            sure &= filled != 0
        known = sure.astype(np.uint8)
        filled[known == 0] = 0.0
        fill_unknown(filled, known)
        return cls(filled, known * np.uint8(SURE), filled.shape[1])

    @property
    def is_flat(self) -> bool:
        """Whether it is one plane facing the cameras."""
        first = self.px.flat[0]
        return bool((self.px == first).all())

    def resized(self, guide: Plane) -> NDArray[np.float32]:
        """The map at the size of `guide` (H, W), the luma of the left picture, in its pixels.

        Enlarging follows the guide: each pixel takes the disparity of those of the map's pixels
        about it that look most like it, so depth's edges fall on the picture's.
        """
        height, width = guide.shape
        h, w = self.px.shape
        scale = np.float32(width / self.width)
        if (h, w) == (height, width):
            return self.px * scale
        if h >= height and w >= width:
            # Nearest: a mean of two surfaces' depths lies where nothing is.
            small = cv2.resize(self.px, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
            return np.multiply(small, scale, dtype=np.float32)
        seen = cv2.resize(guide, (w, h), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        out = np.empty((height, width), np.float32)
        refine(self.px * scale, seen, np.ascontiguousarray(guide), 0, height, out)
        return out
