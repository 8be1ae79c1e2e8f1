"""Stills: a sheet of views as RGB over a background, and its depth as a 16-bit picture."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from streamer.render.layers import Layer, Sheet

DEPTH_UNIT: Final = 1 << 14
"""The value in a 16-bit depth picture of what lies at the distance of convergence Z_c: a pixel of
value v > 0 is Z_c * 16384 / v millimetres away, along the optical axis; 0 is nothing."""


def rgb_over(sheet: Sheet, background: tuple[int, int, int]) -> NDArray[np.uint8]:
    """The whole sheet, (H, W, 3) uint8 RGB, composed over `background` (red, green, blue) 0..255.

    In display light, as compositors do. Chroma is interpolated between what is covered, and never
    from one view into another.
    """
    out = np.empty((*sheet.alpha.shape, 3), np.uint8)
    width, height = sheet.tile
    behind = np.array(background, np.float32)
    for view in range(sheet.views):
        x, y = sheet.place(view)
        tile = out[y : y + height, x : x + width]
        tile[:] = background
        layer = sheet.layer(view)
        rows = np.flatnonzero(layer.spans[:, 0] < layer.spans[:, 1])
        if len(rows):
            top, end = int(rows[0]), int(rows[-1]) + 1
            shown = slice(2 * top, 2 * end)
            alpha = layer.alpha[shown, :, None].astype(np.float32) / np.float32(255)
            mixed = behind + (_rgb(layer, top, end) - behind) * alpha
            tile[shown] = np.clip(mixed + np.float32(0.5), 0, 255).astype(np.uint8)
    return out


def depth_16_bit(sheet: Sheet, convergence_mm: float) -> NDArray[np.uint16]:
    """The sheet's inverse depth (H, W) in units of 1/(16384 Z_c); see `DEPTH_UNIT`.

    What is nearer than a quarter of `convergence_mm` becomes 65535; what is there is at least 1.
    """
    scaled = sheet.inverse_depth * np.float32(DEPTH_UNIT * convergence_mm)
    rounded = np.clip(np.rint(scaled), 1, 65535).astype(np.uint16)
    return np.where(sheet.inverse_depth > 0, rounded, np.uint16(0))


def _rgb(layer: Layer, top: int, end: int) -> NDArray[np.float32]:
    """The colours (rows, W, 3) float32, 0..255 but not clipped, of row pairs [top, end)."""
    picture = layer.picture
    luma = (picture.y[2 * top : 2 * end].astype(np.float32) - 16) * np.float32(255 / 219)
    share = layer.alpha_half[top:end].astype(np.float32) + np.float32(1e-3)
    size = luma.shape[1], luma.shape[0]
    total = cv2.resize(share, size, interpolation=cv2.INTER_LINEAR)
    u, v = (
        cv2.resize(
            (plane[top:end].astype(np.float32) - 128) * share, size, interpolation=cv2.INTER_LINEAR
        )
        / total
        * np.float32(255 / 224)
        for plane in (picture.u, picture.v)
    )
    # BT.709: Kr 0.2126, Kb 0.0722.
    red = luma + np.float32(1.5748) * v
    blue = luma + np.float32(1.8556) * u
    green = luma - np.float32(0.46812) * v - np.float32(0.18732) * u
    return np.stack([red, green, blue], axis=-1)
