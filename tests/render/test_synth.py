"""Views from a pair: against the naive twin, exact where they must be, true where they can be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.layered import LayeredScene
from streamer.frames import I420
from streamer.render.disparity import DisparityMap
from streamer.render.pool import KernelPool
from streamer.render.quilt import Quilt
from streamer.render.synth import Synthesiser, fitted, view_positions
from tests.render.naive_warp import NaiveRow


def picture(luma: NDArray[np.uint8]) -> I420:
    out = I420.empty(luma.shape[1], luma.shape[0])
    out.y[:] = luma
    out.u[:] = luma[::2, ::2]
    out.v[:] = 255 - luma[::2, ::2]
    return out


def noise(width: int, height: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(16, 236, (height, width), np.uint8)


def sure(px: NDArray[np.float32]) -> DisparityMap:
    return DisparityMap(px, np.full(px.shape, 255, np.uint8), px.shape[1])


def view(
    left: I420, right: I420 | None, disparity: DisparityMap, position: float
) -> tuple[I420, NDArray[np.float32]]:
    out = I420.empty(*left.size)
    depth = np.empty((1, left.size[1], left.size[0]), np.float32)
    synthesiser = Synthesiser(left.size, KernelPool(1))
    synthesiser.synthesise(left, right, disparity, [position], out, [(0, 0)], depth)
    return out, depth[0]


def psnr(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    error = ((a.astype(float) - b) ** 2).mean()
    return float(10 * np.log10(255**2 / error))


def random_disparity(width: int, height: int, seed: int) -> NDArray[np.float32]:
    """Slopes with a few steps."""
    random = np.random.default_rng(seed)
    slope = random.uniform(-0.3, 0.3, (height, width)).cumsum(axis=1)
    for row in slope:
        for start in random.integers(0, width, 3):
            row[start:] += random.uniform(-7, 7)
    return slope.astype(np.float32)


@pytest.mark.parametrize("seed", range(6))
def test_rows_equal_the_naive_twin(seed: int) -> None:
    width, height = 48, 8
    left, right = noise(width, height, seed), noise(width, height, seed + 50)
    if seed % 2:  # a pair that agrees, so that colours are mixed
        right = np.clip(left + np.random.default_rng(seed).normal(0, 9, left.shape), 0, 255)
        right = right.astype(np.uint8)
    px = random_disparity(width, height, seed)
    wrong = 0
    for position in np.random.default_rng(seed).uniform(-0.7, 1.7, 8):
        out, depth = view(picture(left), picture(right), sure(px), float(position))
        for row in range(height):
            naive = NaiveRow(
                left[row].tolist(),
                right[row].tolist(),
                px[row].tolist(),
                float(px.min()),
                float(px.max()),
            )
            # The kernel has the position as float32.
            colour, d = naive.view(float(np.float32(position)))
            step = 1.1 * float(px.max() - px.min()) / 32000
            differs = np.abs(out.y[row].astype(int) - colour) > 1
            differs |= np.abs(depth[row] - np.array(d)) > step
            wrong += int(differs.sum())
    # A position within 1e-5 of a pixel's centre may fall to either side of it.
    assert wrong <= 8 * width * height * 0.002


@settings(max_examples=20)
@given(st.integers(0, 1000), st.sampled_from([0.0, 1.0]))
def test_at_the_cameras_the_pictures_themselves_come_out(seed: int, position: float) -> None:
    left, right = picture(noise(32, 4, seed)), picture(noise(32, 4, seed + 1))
    out, _ = view(left, right, sure(random_disparity(32, 4, seed)), position)
    given_ = right if position else left
    for plane, expected in zip((out.y, out.u, out.v), (given_.y, given_.u, given_.v), strict=True):
        np.testing.assert_array_equal(plane, expected)


@given(st.integers(-6, 6), st.sampled_from([-1.0, -0.5, 0.5, 1.0, 2.0]))
def test_a_plane_of_whole_pixels_is_shifted_exactly(disparity: int, position: float) -> None:
    left = picture(noise(40, 4))
    out, depth = view(left, None, DisparityMap.plane(40, 4, 2.0 * disparity), position)
    shift = round(position * 2 * disparity)
    inside = slice(max(-shift, 0), 40 - max(shift, 0))
    moved = np.roll(left.y, -shift, axis=1)
    np.testing.assert_array_equal(out.y[:, inside], moved[:, inside])
    if disparity % 2 == 0:
        half = slice((max(-shift, 0) + 1) // 2, (40 - max(shift, 0)) // 2)
        moved = np.roll(left.v, -(shift // 2), axis=1)
        np.testing.assert_array_equal(out.v[:, half], moved[:, half])
    np.testing.assert_allclose(depth, 2.0 * disparity, atol=1e-3)


@given(st.floats(-0.9, 0.9), st.floats(-1.0, 2.0))
def test_one_surface_stays_whole_and_in_order(slope: float, position: float) -> None:
    """Spans share out the pixels of a slope: none is missed, none comes from elsewhere."""
    width = 64
    px = np.broadcast_to(slope * np.arange(width, dtype=np.float32), (2, width)).copy()
    ramp = np.broadcast_to(np.linspace(20, 220, width), (2, width)).astype(np.uint8)
    _, depth = view(picture(ramp), None, sure(px), position)
    if position * slope >= 0.95:
        return  # squeezed to nothing: what is left is filling
    columns = np.arange(width)
    source = columns / (1 - position * slope)
    inside = (source >= 1) & (source <= width - 2)
    expected = slope * source
    # The key holds the disparity of the span's left end.
    assert np.abs(depth[0] - expected)[inside].max(initial=0) <= abs(slope) + 1e-2


@pytest.mark.parametrize("position", [-0.6, 0.3, 0.5, 0.8, 1.5])
def test_the_nearer_hides_the_farther_and_nothing_of_it_is_smeared(position: float) -> None:
    width, height = 96, 8
    px = np.zeros((height, width), np.float32)
    px[:, 40:56] = 12
    left = noise(width, height) // 4 + np.uint8(30)  # a dark, rough ground
    right = left.copy()
    left[:, 40:56] = 230
    right[:, 28:44] = 230
    out, depth = view(picture(left), picture(right), sure(px), position)
    first = 40 - 12 * position
    columns = np.arange(width)
    front = (columns >= first) & (columns <= first + 15)
    behind = (columns < first - 1) | (columns > first + 17)
    assert (out.y[:, front] >= 228).all()
    assert (out.y[:, behind] < 100).all()
    assert (out.y[:, behind].std(axis=0) > 5).mean() > 0.95  # texture everywhere: no streaks
    np.testing.assert_allclose(depth[:, front], 12, atol=1e-2)
    np.testing.assert_allclose(depth[:, behind], 0, atol=1e-2)


def test_what_only_the_other_camera_sees_comes_from_it() -> None:
    width, height = 96, 4
    ground = noise(width, height, 5)
    px = np.zeros((height, width), np.float32)
    px[:, 40:56] = 12
    left, right = ground.copy(), ground.copy()
    left[:, 40:56] = 230
    right[:, 28:44] = 230
    out, _ = view(picture(left), picture(right), sure(px), 0.45)
    # The front covers 34.6 to 50.6; the ground from 51 to 56 is hidden from the left camera.
    np.testing.assert_array_equal(out.y[:, 52:70], ground[:, 52:70])


def test_a_scene_with_known_views_is_met_far_better_than_by_shift_or_blend() -> None:
    scene = LayeredScene((320, 180))
    (left, px), (right, _), (truth, between) = scene.view(0), scene.view(1), scene.view(0.5)
    out, depth = view(left, right, sure(px), 0.5)
    ours = psnr(out.y, truth.y)
    shifted = max(psnr(np.roll(left.y, -n, axis=1), truth.y) for n in range(-8, 12))
    blend = ((left.y.astype(int) + right.y + 1) // 2).astype(np.uint8)
    assert ours > max(shifted, psnr(blend, truth.y)) + 8
    assert ours > 30
    assert psnr(out.u, truth.u) > 38
    assert np.median(np.abs(depth - between)) < 0.05


def test_tiles_go_to_their_places_and_nowhere_else() -> None:
    left, right = picture(noise(64, 24)), picture(noise(64, 24, 1))
    quilt = Quilt(3, 2, (32, 24), 4 / 3)
    out = I420.empty(100, 50)
    for plane in (out.y, out.u, out.v):
        plane[:] = 7
    whole = out.crop(4, 2, *quilt.size)
    synthesiser = Synthesiser(quilt.tile, KernelPool(1))
    places = [quilt.place(n) for n in range(6)]
    positions = view_positions(6, "pair")
    flat = DisparityMap.plane(64, 24, 3.0)
    depth = np.zeros((6, 24, 32), np.float32)
    synthesiser.synthesise(left, right, flat, positions, whole, places, depth)
    outside = np.ones(out.y.shape, bool)
    outside[2:50, 4:100] = False
    assert (out.y[outside] == 7).all()
    # 64x24 fits 32x24 as 32x12 between bars of 6 rows.
    for tile in quilt.tiles(whole):
        assert (tile.y[:6] == 16).all()
        assert (tile.y[18:] == 16).all()
        assert (tile.u[:3] == 128).all()
        assert tile.y[6:18].std() > 10
    assert np.isnan(depth[:, :6]).all()
    assert np.isnan(depth[:, 18:]).all()
    np.testing.assert_allclose(depth[:, 6:18], 1.5, atol=1e-3)


def test_threads_and_one_thread_agree() -> None:
    scene = LayeredScene((96, 120))
    (left, px), (right, _) = scene.view(0), scene.view(1)
    pictures = []
    for threads in (1, 3):
        out = I420.empty(96 * 5, 120)
        with KernelPool(threads) as pool:
            Synthesiser((96, 120), pool).synthesise(
                left, right, sure(px), view_positions(5, 1.6), out, [(96 * n, 0) for n in range(5)]
            )
        pictures.append(np.concatenate([out.y.ravel(), out.u.ravel(), out.v.ravel()]))
    np.testing.assert_array_equal(pictures[0], pictures[1])


def test_everything_beyond_the_row_gives_black_not_garbage() -> None:
    left = picture(noise(16, 2))
    out, _ = view(left, None, DisparityMap.plane(16, 2, 100.0), 1.0)
    assert (out.y == 16).all()
    assert (out.u == 128).all()


def test_positions() -> None:
    np.testing.assert_allclose(view_positions(3, "pair"), [0, 0.5, 1])
    np.testing.assert_allclose(view_positions(2, 3.0), [-1, 2])
    assert view_positions(1, "pair").tolist() == [0.5]
    near = DisparityMap.plane(100, 4, 10.0)  # 10 % of the width a baseline
    np.testing.assert_allclose(view_positions(2, "comfort", near), [0.375, 0.625])
    far = DisparityMap.plane(100, 4, 0.0)
    np.testing.assert_allclose(view_positions(2, "comfort", far), [-1, 2])
    for span in ("wide", -1.0, float("nan")):
        with pytest.raises(ValueError, match="span"):
            view_positions(4, span)


def test_what_does_not_fit_is_refused() -> None:
    left, small = picture(noise(32, 8)), picture(noise(16, 8))
    flat, out = DisparityMap.plane(32, 8), I420.empty(32, 8)
    synthesiser = Synthesiser((32, 8), KernelPool(1))
    with pytest.raises(ValueError, match="sizes differ"):
        synthesiser.synthesise(left, small, flat, [0.5], out, [(0, 0)])
    with pytest.raises(ValueError, match="2 positions"):
        synthesiser.synthesise(left, left, flat, [0.5, 0.6], out, [(0, 0)])
    with pytest.raises(ValueError, match="does not fit"):
        synthesiser.synthesise(left, left, flat, [0.5], out, [(2, 0)])
    with pytest.raises(ValueError, match="depth must be"):
        synthesiser.synthesise(
            left, left, flat, [0.5], out, [(0, 0)], np.empty((1, 2, 2), np.float32)
        )
    broken = sure(np.full((8, 32), np.nan, np.float32))
    with pytest.raises(ValueError, match="finite"):
        synthesiser.synthesise(left, left, broken, [0.5], out, [(0, 0)])
    with pytest.raises(ValueError, match="7x8"):
        Synthesiser((7, 8))
    assert fitted((1280, 720), (420, 560)) == (0, 162, 420, 236)
