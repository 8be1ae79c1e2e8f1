"""Shading: light on the vertices, and from samples to colour, coverage and depth planes."""

import numpy as np
from numpy.typing import NDArray

from streamer.render.kernels.jit import shading
from streamer.render.kernels.surface import Target

# As in `raster`; numba freezes a kernel's constants, so they stand beside it. A test compares them.
SAMPLES = 4
STRENGTH_STEPS = 4095
MAX_STRENGTH = 1.25
GLOSS_STEPS = 255
MAX_GLOSS = 0.25
MESH_BITS = 12
GLOSS_BITS = 8

TONES = 1024  # entries of the table from linear to display light

# One light above the viewer's left shoulder, in camera axes (unit), and light from all around that
# is a little stronger from above.
LIGHT = (-0.29341, -0.45646, -0.83996)
AMBIENT = 0.13
AMBIENT_FROM_ABOVE = 0.06
DIFFUSE = 0.77
WRAP = 0.12  # light reaches a little round the edge: no hard terminator
GLOSS = 0.10  # times (n.h)^16


@shading
def light_vertices(
    points: NDArray[np.float32],
    normals: NDArray[np.float32],
    transform: NDArray[np.float64],
    first: int,
    last: int,
    light_out: NDArray[np.float32],
) -> None:
    """Light vertices [first, last): (strength, gloss) of the front, then of the back.

    `points` and `normals` (V, 3) in patient space, `transform` (4, 4) to the camera; normals need
    not be unit, and one of length zero gets the light from all around only. Gloss (Blinn) is that
    seen from the middle between the eyes, so that both eyes see the same light.
    """
    for i in range(first, last):
        px, py, pz = points[i, 0], points[i, 1], points[i, 2]
        mx, my, mz = normals[i, 0], normals[i, 1], normals[i, 2]
        # The direction to the eye and the normal, in camera axes.
        vx = -(transform[0, 0] * px + transform[0, 1] * py + transform[0, 2] * pz + transform[0, 3])
        vy = -(transform[1, 0] * px + transform[1, 1] * py + transform[1, 2] * pz + transform[1, 3])
        vz = -(transform[2, 0] * px + transform[2, 1] * py + transform[2, 2] * pz + transform[2, 3])
        nx = transform[0, 0] * mx + transform[0, 1] * my + transform[0, 2] * mz
        ny = transform[1, 0] * mx + transform[1, 1] * my + transform[1, 2] * mz
        nz = transform[2, 0] * mx + transform[2, 1] * my + transform[2, 2] * mz
        length = np.sqrt(nx * nx + ny * ny + nz * nz)
        n_scale = 1.0 / length if length > 0.0 else 0.0
        length = np.sqrt(vx * vx + vy * vy + vz * vz)
        v_scale = 1.0 / length if length > 0.0 else 0.0
        hx = vx * v_scale + LIGHT[0]
        hy = vy * v_scale + LIGHT[1]
        hz = vz * v_scale + LIGHT[2]
        length = np.sqrt(hx * hx + hy * hy + hz * hz)
        h_scale = n_scale / length if length > 0.0 else 0.0
        facing = (nx * LIGHT[0] + ny * LIGHT[1] + nz * LIGHT[2]) * n_scale
        half = (nx * hx + ny * hy + nz * hz) * h_scale
        above = -ny * n_scale
        for back in range(2):
            sign = 1.0 - 2.0 * back
            strength = AMBIENT + AMBIENT_FROM_ABOVE * sign * above
            if n_scale > 0.0:
                strength += DIFFUSE * max(sign * facing + WRAP, 0.0) / (1.0 + WRAP)
            g = max(sign * half, 0.0)
            g *= g
            g *= g
            g *= g
            light_out[i, 2 * back] = strength
            light_out[i, 2 * back + 1] = GLOSS * g * g


@shading
def resolve(
    keys: NDArray[np.uint64],
    colours: NDArray[np.float32],
    tones: NDArray[np.float32],
    same_surface: float,
    out: Target,
) -> None:
    """Average the samples `keys` (R, W, 4) of a band, as `rasterise` left them, into `out`.

    `colours` (M, 4) are linear red, green, blue, and opacity by mesh; `tones` (1024,) maps linear
    light 0..1 to display light 0..1. Colour is averaged by opacity, coverage is the share of
    samples hit times opacity. Depth is the samples' mean where inverse depths differ by less than
    the share `same_surface`, else the nearest.
    """
    rows, columns = keys.shape[0], keys.shape[1]
    zero = np.uint64(0)
    strength_unit = MAX_STRENGTH / STRENGTH_STEPS
    gloss_unit = MAX_GLOSS / GLOSS_STEPS
    last_tone = TONES - 1.0
    for pair in range(rows // 2):
        span_first = columns
        span_last = 0
        for quad in range(columns // 2):
            sum_u = 0.0
            sum_v = 0.0
            sum_alpha = 0.0
            for corner in range(4):
                row = 2 * pair + corner // 2
                column = 2 * quad + corner % 2
                hits = 0
                nearest = 0.0
                farthest = 1e30
                depth = 0.0
                red = 0.0
                green = 0.0
                blue = 0.0
                weight = 0.0
                for s in range(SAMPLES):
                    key = keys[row, column, s]
                    if key == zero:
                        continue
                    w = float(np.uint32(key >> np.uint64(32)).view(np.float32))
                    nearest = max(nearest, w)
                    farthest = min(farthest, w)
                    depth += w
                    look = int(key & np.uint64(0xFFFFFFFF))
                    mesh = look & ((1 << MESH_BITS) - 1)
                    gloss = gloss_unit * ((look >> MESH_BITS) & GLOSS_STEPS)
                    strength = strength_unit * (look >> (MESH_BITS + GLOSS_BITS))
                    share = colours[mesh, 3]
                    red += share * (colours[mesh, 0] * strength + gloss)
                    green += share * (colours[mesh, 1] * strength + gloss)
                    blue += share * (colours[mesh, 2] * strength + gloss)
                    weight += share
                    hits += 1
                if hits == 0:
                    out.y[row, column] = 16
                    out.alpha[row, column] = 0
                    out.inverse_depth[row, column] = 0.0
                    continue
                scale = last_tone / weight
                red = tones[int(min(red * scale, last_tone) + 0.5)]
                green = tones[int(min(green * scale, last_tone) + 0.5)]
                blue = tones[int(min(blue * scale, last_tone) + 0.5)]
                luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
                alpha = weight / SAMPLES
                out.y[row, column] = int(16.5 + 219.0 * luma)
                out.alpha[row, column] = int(255.0 * alpha + 0.5)
                one = nearest - farthest <= same_surface * nearest
                out.inverse_depth[row, column] = depth / hits if one else nearest
                sum_u += alpha * (blue - luma)
                sum_v += alpha * (red - luma)
                sum_alpha += alpha
            if sum_alpha > 0.0:
                out.u[pair, quad] = int(128.5 + (224.0 / 1.8556) * sum_u / sum_alpha)
                out.v[pair, quad] = int(128.5 + (224.0 / 1.5748) * sum_v / sum_alpha)
                out.alpha_half[pair, quad] = int(255.0 * sum_alpha / 4.0 + 0.5)
                span_first = min(span_first, 2 * quad)
                span_last = 2 * quad + 2
            else:
                out.u[pair, quad] = 128
                out.v[pair, quad] = 128
                out.alpha_half[pair, quad] = 0
        out.spans[pair, 0] = min(span_first, span_last)
        out.spans[pair, 1] = span_last
