"""The relief of the synthetic tissue: its heights, its disparities, and how it breathes."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float32]

FARTHEST: Final = -0.009
NEAREST: Final = 0.007
"""Disparity of the tissue, in picture widths: the zero plane lies in it, the two together with
the instrument's stay within 3 % of the width, what broadcasters allow."""

PHASES: Final = 12
BREATH_S: Final = 4.0
RISE: Final = 0.006
"""How far the tissue moves up and down in the picture, in picture heights."""
SWELL: Final = 0.12
"""By how much of itself the relief's height changes with the breath."""
INVERSION_STEPS: Final = 5


def breath(phase: int) -> float:
    """How full the breath is at one of the phases, -1 to 1."""
    return float(-np.cos(np.pi * phase / (PHASES - 1)))


def phase_at(time_s: float) -> int:
    """The phase at a time: in and out again, slow at both ends."""
    turn = (time_s / BREATH_S) % 1.0
    return round((1 - abs(2 * turn - 1)) * (PHASES - 1))


def heights(width: int, height: int, seed: int = 7) -> Map:
    """A smooth relief (height, width), -1 (far) to 1 (near): hills, a fold, a hollow."""
    rng = np.random.default_rng(seed)
    relief = np.zeros((height, width), np.float32)
    for cells, weight in ((4, 1.0), (8, 0.5), (16, 0.16)):
        grid = rng.standard_normal((cells * 9 // 16 + 3, cells + 3)).astype(np.float32)
        relief += weight * cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
    x, y = np.meshgrid(
        np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)
    )
    fold = np.exp(-(((y - 0.25 * np.sin(2.2 * x) + 0.1) / 0.22) ** 2))
    relief += 1.1 * (x**2 + y**2) - 1.0 * fold
    relief = np.asarray(cv2.GaussianBlur(relief, (0, 0), width / 60), np.float32)
    low, high = float(relief.min()), float(relief.max())
    scaled: Map = ((relief - low) * (2 / (high - low)) - 1).astype(np.float32)
    return scaled


@dataclass(frozen=True, slots=True, eq=False)
class Warp:
    """Where one phase's pictures take their texture from, and the disparity that belongs to it.

    `left_x`, `left_y`, `right_x`, `right_y` (H, W) float32: texture coordinates in pixels for
    each pixel of the left and the right picture. `disparity` (H, W) float32: for each pixel of
    the left picture, how many pixels further left the right eye sees the same point.
    """

    left_x: Map
    left_y: Map
    right_x: Map
    right_y: Map
    disparity: Map


def warp(relief: Map, phase: int) -> Warp:
    """The warp of `relief` (H, W) at one phase of the breath."""
    height, width = relief.shape
    fullness = breath(phase)
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    # The near parts rise and fall most.
    moved_y = y - np.float32(RISE * height * fullness) * (np.float32(0.6) + 0.4 * relief)
    here = cv2.remap(relief, x, moved_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    share = (here + 1) / 2 * (1 - SWELL / 2 + SWELL / 2 * fullness)
    disparity = (width * (FARTHEST + (NEAREST - FARTHEST) * share)).astype(np.float32)
    # The right picture at x shows the left's point at s where s - disparity(s) = x.
    source_x = x + disparity
    for _ in range(INVERSION_STEPS):
        at_source = cv2.remap(
            disparity, source_x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        source_x = x + at_source
    right_y = cv2.remap(moved_y, source_x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return Warp(x, moved_y, source_x, np.asarray(right_y, np.float32), disparity)
