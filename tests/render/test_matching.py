"""The disparity probe on shifted textures and on a real laparoscope's chessboard."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from streamer.frames import I420, FrameStamp
from streamer.render.matching import DisparityProbe

WIDTH, HEIGHT = 1280, 720
CENTRE = [(0.5, 0.5)]


def texture(seed: int = 0, width: int = WIDTH) -> NDArray[np.float32]:
    """Tissue-like: noise at several scales, 16 to 235."""
    noise = np.random.default_rng(seed).standard_normal((HEIGHT, width)).astype(np.float32)
    layers = [cv2.GaussianBlur(noise, (0, 0), s) * s for s in (2.0, 5.0, 12.0)]
    return np.asarray(np.clip(120 + 50 * np.sum(layers, axis=0), 16, 235), np.float32)


def pair(left: NDArray[np.floating], right: NDArray[np.floating]) -> I420:
    picture = I420.empty(2 * left.shape[1], left.shape[0])
    picture.y[:] = np.hstack([left, right]).round()
    picture.u[:] = picture.v[:] = 128
    return picture


def shifted(image: NDArray[np.float32], pixels: float, down: float = 0.0) -> NDArray[np.float32]:
    """What the right eye sees: everything at x - `pixels`."""
    move = np.array([[1, 0, -pixels], [0, 1, down]], np.float64)
    size = (image.shape[1], image.shape[0])
    moved = cv2.warpAffine(image, move, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(moved, np.float32)


def probe_of(picture: I420, frame_id: int = 7) -> DisparityProbe:
    width, height = picture.size
    probe = DisparityProbe((width // 2, height))
    probe.remember(FrameStamp(frame_id, 0), picture)
    return probe


@pytest.mark.parametrize("pixels", [0.0, 12.0, -12.0, 25.6, -41.5, 70.0, -70.0])
def test_a_shift_is_found_with_its_sign_to_a_fraction_of_a_pixel(pixels: float) -> None:
    image = texture()
    probe = probe_of(pair(image, shifted(image, pixels)))
    points = [(0.3 + 0.04 * n, 0.4 + 0.02 * n) for n in range(12)]
    found = probe.disparity_at(7, points)
    assert found is not None
    assert found * WIDTH == pytest.approx(pixels, abs=0.4)


def test_rows_that_do_not_match_to_a_few_percent_do_no_harm() -> None:
    image = texture(1)
    found = probe_of(pair(image, shifted(image, 20, down=18))).disparity_at(7, CENTRE)
    assert found is not None
    assert found * WIDTH == pytest.approx(20, abs=0.5)


def test_each_point_has_what_lies_under_it() -> None:
    near, far = texture(2), texture(3)
    left, right = far.copy(), shifted(far, -20)
    left[200:500, 300:600] = near[200:500, 300:600]
    right[200:500, 270:570] = near[200:500, 300:600]
    probe = probe_of(pair(left, right))
    on_it = probe.disparity_at(7, [(450 / WIDTH, 350 / HEIGHT)])
    behind = probe.disparity_at(7, [(900 / WIDTH, 350 / HEIGHT)])
    assert on_it is not None
    assert behind is not None
    assert on_it * WIDTH == pytest.approx(30, abs=0.5)
    assert behind * WIDTH == pytest.approx(-20, abs=0.5)


def test_it_is_unsure_of_what_is_flat_different_or_too_far_apart() -> None:
    flat = np.full((HEIGHT, WIDTH), 90, np.float32)
    assert probe_of(pair(flat, flat)).disparity_at(7, CENTRE) is None
    assert probe_of(pair(texture(4), texture(5))).disparity_at(7, CENTRE) is None
    image = texture(6)
    assert probe_of(pair(image, shifted(image, 0.1 * WIDTH))).disparity_at(7, CENTRE) is None


def test_an_endless_pattern_is_not_guessed() -> None:
    """Stripes that repeat every 24 pixels fit in several places, whatever the window."""
    stripes = np.tile(128 + 80 * np.sin(np.arange(WIDTH) * 2 * np.pi / 24), (HEIGHT, 1))
    assert probe_of(pair(stripes, np.roll(stripes, -7, axis=1))).disparity_at(7, CENTRE) is None


def test_points_outside_and_unknown_frames_give_none_and_edges_do_not_fail() -> None:
    image = texture(7)
    probe = probe_of(pair(image, shifted(image, 10)))
    assert probe.disparity_at(6, CENTRE) is None
    assert probe.disparity_at(7, []) is None
    assert probe.disparity_at(7, [(-0.2, 0.5), (0.5, 1.4)]) is None
    for x in (0.0, 0.02, 0.999):
        for y in (0.0, 0.999):
            found = probe.disparity_at(7, [(x, y)])
            assert found is None or found * WIDTH == pytest.approx(10, abs=1)


def test_only_the_newest_frames_are_kept() -> None:
    image = texture(8)
    picture = pair(image, shifted(image, 10))
    probe = DisparityProbe((WIDTH, HEIGHT), keep=3)
    for frame_id in range(5):
        probe.remember(FrameStamp(frame_id, 0), picture)
    known = [probe.disparity_at(n, CENTRE) is not None for n in range(5)]
    assert known == [False, False, True, True, True]


def test_a_picture_is_reduced_when_it_is_remembered_not_kept_by_reference() -> None:
    image = texture(9)
    picture = pair(image, shifted(image, 10))
    probe = probe_of(picture)
    picture.y[:] = 90
    assert probe.disparity_at(7, CENTRE) is not None


@pytest.mark.parametrize("eye_width", [480, 640])
def test_a_small_eye_is_kept_as_it_is(eye_width: int) -> None:
    image = texture(10, eye_width)
    picture = pair(image, shifted(image, 8))
    probe = probe_of(picture)
    picture.y[:] = 90
    found = probe.disparity_at(7, CENTRE)
    assert found is not None
    assert found * eye_width == pytest.approx(8, abs=0.3)


def test_a_laparoscopes_chessboard_corners_have_the_disparities_that_opencv_finds(
    shared_data: Path,
) -> None:
    """Unrectified, up to 35 rows apart, and a pattern that repeats: the hostile case."""
    folder = shared_data / "stereo_laparoscope"
    pictures, corners = [], []
    for side in ("left", "right"):
        picture = cv2.imread(str(folder / f"{side}-1095.png"), cv2.IMREAD_GRAYSCALE)
        if picture is None:
            pytest.skip(f"no {side}-1095.png in ../shared/data/stereo_laparoscope")
        found, points = cv2.findChessboardCorners(picture, (14, 10))
        assert found
        pictures.append(picture.astype(np.float32))
        corners.append(np.asarray(points).reshape(-1, 2))
    height, width = pictures[0].shape
    probe = probe_of(pair(pictures[0], pictures[1]))
    true = (corners[0] - corners[1])[:, 0] / width
    assert -0.055 < true.min() < true.max() < -0.035
    errors = []
    for (x, y), disparity in zip(corners[0], true, strict=True):
        measured = probe.disparity_at(7, [(x / width, y / height)])
        if measured is not None:
            errors.append(abs(measured - disparity))
    assert len(errors) > 40  # it may be unsure, of a chessboard it often is
    assert np.median(errors) * width < 1.0
    assert max(errors) * width < 5.0  # none is off by a square (50 pixels)
    row = [(x / width, y / height) for x, y in corners[0][56:70]]
    along = probe.disparity_at(7, row)
    assert along is not None
    assert along == pytest.approx(float(np.median(true[56:70])), abs=2 / width)
