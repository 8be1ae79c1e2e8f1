"""What all views share of a triangle: its rows, cut into pieces of at most a pixel in any view."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamer.render.kernels.jit import exact
from streamer.render.kernels.surface import Spans, Surface

LONG_PX = 64.0  # rows longer than this in some view are first cut to what the views can see


class Window(NamedTuple):
    """The rows to fill and how far the outermost views see: x_i = x_0 + a - b w.

    Rows `first` to `first` + `rows`, each `width` pixels and, in the key buffer, `stride` keys.
    `a_low`, `b_low` are of the leftmost view, `a_high`, `b_high` of the rightmost. A key's depth is
    (w - `w_far`) * `steps_per_w`, shifted left by `look_bits`.
    """

    first: int
    rows: int
    width: int
    stride: int
    a_low: np.float32
    b_low: np.float32
    a_high: np.float32
    b_high: np.float32
    w_far: np.float32
    steps_per_w: np.float32
    look_bits: int


@exact
def seen_from(x: float, dx: float, limit: float, above: bool) -> tuple[float, float]:
    """The shares (low, high) of a row x + u dx, u in 0..1, on one side of `limit`."""
    if not above:
        x, dx, limit = -x, -dx, -limit
    if dx > 0.0:
        return (limit - x) / dx, 1.0
    if dx < 0.0:
        return 0.0, (limit - x) / dx
    return (0.0, 1.0) if x >= limit else (1.0, 0.0)


@exact
def visible_share(
    x: float, w: float, dx: float, dw: float, window: Window
) -> tuple[np.float32, np.float32]:
    """The share [low, high] of a row's length outside which no view sees it.

    A point may be seen unless it lies left of all views' pictures or right of all of them.
    """
    low, high = 0.0, 1.0
    a_low, b_low = float(window.a_low), float(window.b_low)
    a_high, b_high = float(window.a_high), float(window.b_high)
    for side in range(2):
        limit = 0.0 if side == 0 else float(window.width)
        above = side == 0
        l_low, l_high = seen_from(x + a_low - b_low * w, dx - b_low * dw, limit, above)
        r_low, r_high = seen_from(x + a_high - b_high * w, dx - b_high * dw, limit, above)
        if l_low > l_high:
            l_low, l_high = r_low, r_high
        if r_low > r_high:
            r_low, r_high = l_low, l_high
        low = max(low, min(l_low, r_low))
        high = min(high, max(l_high, r_high))
    return np.float32(max(low, 0.0)), np.float32(min(high, 1.0))


@exact
def cut_rows(ids: NDArray[np.int32], surface: Surface, window: Window, out: Spans) -> int:
    """Walk the triangles' edges once, and write the pieces of their rows to `out`.

    `ids` are the triangles, all with w > 0. Returns the number of pieces, or -1 where `out` is too
    small. A row of a triangle is what lies between its edges at the row's centre line; edges that
    two triangles share are computed alike from both, and pieces share their ends, so that in every
    view each pixel centre belongs to just one. A piece's left and right end change places where
    the triangle turns its back: such a piece holds no pixel centre, and no view need test for it.

    A piece has one key for all views: depth, then the look (style, 8 bits of luma), so that one
    compare tests and writes all. Rows are cut to equal pieces, no longer than a pixel in the view
    that stretches them most; x is linear in the view, so that one of the outermost two does.
    """
    half, one, zero = np.float32(0.5), np.float32(1.0), np.float32(0.0)
    capacity = out.key.size
    screen, back, faces = surface.screen, surface.back, surface.faces
    top = np.float32(window.first)
    bottom = np.float32(window.first + window.rows)
    b_low, b_high = window.b_low, window.b_high
    w_far, steps = window.w_far, window.steps_per_w
    look_bits = np.uint32(window.look_bits)
    n = 0
    for q in range(ids.size):
        # Unsigned, so that no index is tested for being negative.
        t = np.uint32(ids[q])
        i, j, k = np.uint32(faces[t, 0]), np.uint32(faces[t, 1]), np.uint32(faces[t, 2])
        # From top to bottom. `turned` tells that the long edge i-k is the left one of a front.
        turned = True
        if screen[j, 1] < screen[i, 1]:
            i, j = j, i
            turned = not turned
        if screen[k, 1] < screen[j, 1]:
            j, k = k, j
            turned = not turned
            if screen[j, 1] < screen[i, 1]:
                i, j = j, i
                turned = not turned
        xi, yi, wi, ci = screen[i, 0], screen[i, 1], screen[i, 2], screen[i, 3]
        xj, yj, wj, cj = screen[j, 0], screen[j, 1], screen[j, 2], screen[j, 3]
        xk, yk, wk, ck = screen[k, 0], screen[k, 1], screen[k, 2], screen[k, 3]
        first = np.int32(max(np.ceil(yi - half), top))
        last = np.int32(min(np.ceil(yk - half), bottom))
        if first >= last:
            continue
        middle = np.int32(min(max(np.ceil(yj - half), top), bottom))
        mesh = np.uint32(surface.face_mesh[t])
        look = surface.look_of[mesh]
        sides = 2 if surface.two_sided[mesh] else 1
        for side in range(sides):
            if side == 1:
                turned = not turned
                ci, cj, ck = back[i], back[j], back[k]
            per_row = one / (yk - yi)
            long_x, long_w, long_c = (xk - xi) * per_row, (wk - wi) * per_row, (ck - ci) * per_row
            for part in range(2):
                if part == 0:
                    row, end = first, middle
                    if row >= end:
                        continue
                    x0, y0, w0, c0 = xi, yi, wi, ci
                    per_row = one / (yj - yi)
                    step_x, step_w, step_c = (
                        (xj - xi) * per_row,
                        (wj - wi) * per_row,
                        (cj - ci) * per_row,
                    )
                else:
                    row, end = middle, last
                    if row >= end:
                        continue
                    x0, y0, w0, c0 = xj, yj, wj, cj
                    per_row = one / (yk - yj)
                    step_x, step_w, step_c = (
                        (xk - xj) * per_row,
                        (wk - wj) * per_row,
                        (ck - cj) * per_row,
                    )
                for r in range(row, end):
                    centre = np.float32(r) + half
                    d = centre - yi
                    e = centre - y0
                    x1, w1, c1 = xi + d * long_x, wi + d * long_w, ci + d * long_c
                    x2, w2, c2 = x0 + e * step_x, w0 + e * step_w, c0 + e * step_c
                    if turned:
                        x1, x2 = x2, x1
                        w1, w2 = w2, w1
                        c1, c2 = c2, c1
                    dx, dw, dc = x2 - x1, w2 - w1, c2 - c1
                    longest = max(dx - b_low * dw, dx - b_high * dw)
                    if not longest > zero:
                        continue
                    if longest > np.float32(LONG_PX):
                        low, high = visible_share(x1, w1, dx, dw, window)
                        if not low < high:
                            continue
                        if high < one:
                            x2, w2, c2 = x1 + high * dx, w1 + high * dw, c1 + high * dc
                        if low > zero:
                            x1, w1, c1 = x1 + low * dx, w1 + low * dw, c1 + low * dc
                        dx, dw, dc = x2 - x1, w2 - w1, c2 - c1
                        longest = max(dx - b_low * dw, dx - b_high * dw, zero)
                    # A little more than the length: no piece may be a pixel long by rounding.
                    pieces = np.int32(longest * np.float32(1.001)) + np.int32(1)
                    if n + pieces > capacity:
                        return -1
                    at = np.int32(r - window.first) * np.int32(window.stride)
                    if pieces == 1:
                        to = np.uint64(n)
                        out.x_a[to] = x1
                        out.w_a[to] = w1
                        out.x_b[to] = x2
                        out.w_b[to] = w2
                        out.row[to] = at
                        depth = np.uint32((half * (w1 + w2) - w_far) * steps)
                        luma = np.uint32(half * (c1 + c2))
                        out.key[to] = (depth << look_bits) | look | luma
                        n += 1
                        continue
                    share = one / np.float32(pieces)
                    dx *= share
                    dw *= share
                    dc *= share
                    luma_here = c1 + half * dc
                    depth_here = (w1 + half * dw - w_far) * steps
                    depth_step = dw * steps
                    px, pw = x1, w1
                    for piece in range(1, pieces + 1):
                        fx = x1 + np.float32(piece) * dx
                        fw = w1 + np.float32(piece) * dw
                        to = np.uint64(n)
                        out.x_a[to] = px
                        out.w_a[to] = pw
                        out.x_b[to] = fx
                        out.w_b[to] = fw
                        out.row[to] = at
                        depth = np.uint32(depth_here)
                        out.key[to] = (depth << look_bits) | look | np.uint32(luma_here)
                        px, pw = fx, fw
                        luma_here += dc
                        depth_here += depth_step
                        n += 1
                    out.x_b[n - 1] = x2
                    out.w_b[n - 1] = w2
    return n
