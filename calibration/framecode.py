"""A number drawn into a picture as black and white cells, and read back from what arrives.

Tests and latency measurements draw a frame's number into the source picture and read it from the
pixels that a viewer shows. The code survives H.264 at low rates, and scaling: all its measures
are fractions of the width of the eye's picture, so a reader needs the picture's rectangle only.

Geometry, for a picture of width W, in units of one cell c = W / 64:

- the code's top left corner lies at (c, c); it is 16 cells wide and 2 cells high;
- around it, half a cell of black;
- each row begins with two sync cells, row 0 with white then black, row 1 with black then white;
- the other 14 cells of row 0, then those of row 1, hold 28 bits, white being 1, most significant
  first: 20 bits of the value, then 8 bits of CRC.

The CRC is CRC-8 (polynomial 0x07, initial value 0, no reflection) with 0x55 added by exclusive or
(CRC-8/ITU), over the value's 20 bits taken most significant first, bit by bit.

To read a cell (row, column), average the pixels in the middle half of its square, that is those
with x from c * (1 + column + 0.25) to c * (1 + column + 0.75), and likewise y with row. Black and
white are the means of the sync cells; the threshold lies halfway between them. In JavaScript:

    const cell = (row, col) => {               // d: ImageData of one eye's picture
      const c = d.width / 64, s = Math.max(1, Math.round(c / 2));
      const x0 = Math.round(c * (1.25 + col)), y0 = Math.round(c * (1.25 + row));
      let sum = 0;
      for (let y = y0; y < y0 + s; y++)
        for (let x = x0; x < x0 + s; x++) sum += d.data[4 * (y * d.width + x) + 1];
      return sum / (s * s);                    // green stands for luma
    };
    const white = (cell(0, 0) + cell(1, 1)) / 2, black = (cell(0, 1) + cell(1, 0)) / 2;
    if (white - black < 50) return null;
    let value = 0, crc = 0, sent = 0;
    for (let i = 0; i < 28; i++) {
      const bit = cell(Math.floor(i / 14), 2 + (i % 14)) > (white + black) / 2 ? 1 : 0;
      if (i < 20) {
        value = (value << 1) | bit;
        crc = ((crc << 1) & 255) ^ (((crc >> 7) ^ bit) ? 7 : 0);
      } else sent = (sent << 1) | bit;
    }
    return (crc ^ 0x55) === sent ? value : null;
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streamer.frames import I420, Plane

WHITE_LUMA: Final = 235
BLACK_LUMA: Final = 16
NEUTRAL_CHROMA: Final = 128
LEAST_CONTRAST: Final = 50.0
GREY_SHARE: Final = 0.15
"""A cell whose grey lies nearer to the threshold than this share of the contrast is unreadable."""


@dataclass(frozen=True, slots=True)
class FrameCodeGeometry:
    """The measures of the code; the module's text explains them."""

    cells_across: int = 64
    """Cells in a picture's width."""
    origin_cells: float = 1.0
    """Left and top edge of the code."""
    border_cells: float = 0.5
    """Black around it."""
    columns: int = 16
    rows: int = 2
    sync: tuple[tuple[int, int], ...] = ((1, 0), (0, 1))
    """The first cells of each row."""
    value_bits: int = 20
    crc_bits: int = 8
    crc_polynomial: int = 0x07
    crc_final_xor: int = 0x55

    @property
    def sync_columns(self) -> int:
        """Sync cells in a row."""
        return len(self.sync[0])

    @property
    def data_cells(self) -> list[tuple[int, int]]:
        """(row, column) of each bit, most significant first."""
        return [
            (row, column)
            for row in range(self.rows)
            for column in range(self.sync_columns, self.columns)
        ]

    def span_px(self, start_cells: float, length_cells: float, width: int) -> slice:
        """Pixels from `start_cells`, `length_cells` long, in a picture of that width."""
        cell_px = width / self.cells_across
        start = round(cell_px * start_cells)
        return slice(start, max(start + 1, round(cell_px * (start_cells + length_cells))))


GEOMETRY: Final = FrameCodeGeometry()


def crc(value: int, geometry: FrameCodeGeometry = GEOMETRY) -> int:
    """CRC-8/ITU over the bits of `value`, most significant first."""
    mask = (1 << geometry.crc_bits) - 1
    remainder = 0
    for position in reversed(range(geometry.value_bits)):
        top = (remainder >> (geometry.crc_bits - 1)) & 1
        remainder = (remainder << 1) & mask
        if top ^ ((value >> position) & 1):
            remainder ^= geometry.crc_polynomial
    return remainder ^ geometry.crc_final_xor


def draw(luma: Plane, value: int, geometry: FrameCodeGeometry = GEOMETRY) -> None:
    """Draw `value` into one eye's luma plane (H, W), in place.

    Raises ValueError where the value needs more than 20 bits or the plane is below 128 pixels
    wide.
    """
    width = luma.shape[1]
    if not 0 <= value < 1 << geometry.value_bits:
        raise ValueError(f"the frame code holds 0 to {(1 << geometry.value_bits) - 1}, not {value}")
    if width < 2 * geometry.cells_across:
        raise ValueError(f"a picture {width} pixels wide is too small for a frame code")
    start, border = geometry.origin_cells, geometry.border_cells
    luma[
        geometry.span_px(start - border, geometry.rows + 2 * border, width),
        geometry.span_px(start - border, geometry.columns + 2 * border, width),
    ] = BLACK_LUMA
    for (row, column), bit in _cells(value, geometry).items():
        luma[
            geometry.span_px(start + row, 1, width), geometry.span_px(start + column, 1, width)
        ] = WHITE_LUMA if bit else BLACK_LUMA


def draw_picture(picture: I420, value: int, geometry: FrameCodeGeometry = GEOMETRY) -> None:
    """Draw `value` into one eye's picture, in place, without colour."""
    draw(picture.y, value, geometry)
    width = picture.u.shape[1]
    start, border = geometry.origin_cells, geometry.border_cells
    for plane in (picture.u, picture.v):
        plane[
            geometry.span_px(start - border, geometry.rows + 2 * border, width),
            geometry.span_px(start - border, geometry.columns + 2 * border, width),
        ] = NEUTRAL_CHROMA


def band_rows(width: int, height: int, geometry: FrameCodeGeometry = GEOMETRY) -> int:
    """How many of a picture's top rows `read` needs: what a test has to fetch of each frame."""
    cells = geometry.origin_cells + geometry.rows + 1
    return min(height, math.ceil(cells * width / geometry.cells_across))


def read(picture: NDArray[np.uint8], geometry: FrameCodeGeometry = GEOMETRY) -> int | None:
    """The value in one eye's picture, luma (H, W) or RGB(A) (H, W, 3 or 4), or None.

    A picture that is scaled, cropped at the bottom or recompressed reads the same; None where
    contrast, sync cells, clear greys and CRC do not all agree.
    """
    grey = picture if picture.ndim == 2 else picture[..., 1]
    height, width = grey.shape
    code_end = geometry.span_px(geometry.origin_cells, geometry.rows, width).stop
    if width < geometry.cells_across or height < code_end:
        return None
    cells = {
        (row, column): _mean(grey, row, column, geometry)
        for row in range(geometry.rows)
        for column in range(geometry.columns)
    }
    whites = [
        cells[row, i] for row, bits in enumerate(geometry.sync) for i, b in enumerate(bits) if b
    ]
    blacks = [
        cells[row, i] for row, bits in enumerate(geometry.sync) for i, b in enumerate(bits) if not b
    ]
    contrast = min(whites) - max(blacks)
    if contrast < LEAST_CONTRAST:
        return None
    threshold = (float(np.mean(whites)) + float(np.mean(blacks))) / 2
    bits = []
    for cell in geometry.data_cells:
        if abs(cells[cell] - threshold) < GREY_SHARE * contrast:
            return None
        bits.append(int(cells[cell] > threshold))
    word = int("".join(map(str, bits)), 2)
    value, sent = word >> geometry.crc_bits, word & ((1 << geometry.crc_bits) - 1)
    return value if crc(value, geometry) == sent else None


def _cells(value: int, geometry: FrameCodeGeometry) -> dict[tuple[int, int], int]:
    cells = {
        (row, column): bit
        for row, bits in enumerate(geometry.sync)
        for column, bit in enumerate(bits)
    }
    word = (value << geometry.crc_bits) | crc(value, geometry)
    last = geometry.value_bits + geometry.crc_bits - 1
    for index, cell in enumerate(geometry.data_cells):
        cells[cell] = (word >> (last - index)) & 1
    return cells


def _mean(grey: NDArray[np.uint8], row: int, column: int, geometry: FrameCodeGeometry) -> float:
    width = grey.shape[1]
    start = geometry.origin_cells + 0.25
    rows = geometry.span_px(start + row, 0.5, width)
    columns = geometry.span_px(start + column, 0.5, width)
    return float(grey[rows, columns].mean())
