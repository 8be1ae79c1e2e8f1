"""Depth from the pair: the kernels against naive twins, the matcher on a scene that is known."""

import threading
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.layered import LayeredScene
from streamer.frames import I420, FrameStamp, StereoFrame
from streamer.render.depth import DepthWorker, StereoDepth
from streamer.render.disparity import DisparityMap
from streamer.render.kernels.refine import fill_unknown, refine, steady
from tests.render import naive_warp

SIZE = (640, 360)


@pytest.fixture(scope="module")
def scene() -> LayeredScene:
    return LayeredScene(SIZE)


@st.composite
def maps(draw: st.DrawFn) -> tuple[list[list[float]], list[list[int]]]:
    width, height = draw(st.integers(1, 7)), draw(st.integers(1, 5))
    row = st.lists(st.integers(-9, 9), min_size=width, max_size=width)
    flags = st.lists(st.integers(0, 1), min_size=width, max_size=width)
    values = draw(st.lists(row, min_size=height, max_size=height))
    known = draw(st.lists(flags, min_size=height, max_size=height))
    return [[float(v) for v in line] for line in values], known


@given(maps())
def test_unknown_pixels_are_filled_as_by_the_naive_twin(
    case: tuple[list[list[float]], list[list[int]]],
) -> None:
    px, known = np.array(case[0], np.float32), np.array(case[1], np.uint8)
    fill_unknown(px, known)
    assert px.tolist() == naive_warp.fill_unknown(*case)


def test_measured_maps_take_nan_and_if_asked_0_as_unknown() -> None:
    px = np.array([[np.nan, 4, 0, 2, np.inf], [0, 0, 0, 0, 0]], np.float32)
    found = DisparityMap.of_measured(px, zero_is_unknown=True)
    assert found.px.tolist() == [[4, 4, 2, 2, 2], [4, 4, 2, 2, 2]]
    assert found.confidence.tolist() == [[0, 255, 0, 255, 0], [0] * 5]
    plain = DisparityMap.of_measured(px)
    assert plain.px.tolist() == [[4, 4, 0, 2, 2], [0, 0, 0, 0, 0]]
    nothing = DisparityMap.of_measured(np.zeros((2, 3), np.float32))
    assert nothing.px.tolist() == [[0, 0, 0], [0, 0, 0]]


def test_a_calm_picture_follows_slowly_and_a_changed_one_at_once() -> None:
    before = np.array([[1, 1, 1, 1]], np.float32)
    now = np.array([[1.5, 1.5, 9, 1.5]], np.float32)
    grey = np.array([[50, 50, 50, 50]], np.uint8)
    changed = np.array([[50, 57, 50, 44]], np.uint8)
    steady(before, now, grey, changed, 1.0, 6.0, 0.5)
    np.testing.assert_allclose(now, [[1.25, 1.5, 9, 1.25]])


def test_enlarging_puts_depths_edge_on_the_pictures_edge() -> None:
    px = np.array([[0, 0, 8, 8]] * 3, np.float32)
    guide = np.full((12, 16), 40, np.uint8)
    guide[:, 7:] = 200  # one column left of where the map has its edge
    seen = np.array([[40, 80, 200, 200]] * 3, np.uint8)
    out = np.empty((12, 16), np.float32)
    refine(px, seen, guide, 0, 12, out)
    assert set(np.unique(out)) == {0.0, 8.0}  # never between the surfaces
    np.testing.assert_array_equal(out[:, 8:], 8)
    np.testing.assert_array_equal(out[:, :6], 0)


def test_enlarging_is_linear_on_even_ground_and_scales_disparity() -> None:
    px = np.arange(8, dtype=np.float32)[None].repeat(4, axis=0) * 0.1
    found = DisparityMap(px, np.full(px.shape, 255, np.uint8), 16)  # half the picture's size
    grey = np.full((16, 32), 90, np.uint8)
    big = found.resized(grey)
    expected = 2 * 0.1 * np.clip((np.arange(32) + 0.5) / 4 - 0.5, 0, 7)
    np.testing.assert_allclose(big, np.broadcast_to(expected, (16, 32)), atol=1e-5)
    same = found.resized(np.full((4, 8), 90, np.uint8))
    np.testing.assert_allclose(same, px * 0.5)


def test_a_known_scene_is_found_on_both_sides_of_the_screen(scene: LayeredScene) -> None:
    (left, px), (right, _) = scene.view(0), scene.view(1)
    found = StereoDepth().match(left.y, right.y)
    assert found.width == SIZE[0]
    assert px.min() < -4
    assert px.max() > 15
    error = np.abs(found.resized(left.y) - px)
    assert np.median(error) < 0.3
    assert (error > 2).mean() < 0.08
    assert found.confidence.min() == 0


def test_confidence_tells_good_from_bad(scene: LayeredScene) -> None:
    (left, px), (right, _) = scene.view(0), scene.view(1)
    depth = StereoDepth(SIZE[0])  # at full size: confidence lies on the pixels of `px`
    found = depth.match(left.y, right.y)
    bad = np.abs(found.px - px) > 2
    assert bad[found.confidence == 0].mean() > 4 * bad[found.confidence > 128].mean()


def test_a_still_picture_with_noise_gives_a_steadier_map(scene: LayeredScene) -> None:
    (left, _), (right, _) = scene.view(0), scene.view(1)
    random = np.random.default_rng(4)
    depth = StereoDepth()
    steady_maps, fresh_maps = [], []
    for n in range(6):
        noisy = [
            np.clip(p.y + random.normal(0, 2.0, p.y.shape), 0, 255).astype(np.uint8)
            for p in (left, right)
        ]
        steady_maps.append(depth.match(noisy[0], noisy[1], now_s=n / 15).px)
        fresh_maps.append(StereoDepth().match(noisy[0], noisy[1]).px)

    def flicker(maps: list[NDArray[np.float32]]) -> float:
        steps = np.abs(np.diff(maps[1:], axis=0))
        return float(steps[steps < 1].mean())

    assert flicker(steady_maps) < 0.6 * flicker(fresh_maps)


def test_a_cut_starts_afresh(scene: LayeredScene) -> None:
    (left, _), (right, _) = scene.view(0), scene.view(1)
    depth = StereoDepth()
    depth.match(left.y, right.y, now_s=0.0)
    dark = left.y // 3
    flat = depth.match(dark, dark, now_s=0.03)  # one picture for both eyes: all at 0
    assert np.abs(flat.px[flat.confidence > 0]).max() < 0.5


def test_pictures_without_anything_to_match_give_a_plane() -> None:
    grey = np.full((90, 160), 120, np.uint8)
    found = StereoDepth().match(grey, grey)
    assert np.isfinite(found.px).all()
    assert np.ptp(found.px) == 0
    with pytest.raises(ValueError, match="sizes differ"):
        StereoDepth().match(grey, grey[:, :80])
    with pytest.raises(ValueError, match="32 columns"):
        StereoDepth(8)


def stereo_frame(n: int, left: I420, right: I420) -> StereoFrame:
    return StereoFrame(FrameStamp(n, n), left, right)


def waited_for(condition: Callable[[], bool]) -> bool:
    wait = threading.Event()
    for _ in range(500):
        if condition():
            return True
        wait.wait(0.02)
    return False


def test_the_worker_matches_the_newest_frame_and_survives_a_bad_one(
    scene: LayeredScene, caplog: pytest.LogCaptureFixture
) -> None:
    (left, _), (right, _) = scene.view(0), scene.view(1)
    worker = DepthWorker(max_rate_hz=200)
    try:
        worker.submit(stereo_frame(0, left, right.crop(0, 0, 320, 180)))
        assert waited_for(lambda: worker.failure is not None)
        assert "no depth from frame 0" in caplog.text
        for n in range(1, 6):
            worker.submit(stereo_frame(n, left, right))
        assert waited_for(
            lambda: worker.latest is not None and worker.latest[1].stamp.frame_id == 5
        )
        assert worker.failure is None
        assert 1 <= worker.matched <= 5
    finally:
        worker.close()
    worker.submit(stereo_frame(9, left, right))  # closed: ignored
    assert worker.latest is not None
    assert worker.latest[1].stamp.frame_id == 5


def test_the_worker_takes_mono_for_a_plane(scene: LayeredScene) -> None:
    left, _ = scene.view(0)
    worker = DepthWorker()
    try:
        worker.submit(stereo_frame(0, left, left))
        assert waited_for(lambda: worker.latest is not None)
        assert worker.latest is not None
        assert worker.latest[0].is_flat
    finally:
        worker.close()
