"""What is done to triangles: normals, islands, orientation, fewer of them."""

from typing import Any

import fast_simplification
import numpy as np
import pyvista as pv
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Points = NDArray[np.float32]
Faces = NDArray[np.int32]


def poly_data(points: Points, faces: Faces) -> pv.PolyData:
    """The triangles as PyVista's surface, of single precision."""
    surface = pv.PolyData()
    surface.points = points
    connectivity: Any = faces  # its setter is typed for int64 only
    surface.regular_faces = connectivity
    return surface


def face_crosses(points: Points, faces: Faces) -> NDArray[np.float64]:
    """Each triangle's normal (M, 3), twice its area long."""
    a, b, c = (points[faces[:, corner]].astype(np.float64) for corner in range(3))
    crosses: NDArray[np.float64] = np.cross(b - a, c - a)
    return crosses


def vertex_normals(points: Points, faces: Faces) -> NDArray[np.float32]:
    """Unit normals (N, 3), each the mean of the triangles around, weighted by area."""
    crosses = face_crosses(points, faces)
    normals = np.empty((len(points), 3))
    for axis in range(3):
        weights = np.repeat(crosses[:, axis], 3)
        normals[:, axis] = np.bincount(faces.ravel(), weights, len(points))
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    normals = np.where(length > 0, normals / np.where(length > 0, length, 1.0), (0.0, 0.0, 1.0))
    return normals.astype(np.float32)


def signed_volume_mm3(points: Points, faces: Faces) -> float:
    """The volume enclosed, positive where triangles are counter-clockwise seen from outside."""
    centred = points - points.mean(axis=0)
    a = centred[faces[:, 0]].astype(np.float64)
    return float((a * face_crosses(centred, faces)).sum() / 6.0)


def is_closed(faces: Faces) -> bool:
    """Whether each edge is shared by an even number of triangles."""
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    keys = edges[:, 0].astype(np.int64) << 32 | edges[:, 1]
    _, counts = np.unique(keys, return_counts=True)
    return bool((counts % 2 == 0).all())


def compact(points: Points, faces: Faces) -> tuple[Points, Faces]:
    """The same triangles without the points that none of them uses."""
    used = np.zeros(len(points), bool)
    used[faces.ravel()] = True
    renumbered = np.cumsum(used, dtype=np.int32) - 1
    return points[used], renumbered[faces].astype(np.int32)


def without_degenerate(points: Points, faces: Faces) -> tuple[Points, Faces]:
    """Without triangles of no area."""
    area = np.linalg.norm(face_crosses(points, faces), axis=1)
    kept = area > 0
    return (points, faces) if kept.all() else compact(points, faces[kept])


def without_islands(points: Points, faces: Faces, min_area_mm2: float) -> tuple[Points, Faces]:
    """Without connected surfaces of less area than `min_area_mm2`; the largest always stays."""
    rows = np.concatenate([faces[:, 0], faces[:, 1]])
    columns = np.concatenate([faces[:, 1], faces[:, 2]])
    links = coo_array((np.ones(len(rows), bool), (rows, columns)), (len(points), len(points)))
    _, parts = connected_components(links, directed=False)
    face_parts = parts[faces[:, 0]]
    areas = np.bincount(face_parts, np.linalg.norm(face_crosses(points, faces), axis=1) / 2)
    keep = areas >= min_area_mm2
    keep[areas.argmax()] = True
    return (points, faces) if keep.all() else compact(points, faces[keep[face_parts]])


def simplified(points: Points, faces: Faces, budget: int) -> tuple[Points, Faces]:
    """At most `budget` triangles, by quadric edge collapse (Garland and Heckbert 1997)."""
    if len(faces) <= budget:
        return points, faces
    fewer_points, fewer_faces = fast_simplification.simplify(
        np.ascontiguousarray(points, np.float32),
        np.ascontiguousarray(faces, np.int32),
        target_count=budget,
    )
    return without_degenerate(
        np.asarray(fewer_points, np.float32), np.asarray(fewer_faces, np.int32)
    )


def merged(points: Points, faces: NDArray[np.int64]) -> tuple[Points, Faces]:
    """Equal points made one (STL and GLB repeat them), points that no triangle uses left out."""
    corners = np.ascontiguousarray(points + np.float32(0.0))  # -0.0 becomes 0.0
    rows = corners.view(np.dtype((np.void, 12))).ravel()
    _, first, where = np.unique(rows, return_index=True, return_inverse=True)
    new_faces = where[faces].astype(np.int32)
    distinct = (new_faces != np.roll(new_faces, 1, axis=1)).all(axis=1)
    if not distinct.any():
        return corners[:0], new_faces[:0]
    return compact(corners[first], new_faces[distinct])


def consistently_wound(points: Points, faces: Faces) -> Faces:
    """The faces, turned where neighbours disagree on which side is out; unchanged where none do."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    keys = edges[:, 0].astype(np.int64) << 32 | edges[:, 1]
    if len(np.unique(keys)) == len(keys):
        return faces
    turned = poly_data(points, faces).compute_normals(
        cell_normals=False,
        split_vertices=False,
        consistent_normals=True,
        auto_orient_normals=False,
    )
    return np.asarray(turned.regular_faces, np.int32)
