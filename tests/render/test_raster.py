"""Pieces filled into views against a ray through every pixel centre; no holes, no doubles."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from streamer.render.kernels.fill import SPARE, fill_view
from streamer.render.kernels.spans import Window, cut_rows
from streamer.render.kernels.surface import Spans, Surface
from tests.render import naive
from tests.render.scenes import surface_of, window_of

ROWS, WIDTH = 9, 11
VIEWS = ((1.0, -2.0), (0.0, 0.0), (-0.4, 0.8), (-1.5, 3.0))

coordinate = st.floats(-3, 14, width=32)
inverse_depth = st.floats(0.125, 2.0, width=32)
corner = st.tuples(coordinate, coordinate, inverse_depth)


def drawn(
    surface: Surface, window: Window, view: tuple[float, float], ids: list[int] | None = None
) -> NDArray[np.uint32]:
    """The keys of a view, (rows, width)."""
    spans = Spans.empty(100_000)
    chosen = list(range(len(surface.faces))) if ids is None else ids
    count = cut_rows(np.array(chosen, np.int32), surface, window, spans)
    assert count >= 0
    keys = np.zeros(window.rows * window.stride, np.uint32)
    columns = np.empty(count, np.int32)
    fill_view(spans, count, view[0], view[1], window.width, columns, keys)
    return keys.reshape(window.rows, window.stride)[:, : window.width]


def w_of(keys: NDArray[np.uint32], window: Window) -> NDArray[np.float64]:
    return (keys >> 9) / float(window.steps_per_w) + float(window.w_far)


@given(corners=st.lists(corner, min_size=12, max_size=12), two_sided=st.booleans())
def test_a_soup_of_triangles_equals_rays_through_the_pixel_centres_in_every_view(
    corners: list[tuple[float, float, float]], two_sided: bool
) -> None:
    faces = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (9, 10, 11)]
    lumas = [20.5 + 40 * (n // 3) for n in range(12)]  # so that a key tells its triangle
    surface = surface_of(corners, faces, lumas, two_sided)
    window = window_of(ROWS, WIDTH, VIEWS)
    for view in VIEWS:
        keys = drawn(surface, window, view)
        expected = naive.nearest(surface, view, (VIEWS[0], VIEWS[-1]), ROWS, WIDTH)
        found = np.where(keys == 0, -1, ((keys & 255).astype(np.int64) - 20) // 40)
        np.testing.assert_array_equal(found[expected.sure], expected.triangle[expected.sure])
        here = expected.sure & (expected.triangle >= 0)
        off = np.abs(w_of(keys, window) - expected.w)[here]
        assert (off <= expected.slack[here] + 1e-4).all()


@given(
    points=st.lists(st.tuples(coordinate, coordinate), min_size=4, max_size=4, unique=True),
    tilt=st.tuples(st.floats(-0.05, 0.05), st.floats(-0.05, 0.05)),
)
def test_triangles_that_share_an_edge_take_each_pixel_centre_once(
    points: list[tuple[float, float]], tilt: tuple[float, float]
) -> None:
    """A fan about a point inside a tilted square: each centre of it is in exactly one part."""

    def w(x: float, y: float) -> float:
        return 1.0 + tilt[0] * x + tilt[1] * y

    centre = (4.5 + points[0][0] / 8, 4.5 + points[0][1] / 8)
    outline = [(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0)]
    fan = [(x, y, w(x, y)) for x, y in (centre, *outline)]
    faces = [(0, 1 + (n + 1) % 4, 1 + n) for n in range(4)]
    surface = surface_of(fan, faces, two_sided=False)
    window = window_of(ROWS, WIDTH, VIEWS)
    for view in VIEWS:
        taken = sum((drawn(surface, window, view, [n]) != 0).astype(int) for n in range(4))
        assert np.max(taken) <= 1
        whole = drawn(surface, window, view) != 0
        np.testing.assert_array_equal(taken, whole)
        filled = np.array([_solid(row) for row in whole])
        assert filled.all(), "a hole"


def _solid(row: NDArray[np.bool_]) -> bool:
    """Whether what is covered of a row is one run."""
    places = np.flatnonzero(row)
    return len(places) == 0 or places[-1] - places[0] + 1 == len(places)


def test_the_nearer_of_two_wins_whatever_the_order() -> None:
    near = [(0.0, 0.0, 0.5), (0.0, 29.0, 0.5), (29.0, 0.0, 0.5)]
    far = [(0.0, 0.0, 0.25), (0.0, 29.0, 0.25), (29.0, 0.0, 0.25)]
    window = window_of(3, 3, [(0.0, 0.0)])
    for first, second in ((near, far), (far, near)):
        keys = drawn(surface_of(first + second, [(0, 1, 2), (3, 4, 5)]), window, (0.0, 0.0))
        np.testing.assert_allclose(w_of(keys, window), 0.5, atol=1e-5)


def test_the_back_of_a_one_sided_face_is_not_drawn_and_that_of_a_two_sided_is_lit_apart() -> None:
    corners = [(0.0, 0.0, 1.0), (9.0, 0.0, 1.0), (0.0, 9.0, 1.0)]
    window = window_of(3, 3, [(0.0, 0.0)])

    def keys(face: tuple[int, int, int], two_sided: bool) -> NDArray[np.uint32]:
        surface = surface_of(corners, [face], two_sided=two_sided)
        surface.back[:] = 77.5
        return drawn(surface, window, (0.0, 0.0))

    assert not keys((0, 1, 2), two_sided=False).any()
    assert (keys((0, 2, 1), two_sided=False) & 255 == 100).all()
    assert (keys((0, 1, 2), two_sided=True) & 255 == 77).all()


def test_a_face_turned_from_one_eye_is_drawn_for_the_other_alone() -> None:
    corners = [(4.0, 0.0, 1.0), (4.0, 8.0, 1.0), (4.0, 4.0, 0.25)]
    views = ((0.0, -4.0), (0.0, 4.0))
    surface = surface_of(corners, [(0, 1, 2)], two_sided=False)
    window = window_of(ROWS, WIDTH, views)
    seen = [bool(drawn(surface, window, view).any()) for view in views]
    assert sorted(seen) == [False, True]


def test_triangles_without_area_or_outside_leave_nothing() -> None:
    window = window_of(5, 5, [(0.0, 0.0)])
    line = surface_of([(0.0, 0.0, 1.0), (2.0, 2.0, 1.0), (4.0, 4.0, 1.0)], [(0, 1, 2), (0, 0, 1)])
    assert not drawn(line, window, (0.0, 0.0)).any()
    outside = surface_of([(-9.0, 0.0, 1.0), (-2.0, 0.0, 1.0), (-2.0, 9.0, 1.0)], [(0, 1, 2)])
    assert not drawn(outside, window, (0.0, 0.0)).any()
    assert not drawn(surface_of([], []), window, (0.0, 0.0)).any()


def test_what_lies_on_no_pixel_centre_goes_to_the_spare_keys_of_its_own_row() -> None:
    spans = Spans.empty(20)
    spans.x_a[:], spans.x_b[:] = 1.6, 2.4
    spans.w_a[:] = spans.w_b[:] = 1.0
    spans.row[:], spans.key[:] = 5 + SPARE, 9
    spans.x_a[7], spans.x_b[7] = 1.2, 2.2
    keys = np.zeros(3 * (5 + SPARE), np.uint32)
    fill_view(spans, 20, 0.0, 0.0, 5, np.empty(20, np.int32), keys)
    rows = keys.reshape(3, 5 + SPARE)
    assert rows[1, :5].tolist() == [0, 9, 0, 0, 0]
    assert (rows[1, 5:] == 9).all()
    assert not rows[[0, 2]].any()
