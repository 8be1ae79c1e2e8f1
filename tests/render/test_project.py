"""Projection and light of vertices, against formulas written out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from streamer.render.camera import rotation_matrix
from streamer.render.kernels import project
from streamer.render.kernels.project import GUARD_PX, light_vertices, project_vertices
from streamer.render.looks import display_tones
from tests.render import naive

LENS = np.array([100.0, 90.0, 20.0, 10.0, 1.0])
WHITE = (1.0, 1.0, 1.0)
TONES = display_tones()

part = st.floats(-1, 1, width=32)
vector = st.tuples(part, part, part)


def moved(rotation: tuple[float, float, float, float], z: float) -> NDArray[np.float64]:
    transform = np.eye(4)
    transform[:3, :3] = rotation_matrix(rotation)
    transform[:3, 3] = 1.0, -2.0, z
    return transform


MOVED = moved((0.3, -0.2, 0.5, 0.7), 60.0)


def projected(
    points: list[tuple[float, float, float]], transform: NDArray[np.float64] | None = None
) -> NDArray[np.float32]:
    given_points = np.array(points, np.float32)
    screen = np.full((len(points), 4), 7, np.float32)
    pose = np.eye(4) if transform is None else transform
    project_vertices(given_points, pose, LENS, 0, len(points), screen)
    return screen


@given(points=st.lists(vector, min_size=1, max_size=8))
def test_projection_equals_the_naive_twin_and_tells_the_range(
    points: list[tuple[float, float, float]],
) -> None:
    given_points = np.array(points, np.float32) * 80
    screen = np.full((len(points), 4), 7, np.float32)
    low, high = project_vertices(given_points, MOVED, LENS, 0, len(points), screen)
    expected = [naive.projected(p.astype(float), MOVED, LENS) for p in given_points]
    np.testing.assert_allclose(screen[:, :3], np.array(expected, np.float32), rtol=1e-5)
    assert (screen[:, 3] == 7).all()
    shown = [w for _, _, w in expected if w > 0]
    assert low == pytest.approx(min(shown, default=np.inf))
    assert high == pytest.approx(max(shown, default=0.0))


def test_what_cannot_be_projected_is_marked() -> None:
    nan, infinite = float("nan"), float("inf")
    screen = projected(
        [(0, 0, 0.5), (0, 0, -3), (9e9, 0, 2), (nan, 0, 5), (0, infinite, 5), (0, 0, nan)]
    )
    np.testing.assert_array_equal(screen[:, 2], [0, 0, 0, -1, -1, -1])
    assert GUARD_PX < 9e9 * 100 / 2


def test_only_the_vertices_asked_for_are_touched() -> None:
    points = np.ones((4, 3), np.float32)
    screen = np.full((4, 4), 7, np.float32)
    project_vertices(points, np.eye(4), LENS, 1, 3, screen)
    assert (screen[[0, 3]] == 7).all()
    assert (screen[1:3, 2] == 1).all()


def lit(
    normal: tuple[float, float, float],
    point: tuple[float, float, float],
    colour: tuple[float, float, float] = WHITE,
    transform: NDArray[np.float64] | None = None,
) -> tuple[float, float]:
    """The luma of the front and of the back."""
    screen, back = np.empty((1, 4), np.float32), np.empty(1, np.float32)
    points, normals = np.array([point], np.float32), np.array([normal], np.float32)
    pose = np.eye(4) if transform is None else transform
    light_vertices(points, normals, pose, np.array(colour, np.float32), TONES, 0, 1, screen, back)
    return float(screen[0, 3]), float(back[0])


@given(normal=vector, point=vector, colour=st.tuples(*[st.floats(0, 1, width=32)] * 3))
def test_light_equals_the_naive_twin_and_stays_in_limited_range(
    normal: tuple[float, float, float],
    point: tuple[float, float, float],
    colour: tuple[float, float, float],
) -> None:
    n, p = np.array(normal), np.array(point) * 40
    if 0 < np.linalg.norm(n) < 1e-3:
        n = np.zeros(3)
    both = lit((n[0], n[1], n[2]), (p[0], p[1], p[2]), colour, MOVED)
    for luma, back in zip(both, (False, True), strict=True):
        # Half a step of the table of tones is 1.4 where it is steepest, in the dark.
        assert luma == pytest.approx(naive.luma(p, n, MOVED, colour, back), abs=1.5)
        assert 16.5 <= luma < 236


def test_light_comes_from_the_viewers_side_above_left() -> None:
    at = (0.0, 0.0, 300.0)
    assert lit((0.0, 0.0, -1.0), at) > lit((0.7, 0.0, -0.7), at)
    assert lit((-0.5, -0.5, -0.7), at) > lit((0.5, 0.5, -0.7), at)


def test_the_back_is_the_front_turned_over_and_length_does_not_matter() -> None:
    at = (20.0, -30.0, 300.0)
    front, turned = lit((0.3, 0.2, -0.9), at), lit((-3.0, -2.0, 9.0), at)
    assert front == pytest.approx(turned[::-1], abs=0.3)


@pytest.mark.parametrize("size", [np.nan, np.inf, 3e38, 1e25, 1e-30])
def test_normals_that_are_no_directions_give_some_light_in_range(size: float) -> None:
    for normal in ((size, -size, size), (0.0, 0.0, size)):
        for luma in lit(normal, (1.0, 2.0, 50.0), WHITE, MOVED):
            assert 16.5 <= luma < 236


def test_a_normal_of_length_zero_gets_the_light_from_all_around() -> None:
    dark = naive.srgb(project.AMBIENT)
    front, back = lit((0.0, 0.0, 0.0), (0.0, 0.0, 9.0))
    assert front == back == pytest.approx(16.5 + 219 * dark, abs=0.3)


def test_backs_are_left_out_where_nobody_sees_them() -> None:
    screen = np.empty((1, 4), np.float32)
    points = np.ones((1, 3), np.float32)
    none = np.empty(0, np.float32)
    light_vertices(
        points, points, np.eye(4), np.array(WHITE, np.float32), TONES, 0, 1, screen, none
    )
    assert screen[0, 3] > 16
