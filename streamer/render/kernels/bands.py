"""Sorting what is to be drawn into bands of rows, once for all views."""

import numpy as np
from numpy.typing import NDArray

from streamer.render.kernels.jit import exact
from streamer.render.kernels.surface import Surface

FRONT_LOW = 1  # bits of a face: turned to the leftmost view, and to the rightmost
FRONT_HIGH = 2


@exact
def list_unsafe(surface: Surface, ids_out: NDArray[np.int32]) -> int:
    """Write the triangles that must be clipped to `ids_out` and return how many there are.

    These have a vertex with w = 0 and none that is not finite. `ids_out` may be shorter than the
    count: then call again with one that is long enough.
    """
    screen, faces = surface.screen, surface.faces
    count = 0
    for t in range(faces.shape[0]):
        i, j, k = np.uint32(faces[t, 0]), np.uint32(faces[t, 1]), np.uint32(faces[t, 2])
        lowest = min(screen[i, 2], screen[j, 2], screen[k, 2])
        if lowest == 0.0:
            if count < ids_out.size:
                ids_out[count] = t
            count += 1
    return count


@exact
def measure_triangles(
    surface: Surface,
    reach: NDArray[np.float32],
    size: tuple[int, int],
    band_rows: int,
    first: int,
    last: int,
    facing_out: NDArray[np.uint8],
    bands_out: NDArray[np.int32],
    counts: NDArray[np.int32],
) -> None:
    """Find the bands that triangles [first, last) touch in any view, and count them by band.

    `reach` is (a, b) of the leftmost view and of the rightmost (x_i = x_0 + a - b w); `size` is
    (width, height) of a view. `bands_out` (T, 2) gets the first list and the last + 1, equal where
    the triangle is to be skipped: not drawn, not finite, to be clipped, between two rows, outside
    the viewport in all views, or one-sided and turned away in all. A band takes the row above and
    the row below it too, for smoothing. Glass goes to the lists behind those of opaque triangles.
    `counts` (2 * bands,) is raised. `facing_out` (T,) gets `FRONT_LOW` and `FRONT_HIGH`.

    Twice the signed area is linear in the view, so what is turned away in the outermost two is so
    in all.
    """
    screen, faces = surface.screen, surface.faces
    width, height = np.float32(size[0]), size[1]
    a_low, b_low, a_high, b_high = reach[0], reach[1], reach[2], reach[3]
    half, zero = np.float32(0.5), np.float32(0.0)
    lists = counts.size // 2
    for number in range(first, last):
        t = np.uint64(number)  # unsigned, so that no index is tested for being negative
        bands_out[t, 0] = 0
        bands_out[t, 1] = 0
        facing_out[t] = 0
        i, j, k = np.uint32(faces[t, 0]), np.uint32(faces[t, 1]), np.uint32(faces[t, 2])
        wi, wj, wk = screen[i, 2], screen[j, 2], screen[k, 2]
        if not (wi > zero and wj > zero and wk > zero):
            continue
        xi, xj, xk = screen[i, 0], screen[j, 0], screen[k, 0]
        yi, yj, yk = screen[i, 1], screen[j, 1], screen[k, 1]
        area = (xj - xi) * (yk - yi) - (xk - xi) * (yj - yi)
        bend = (wj - wi) * (yk - yi) - (wk - wi) * (yj - yi)
        low_area, high_area = area - b_low * bend, area - b_high * bend
        facing = 0
        if low_area < zero:  # rows grow downwards: this is the front
            facing |= FRONT_LOW
        if high_area < zero:
            facing |= FRONT_HIGH
        facing_out[t] = facing
        mesh = np.uint32(surface.face_mesh[t])
        layer = surface.pass_of[mesh]
        if layer < 0 or (facing == 0 and not surface.two_sided[mesh]):
            continue
        top, end = np.ceil(min(yi, yj, yk) - half), np.ceil(max(yi, yj, yk) - half)
        if not (top < end and end > zero and top < height):
            continue
        l_i, l_j, l_k = a_low - b_low * wi, a_low - b_low * wj, a_low - b_low * wk
        h_i, h_j, h_k = a_high - b_high * wi, a_high - b_high * wj, a_high - b_high * wk
        if max(xi + max(l_i, h_i), xj + max(l_j, h_j), xk + max(l_k, h_k)) <= zero:
            continue
        if min(xi + min(l_i, h_i), xj + min(l_j, h_j), xk + min(l_k, h_k)) >= width:
            continue
        first_band = max(int(top) - 1, 0) // band_rows + layer * lists
        last_band = min(int(end), height - 1) // band_rows + 1 + layer * lists
        bands_out[t, 0] = first_band
        bands_out[t, 1] = last_band
        for band in range(first_band, last_band):
            counts[np.uint64(band)] += 1


@exact
def sort_into_bands(
    bands: NDArray[np.int32],
    first: int,
    last: int,
    cursor: NDArray[np.int64],
    ids_out: NDArray[np.int32],
) -> None:
    """Counting sort: write items [first, last) into the list of every band that each touches.

    `bands` (T, 2) gives the first list and the last + 1 of each; `cursor` (lists,) where in
    `ids_out` the next item of each list goes; it is moved on.
    """
    for number in range(first, last):
        t = np.uint64(number)
        for band in range(bands[t, 0], bands[t, 1]):
            to = cursor[np.uint64(band)]
            ids_out[np.uint64(to)] = number
            cursor[np.uint64(band)] = to + 1


@exact
def measure_edges(
    edges: NDArray[np.int32],
    surface: Surface,
    facing: NDArray[np.uint8],
    height: int,
    band_rows: int,
    first: int,
    last: int,
    bands_out: NDArray[np.int32],
    counts: NDArray[np.int32],
) -> None:
    """Find the bands of edges [first, last) that are a silhouette in some view; count by band.

    `edges` (E, 4): two vertices, the face on one side, and the other or -1 at a border. `facing`
    (T,) as from `measure_triangles`. `bands_out` (E, 2) and `counts` (2 * bands,) as there; an
    edge's band takes the row above and the row below it.
    """
    screen = surface.screen
    half, zero = np.float32(0.5), np.float32(0.0)
    both = FRONT_LOW | FRONT_HIGH
    lists = counts.size // 2
    for number in range(first, last):
        e = np.uint64(number)
        bands_out[e, 0] = 0
        bands_out[e, 1] = 0
        one, other = np.uint32(edges[e, 2]), edges[e, 3]
        here = facing[one]
        if other >= 0:
            there = facing[np.uint32(other)]
            if here == there and (here == 0 or here == both):
                continue
        mesh = surface.face_mesh[one]
        layer = surface.pass_of[mesh]
        i, j = np.uint32(edges[e, 0]), np.uint32(edges[e, 1])
        if layer < 0 or not (screen[i, 2] > zero and screen[j, 2] > zero):
            continue
        low, high = min(screen[i, 1], screen[j, 1]), max(screen[i, 1], screen[j, 1])
        if not (high > zero and low < height):
            continue
        first_band = max(int(max(low - half, zero)) - 1, 0) // band_rows + layer * lists
        last_band = min(int(high) + 1, height - 1) // band_rows + 1 + layer * lists
        bands_out[e, 0] = first_band
        bands_out[e, 1] = last_band
        for band in range(first_band, last_band):
            counts[band] += 1
