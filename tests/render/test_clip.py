"""Clipping: what remains is inside, covers all that was inside, and keeps what was not cut."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from streamer.render.kernels.clip import MAX_CORNERS, MAX_PIECES, clip_triangles

coordinate = st.floats(-4, 4, width=32)
point = st.tuples(coordinate, coordinate, coordinate)
BOX = np.array(
    [
        [0.0, 0.0, 1.0, -0.5],
        [1.0, 0.0, 0.5, 0.0],
        [-1.0, 0.0, 0.5, 0.0],
        [0.0, 1.0, 0.5, 0.0],
        [0.0, -1.0, 0.5, 0.0],
    ]
)


def clipped(
    points: list[tuple[float, float, float]], planes: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    given_points = np.array(points, np.float32)
    corners = np.empty((MAX_CORNERS, 6), np.float32)
    faces = np.empty((MAX_PIECES, 3), np.int32)
    parents = np.full(MAX_PIECES, -1, np.int32)
    vertices, triangles = clip_triangles(
        np.zeros(1, np.int32),
        np.array([[0, 1, 2]], np.int32),
        given_points,
        given_points,
        np.eye(4),
        planes,
        corners,
        faces,
        parents,
    )
    assert (parents[:triangles] == 0).all()
    return corners[:vertices], faces[:triangles]


def area_vector(points: NDArray[np.floating]) -> NDArray[np.float64]:
    a, b, c = points.astype(np.float64)
    return np.cross(b - a, c - a) / 2


@given(points=st.lists(point, min_size=3, max_size=3))
def test_the_two_sides_of_a_cut_add_up_to_the_triangle(
    points: list[tuple[float, float, float]],
) -> None:
    plane = np.array([[0.3, -0.5, 0.8, 0.2]])
    total = np.zeros(3)
    for side in (plane, -plane):
        corners, faces = clipped(points, side)
        assert (corners[:, :3] @ side[0, :3] + side[0, 3] > -1e-4).all()
        total += sum((area_vector(corners[face, :3]) for face in faces), np.zeros(3))
    np.testing.assert_allclose(total, area_vector(np.array(points, np.float32)), atol=1e-3)


@given(points=st.lists(point, min_size=3, max_size=3))
def test_what_remains_is_inside_all_planes_and_carries_its_normals(
    points: list[tuple[float, float, float]],
) -> None:
    corners, faces = clipped(points, BOX)
    assert len(faces) == max(len(corners) - 2, 0)
    assert (corners[:, :3] @ BOX[:, :3].T + BOX[:, 3] > -1e-4).all()
    np.testing.assert_allclose(corners[:, 3:], corners[:, :3], atol=1e-5)


def test_a_triangle_inside_stays_as_it_is_and_one_outside_goes() -> None:
    corners, faces = clipped([(0, 0, 1), (0.1, 0, 1), (0, 0.1, 1)], BOX)
    assert faces.tolist() == [[0, 1, 2]]
    assert corners[1, 0] == pytest.approx(0.1)
    corners, faces = clipped([(0, 0, -1), (0.1, 0, -1), (0, 0.1, -1)], BOX)
    assert len(corners) == len(faces) == 0
