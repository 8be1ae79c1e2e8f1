"""Weaving: which view each subpixel of a lenticular panel shows, and its colour from a quilt.

A row of the panel meets one row position in every tile. So the quilt's rows above and below that
position are mixed first, all columns of all views in one vectorised pass, and each subpixel then
mixes two neighbours of that line. Weights are whole numbers of 1/256, so results are exact.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamer.render.kernels.jit import exact

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint16]
ViewMap = NDArray[np.uint8] | NDArray[np.uint16]


class Taps(NamedTuple):
    """Where an axis of the panel falls in a tile: two samples `step` apart, weights of 256.

    Position n lies `weight[n]` / 256 of the way from sample `first[n]` to the one after.
    """

    first: NDArray[np.uint32]
    weight: NDArray[np.uint32]
    step: int


class Grid(NamedTuple):
    """How tiles lie in one plane of a quilt, flat: `rows` of tiles, each `tile_height` lines high.

    A line has `line` samples that matter and begins every `stride`. `tile_at` (N,) is for each view
    where its tile begins in `rows` lines set one after the other.
    """

    rows: int
    tile_height: int
    line: int
    stride: int
    tile_at: NDArray[np.uint32]


@exact
def choose_views(
    u: NDArray[np.float64],
    v: NDArray[np.float64],
    lens: NDArray[np.float64],
    shifts: NDArray[np.float64],
    cells: NDArray[np.int32],
    views: int,
    inverted: bool,
    first: int,
    last: int,
    out: ViewMap,
) -> None:
    """Write the view of each subpixel in the rows [first, last) to `out` (H, W, 3).

    `u` (W,) and `v` (H,) are the pixels' places, rows from the top; `lens` is (lenses, tilt,
    center); `shifts` (K, 3, 2) and `cells` (4, 2) are those of `calibration.lenticular.Lattice`.
    The arithmetic is float64, in the order of the formula there.
    """
    lenses, tilt, center = lens[0], lens[1], lens[2]
    height = v.size
    for row in range(first, last):
        y = height - 1 - row
        for x in range(u.size):
            cell = cells[y & 3, x & 1]
            for i in range(3):
                at = u[x] + shifts[cell, i, 0] + (v[row] + shifts[cell, i, 1]) * tilt
                phase = at * lenses - center
                z = phase - math.floor(phase)
                if inverted:
                    z = 1.0 - z
                out[row, x, i] = min(int(z * views), views - 1)


@exact
def mix_lines(above: Bytes, below: Bytes, weight: int, out: Words) -> None:
    """Mix two runs of bytes of equal length; `out` is 256 times the value."""
    share = np.uint16(weight)
    rest = np.uint16(256 - weight)
    for n in range(out.size):
        out[n] = np.uint16(np.uint16(above[n]) * rest + np.uint16(below[n]) * share)


@exact
def gather_row(
    lines: Words,
    tile_at: NDArray[np.uint32],
    taps: Taps,
    channel_step: int,
    views: ViewMap,
    out: Bytes,
) -> None:
    """Write a row of the panel, flat RGB, from mixed lines; `views` is that row's, flat.

    A pixel's channels lie `channel_step` apart in `lines`.
    """
    step = np.uint64(taps.step)
    for x in range(taps.first.size):
        share = taps.weight[x]
        rest = np.uint32(np.uint32(256) - share)
        for i in range(3):
            at = np.uint64(tile_at[views[3 * x + i]]) + np.uint64(taps.first[x])
            at += np.uint64(i) * np.uint64(channel_step)
            value = np.uint32(
                np.uint32(lines[at]) * rest + np.uint32(lines[at + step]) * share + np.uint32(32768)
            )
            out[3 * x + i] = np.uint8(value >> np.uint32(16))


@exact
def weave_rgb(
    quilt: Bytes,
    grid: Grid,
    across: Taps,
    down: Taps,
    views: ViewMap,
    first: int,
    last: int,
    lines: Words,
    out: Bytes,
) -> None:
    """Weave the rows [first, last) of the panel from a flat RGB quilt.

    `views` and `out` are (H, 3 W); `across.first` counts samples, three to a pixel; `lines` is
    scratch for `grid.rows` lines.
    """
    for row in range(first, last):
        for tile_row in range(grid.rows):
            above = (tile_row * grid.tile_height + int(down.first[row])) * grid.stride
            below = above + down.step * grid.stride
            start = tile_row * grid.line
            mix_lines(
                quilt[above : above + grid.line],
                quilt[below : below + grid.line],
                int(down.weight[row]),
                lines[start : start + grid.line],
            )
        gather_row(lines, grid.tile_at, across, 1, views[row], out[row])


# Limited range BT.709 to RGB: 255/219 of luma, 255/224 of chroma, times 2^20.
LUMA = np.int32(1220945)
RED_V = np.int32(1879825)
GREEN_U = np.int32(-223607)
GREEN_V = np.int32(-558796)
BLUE_U = np.int32(2215014)
HALF = np.int32(1 << 19)


@exact
def to_byte(value: np.int32) -> np.uint8:
    """A colour that is 2^20 times a byte, rounded and clipped."""
    rounded = np.int32(value + HALF) >> np.int32(20)
    return np.uint8(min(max(rounded, np.int32(0)), np.int32(255)))


@exact
def convert_line(
    luma: Bytes, u_line: Bytes, v_line: Bytes, red: Bytes, green: Bytes, blue: Bytes
) -> None:
    """Convert a line of I420 to display RGB; a chroma sample serves both its pixels of the line."""
    for n in range(u_line.size):
        u = np.int32(np.int32(u_line[n]) - np.int32(128))
        v = np.int32(np.int32(v_line[n]) - np.int32(128))
        to_red = np.int32(RED_V * v)
        to_green = np.int32(GREEN_U * u + GREEN_V * v)
        to_blue = np.int32(BLUE_U * u)
        left = np.int32(LUMA * np.int32(np.int32(luma[2 * n]) - np.int32(16)))
        right = np.int32(LUMA * np.int32(np.int32(luma[2 * n + 1]) - np.int32(16)))
        red[2 * n] = to_byte(np.int32(left + to_red))
        red[2 * n + 1] = to_byte(np.int32(right + to_red))
        green[2 * n] = to_byte(np.int32(left + to_green))
        green[2 * n + 1] = to_byte(np.int32(right + to_green))
        blue[2 * n] = to_byte(np.int32(left + to_blue))
        blue[2 * n + 1] = to_byte(np.int32(right + to_blue))


@exact
def convert_tile_row(
    planes: tuple[Bytes, Bytes, Bytes], grid: Grid, chroma_stride: int, row: int, out: Bytes
) -> None:
    """Convert line `row` of every row of tiles; `out` is all red, then all green, then all blue."""
    length = grid.rows * grid.line
    half = grid.line // 2
    for tile_row in range(grid.rows):
        line = tile_row * grid.tile_height + row
        y = line * grid.stride
        c = (line // 2) * chroma_stride
        at = tile_row * grid.line
        convert_line(
            planes[0][y : y + grid.line],
            planes[1][c : c + half],
            planes[2][c : c + half],
            out[at : at + grid.line],
            out[length + at : length + at + grid.line],
            out[2 * length + at : 2 * length + at + grid.line],
        )


@exact
def weave_i420(
    planes: tuple[Bytes, Bytes, Bytes],
    grid: Grid,
    chroma_stride: int,
    taps: tuple[Taps, Taps],
    views: ViewMap,
    rows: tuple[int, int],
    colours: Bytes,
    lines: Words,
    out: Bytes,
) -> None:
    """Weave the rows [first, last) of the panel from a quilt's flat planes Y, U, V.

    `grid` is that of luma, `taps` are across and down, `views` and `out` (H, 3 W). Only lines that
    are shown are converted, once each: `colours` (2, 3 L) keeps the last even and the last odd
    line of every row of tiles, L samples a channel; `lines` (3 L) is scratch for their mixture.
    """
    across, down = taps
    length = grid.rows * grid.line
    kept_even, kept_odd = -1, -1
    for row in range(rows[0], rows[1]):
        above = int(down.first[row])
        for line in range(above, above + down.step + 1):
            if line & 1:
                if kept_odd != line:
                    convert_tile_row(planes, grid, chroma_stride, line, colours[1])
                    kept_odd = line
            elif kept_even != line:
                convert_tile_row(planes, grid, chroma_stride, line, colours[0])
                kept_even = line
        below = above + down.step
        mix_lines(colours[above & 1], colours[below & 1], int(down.weight[row]), lines)
        gather_row(lines, grid.tile_at, across, length, views[row], out[row])


@exact
def mark_shown(
    views: ViewMap, tiles: NDArray[np.int64], across: Taps, down: Taps, out: Bytes
) -> None:
    """Set bit i of each quilt pixel of `out` whose channel i some subpixel of the panel shows.

    `views` (H, W, 3); `tiles` (N, 2) are each view's top-left (x, y); the taps count pixels. `out`
    is the quilt's (height, width).
    """
    for row in range(views.shape[0]):
        for x in range(views.shape[1]):
            for i in range(3):
                view = views[row, x, i]
                left = tiles[view, 0] + int(across.first[x])
                top = tiles[view, 1] + int(down.first[row])
                for b in range(2):
                    if (down.weight[row] if b else 256 - down.weight[row]) == 0:
                        continue
                    for a in range(2):
                        if (across.weight[x] if a else 256 - across.weight[x]) != 0:
                            out[top + b * down.step, left + a * across.step] |= np.uint8(1 << i)
