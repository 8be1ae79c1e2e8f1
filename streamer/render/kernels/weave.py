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
def mix_rows(plane: Bytes, grid: Grid, taps: Taps, row: int, out: Words) -> None:
    """Mix the lines of every row of tiles that the panel's `row` falls between.

    `out` holds `grid.rows` lines of `grid.line` samples, 256 times the value.
    """
    for tile_row in range(grid.rows):
        above = (tile_row * grid.tile_height + int(taps.first[row])) * grid.stride
        below = above + taps.step * grid.stride
        start = tile_row * grid.line
        mix_lines(
            plane[above : above + grid.line],
            plane[below : below + grid.line],
            int(taps.weight[row]),
            out[start : start + grid.line],
        )


@exact
def gather_rgb(
    lines: Words, tile_at: NDArray[np.uint32], taps: Taps, views: ViewMap, out: Bytes
) -> None:
    """Write a row of the panel, flat RGB, from mixed RGB lines; `views` is that row's, flat."""
    step = np.uint64(taps.step)
    for x in range(taps.first.size):
        share = taps.weight[x]
        rest = np.uint32(np.uint32(256) - share)
        for i in range(3):
            at = np.uint64(tile_at[views[3 * x + i]]) + np.uint64(taps.first[x]) + np.uint64(i)
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
        mix_rows(quilt, grid, down, row, lines)
        gather_rgb(lines, grid.tile_at, across, views[row], out[row])


@exact
def sample(lines: Words, at: np.uint32, taps: Taps, x: int) -> np.int32:
    """One sample of mixed lines, 256 times the value; `at` is where its tile begins."""
    start = np.uint64(at) + np.uint64(taps.first[x])
    share = taps.weight[x]
    low = np.uint32(lines[start]) * np.uint32(np.uint32(256) - share)
    high = np.uint32(lines[start + np.uint64(taps.step)]) * share
    return np.int32(np.uint32(low + high + np.uint32(128)) >> np.uint32(8))


# Limited range BT.709 to RGB: 255/219 of luma, 255/224 of chroma, times 2^13.
LUMA = np.int32(9539)
RED_V = np.int32(14686)
GREEN_U = np.int32(-1747)
GREEN_V = np.int32(-4366)
BLUE_U = np.int32(17305)
LUMA_ZERO = np.int32(16 * 256)
CHROMA_ZERO = np.int32(128 * 256)
HALF = np.int32(1 << 20)


@exact
def to_byte(value: np.int32) -> np.uint8:
    """A colour that is 2^21 times a byte, rounded and clipped."""
    rounded = np.int32(value + HALF) >> np.int32(21)
    return np.uint8(min(max(rounded, np.int32(0)), np.int32(255)))


@exact
def gather_i420(
    luma: Words,
    chroma: Words,
    grids: tuple[Grid, Grid],
    across: tuple[Taps, Taps],
    views: ViewMap,
    out: Bytes,
) -> None:
    """Write a row of the panel, flat RGB, from mixed lines of luma and of chroma (U, then V).

    Each subpixel converts only its own colour.
    """
    fine, coarse = grids[0].tile_at, grids[1].tile_at
    y_taps, c_taps = across
    v_lines = np.uint32(grids[1].rows * grids[1].line)
    for x in range(y_taps.first.size):
        red, green, blue = views[3 * x], views[3 * x + 1], views[3 * x + 2]
        y = LUMA * np.int32(sample(luma, fine[red], y_taps, x) - LUMA_ZERO)
        v = np.int32(sample(chroma, coarse[red] + v_lines, c_taps, x) - CHROMA_ZERO)
        out[3 * x] = to_byte(np.int32(y + RED_V * v))
        y = LUMA * np.int32(sample(luma, fine[green], y_taps, x) - LUMA_ZERO)
        u = np.int32(sample(chroma, coarse[green], c_taps, x) - CHROMA_ZERO)
        v = np.int32(sample(chroma, coarse[green] + v_lines, c_taps, x) - CHROMA_ZERO)
        out[3 * x + 1] = to_byte(np.int32(y + GREEN_U * u + GREEN_V * v))
        y = LUMA * np.int32(sample(luma, fine[blue], y_taps, x) - LUMA_ZERO)
        u = np.int32(sample(chroma, coarse[blue], c_taps, x) - CHROMA_ZERO)
        out[3 * x + 2] = to_byte(np.int32(y + BLUE_U * u))


@exact
def weave_i420(
    planes: tuple[Bytes, Bytes, Bytes],
    grids: tuple[Grid, Grid],
    across: tuple[Taps, Taps],
    down: tuple[Taps, Taps],
    views: ViewMap,
    first: int,
    last: int,
    lines: tuple[Words, Words],
    out: Bytes,
) -> None:
    """Weave the rows [first, last) of the panel from a quilt's flat planes Y, U, V.

    Of each pair the first is for luma and the second for chroma; `views` and `out` are (H, 3 W);
    `lines` is scratch for the rows of Y, and for those of U and then V.
    """
    luma, chroma = lines
    half = grids[1].rows * grids[1].line
    for row in range(first, last):
        mix_rows(planes[0], grids[0], down[0], row, luma)
        mix_rows(planes[1], grids[1], down[1], row, chroma[:half])
        mix_rows(planes[2], grids[1], down[1], row, chroma[half:])
        gather_i420(luma, chroma, grids, across, views[row], out[row])


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
