"""Looks: from a mesh's colour and the luma of its light to the bytes of a pixel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streamer.render.kernels.project import (
    AMBIENT,
    AMBIENT_FROM_ABOVE,
    DIFFUSE,
    GLOSS,
    TONES,
)

LUMA_BITS: Final = 8
MAX_STYLES: Final = 256
EMPTY: Final = np.uint32(16 | 128 << 8 | 128 << 16)  # black, alpha 0

Colour = tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """`table` (styles * 256,) uint32: y, u, v and alpha, low byte first, by style and luma.

    `bits` is how many low bits of a key are style and luma. Entry 0 is that of an empty key: no lit
    surface is of luma 0.
    """

    table: NDArray[np.uint32]
    bits: int

    @classmethod
    def of(cls, styles: Sequence[tuple[Colour, float]]) -> "Looks":
        """The table of styles (linear colour, opacity 0..1). Raises ValueError for over 256."""
        if len(styles) > MAX_STYLES:
            raise ValueError(
                f"{len(styles)} different colours and opacities are more than the {MAX_STYLES} of "
                "a scene; give some structures the same"
            )
        style_bits = max(1, (max(len(styles), 1) - 1).bit_length())
        table = np.zeros((1 << style_bits, 1 << LUMA_BITS), np.uint32)
        for row, (colour, opacity) in zip(table, styles, strict=False):
            row[:] = _look(colour, opacity)
        table[0, 0] = EMPTY
        return cls(table.ravel(), LUMA_BITS + style_bits)


def _look(colour: Colour, opacity: float) -> NDArray[np.uint32]:
    """The 256 entries of one style.

    Chroma follows luma along the path of growing light: first the colour times its strength, then
    white gloss on top. So a vertex needs luma alone to travel with it.
    """
    strength = np.linspace(
        AMBIENT - AMBIENT_FROM_ABOVE, AMBIENT + AMBIENT_FROM_ABOVE + DIFFUSE, 512
    )
    gloss = np.linspace(0.0, GLOSS, 65)[1:]
    lit = np.array(colour) * strength[:, None]
    light = np.concatenate([lit, lit[-1] + gloss[:, None]])
    red, green, blue = display_tone(np.clip(light, 0.0, 1.0)).T
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    u = 128 + 224 * (blue - luma) / 1.8556
    v = 128 + 224 * (red - luma) / 1.5748
    y = np.arange(1 << LUMA_BITS)
    rising = np.maximum.accumulate(16 + 219 * luma)
    entries = np.clip(y, 16, 235).astype(np.uint32)
    entries |= np.rint(np.interp(y, rising, u)).astype(np.uint32) << 8
    entries |= np.rint(np.interp(y, rising, v)).astype(np.uint32) << 16
    return entries | np.uint32(round(255 * min(max(opacity, 0.0), 1.0))) << 24


def display_tone(linear: NDArray[np.floating]) -> NDArray[np.float64]:
    """Linear light 0..1 to display light 0..1 (the sRGB curve, IEC 61966-2-1)."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def display_tones() -> NDArray[np.float32]:
    """The same as a table, (TONES,)."""
    return display_tone(np.linspace(0.0, 1.0, TONES)).astype(np.float32)
