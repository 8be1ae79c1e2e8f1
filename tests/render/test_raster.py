"""The rasteriser against its naive twin, and what must hold for any mesh: no holes, no doubles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from streamer.render.kernels import raster, shade
from streamer.render.kernels.raster import rasterise
from streamer.render.kernels.surface import Surface
from tests.render import naive
from tests.render.scenes import surface_of

coordinate = st.floats(-3, 8, width=32)
inverse_depth = st.floats(0.125, 2.0, width=32)
corner = st.tuples(coordinate, coordinate, inverse_depth)


def drawn(
    surface: Surface, rows: int, columns: int, shift: float = 0.0, shift_by_w: float = 0.0
) -> NDArray[np.uint64]:
    keys = np.empty((rows, columns, raster.SAMPLES), np.uint64)
    ids = np.arange(len(surface.faces), dtype=np.int32)
    rasterise(surface, ids, shift, shift_by_w, 0, keys)
    return keys


def depths(keys: NDArray[np.uint64]) -> NDArray[np.float32]:
    bits: NDArray[np.uint32] = (keys >> np.uint64(32)).astype(np.uint32)
    return bits.view(np.float32)


def strengths(keys: NDArray[np.uint64]) -> NDArray[np.float64]:
    steps = (keys & np.uint64(0xFFFFFFFF)) >> np.uint64(20)
    return steps.astype(np.float64) * (1.25 / 4095)


def test_the_kernels_agree_on_the_key() -> None:
    for name in ("SAMPLES", "STRENGTH_STEPS", "MAX_STRENGTH", "GLOSS_STEPS", "MAX_GLOSS"):
        assert getattr(raster, name) == getattr(shade, name)
    assert raster.MESH_BITS == shade.MESH_BITS
    assert raster.GLOSS_BITS == shade.GLOSS_BITS
    bits = raster.MESH_BITS + raster.GLOSS_BITS + raster.STRENGTH_STEPS.bit_length()
    assert bits == 32
    assert raster.GLOSS_STEPS < 1 << raster.GLOSS_BITS
    assert max(shade.AMBIENT + shade.AMBIENT_FROM_ABOVE + shade.DIFFUSE, 0) <= raster.MAX_STRENGTH
    assert shade.GLOSS <= raster.MAX_GLOSS


@given(
    corners=st.lists(corner, min_size=6, max_size=6),
    light=st.lists(st.floats(0, 1.25), min_size=6, max_size=6),
    shift=st.floats(-2, 2),
    two_sided=st.booleans(),
)
def test_two_triangles_on_a_5x5_grid_equal_the_naive_twin(
    corners: list[tuple[float, float, float]], light: list[float], shift: float, two_sided: bool
) -> None:
    surface = surface_of(corners, [(0, 1, 2), (3, 4, 5)], light, two_sided)
    keys = drawn(surface, 5, 5, shift, 0.75)
    nearest, depth, strength = naive.rasterise(surface, shift, 0.75, 5, 5)
    np.testing.assert_array_equal(keys != 0, nearest >= 0)
    np.testing.assert_allclose(depths(keys), depth, rtol=1e-5)
    # Where the two cross, either may be in front.
    first, _, _ = naive.rasterise(_only(surface, 0), shift, 0.75, 5, 5)
    second, _, _ = naive.rasterise(_only(surface, 1), shift, 0.75, 5, 5)
    alone = (first < 0) | (second < 0)
    np.testing.assert_allclose(strengths(keys)[alone], strength[alone], atol=2e-3)


def _only(surface: Surface, triangle: int) -> Surface:
    return surface._replace(
        faces=surface.faces[triangle : triangle + 1],
        face_mesh=surface.face_mesh[triangle : triangle + 1],
    )


@given(
    points=st.lists(st.tuples(coordinate, coordinate), min_size=4, max_size=4, unique=True),
    shift=st.floats(-2, 2),
)
def test_triangles_that_share_an_edge_take_each_sample_once(
    points: list[tuple[float, float]], shift: float
) -> None:
    """A fan about a point inside a square: every sample of the square is in exactly one part."""
    centre = (2.5 + points[0][0] / 8, 2.5 + points[0][1] / 8)
    corners = [(0.0, 0.0, 1.0), (5.0, 0.0, 1.0), (5.0, 5.0, 1.0), (0.0, 5.0, 1.0)]
    fan = [(*centre, 1.0), *corners]
    taken = np.zeros((5, 5, raster.SAMPLES), np.int64)
    for n in range(4):
        part = surface_of(fan, [(0, 1 + n, 1 + (n + 1) % 4)])
        taken += drawn(part, 5, 5, shift) != 0
    whole = drawn(surface_of(corners, [(0, 1, 2), (0, 2, 3)]), 5, 5, shift) != 0
    np.testing.assert_array_equal(taken, whole)


def test_the_nearer_of_two_wins_whatever_the_order() -> None:
    near = [(0.0, 0.0, 0.5), (9.0, 0.0, 0.5), (0.0, 9.0, 0.5)]
    far = [(0.0, 0.0, 0.25), (9.0, 0.0, 0.25), (0.0, 9.0, 0.25)]
    for first, second in ((near, far), (far, near)):
        keys = drawn(surface_of(first + second, [(0, 1, 2), (3, 4, 5)]), 3, 3)
        assert (depths(keys) == 0.5).all()


def test_the_back_of_a_one_sided_face_is_not_drawn_and_that_of_a_two_sided_is_lit_apart() -> None:
    corners = [(0.0, 0.0, 1.0), (9.0, 0.0, 1.0), (0.0, 9.0, 1.0)]
    clockwise = [(0, 1, 2)]  # on the screen: the back
    assert not drawn(surface_of(corners, clockwise, two_sided=False), 3, 3).any()
    assert drawn(surface_of(corners, [(0, 2, 1)], two_sided=False), 3, 3).any()
    surface = surface_of(corners, clockwise)
    surface.light[:, 2] = 1.0
    assert strengths(drawn(surface, 3, 3))[0, 0, 0] == pytest.approx(1.0, abs=1e-3)


def test_triangles_without_area_or_outside_leave_nothing() -> None:
    line = surface_of([(0.0, 0.0, 1.0), (2.0, 2.0, 1.0), (4.0, 4.0, 1.0)], [(0, 1, 2), (0, 0, 1)])
    assert not drawn(line, 5, 5).any()
    outside = surface_of([(-9.0, 0.0, 1.0), (-2.0, 0.0, 1.0), (-2.0, 9.0, 1.0)], [(0, 1, 2)])
    assert not drawn(outside, 5, 5).any()
    assert not drawn(surface_of([], []), 5, 5).any()


def test_a_triangle_as_large_as_the_guard_allows_covers_all() -> None:
    far_out = float(2**20)
    corners = [(-far_out, -far_out, 1.0), (far_out, -far_out, 1.0), (0.0, far_out, 1.0)]
    assert drawn(surface_of(corners, [(0, 1, 2)]), 5, 5).all()
