"""Levels of detail: an anatomy's triangles as the kernels take them, and fewer of them for afar."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import fast_simplification
import numpy as np
from numpy.typing import NDArray

from streamer.render.meshlets import by_first_use, meshlet_order
from streamer.scene.model import Anatomy, Mesh

Number = TypeVar("Number", np.float32, np.int32)

COARSEST: Final = 2_000  # triangles; nothing is won below
SHRINK: Final = 2.0  # triangles of a level for one of the next


@dataclass(frozen=True, slots=True, eq=False)
class Detail:
    """All meshes of an anatomy at one level, end to end.

    `points` and `normals` (V, 3) float32; `faces` (T, 3) int32; `face_mesh` (T,) int32; `starts`
    (M + 1,) where each mesh's vertices begin; `edges` (E, 4) int32: two vertices, the face in which
    they follow each other, and the face on the other side, or -1 at a border. `two_sided` (M,) bool
    where a mesh is open. `error_mm` is how far the surface lies from the finest level's, the root
    of the mean square.
    """

    points: NDArray[np.float32]
    normals: NDArray[np.float32]
    faces: NDArray[np.int32]
    face_mesh: NDArray[np.int32]
    starts: NDArray[np.int64]
    edges: NDArray[np.int32]
    two_sided: NDArray[np.bool_]
    error_mm: float

    @classmethod
    def of(
        cls,
        meshes: Sequence[Mesh],
        two_sided: NDArray[np.bool_] | None = None,
        error_mm: float = 0.0,
    ) -> "Detail":
        """Join `meshes`; `two_sided` is found where it is not given.

        Raises ValueError for arrays whose shapes do not fit each other or faces that name no
        vertex.
        """
        for mesh in meshes:
            _check(mesh)
        if two_sided is None:
            two_sided = np.array([not is_closed(mesh) for mesh in meshes], np.bool_)
        meshes = [_in_meshlets(mesh) for mesh in meshes]
        counts = [len(mesh.vertices_mm) for mesh in meshes]
        starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
        points = _stack([mesh.vertices_mm for mesh in meshes], np.float32)
        normals = _stack([mesh.normals for mesh in meshes], np.float32)
        faces = _stack(
            [mesh.faces + start for mesh, start in zip(meshes, starts, strict=False)], np.int32
        )
        numbers = [np.full(len(mesh.faces), n, np.int32) for n, mesh in enumerate(meshes)]
        return cls(
            points,
            normals,
            faces,
            np.concatenate([np.empty(0, np.int32), *numbers]),
            starts,
            edges_of(points, faces),
            two_sided,
            error_mm,
        )


def coarser(meshes: Sequence[Mesh]) -> tuple[tuple[Mesh, ...], float]:
    """The same meshes with about half the triangles each, and the mean square error in mm2.

    By quadric edge collapse (Garland and Heckbert 1997). Normals are the means of those that were
    merged, so that light stays as it was. A mesh that cannot be thinned is left as it is.
    """
    thinned = [_thinned(mesh) for mesh in meshes]
    vertices = sum(len(mesh.vertices_mm) for mesh in meshes)
    return tuple(mesh for mesh, _ in thinned), sum(error for _, error in thinned) / max(vertices, 1)


def _thinned(mesh: Mesh) -> tuple[Mesh, float]:
    """The mesh, and the sum over the old vertices of their squared distance from the new surface.

    A vertex's distance is that from the tangent plane of the one that it was merged into.
    """
    target = int(len(mesh.faces) / SHRINK)
    if target < COARSEST // 4 or not np.isfinite(mesh.vertices_mm).all():
        return mesh, 0.0
    points = np.ascontiguousarray(mesh.vertices_mm, np.float32)
    faces = np.ascontiguousarray(mesh.faces, np.int32)
    _, _, collapses = fast_simplification.simplify(
        points, faces, target_count=target, return_collapses=True
    )
    fewer_points, fewer_faces, where = fast_simplification.replay_simplification(
        points, faces, collapses
    )
    fewer_faces = np.asarray(fewer_faces, np.int32)
    a, b, c = fewer_faces.T
    fewer_faces = fewer_faces[(a != b) & (b != c) & (c != a)]
    if len(fewer_faces) == 0:
        return mesh, 0.0
    fewer_points, where = np.asarray(fewer_points, np.float32), np.asarray(where)
    old_normals = np.nan_to_num(mesh.normals)
    normals = np.stack(
        [np.bincount(where, old_normals[:, axis], len(fewer_points)) for axis in range(3)], -1
    )
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    unit = (normals / np.where(length > 0, length, 1.0)).astype(np.float32)
    error = float((((points - fewer_points[where]) * unit[where]).sum(axis=1) ** 2).sum())
    thin = replace(
        mesh,
        vertices_mm=fewer_points,
        faces=np.ascontiguousarray(fewer_faces),
        normals=unit,
    )
    return thin, error


def _in_meshlets(mesh: Mesh) -> Mesh:
    """The same mesh, its triangles and vertices in an order that caches and culling like."""
    if len(mesh.faces) == 0:
        return mesh
    faces = mesh.faces[meshlet_order(mesh.vertices_mm, mesh.faces)]
    order, faces = by_first_use(faces, len(mesh.vertices_mm))
    return replace(
        mesh, vertices_mm=mesh.vertices_mm[order], faces=faces, normals=mesh.normals[order]
    )


def coarser_details(anatomy: Anatomy, finest: Detail) -> Iterator[Detail]:
    """Levels of half the triangles of the one before, from `finest` on, as long as it helps."""
    meshes, square_mm2, triangles = anatomy.meshes, 0.0, len(finest.faces)
    while triangles > 2 * COARSEST:
        meshes, added_mm2 = coarser(meshes)
        square_mm2 += added_mm2
        level = Detail.of(meshes, finest.two_sided, square_mm2**0.5)
        if len(level.faces) > 0.75 * triangles:
            break
        triangles = len(level.faces)
        yield level


def edges_of(points: NDArray[np.float32], faces: NDArray[np.int32]) -> NDArray[np.int32]:
    """The edges (E, 4) that can be an outline: two vertices, and the faces on their sides.

    The first face has the vertices in this order; the second is -1 at a border. Left out are edges
    of more than two faces, which have no side, and hollow ones between two faces of one surface:
    where one of those faces turns away, the other is hidden.
    """
    if len(faces) == 0:
        return np.empty((0, 4), np.int32)
    tail = faces.T.ravel().astype(np.int64)
    head = faces[:, [1, 2, 0]].T.ravel().astype(np.int64)
    key = np.minimum(tail, head) * len(points) + np.maximum(tail, head)
    order = np.argsort(key, kind="stable")
    key = key[order]
    first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    count = np.diff(np.concatenate([first, [len(key)]]))
    proper = tail[order[first]] != head[order[first]]
    single, double = first[(count == 1) & proper], first[(count == 2) & proper]
    one, other = order[double], order[double + 1]
    total = len(faces)
    pairs = np.stack([tail[one], head[one], one % total, other % total], -1)
    pairs = pairs[~_hollow(points, faces, pairs)]
    alone = order[single]
    borders = np.stack([tail[alone], head[alone], alone % total, np.full(len(alone), -1)], -1)
    edges = np.concatenate([pairs, borders])
    return np.ascontiguousarray(edges[np.argsort(edges[:, 2], kind="stable")].astype(np.int32))


@np.errstate(over="ignore", invalid="ignore")  # what is no number is not hollow
def _hollow(
    points: NDArray[np.float32], faces: NDArray[np.int32], pairs: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Where the second face's far corner lies before the first face: (E,)."""
    a, b, c = (points[faces[pairs[:, 2], corner]] for corner in range(3))
    across = np.cross(b - a, c - a)
    far = faces[pairs[:, 3]].sum(axis=1) - pairs[:, 0] - pairs[:, 1]
    hollow: NDArray[np.bool_] = ((points[far] - a) * across).sum(axis=1) > 0
    return hollow


def is_closed(mesh: Mesh) -> bool:
    """Whether a mesh has an inside that cannot be seen: then the backs of its faces are not drawn.

    True where as many faces run along each edge one way as the other, so that nothing is open even
    where more than two meet, and all vertices are finite. Faces that name a vertex twice do not
    count.
    """
    if not np.isfinite(mesh.vertices_mm).all():
        return False
    faces = mesh.faces.astype(np.int64)
    a, b, c = faces.T
    proper = (a != b) & (b != c) & (c != a)
    tail, head = faces[proper].ravel(), faces[proper][:, [1, 2, 0]].ravel()
    if len(tail) == 0:
        return False
    edges, where = np.unique(
        np.minimum(tail, head) * len(mesh.vertices_mm) + np.maximum(tail, head), return_inverse=True
    )
    return not np.bincount(where, np.where(tail < head, 1, -1), len(edges)).any()


def bounding_sphere(points: NDArray[np.float32]) -> tuple[NDArray[np.float64], float]:
    """Centre (3,) of the finite points' bounding box, and the greatest distance from it."""
    finite = points[np.isfinite(points).all(axis=1)].astype(np.float64)
    if len(finite) == 0:
        return np.zeros(3), 1.0
    centre = (finite.min(axis=0) + finite.max(axis=0)) / 2
    return centre, float(np.sqrt(((finite - centre) ** 2).sum(axis=1).max()))


def _stack(parts: Sequence[NDArray[np.generic]], dtype: type[Number]) -> NDArray[Number]:
    """(N, 3), contiguous: the kernels are compiled for that alone."""
    whole = np.concatenate([np.empty((0, 3), dtype), *parts])
    return np.ascontiguousarray(whole.astype(dtype, copy=False))


def _check(mesh: Mesh) -> None:
    count = len(mesh.vertices_mm)
    if mesh.vertices_mm.shape != (count, 3) or mesh.normals.shape != (count, 3):
        raise ValueError(
            f"mesh {mesh.name!r} needs vertices and normals of the same shape (N, 3), not "
            f"{mesh.vertices_mm.shape} and {mesh.normals.shape}"
        )
    if mesh.faces.ndim != 2 or mesh.faces.shape[1] != 3:
        raise ValueError(f"mesh {mesh.name!r} needs faces (M, 3), not {mesh.faces.shape}")
    if mesh.faces.size and not 0 <= mesh.faces.min() <= mesh.faces.max() < count:
        raise ValueError(
            f"mesh {mesh.name!r} has {count} vertices, but its faces name vertices "
            f"{mesh.faces.min()} to {mesh.faces.max()}"
        )
