"""Clipping triangles to what can be projected: the near plane and a wide frame."""

import numpy as np
from numpy.typing import NDArray

from streamer.render.kernels.jit import exact

MAX_CORNERS = 8  # a triangle cut by five planes
MAX_PIECES = MAX_CORNERS - 2


@exact
def clip_triangle(
    corners: NDArray[np.float64], planes: NDArray[np.float64], scratch: NDArray[np.float64]
) -> int:
    """Cut a convex polygon to the inside of all planes, in place (Sutherland & Hodgman 1974).

    `corners` (8, 6): position and normal, the first three rows being the triangle; both are
    interpolated alike. `planes` (P, 4): inside is n.p + d >= 0, P at most 5. `scratch` is like
    `corners`. Returns the number of corners left, 0 where nothing is.
    """
    count = 3
    for p in range(planes.shape[0]):
        kept = 0
        for n in range(count):
            m = n + 1 if n + 1 < count else 0
            d_here = planes[p, 3]
            d_there = planes[p, 3]
            for axis in range(3):
                d_here += planes[p, axis] * corners[n, axis]
                d_there += planes[p, axis] * corners[m, axis]
            if d_here >= 0.0:
                for column in range(6):
                    scratch[kept, column] = corners[n, column]
                kept += 1
            if (d_here >= 0.0) != (d_there >= 0.0):
                # From the inner end, so that a shared edge is cut alike from both its triangles.
                inner, outer = (n, m) if d_here >= 0.0 else (m, n)
                t = abs(d_here) if d_here >= 0.0 else abs(d_there)
                t /= abs(d_here) + abs(d_there)
                for column in range(6):
                    start = corners[inner, column]
                    scratch[kept, column] = start + t * (corners[outer, column] - start)
                kept += 1
        count = kept
        for n in range(count):
            for column in range(6):
                corners[n, column] = scratch[n, column]
        if count < 3:
            return 0
    return count


@exact
def clip_triangles(
    ids: NDArray[np.int32],
    faces: NDArray[np.int32],
    points: NDArray[np.float32],
    normals: NDArray[np.float32],
    transform: NDArray[np.float64],
    planes: NDArray[np.float64],
    corners_out: NDArray[np.float32],
    faces_out: NDArray[np.int32],
    parents_out: NDArray[np.int32],
) -> tuple[int, int]:
    """Clip the triangles `ids` in camera space; returns the numbers of new vertices and triangles.

    `points` and `normals` (V, 3) in patient space, `transform` (4, 4), `planes` (P, 4) in camera
    space. Per triangle given, at most 8 vertices (position and normal in camera axes) go to
    `corners_out` (8 n, 6) and 6 triangles to `faces_out` (6 n, 3), numbered within `corners_out`;
    `parents_out` (6 n,) tells which triangle each came from.
    """
    corners = np.empty((MAX_CORNERS, 6), np.float64)
    scratch = np.empty((MAX_CORNERS, 6), np.float64)
    vertices = 0
    triangles = 0
    for n in range(ids.size):
        for corner in range(3):
            i = faces[ids[n], corner]
            for axis in range(3):
                position = transform[axis, 3]
                normal = 0.0
                for k in range(3):
                    position += transform[axis, k] * points[i, k]
                    normal += transform[axis, k] * normals[i, k]
                corners[corner, axis] = position
                corners[corner, 3 + axis] = normal
        count = clip_triangle(corners, planes, scratch)
        for corner in range(count):
            for column in range(6):
                corners_out[vertices + corner, column] = corners[corner, column]
        for piece in range(1, count - 1):
            faces_out[triangles, 0] = vertices
            faces_out[triangles, 1] = vertices + piece
            faces_out[triangles, 2] = vertices + piece + 1
            parents_out[triangles] = ids[n]
            triangles += 1
        vertices += count
    return vertices, triangles
