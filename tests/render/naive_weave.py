"""The weave, slow and written out, subpixel by subpixel, from the calibration file's own fields."""

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

CHANNELS = "RGB"


def field(calibration: Mapping[str, Any], name: str) -> float:
    value = calibration[name]
    return float(value["value"]) if isinstance(value, dict) else float(value)


def cell_of(pattern: int, x: int, y: int, cells: int) -> int:
    """The subpixel cell of the pixel (x, y), counted from the bottom left."""
    if pattern == 0:
        cell = 0
    elif pattern == 1:
        cell = 0 if x % 2 == y % 2 else 1
    elif pattern == 2:
        cell = x % 2
    elif pattern == 3:
        cell = (y + 2 * (x % 2)) % 4
    else:
        cell = y % 2
    return cell % cells


def view_of(
    calibration: Mapping[str, Any], size: tuple[int, int], views: int, x: int, y: int, i: int
) -> int:
    """The view of channel i of the pixel (x, y), counted from the bottom left."""
    w, h = size
    slope, dpi = field(calibration, "slope"), field(calibration, "DPI")
    flip = -1 if field(calibration, "flipImageX") else 1
    pitch = field(calibration, "pitch") * w / dpi * math.cos(math.atan(1 / slope))
    tilt = h / (w * slope) * flip
    subp = flip / (3 * w)
    u = (x + 0.5) / w
    v = (y + 0.5) / h
    cells: Sequence[Mapping[str, float]] = calibration["subpixelCells"]
    if cells:
        cell = cells[cell_of(int(field(calibration, "CellPatternMode")), x, y, len(cells))]
        u = u + cell[CHANNELS[i] + "OffsetX"] / w
        v = v + cell[CHANNELS[i] + "OffsetY"] / h
        turns = (u + v * tilt) * pitch - field(calibration, "center")
    else:
        place = 2 - i if field(calibration, "flipSubp") else i
        turns = (u + place * subp + v * tilt) * pitch - field(calibration, "center")
    fraction = turns - math.floor(turns)
    z = 1 - fraction if field(calibration, "invView") else fraction
    return min(math.floor(z * views), views - 1)


def views_of(
    calibration: Mapping[str, Any], size: tuple[int, int], views: int
) -> NDArray[np.int64]:
    """(H, W, 3): the view of every subpixel, rows from the top."""
    w, h = size
    return np.array(
        [
            [[view_of(calibration, size, views, x, h - 1 - row, i) for i in range(3)]]
            for row in range(h)
            for x in range(w)
        ]
    ).reshape(h, w, 3)


def neighbours(position: int, panel: int, tile: int) -> list[tuple[int, int]]:
    """(sample, weight of 256) on an axis for the centre of a panel's pixel, bilinear."""
    at = (Fraction(position) + Fraction(1, 2)) * tile / panel - Fraction(1, 2)
    at = min(max(at, Fraction(0)), Fraction(tile - 1))
    low = math.floor(at)
    share = math.floor((at - low) * 256 + Fraction(1, 2))
    return [(low, 256 - share), (min(low + 1, tile - 1), share)]


def nearest(position: int, panel: int, tile: int) -> list[tuple[int, int]]:
    """The one sample in whose square the centre of a panel's pixel lies."""
    return [(math.floor((Fraction(position) + Fraction(1, 2)) * tile / panel), 256)]


def woven(
    quilt: NDArray[np.uint8],
    grid: tuple[int, int],
    views: NDArray[np.int64],
    *,
    bilinear: bool,
    upside_down: bool,
) -> NDArray[np.uint8]:
    """The panel's picture of an RGB quilt, given the view of every subpixel."""
    columns, rows = grid
    height, width = quilt.shape[0] // rows, quilt.shape[1] // columns
    taps = neighbours if bilinear else nearest
    out = np.empty(views.shape, np.uint8)
    panel_height, panel_width = views.shape[:2]
    for row, x, i in np.ndindex(*views.shape):
        view = int(views[row, x, i])
        left = view % columns * width
        top = quilt.shape[0] - height * (1 + view // columns)
        shown_row = panel_height - 1 - row if upside_down else row
        total = sum(
            wx * wy * int(quilt[top + ty, left + tx, i])
            for ty, wy in taps(shown_row, panel_height, height)
            for tx, wx in taps(x, panel_width, width)
        )
        out[row, x, i] = math.floor(Fraction(total, 65536) + Fraction(1, 2))
    return out


def rgb_of(y: float, u: float, v: float) -> tuple[float, float, float]:
    """Limited range BT.709 to display RGB, 0 to 255, clipped but not rounded."""
    luma, cb, cr = (y - 16) / 219, (u - 128) / 224, (v - 128) / 224
    red = luma + 2 * (1 - 0.2126) * cr
    blue = luma + 2 * (1 - 0.0722) * cb
    green = (luma - 0.2126 * red - 0.0722 * blue) / 0.7152
    red, green, blue = (min(max(255 * c, 0.0), 255.0) for c in (red, green, blue))
    return red, green, blue
