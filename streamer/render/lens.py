"""A simulated lens sheet: what a woven picture looks like from a direction, in millimetres.

The lens bends the light of each subpixel into one direction, set by how far the subpixel lies
beside the axis of the lens above it. Nothing here shares code with the weave, so that the two can
be held against each other; it also shows crosstalk, with a window wider than a view.
"""

import math
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.lenticular import CELL_PATTERNS, LenticularPanel

MM_PER_INCH = 25.4


def views_seen(
    picture: NDArray[np.uint8],
    panel: LenticularPanel,
    angles_deg: Sequence[float],
    window_deg: float,
    size: tuple[int, int],
) -> NDArray[np.uint8]:
    """What an eye far away sees of the woven `picture` (H, W, 3) from each angle.

    Angles are from the panel's normal, positive to the viewer's right; an eye sees the subpixels
    whose light goes within `window_deg` / 2 of its angle. The result is (angles, h, w, 3) for
    `size` (w, h), the mean of what is seen in each cell; a cell without any takes its neighbours'.
    """
    out = np.empty((len(angles_deg), size[1], size[0], 3), np.uint8)
    cell = _cells(picture.shape[:2], size)
    shape = size[::-1]
    for channel, sent_deg in enumerate(directions_deg(panel, picture.shape[:2])):
        values = picture[..., channel].astype(np.float64)
        for n, angle in enumerate(angles_deg):
            seen = np.abs(sent_deg - angle) <= window_deg / 2
            count = np.bincount(cell[seen], minlength=size[0] * size[1]).reshape(shape)
            total = np.bincount(cell[seen], values[seen], minlength=count.size).reshape(shape)
            out[n, ..., channel] = np.rint(_mean(total, count.astype(np.float64)))
    return out


def directions_deg(panel: LenticularPanel, shape: tuple[int, ...]) -> Iterator[NDArray[np.float64]]:
    """For red, green and blue: the angle (H, W) into which each subpixel's light goes."""
    height, width = shape
    pixel_mm = MM_PER_INCH / panel.dpi
    lens_mm = MM_PER_INCH / panel.pitch  # from axis to axis, straight across
    lean = math.atan(1 / panel.slope) * (-1 if panel.flip_x else 1)
    y, x = np.mgrid[height - 1 : -1 : -1, 0:width]
    for channel in range(3):
        dx, dy = _offsets_px(panel, channel, x, y)
        x_mm = (x + 0.5 + dx) * pixel_mm
        y_mm = (y + 0.5 + dy) * pixel_mm
        across = (x_mm * math.cos(lean) + y_mm * math.sin(lean)) / lens_mm - panel.center
        beside = across - np.floor(across) - 0.5  # of a lens, to the right of its axis
        yield panel.view_cone_deg * (-beside if panel.inverted else beside)


def _offsets_px(
    panel: LenticularPanel, channel: int, x: NDArray[np.int64], y: NDArray[np.int64]
) -> tuple[NDArray[np.float64] | float, NDArray[np.float64] | float]:
    """Where a channel's subpixel lies in its pixel, (right, up)."""
    if not panel.cells:
        place = 2 - channel if panel.flip_subpixels else channel
        return (-place if panel.flip_x else place) / 3, 0.0
    kind = np.array(CELL_PATTERNS[panel.cell_pattern])[y % 4, x % 2] % len(panel.cells)
    offsets = np.array(panel.cells)[:, channel]
    return offsets[kind, 0], offsets[kind, 1]


def _cells(shape: tuple[int, ...], size: tuple[int, int]) -> NDArray[np.int64]:
    """The cell, row by row, of a picture of `size` into which each pixel falls."""
    column = np.arange(shape[1]) * size[0] // shape[1]
    row = np.arange(shape[0]) * size[1] // shape[0]
    return row[:, None] * size[0] + column[None, :]


def _mean(total: NDArray[np.float64], count: NDArray[np.float64]) -> NDArray[np.float64]:
    """Total over count; where nothing was counted, that of the smallest square which has any."""
    mean = total / np.maximum(count, 1)
    reach = 1
    while (empty := count == 0).any():
        if reach > max(count.shape):
            return mean  # nothing at all is seen from here
        square = (2 * reach + 1,) * 2
        more = cv2.boxFilter(count, -1, square, normalize=False, borderType=cv2.BORDER_CONSTANT)
        sums = cv2.boxFilter(total, -1, square, normalize=False, borderType=cv2.BORDER_CONSTANT)
        fill = empty & (more > 0.5)
        mean[fill] = sums[fill] / more[fill]
        count = np.where(fill, 1.0, count)
        total = np.where(fill, mean, total)
        reach *= 2
    return mean
