"""Hidden surfaces: from triangles to the nearest surface at each of four samples a pixel."""

import numpy as np
from numpy.typing import NDArray

from streamer.render.kernels.jit import exact
from streamer.render.kernels.surface import Surface

SAMPLES = 4
SUBPIXELS = 256
# A rotated grid: four distinct rows and columns, so that near-vertical and near-horizontal
# silhouettes get five levels of coverage.
SAMPLE_X = (96, 224, 32, 160)
SAMPLE_Y = (32, 96, 160, 224)
LOWEST, HIGHEST = 32, 224

# A sample's key, from the high bits down: inverse depth, strength, gloss, mesh.
STRENGTH_STEPS = 4095
MAX_STRENGTH = 1.25
GLOSS_STEPS = 255
MAX_GLOSS = 0.25
MESH_BITS = 12
GLOSS_BITS = 8


@exact
def rasterise(
    surface: Surface,
    ids: NDArray[np.int32],
    shift: float,
    shift_by_w: float,
    first_row: int,
    keys: NDArray[np.uint64],
) -> None:
    """Fill `keys` (R, W, 4) with what is nearest at each sample of rows `first_row` onwards.

    The eye sees a vertex at x = x_0 + `shift` - `shift_by_w` * w. `ids` are the triangles to draw,
    all with w > 0. A key holds the float32 bits of inverse depth (positive, so that they order as
    integers) in its high half; below them light strength (12 bits), gloss (8) and the mesh's number
    (12), so that one compare tests and writes all. 0 is empty.

    Corners are snapped to 1/256 pixel and edge functions are 64-bit integers: exact, so that of two
    triangles that share an edge just one takes each sample (rule: top and left edges are inside).
    Inverse depth is linear on the screen; light is interpolated in perspective.
    """
    rows, columns = keys.shape[0], keys.shape[1]
    keys[:] = 0
    screen, faces, light = surface.screen, surface.faces, surface.light
    to_strength = STRENGTH_STEPS / MAX_STRENGTH
    to_gloss = GLOSS_STEPS / MAX_GLOSS
    for n in range(ids.size):
        t = ids[n]
        mesh = surface.face_mesh[t]
        i, j, k = faces[t, 0], faces[t, 1], faces[t, 2]
        wi, wj, wk = float(screen[i, 2]), float(screen[j, 2]), float(screen[k, 2])
        xi = int(np.floor((screen[i, 0] + (shift - shift_by_w * wi)) * SUBPIXELS + 0.5))
        xj = int(np.floor((screen[j, 0] + (shift - shift_by_w * wj)) * SUBPIXELS + 0.5))
        xk = int(np.floor((screen[k, 0] + (shift - shift_by_w * wk)) * SUBPIXELS + 0.5))
        yi = int(np.floor(screen[i, 1] * SUBPIXELS + 0.5)) - first_row * SUBPIXELS
        yj = int(np.floor(screen[j, 1] * SUBPIXELS + 0.5)) - first_row * SUBPIXELS
        yk = int(np.floor(screen[k, 1] * SUBPIXELS + 0.5)) - first_row * SUBPIXELS
        area = (xj - xi) * (yk - yi) - (yj - yi) * (xk - xi)
        if area == 0:
            continue
        side = 0
        if area > 0:  # rows grow downwards: this is the back
            if not surface.two_sided[mesh]:
                continue
            side = 2
        else:
            area = -area
            j, k = k, j
            xj, xk = xk, xj
            yj, yk = yk, yj
            wj, wk = wk, wj
        # Pixels that have a sample within the box about the corners.
        left = max((min(xi, xj, xk) - HIGHEST + SUBPIXELS - 1) >> 8, 0)
        right = min((max(xi, xj, xk) - LOWEST) >> 8, columns - 1)
        top = max((min(yi, yj, yk) - HIGHEST + SUBPIXELS - 1) >> 8, 0)
        bottom = min((max(yi, yj, yk) - LOWEST) >> 8, rows - 1)
        if left > right or top > bottom:
            continue
        # Edge functions of j-k, k-i and i-j; each is twice the area opposite i, j and k.
        ax, ay = xk - xj, yk - yj
        bx, by = xi - xk, yi - yk
        cx, cy = xj - xi, yj - yi
        rule_a = 0 if ay < 0 or (ay == 0 and ax > 0) else 1
        rule_b = 0 if by < 0 or (by == 0 and bx > 0) else 1
        rule_c = 0 if cy < 0 or (cy == 0 and cx > 0) else 1
        x = left * SUBPIXELS
        y = top * SUBPIXELS
        edge_a = ax * (y - yj) - ay * (x - xj) - rule_a
        edge_b = bx * (y - yk) - by * (x - xk) - rule_b
        edge_c = cx * (y - yi) - cy * (x - xi) - rule_c
        # Inverse depth, and strength and gloss times inverse depth, as planes over the screen.
        over = 1.0 / area
        w_b, w_c = (wj - wi) * over, (wk - wi) * over
        si = light[i, side] * to_strength * wi
        s_b = (light[j, side] * to_strength * wj - si) * over
        s_c = (light[k, side] * to_strength * wk - si) * over
        gi = light[i, side + 1] * to_gloss * wi
        g_b = (light[j, side + 1] * to_gloss * wj - gi) * over
        g_c = (light[k, side + 1] * to_gloss * wk - gi) * over
        for row in range(top, bottom + 1):
            at_a, at_b, at_c = edge_a, edge_b, edge_c
            for column in range(left, right + 1):
                for s in range(SAMPLES):
                    in_a = at_a + (ax * SAMPLE_Y[s] - ay * SAMPLE_X[s])
                    in_b = at_b + (bx * SAMPLE_Y[s] - by * SAMPLE_X[s])
                    in_c = at_c + (cx * SAMPLE_Y[s] - cy * SAMPLE_X[s])
                    if (in_a | in_b | in_c) >= 0:
                        part_b = float(in_b + rule_b)
                        part_c = float(in_c + rule_c)
                        w = wi + part_b * w_b + part_c * w_c
                        depth = np.uint64(np.float32(w).view(np.uint32)) << np.uint64(32)
                        if depth >= keys[row, column, s]:
                            z = 1.0 / w
                            strength = (si + part_b * s_b + part_c * s_c) * z + 0.5
                            gloss = (gi + part_b * g_b + part_c * g_c) * z + 0.5
                            strength = min(max(strength, 0.0), float(STRENGTH_STEPS))
                            gloss = min(max(gloss, 0.0), float(GLOSS_STEPS))
                            look = (int(strength) << GLOSS_BITS | int(gloss)) << MESH_BITS | mesh
                            keys[row, column, s] = depth | np.uint64(look)
                at_a -= ay * SUBPIXELS
                at_b -= by * SUBPIXELS
                at_c -= cy * SUBPIXELS
            edge_a += ax * SUBPIXELS
            edge_b += bx * SUBPIXELS
            edge_c += cx * SUBPIXELS
