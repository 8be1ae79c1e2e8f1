"""Culling and sorting into bands, against what each band must and must not list."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from streamer.render.kernels.bands import (
    FRONT_HIGH,
    FRONT_LOW,
    list_unsafe,
    measure_edges,
    measure_triangles,
    sort_into_bands,
)
from streamer.render.kernels.surface import Surface
from tests.render import naive
from tests.render.scenes import surface_of

WIDTH, HEIGHT, ROWS = 20, 18, 4
BANDS = 5
VIEWS = ((2.0, -3.0), (-1.0, 2.0))
Lists = list[list[int]]

coordinate = st.floats(-20, 40, width=32)
corner = st.tuples(coordinate, coordinate, st.floats(0.125, 2.0, width=32))


def sorted_lists(bands: NDArray[np.int32], counts: NDArray[np.int32]) -> Lists:
    starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    ids = np.empty(starts[-1], np.int32)
    cursor = starts[:-1].copy()
    sort_into_bands(bands, 0, len(bands), cursor, ids)
    np.testing.assert_array_equal(cursor, starts[1:])
    return [ids[starts[n] : starts[n + 1]].tolist() for n in range(len(counts))]


def measured(surface: Surface) -> tuple[Lists, NDArray[np.uint8]]:
    """The lists of opaque triangles by band, then those of glass; and which way each faces."""
    total = len(surface.faces)
    bands, counts = np.empty((total, 2), np.int32), np.zeros(2 * BANDS, np.int32)
    facing = np.full(total, 9, np.uint8)
    reach = np.array(VIEWS, np.float32).ravel()
    measure_triangles(surface, reach, (WIDTH, HEIGHT), ROWS, 0, total, facing, bands, counts)
    return sorted_lists(bands, counts), facing


@given(corners=st.lists(corner, min_size=9, max_size=9), two_sided=st.booleans())
def test_every_band_lists_in_order_each_triangle_that_any_view_sees_in_it(
    corners: list[tuple[float, float, float]], two_sided: bool
) -> None:
    surface = surface_of(corners, [(0, 1, 2), (3, 4, 5), (6, 7, 8)], two_sided=two_sided)
    lists, _ = measured(surface)
    assert not any(lists[BANDS:])
    for band, ids in enumerate(lists[:BANDS]):
        assert ids == sorted(set(ids))
        for t in range(3):
            seen = False
            # A band takes the row above and the row below it too.
            for r in range(max(band * ROWS - 1, 0), min((band + 1) * ROWS + 1, HEIGHT)):
                row = naive.rows_of(surface, t, r)
                ends = [row.seen(a, b) for a, b in VIEWS] if row is not None else []
                for left, right in ends:
                    shown = two_sided or right - left > 1e-3
                    seen |= shown and min(left, right) < WIDTH and max(left, right) > 0
            if seen:
                assert t in ids
            ys = surface.screen[surface.faces[t], 1]
            if ys.max() < band * ROWS - 1 or ys.min() > (band + 1) * ROWS + 1:
                assert t not in ids


@given(corners=st.lists(corner, min_size=3, max_size=3))
def test_facing_tells_the_front_of_both_outermost_views(
    corners: list[tuple[float, float, float]],
) -> None:
    surface = surface_of(corners, [(0, 1, 2)])
    _, facing = measured(surface)
    points = surface.screen.astype(float)
    for (a, b), bit in zip(VIEWS, (FRONT_LOW, FRONT_HIGH), strict=True):
        x, y = points[:, 0] + a - b * points[:, 2], points[:, 1]
        area = (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0])
        if abs(area) > 1e-2:
            assert bool(facing[0] & bit) == (area < 0)


def test_hidden_meshes_are_left_out_and_glass_has_lists_of_its_own() -> None:
    front = [(0.0, 0.0, 1.0), (0.0, 3.0, 1.0), (9.0, 0.0, 1.0)]
    surface = surface_of(front, [(0, 1, 2), (0, 2, 1)], two_sided=False)
    assert measured(surface)[0][0] == [0]
    hidden = surface._replace(pass_of=np.array([-1], np.int32))
    assert not any(measured(hidden)[0])
    glass = measured(surface._replace(pass_of=np.array([1], np.int32)))[0]
    assert not any(glass[:BANDS])
    assert glass[BANDS] == [0]


def test_only_what_can_be_clipped_is_listed_for_that() -> None:
    corners = [(0, 0, 0), (0, 0, -1), (0, 0, 1), (1, 1, 1)]
    surface = surface_of(corners, [(0, 2, 3), (1, 2, 3), (0, 1, 2), (2, 2, 3), (3, 0, 2)])
    ids = np.full(1, -1, np.int32)
    assert list_unsafe(surface, ids) == 2
    assert ids.tolist() == [0]
    ids = np.full(2, -1, np.int32)
    assert list_unsafe(surface, ids) == 2
    assert ids.tolist() == [0, 4]


def test_edges_are_listed_where_one_of_their_faces_turns_away_in_some_view() -> None:
    corners = [(4.0, 1.0, 1.0), (4.0, 9.0, 1.0), (9.0, 5.0, 1.0), (0.0, 5.0, 1.0)]
    faces = [(0, 1, 2), (0, 3, 1), (0, 1, 3)]  # a front; its neighbour; that one turned over
    surface = surface_of(corners, faces, two_sided=False)
    _, facing = measured(surface)
    edges = np.array([[0, 1, 0, 1], [0, 1, 0, 2], [1, 2, 0, -1]], np.int32)
    bands, counts = np.empty((3, 2), np.int32), np.zeros(2 * BANDS, np.int32)
    measure_edges(edges, surface, facing, HEIGHT, ROWS, 0, 3, bands, counts)
    lists = sorted_lists(bands, counts)
    assert lists[0] == [1, 2]
    assert lists[2] == [1, 2]
    assert not any(lists[3:])
