"""Pieces of rows: they partition each row, share their ends, and are short in every view."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from streamer.render.drawing import depth_steps
from streamer.render.kernels.spans import LONG_PX, Window, cut_rows
from streamer.render.kernels.surface import Spans, Surface
from tests.render import naive
from tests.render.scenes import surface_of, window_of

ROWS, WIDTH = 10, 12
VIEWS = ((0.0, -2.0), (0.5, 0.5), (-1.0, 3.0))  # (a, b), b rising; the last stretches most

coordinate = st.floats(-4, 14, width=32)
inverse_depth = st.floats(0.125, 2.0, width=32)
corner = st.tuples(coordinate, coordinate, inverse_depth)


def cut(surface: Surface, window: Window, capacity: int = 10_000) -> tuple[Spans, int]:
    spans = Spans.empty(capacity)
    ids = np.arange(len(surface.faces), dtype=np.int32)
    count = cut_rows(ids, surface, window, spans)
    if count < 0:
        return spans, count
    return Spans._make(array[:count] for array in spans), count


def ends(spans: Spans, a: float, b: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The columns of the pieces' left and right ends in a view."""
    left = spans.x_a.astype(float) + a - b * spans.w_a
    right = spans.x_b.astype(float) + a - b * spans.w_b
    return left, right


@given(
    corners=st.lists(corner, min_size=3, max_size=3),
    lumas=st.lists(st.floats(16.5, 235.5), min_size=3, max_size=3),
)
def test_pieces_partition_every_row_and_share_their_ends(
    corners: list[tuple[float, float, float]], lumas: list[float]
) -> None:
    surface = surface_of(corners, [(0, 1, 2)], lumas, two_sided=False)
    window = window_of(ROWS, WIDTH, VIEWS)
    spans, _ = cut(surface, window)
    for r in range(ROWS):
        row = naive.rows_of(surface, 0, r)
        here = np.flatnonzero(spans.row == r * window.stride)
        longest = 0.0 if row is None else max(longest_of(row, VIEWS[0]), longest_of(row, VIEWS[-1]))
        if row is None or longest < -1e-4:
            assert len(here) == 0
            continue
        if longest < 1e-4:
            continue
        first, last = here[0], here[-1]
        assert (spans.x_a[here[1:]] == spans.x_b[here[:-1]]).all()
        assert (spans.w_a[here[1:]] == spans.w_b[here[:-1]]).all()
        for found, end in (
            ((spans.x_a[first], spans.w_a[first]), row.left),
            ((spans.x_b[last], spans.w_b[last]), row.right),
        ):
            assert found == pytest.approx(end[:2], rel=1e-4, abs=2e-3)
        for k, n in enumerate(here):
            share = (k + 0.5) / len(here)
            w, luma = (
                row.left[axis] + share * (row.right[axis] - row.left[axis]) for axis in (1, 2)
            )
            depth = (w - float(window.w_far)) * float(window.steps_per_w)
            assert spans.key[n] >> 9 == pytest.approx(depth, rel=1e-4, abs=2000)
            assert (spans.key[n] >> 8) & 1 == 0  # style 0
            assert spans.key[n] & 255 == pytest.approx(luma - 0.5, abs=0.6)


def longest_of(row: naive.Row, view: tuple[float, float]) -> float:
    """A row's length in a view, negative where it turns its back."""
    left, right = row.seen(*view)
    return right - left


@given(corners=st.lists(corner, min_size=3, max_size=3))
def test_two_sided_means_the_front_and_the_back_each_as_if_alone(
    corners: list[tuple[float, float, float]],
) -> None:
    window = window_of(ROWS, WIDTH, VIEWS)

    def pieces(face: tuple[int, int, int], two_sided: bool) -> set[tuple[float, ...]]:
        spans, _ = cut(surface_of(corners, [face], two_sided=two_sided), window)
        return {tuple(float(array[n]) for array in spans) for n in range(spans.key.size)}

    both = pieces((0, 1, 2), two_sided=True)
    assert both == pieces((0, 1, 2), two_sided=False) | pieces((0, 2, 1), two_sided=False)


@given(corners=st.lists(corner, min_size=3, max_size=3), share=st.floats(0, 1))
def test_no_piece_covers_two_pixel_centres_in_any_view_between_the_outermost(
    corners: list[tuple[float, float, float]], share: float
) -> None:
    spans, _ = cut(surface_of(corners, [(0, 1, 2)]), window_of(ROWS, WIDTH, VIEWS))
    a, b = (VIEWS[0][k] + share * (VIEWS[-1][k] - VIEWS[0][k]) for k in (0, 1))
    left, right = ends(spans, a, b)
    assert (right - left <= 1.0).all()


@given(start=st.integers(0, 2000), fraction=st.integers(0, 2**12), short=st.integers(0, 6))
def test_rounding_lets_no_piece_cover_two_pixel_centres_far_to_the_right(
    start: int, fraction: int, short: int
) -> None:
    """A row as long as a whole number of pixels but for a few units in the last place."""
    left = np.float32(start + fraction / 2**13)
    right = np.float32(left + np.float32(3.0))
    for _ in range(short):
        right = np.nextafter(right, left, dtype=np.float32)
    corners = [
        (float(left), 0.0, 1.0),
        (float(left), 1.0, 0.7),
        (float(right), 1.0, 0.9),
        (float(right), 0.0, 1.2),
    ]
    views = [(0.37, 1.7), (0.11, -0.45), (-0.9, -2.9)]
    spans, _ = cut(
        surface_of(corners, [(0, 1, 2), (0, 2, 3)], two_sided=False),
        window_of(1, 4000, [views[0], views[-1]]),
    )
    for a, b in views:
        shift, bend = np.float32(a) - np.float32(0.5), np.float32(b)
        first = np.ceil(spans.x_a - bend * spans.w_a + shift)
        last = np.ceil(spans.x_b - bend * spans.w_b + shift)
        assert (last - first <= 1).all()


def test_too_little_room_is_told_and_nothing_is_written_beyond_it() -> None:
    surface = surface_of([(0.0, 0.0, 1.0), (0.0, 9.0, 1.0), (9.0, 0.0, 1.0)], [(0, 1, 2)])
    window = window_of(ROWS, WIDTH, VIEWS)
    count = cut(surface, window)[1]
    assert cut(surface, window, count)[1] == count
    assert cut(surface, window, count - 1)[1] == -1
    assert cut(surface_of([], []), window)[1] == 0


def test_rows_outside_the_window_are_left_out() -> None:
    surface = surface_of([(0.0, -50.0, 1.0), (0.0, 99.0, 1.0), (9.0, 5.0, 1.0)], [(0, 1, 2)])
    window = window_of(3, WIDTH, VIEWS, first=4)
    spans, _ = cut(surface, window)
    assert set(spans.row.tolist()) == {0, window.stride, 2 * window.stride}


def test_a_triangle_far_larger_than_the_picture_is_cut_to_what_is_seen() -> None:
    far = 60_000.0
    corners = [(-far, -far, 1.0), (0.0, far, 1.0), (far, -far, 0.5)]
    surface = surface_of(corners, [(0, 1, 2)], two_sided=False)
    window = window_of(ROWS, WIDTH, VIEWS)
    spans, count = cut(surface, window)
    assert far > LONG_PX
    assert count < ROWS * 4 * WIDTH
    for a, b in VIEWS:
        left, right = ends(spans, a, b)
        for r in range(ROWS):
            here = spans.row == r * window.stride
            assert left[here].min() <= 0.5
            assert right[here].max() > WIDTH - 0.5


@pytest.mark.parametrize("slope", [0.0, 1e-7, 3e-7, 1e-6, 1e-5])
def test_a_mesh_that_is_nearly_flat_keeps_its_depth_within_the_key(slope: float) -> None:
    """Rounding must not carry w below the least or above the greatest of the vertices."""
    low = np.float32(0.0031)
    high = np.float32(low * (1 + slope))
    corners = [(0.3, 0.1, low), (0.7, 9.7, high), (11.3, 0.3, low), (11.7, 9.9, high)]
    surface = surface_of(
        [(x, y, float(w)) for x, y, w in corners], [(0, 1, 2), (2, 1, 3)], two_sided=False
    )
    w_far, steps = depth_steps(float(low), float(high), 22)
    window = window_of(ROWS, WIDTH, ((0.0, 0.0), (0.0, 0.0)))._replace(
        w_far=np.float32(w_far), steps_per_w=np.float32(steps)
    )
    spans, count = cut(surface, window)
    assert count > 0
    w = (spans.w_a.astype(float) + spans.w_b) / 2
    depth = (w - float(window.w_far)) * float(window.steps_per_w)
    assert depth.min() >= 0
    assert depth.max() < 1 << 22
    grain = float(np.spacing(low)) * steps
    assert np.abs((spans.key >> 9) - depth).max() <= 2 * grain + 2
