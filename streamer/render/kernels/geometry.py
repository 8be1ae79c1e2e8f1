"""Work that all views share: projecting vertices once and sorting triangles into bands of rows."""

import numpy as np
from numpy.typing import NDArray

from streamer.render.kernels.jit import exact
from streamer.render.kernels.surface import Surface

GUARD_PX = 1 << 20  # farther out, 64-bit edge functions in 1/256 pixels could overflow


@exact
def project_vertices(
    points: NDArray[np.float32],
    transform: NDArray[np.float64],
    lens: NDArray[np.float64],
    first: int,
    last: int,
    screen_out: NDArray[np.float32],
) -> None:
    """Project vertices [first, last) of `points` (V, 3) to (x_0, y, w).

    `transform` (4, 4) is rigid, patient to camera; `lens` is (focal, cx, cy, near).
    w is set to 0 where a vertex is nearer than near or lands farther out than `GUARD_PX` (its
    triangles must be clipped), and to -1 where it is not finite (its triangles are dropped).
    """
    focal, cx, cy, near = lens[0], lens[1], lens[2], lens[3]
    for i in range(first, last):
        px, py, pz = points[i, 0], points[i, 1], points[i, 2]
        x = transform[0, 0] * px + transform[0, 1] * py + transform[0, 2] * pz + transform[0, 3]
        y = transform[1, 0] * px + transform[1, 1] * py + transform[1, 2] * pz + transform[1, 3]
        z = transform[2, 0] * px + transform[2, 1] * py + transform[2, 2] * pz + transform[2, 3]
        screen_out[i, 0] = 0.0
        screen_out[i, 1] = 0.0
        if not np.isfinite(x + y + z):
            screen_out[i, 2] = -1.0
            continue
        screen_out[i, 2] = 0.0
        if z >= near:
            w = 1.0 / z
            sx = cx + focal * x * w
            sy = cy + focal * y * w
            if abs(sx) <= GUARD_PX and abs(sy) <= GUARD_PX:
                screen_out[i, 0] = sx
                screen_out[i, 1] = sy
                screen_out[i, 2] = w


@exact
def list_unsafe(surface: Surface, ids_out: NDArray[np.int32]) -> int:
    """Write the triangles that must be clipped to `ids_out` and return how many there are.

    These have a vertex with w = 0 and none that is not finite. `ids_out` may be shorter than the
    count: then call again with one that is long enough.
    """
    screen, faces = surface.screen, surface.faces
    count = 0
    for t in range(faces.shape[0]):
        lowest = min(screen[faces[t, 0], 2], screen[faces[t, 1], 2], screen[faces[t, 2], 2])
        if lowest == 0.0:
            if count < ids_out.size:
                ids_out[count] = t
            count += 1
    return count


@exact
def measure_triangles(
    surface: Surface,
    parallax: NDArray[np.float64],
    width: int,
    height: int,
    band_rows: int,
    bands_out: NDArray[np.int32],
    counts: NDArray[np.int64],
) -> None:
    """Find the bands that each triangle touches, for both eyes at once, and count them by band.

    `parallax` is (A, B). `bands_out` (T, 2) gets the first band and the last band + 1, equal where
    the triangle is to be skipped: transparent, not finite, to be clipped, outside the viewport in
    both eyes, or one-sided and turned away from both. `counts` (bands + 1,) is raised at band + 1,
    so that its running sum gives where each band's list starts.
    """
    screen, faces = surface.screen, surface.faces
    a, b = parallax[0], parallax[1]
    for t in range(faces.shape[0]):
        bands_out[t, 0] = 0
        bands_out[t, 1] = 0
        mesh = surface.face_mesh[t]
        if surface.opacity[mesh] <= 0.0:
            continue
        i, j, k = faces[t, 0], faces[t, 1], faces[t, 2]
        wi, wj, wk = screen[i, 2], screen[j, 2], screen[k, 2]
        if wi <= 0.0 or wj <= 0.0 or wk <= 0.0:
            continue
        xi, xj, xk = screen[i, 0], screen[j, 0], screen[k, 0]
        yi, yj, yk = screen[i, 1], screen[j, 1], screen[k, 1]
        low, high = min(yi, yj, yk), max(yi, yj, yk)
        if high <= 0.0 or low >= height:
            continue
        reach = max(abs(a - b * wi), abs(a - b * wj), abs(a - b * wk)) + 1.0
        left, right = min(xi, xj, xk), max(xi, xj, xk)
        if right + reach <= 0.0 or left - reach >= width:
            continue
        if not surface.two_sided[mesh]:
            # Twice the signed area is linear in s. The slack is what snapping can change.
            area = (xj - xi) * (yk - yi) - (xk - xi) * (yj - yi)
            change = b * ((wi - wj) * (yk - yi) - (wi - wk) * (yj - yi))
            if area - abs(change) > ((right - left) + (high - low)) / 64.0:
                continue
        first = int(max(low, 0.0)) // band_rows
        last = int(min(high, height - 1.0)) // band_rows + 1
        bands_out[t, 0] = first
        bands_out[t, 1] = last
        for band in range(first, last):
            counts[band + 1] += 1


@exact
def sort_into_bands(
    bands: NDArray[np.int32], starts: NDArray[np.int64], ids_out: NDArray[np.int32]
) -> None:
    """Counting sort: write each triangle's number into the list of every band that it touches.

    `bands` (T, 2) as from `measure_triangles`; `starts` (bands + 1,) is the running sum of the
    counts; band k's list is `ids_out[starts[k]:starts[k + 1]]`, in rising order.
    """
    cursor = starts.copy()
    for t in range(bands.shape[0]):
        for band in range(bands[t, 0], bands[t, 1]):
            ids_out[cursor[band]] = t
            cursor[band] += 1
