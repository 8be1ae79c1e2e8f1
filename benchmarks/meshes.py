"""Meshes made by formula, for benchmarks and tests: the same triangles on every machine."""

import math

import numpy as np
from numpy.typing import NDArray

from streamer.scene.model import Mesh


def sphere(
    triangles: int,
    radius_mm: float = 90.0,
    bump: float = 0.0,
    centre_mm: tuple[float, float, float] = (0.0, 0.0, 0.0),
    colour: tuple[float, float, float] = (0.89, 0.85, 0.76),
    opacity: float = 1.0,
) -> Mesh:
    """A closed sphere of about `triangles` triangles; `bump` is a share of the radius.

    With bumps it is as uneven as a skull: hollows that hide each other, steep inner silhouettes.
    """
    around = max(3, round(math.sqrt(triangles)))
    rings = max(1, round((triangles / around - 2) / 2) + 1)
    polar = np.linspace(0.0, math.pi, rings + 2)[1:-1]
    azimuth = np.arange(around) * (2 * math.pi / around)
    v, u = np.meshgrid(polar, azimuth, indexing="ij")
    unit = np.stack([np.sin(v) * np.cos(u), np.sin(v) * np.sin(u), np.cos(v)], -1).reshape(-1, 3)
    unit = np.concatenate([unit, [[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]]])
    x, y, z = unit.T
    waves = np.sin(9 * x + 1) * np.sin(11 * y + 2) * np.sin(8 * z + 3)
    points = unit * (radius_mm * (1 + bump * waves))[:, None]
    faces = _sphere_faces(around, rings)
    normals = unit if bump == 0 else vertex_normals(points, faces)
    return Mesh(
        "sphere",
        (points + np.array(centre_mm)).astype(np.float32),
        faces,
        normals.astype(np.float32),
        colour,
        opacity,
    )


def _sphere_faces(around: int, rings: int) -> NDArray[np.int32]:
    """Faces of `rings` rings of `around` vertices each and, last, the two poles."""
    this = np.arange(around)
    following = (this + 1) % around
    ring = np.arange(rings - 1)[:, None] * around
    a, b = (ring + this).ravel(), (ring + following).ravel()
    c, d = a + around, b + around
    first, last = around * rings, (rings - 1) * around
    top = np.stack([np.full(around, first), this, following], -1)
    bottom = np.stack([np.full(around, first + 1), last + following, last + this], -1)
    sides = [np.stack([a, c, d], -1), np.stack([a, d, b], -1)]
    return np.concatenate([*sides, top, bottom]).astype(np.int32)


def vertex_normals(points: NDArray[np.floating], faces: NDArray[np.int32]) -> NDArray[np.float64]:
    """Unit normals (N, 3), the area-weighted mean of the faces about each vertex."""
    corners = points[faces].astype(np.float64)
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros((len(points), 3))
    for corner in range(3):
        np.add.at(normals, faces[:, corner], across)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return normals / np.where(length > 0, length, 1.0)
