"""The synthetic operating field: true disparities, comfortable depth, motion, and identity."""

import cv2
import numpy as np
import pytest

from streamer.capture.field.field import OperatingField
from streamer.capture.field.instrument import pose_at
from streamer.capture.field.relief import phase_at
from streamer.capture.settings import CaptureSettings
from streamer.frames import I420
from tests.capture.media import capturing

WIDTH, HEIGHT = 640, 360
EDGE = 24


@pytest.fixture(scope="module")
def field() -> OperatingField:
    return OperatingField(WIDTH, HEIGHT)


def eyes(packed: I420) -> tuple[I420, I420]:
    return packed.crop(0, 0, WIDTH, HEIGHT), packed.crop(WIDTH, 0, WIDTH, HEIGHT)


@pytest.mark.parametrize("time_s", [0.0, 1.3, 2.2, 3.7])
def test_disparity_is_true_in_the_picture(field: OperatingField, time_s: float) -> None:
    left, right = eyes(field.render(time_s))
    x, y = np.meshgrid(np.arange(WIDTH, dtype=np.float32), np.arange(HEIGHT, dtype=np.float32))
    there = x - field.disparity(time_s)
    rebuilt = cv2.remap(right.y, there, y, cv2.INTER_LINEAR)
    inside = np.s_[EDGE:-EDGE, EDGE:-EDGE]
    error = np.abs(rebuilt.astype(int) - left.y)[inside]
    untold = np.abs(right.y.astype(int) - left.y)[inside]
    assert error.mean() < 1.5
    assert error.mean() < untold.mean() / 5
    # Only what one eye alone sees, beside the instrument, cannot be rebuilt.
    assert np.mean(error > 20) < 0.02


def test_depth_is_comfortable_and_lies_about_the_screen(field: OperatingField) -> None:
    for time_s in np.linspace(0, 8, 17):
        disparity = field.disparity(float(time_s))
        assert disparity.max() - disparity.min() <= 0.03 * WIDTH
        assert disparity.min() < 0 < disparity.max()


def test_the_instrument_is_in_front_of_the_tissue(field: OperatingField) -> None:
    time_s = 1.3
    disparity = field.disparity(time_s)
    pose = pose_at(time_s, disparity)
    half_way = pose.place(np.array([0.4]), np.array([0.0]), right=False)[0].astype(int)
    shaft = disparity[half_way[1], half_way[0]]
    beside = disparity[half_way[1], half_way[0] - 60]
    assert shaft > beside + 1


def test_the_instrument_casts_a_shadow(field: OperatingField) -> None:
    time_s = 1.3
    left, _ = eyes(field.render(time_s))
    # The same phase of the breath, the instrument elsewhere.
    other_s = next(t for t in np.arange(4, 40, 0.01) if _moved(field, time_s, float(t)))
    other, _ = eyes(field.render(float(other_s)))
    tool = field.disparity(time_s) != field.disparity(other_s)
    darker = (left.y.astype(int) < 0.8 * other.y) & ~tool
    assert darker.sum() > 0.005 * WIDTH * HEIGHT


def _moved(field: OperatingField, one_s: float, other_s: float) -> bool:
    if phase_at(one_s) != phase_at(other_s):
        return False
    disparity = field.disparity(one_s)
    a, b = pose_at(one_s, disparity).tip, pose_at(other_s, disparity).tip
    return float(np.hypot(a[0] - b[0], a[1] - b[1])) > 0.2 * WIDTH


def test_tissue_and_instrument_move(field: OperatingField) -> None:
    first, later = field.render(0.0), field.render(2.0)
    assert np.mean(np.abs(first.y.astype(int) - later.y) > 8) > 0.1


def test_pictures_are_independent_of_each_other(field: OperatingField) -> None:
    first = field.render(1.0)
    before = first.y.copy()
    field.render(1.0).y[:] = 0
    assert np.array_equal(first.y, before)
    assert np.array_equal(field.render(1.0).y, before)


def test_colours_are_limited_range_and_of_flesh(field: OperatingField) -> None:
    packed = field.render(0.5)
    assert packed.y.min() >= 12
    assert packed.y.max() <= 240
    assert packed.v.mean() > 135  # red
    assert packed.u.mean() < 128


def test_as_a_source_it_is_a_packed_pair_numbered_from_zero() -> None:
    with capturing(CaptureSettings("synthetic:field", eye_size=(WIDTH, HEIGHT))) as (capture, seen):
        assert capture.eye_size == (WIDTH, HEIGHT)
        assert capture.fps == 30
        live = seen.wait_for_live(8)
    assert live[0].stamp.frame_id == 0
    frame = live[3].frame
    assert frame.packed is not None
    assert frame.packed.size == (2 * WIDTH, HEIGHT)
    assert np.shares_memory(frame.packed.y, frame.right.y)
    assert not np.array_equal(frame.left.y, frame.right.y)
