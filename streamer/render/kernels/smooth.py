"""Smooth silhouettes: how much of a neighbour shows in the pixels that an outline crosses.

Every pixel is known at its centre only. Where an edge that is an outline in this view crosses a
pixel, its place in there is known exactly, and so is the share of what lies beyond it (Persson
2011, "Geometric post-process anti-aliasing"). Which edges are outlines is linear in the view.
"""

import numpy as np
from numpy.typing import NDArray

from streamer.render.kernels.jit import exact
from streamer.render.kernels.spans import Window
from streamer.render.kernels.surface import Surface

# A mix is a byte: the neighbour's share in 1/126 (63 is half), and where the neighbour is.
LEFT, RIGHT, UP, DOWN = 0, 1, 2, 3
SHARE_STEPS = 126
EDGE_VALUES = 11

# In pixels of depth: how far behind the outline its own surface may be found beside it, since it
# bends away steeply there; and how far what lies beyond must be behind to be something else.
SAME_SURFACE_PX = 25.0
BEYOND_PX = 2.0
LONG_PX = 4.0  # half the extent of an edge that may be seen though its middle is not


@exact
def gather_edges(
    ids: NDArray[np.int32],
    edges: NDArray[np.int32],
    surface: Surface,
    edges_out: NDArray[np.float32],
) -> None:
    """Write what a view needs of the edges `ids` to `edges_out` (11, n), once for all views.

    The rows: both ends as (x_0, y, w); twice the signed area of the face on one side and its
    change, then of the other (x_i = x_0 + a - b w makes it area - b change; infinite where there is
    none); and 0 one-sided, 1 two-sided, 2 border of a one-sided mesh, 3 border of a two-sided one.
    """
    screen, faces = surface.screen, surface.faces
    for n in range(ids.size):
        e = np.uint32(ids[n])
        for end in range(2):
            vertex = np.uint32(edges[e, end])
            for axis in range(3):
                edges_out[3 * end + axis, n] = screen[vertex, axis]
        for side in range(2):
            t = edges[e, 2 + side]
            area = np.float32(0.0)
            bend = np.float32(0.0)
            if t < 0:
                area = np.float32(np.inf)  # a border is an outline wherever its face is front
            else:
                f = np.uint32(t)
                i, j, k = np.uint32(faces[f, 0]), np.uint32(faces[f, 1]), np.uint32(faces[f, 2])
                if screen[i, 2] > 0 and screen[j, 2] > 0 and screen[k, 2] > 0:
                    jx, jy = screen[j, 0] - screen[i, 0], screen[j, 1] - screen[i, 1]
                    kx, ky = screen[k, 0] - screen[i, 0], screen[k, 1] - screen[i, 1]
                    area = jx * ky - kx * jy
                    bend = (screen[j, 2] - screen[i, 2]) * ky - (screen[k, 2] - screen[i, 2]) * jy
            edges_out[6 + 2 * side, n] = area
            edges_out[7 + 2 * side, n] = bend
        kind = 1.0 if surface.two_sided[surface.face_mesh[np.uint32(edges[e, 2])]] else 0.0
        edges_out[10, n] = kind + (2.0 if edges[e, 3] < 0 else 0.0)


@exact
def find_outlines(
    edges: NDArray[np.float32],
    window: Window,
    a: float,
    b: float,
    b_last: float,
    same: float,
    keys: NDArray[np.uint32],
    numbers: NDArray[np.int32],
) -> int:
    """Write the numbers of what may be outlines to `numbers` (E + 1,); returns how many they are.

    For the view (a, b), as filled in `keys`, and those after it up to `b_last`: edges whose faces
    are not both front, or both not, at both ends. Left out are those that are outside the band, or
    short and, at their middle, behind something by more than `same` steps of depth, in the first
    of these views: most are, and to look once for a few views costs less than to follow them all.
    """
    bend, shift, zero, half = np.float32(b), np.float32(a), np.float32(0.0), np.float32(0.5)
    bend_last = np.float32(b_last)
    area_0, bend_0, area_1, bend_1, kind = edges[6], edges[7], edges[8], edges[9], edges[10]
    found = 0
    for n in range(edges.shape[1]):
        first_0 = area_0[n] - bend * bend_0[n] < zero
        first_1 = area_1[n] - bend * bend_1[n] < zero
        last_0 = area_0[n] - bend_last * bend_0[n] < zero
        last_1 = area_1[n] - bend_last * bend_1[n] < zero
        numbers[np.uint64(found)] = n
        turns = (first_0 != first_1) | (first_0 != last_0) | (first_0 != last_1)
        found += turns | (kind[n] == np.float32(3.0))
    x_0, y_0, w_0, x_1, y_1, w_1 = edges[0], edges[1], edges[2], edges[3], edges[4], edges[5]
    right, bottom = np.float32(window.width - 1), np.float32(window.rows - 1)
    first, stride = np.float32(window.first), np.uint32(window.stride)
    look_bits = np.uint32(window.look_bits)
    w_limit = np.float32(same) + window.w_far * -window.steps_per_w
    kept = 0
    for m in range(found):
        e = np.uint32(numbers[m])
        w = half * (w_0[e] + w_1[e])
        x = half * (x_0[e] + x_1[e]) + (shift - bend * w)
        y = half * (y_0[e] + y_1[e]) - first
        # Half of its extent: a long one is seen far from its middle, and there may not be hidden.
        wide = half * abs(x_1[e] - x_0[e] - bend * (w_1[e] - w_0[e]))
        high = half * abs(y_1[e] - y_0[e])
        inside = (x + wide >= zero) & (x - wide <= right)
        inside &= (y + high >= -half) & (y - high <= bottom + half)
        column = np.uint32(min(max(x, zero), right))
        row = np.uint32(min(max(y, zero), bottom))
        there = np.float32(np.int32(keys[row * stride + column] >> look_bits))
        numbers[np.uint64(kept)] = e
        seen = (there <= w * window.steps_per_w + w_limit) | (wide + high > np.float32(LONG_PX))
        kept += inside & seen
    return kept


@exact
def mix_outlines(
    edges: NDArray[np.float32],
    numbers: NDArray[np.int32],
    window: Window,
    a: float,
    b: float,
    slack: NDArray[np.float32],
    keys: NDArray[np.uint32],
    mixes: NDArray[np.uint8],
    mixed: NDArray[np.int32],
) -> int:
    """Note in `mixes` the neighbour's share in each pixel that an outline crosses to be seen there.

    `numbers` (n,) are the edges to look at, in the view (a, b), for which `keys` (rows * stride,)
    are filled; `mixes` is of the same size. The outline's own surface must be on its inside,
    `slack[0]` steps of depth away at most, and what is on the outside `slack[1]` behind it. `mixed`
    gets the places written to, each once, as far as it reaches; returns how many these are.

    A steep edge is followed down the rows that it crosses and a flat one along the columns; what is
    across then is the row's or the column's neighbour. Where nothing can be foreseen, values are
    chosen and not branches.
    """
    bend, shift, top = np.float32(b), np.float32(a), np.float32(window.first)
    half, zero, one = np.float32(0.5), np.float32(0.0), np.float32(1.0)
    rows, width = np.float32(window.rows), np.float32(window.width)
    look_bits = np.uint32(window.look_bits)
    x_0, y_0, w_0, x_1, y_1, w_1 = edges[0], edges[1], edges[2], edges[3], edges[4], edges[5]
    area_0, bend_0, area_1, bend_1, kind = edges[6], edges[7], edges[8], edges[9], edges[10]
    same, beyond = slack[0], slack[1]
    count = 0
    for m in range(numbers.size):
        n = np.uint32(numbers[m])
        front_0 = area_0[n] - bend * bend_0[n] < zero
        front_1 = area_1[n] - bend * bend_1[n] < zero
        if front_0 == front_1 and (kind[n] != np.float32(3.0) or front_0):
            continue
        w0, w1 = w_0[n], w_1[n]
        x0, x1 = x_0[n] + (shift - bend * w0), x_1[n] + (shift - bend * w1)
        y0, y1 = y_0[n] - top, y_1[n] - top
        steep = abs(x1 - x0) <= abs(y1 - y0)
        along_0 = y0 if steep else x0
        along_1 = y1 if steep else x1
        across_0 = x0 if steep else y0
        across_1 = x1 if steep else y1
        end = rows if steep else width
        low = along_0 if along_0 < along_1 else along_1
        high = along_1 if along_0 < along_1 else along_0
        low, high = np.ceil(low - half), np.ceil(high - half)
        low = low if low > zero else zero
        high = high if high < end else end
        if not low < high:
            continue
        # Down a steep edge of a face that is front and has the edge in this direction, the face is
        # on the right; along a flat one to the right, it is above.
        higher = ((along_1 > along_0) == front_0) == steep
        next_across = 1 if steep else window.stride
        next_along = window.stride if steep else 1
        last_across = (window.width if steep else window.rows) - 1
        side = next_across if higher else -next_across
        where = LEFT if steep else UP
        run = one / (along_1 - along_0)
        slope, slope_depth = (across_1 - across_0) * run, (w1 - w0) * window.steps_per_w * run
        depth_0 = (w0 - window.w_far) * window.steps_per_w
        for step in range(np.int32(low), np.int32(high)):
            ahead = np.float32(step) + half - along_0
            across = across_0 + ahead * slope
            cell = np.int32(np.floor(across))
            if cell < 1 or cell >= last_across:
                continue
            part = across - np.float32(cell)
            cover = one - part if higher else part
            most = cover > half
            place = step * next_along + cell * next_across
            inside = np.uint32(place if most else place + side)
            outside = np.uint32(place - side if most else place)
            key = keys[inside]
            depth = depth_0 + ahead * slope_depth
            here = np.float32(np.int32(key >> look_bits))
            past = keys[outside]
            there = np.float32(np.int32(past >> look_bits))
            behind = (past == 0) | (there <= depth - beyond)
            if (key != 0) & (abs(here - depth) <= same) & behind:
                share = one - cover if most else cover
                steps = np.int32(share * np.float32(SHARE_STEPS) + half)
                mix = np.uint8((steps << 2) | (where + (1 if most != higher else 0)))
                at = np.uint32(place)
                before = mixes[at]
                if steps > 0 and mix >= (before & np.uint8(252)):
                    if before == 0 and count < mixed.size:
                        mixed[np.uint64(count)] = place
                        count += 1
                    mixes[at] = mix
    return count
