"""Projection, culling and sorting into bands, against formulas written out."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streamer.render.kernels.geometry import (
    GUARD_PX,
    list_unsafe,
    measure_triangles,
    project_vertices,
    sort_into_bands,
)
from streamer.render.kernels.surface import Surface
from tests.render.scenes import surface_of

LENS = np.array([100.0, 20.0, 10.0, 1.0])


def projected(points: list[tuple[float, float, float]]) -> np.ndarray:
    given_points = np.array(points, np.float32)
    screen = np.empty_like(given_points)
    project_vertices(given_points, np.eye(4), LENS, 0, len(points), screen)
    return screen


def test_projection_is_the_pinhole_formula() -> None:
    screen = projected([(1.0, -2.0, 4.0), (0.0, 0.0, 50.0)])
    np.testing.assert_allclose(screen[0], (20 + 100 / 4, 10 - 200 / 4, 0.25))
    np.testing.assert_allclose(screen[1], (20, 10, 0.02), rtol=1e-6)


def test_what_cannot_be_projected_is_marked() -> None:
    nan, infinite = float("nan"), float("inf")
    screen = projected(
        [(0, 0, 0.5), (0, 0, -3), (9e9, 0, 2), (nan, 0, 5), (0, infinite, 5), (0, 0, nan)]
    )
    np.testing.assert_array_equal(screen[:, 2], [0, 0, 0, -1, -1, -1])
    assert GUARD_PX < 9e9 * 100 / 2
    corners = [(float(x), float(y), float(w)) for x, y, w in screen] + [(0, 0, 1), (1, 1, 1)]
    surface = surface_of(corners, [(0, 6, 7), (3, 6, 7), (0, 3, 6), (6, 6, 7)])
    ids = np.full(1, -1, np.int32)
    assert list_unsafe(surface, ids) == 1
    assert ids[0] == 0


def bands_of(
    surface: Surface, a: float, b: float, width: int, height: int, rows: int
) -> list[list[int]]:
    bands = np.empty((len(surface.faces), 2), np.int32)
    counts = np.zeros(-(-height // rows) + 1, np.int64)
    measure_triangles(surface, np.array([a, b]), width, height, rows, bands, counts)
    starts = np.cumsum(counts)
    ids = np.empty(starts[-1], np.int32)
    sort_into_bands(bands, starts, ids)
    return [ids[starts[n] : starts[n + 1]].tolist() for n in range(len(starts) - 1)]


coordinate = st.floats(-20, 40, width=32)
corner = st.tuples(coordinate, coordinate, st.floats(0.125, 2.0, width=32))


@given(corners=st.lists(corner, min_size=9, max_size=9), a=st.floats(0, 8), b=st.floats(0, 8))
def test_every_band_lists_in_order_each_triangle_that_either_eye_sees_in_it(
    corners: list[tuple[float, float, float]], a: float, b: float
) -> None:
    surface = surface_of(corners, [(0, 1, 2), (3, 4, 5), (6, 7, 8)])
    width, height, rows = 20, 18, 4
    lists = bands_of(surface, a, b, width, height, rows)
    assert len(lists) == 5
    for band, ids in enumerate(lists):
        assert ids == sorted(set(ids))
        for t in range(3):
            points = surface.screen[surface.faces[t]].astype(float)
            touches_rows = points[:, 1].max() > band * rows and points[:, 1].min() < min(
                (band + 1) * rows, height
            )
            seen = False
            for s in (-1, 1):
                x = points[:, 0] + s * (a - b * points[:, 2])
                seen |= bool(x.max() > 0 and x.min() < width)
            if touches_rows and seen:
                assert t in ids
            if not touches_rows:
                margin = points[:, 1].max() <= band * rows - 1e-3
                margin |= points[:, 1].min() >= (band + 1) * rows
                assert not (margin and t in ids)


def test_hidden_meshes_and_backs_are_left_out_and_thin_edges_are_not() -> None:
    front = [(0.0, 0.0, 1.0), (0.0, 8.0, 1.0), (8.0, 0.0, 1.0)]
    one_sided = surface_of(front, [(0, 1, 2), (0, 2, 1)], two_sided=False)
    assert bands_of(one_sided, 0, 0, 8, 8, 8) == [[0]]
    assert bands_of(surface_of(front, [(0, 1, 2), (0, 2, 1)]), 0, 0, 8, 8, 8) == [[0, 1]]
    hidden = one_sided._replace(opacity=np.zeros(1, np.float32))
    assert bands_of(hidden, 0, 0, 8, 8, 8) == [[]]
    # Edge-on from the middle, but one eye sees its front.
    edge_on = surface_of(
        [(4.0, 0.0, 1.0), (4.0, 8.0, 1.0), (4.0, 4.0, 0.5)], [(0, 1, 2)], None, False
    )
    assert bands_of(edge_on, 4, 4, 8, 8, 8) == [[0]]
