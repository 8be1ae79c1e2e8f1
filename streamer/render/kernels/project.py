"""What is done once for a vertex, whatever the number of views: where it is, and how it is lit."""

import numpy as np
from numpy.typing import NDArray

from streamer.render.kernels.jit import exact, shading

GUARD_PX = 1 << 16  # farther out, float32 columns are coarser than 1/128 pixel
TONES = 1024  # entries of the table from linear to display light

# One light above the viewer's left shoulder, in camera axes (unit), and light from all around that
# is a little stronger from above.
LIGHT = (-0.29341, -0.45646, -0.83996)
AMBIENT = 0.13
AMBIENT_FROM_ABOVE = 0.06
DIFFUSE = 0.77
WRAP = 0.12  # light reaches a little round the edge: no hard terminator
GLOSS = 0.10  # times (n.h)^16


@exact
def project_vertices(
    points: NDArray[np.float32],
    transform: NDArray[np.float64],
    lens: NDArray[np.float64],
    first: int,
    last: int,
    screen_out: NDArray[np.float32],
) -> tuple[float, float]:
    """Project vertices [first, last) of `points` (V, 3) to (x_0, y, w) of `screen_out` (V, 4).

    `transform` (4, 4) is rigid, from the mesh to the camera; `lens` is (fx, fy, cx, cy, near).
    w is set to 0 where a vertex is nearer than near or lands farther out than `GUARD_PX` (its
    triangles must be clipped), and to -1 where it is not finite (its triangles are dropped).
    Returns the least and the greatest w of the others, (inf, 0) where there are none.
    """
    low, high = np.inf, 0.0
    fx, fy, cx, cy, near = lens[0], lens[1], lens[2], lens[3], lens[4]
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
            sx = cx + fx * x * w
            sy = cy + fy * y * w
            if abs(sx) <= GUARD_PX and abs(sy) <= GUARD_PX:
                screen_out[i, 0] = sx
                screen_out[i, 1] = sy
                screen_out[i, 2] = w
                low = min(low, w)
                high = max(high, w)
    return low, high


@shading
def light_vertices(
    points: NDArray[np.float32],
    normals: NDArray[np.float32],
    transform: NDArray[np.float64],
    colour: NDArray[np.float32],
    tones: NDArray[np.float32],
    first: int,
    last: int,
    screen_out: NDArray[np.float32],
    back_out: NDArray[np.float32],
) -> None:
    """Light vertices [first, last): the luma of the front to `screen_out[:, 3]`, and of the back.

    `points` and `normals` (V, 3) in the mesh's space, `transform` (4, 4) to the camera; normals
    need not be unit, and one of length zero gets the light from all around only. `colour` (3,) is
    linear; `tones` (1024,) maps linear light 0..1 to display light 0..1. Gloss (Blinn) is that seen
    from the middle of the row, so that all eyes see the same light. With `back_out` of size 0 the
    backs are left out.
    """
    t = np.empty(12, np.float32)  # in single precision: light needs no more
    for n in range(12):
        t[n] = transform[n // 4, n % 4]
    lx, ly, lz = np.float32(LIGHT[0]), np.float32(LIGHT[1]), np.float32(LIGHT[2])
    one, zero = np.float32(1.0), np.float32(0.0)
    tiny = np.float32(1e-30)
    last_tone = np.float32(TONES - 1)
    diffuse = np.float32(DIFFUSE / (1.0 + WRAP))
    red, green, blue = colour[0], colour[1], colour[2]
    for i in range(first, last):
        px, py, pz = points[i, 0], points[i, 1], points[i, 2]
        mx, my, mz = normals[i, 0], normals[i, 1], normals[i, 2]
        # The direction to the eye and the normal, in camera axes.
        vx = -(t[0] * px + t[1] * py + t[2] * pz + t[3])
        vy = -(t[4] * px + t[5] * py + t[6] * pz + t[7])
        vz = -(t[8] * px + t[9] * py + t[10] * pz + t[11])
        nx = t[0] * mx + t[1] * my + t[2] * mz
        ny = t[4] * mx + t[5] * my + t[6] * mz
        nz = t[8] * mx + t[9] * my + t[10] * mz
        square = nx * nx + ny * ny + nz * nz
        # What is no number or too large must not become an index below. Not `isfinite`: that is
        # x - x == 0, which "reassoc" takes for true.
        if not vx * vx + vy * vy + vz * vz + square < np.float32(1e30):
            screen_out[i, 3] = np.float32(16.5)
            if back_out.size > 0:
                back_out[i] = np.float32(16.5)
            continue
        n_scale = one / np.sqrt(square) if square > tiny else zero
        v_scale = one / np.sqrt(max(vx * vx + vy * vy + vz * vz, tiny))
        hx = vx * v_scale + lx
        hy = vy * v_scale + ly
        hz = vz * v_scale + lz
        h_scale = n_scale / np.sqrt(max(hx * hx + hy * hy + hz * hz, tiny))
        facing = (nx * lx + ny * ly + nz * lz) * n_scale
        half = (nx * hx + ny * hy + nz * hz) * h_scale
        above = -ny * n_scale
        for back in range(2):
            if back == 1 and back_out.size == 0:
                break
            sign = one - np.float32(2 * back)
            strength = np.float32(AMBIENT) + np.float32(AMBIENT_FROM_ABOVE) * sign * above
            if n_scale > zero:
                strength += diffuse * max(sign * facing + np.float32(WRAP), zero)
            g = max(sign * half, zero)
            g *= g
            g *= g
            g *= g
            g *= g * np.float32(GLOSS)
            r = tones[np.int32(min(red * strength + g, one) * last_tone + np.float32(0.5))]
            e = tones[np.int32(min(green * strength + g, one) * last_tone + np.float32(0.5))]
            b = tones[np.int32(min(blue * strength + g, one) * last_tone + np.float32(0.5))]
            luma = np.float32(16.5) + np.float32(219.0) * (
                np.float32(0.2126) * r + np.float32(0.7152) * e + np.float32(0.0722) * b
            )
            if back == 0:
                screen_out[i, 3] = luma
            else:
                back_out[i] = luma
