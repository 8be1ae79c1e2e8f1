"""Disparity as luma and its confidence as chroma, in blocks of a strip, and back."""

import numpy as np
from numpy.typing import NDArray

from streamer.render.kernels.jit import exact

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

DARKEST = 16
LEVELS = 219  # from the farthest disparity, 16, to the nearest, 235
MIDDLE = 128
DOUBT_STEP = 16  # of chroma; 0 to 3 of them
MOST_DOUBT = 3


@exact
def encode_map(
    px: Floats, confidence: Bytes, low: float, high: float, rows: int, y: Bytes, u: Bytes, v: Bytes
) -> None:
    """Write `px` (h, w) and `confidence` (h, w) as blocks of `rows` rows, side by side.

    `y` (rows, blocks * w), `u` and `v` of half that size each way are the strip. Luma is 16 at
    `low` and 235 at `high`. Doubt, 0 to 3 by the least sure of four pixels, moves `u` from 128 by
    16 each: up for the far half of the range, down for the near one, so that in RGB it never
    leaves 0..255, and red, which `u` does not touch, is the disparity alone.
    """
    height, width = px.shape
    blocks = y.shape[1] // width
    scale = np.float32(LEVELS / max(high - low, 1e-6))
    low32 = np.float32(low)
    for block in range(blocks):
        for r in range(rows):
            row = px[min(block * rows + r, height - 1)]
            out = y[r, block * width : (block + 1) * width]
            for x in range(width):
                level = (row[x] - low32) * scale
                level = min(max(level, np.float32(0.0)), np.float32(LEVELS))
                out[x] = np.uint8(np.int32(level + np.float32(0.5)) + DARKEST)
        for r in range(rows // 2):
            first = min(block * rows + 2 * r, height - 1)
            second = min(first + 1, height - 1)
            for x in range(width // 2):
                sure = min(
                    min(confidence[first, 2 * x], confidence[first, 2 * x + 1]),
                    min(confidence[second, 2 * x], confidence[second, 2 * x + 1]),
                )
                doubt = (np.int32(255 - sure) + 42) // 85 * DOUBT_STEP
                far = y[2 * r, block * width + 2 * x] < MIDDLE
                u[r, block * (width // 2) + x] = MIDDLE + doubt if far else MIDDLE - doubt
    v[:] = MIDDLE


@exact
def decode_map(
    y: Bytes, u: Bytes, low: float, high: float, rows: int, px: Floats, confidence: Bytes
) -> None:
    """Read `px` and `confidence` (h, w) from a strip that `encode_map` wrote."""
    height, width = px.shape
    unit, low32 = np.float32((high - low) / LEVELS), np.float32(low)
    for row in range(height):
        block, r = row // rows, row % rows
        luma = y[r, block * width : (block + 1) * width]
        out = px[row]
        for x in range(width):
            level = min(max(int(luma[x]) - DARKEST, 0), LEVELS)
            out[x] = low32 + np.float32(level) * unit
        chroma = u[r // 2, block * (width // 2) : (block + 1) * (width // 2)]
        for x in range(width):
            doubt = (abs(int(chroma[x // 2]) - MIDDLE) + DOUBT_STEP // 2) // DOUBT_STEP
            confidence[row, x] = np.uint8(255 - 85 * min(doubt, MOST_DOUBT))
