"""Files: ids are picture numbers, times are the file's own, loops have no seam, lateness drops."""

import hashlib
import time
from pathlib import Path

import numpy as np
import pytest

from streamer.capture.capture import Capture
from streamer.capture.settings import CaptureSettings, Layout
from streamer.clock import CaptureClock
from streamer.frames import StereoFrame
from tests.capture.media import EYE, Collector, Seen, capturing, write_video


def ids_are_codes(seen: list[Seen]) -> bool:
    return all(one.stamp.frame_id == one.left for one in seen)


@pytest.mark.parametrize("layout", list(Layout))
def test_frame_id_is_the_number_in_both_pictures(tmp_path: Path, layout: Layout) -> None:
    eye = (512, 288) if layout in (Layout.SBS_HALF, Layout.TB_HALF, Layout.ROWS) else EYE
    video = write_video(tmp_path / "pair.mp4", 20, layout, eye=eye)
    with capturing(CaptureSettings(str(video), layout=layout)) as (capture, collector):
        assert capture.eye_size == eye
        assert capture.fps == 30
        live = collector.wait_for_live(12)
    assert ids_are_codes(live)
    offset = 0 if layout is Layout.MONO else 1000
    assert all(one.right == one.stamp.frame_id + offset for one in live)
    assert all(one.frame.left.size == one.frame.right.size == eye for one in live)


def test_side_by_side_is_handed_on_as_decoded(tmp_path: Path) -> None:
    video = write_video(tmp_path / "sbs.mp4", 10, Layout.SBS)
    with capturing(CaptureSettings(str(video), layout=Layout.SBS)) as (_, collector):
        frame = collector.wait_for_live(3)[-1].frame
    assert frame.packed is not None
    assert frame.packed.size == (2 * EYE[0], EYE[1])
    assert np.shares_memory(frame.packed.y, frame.left.y)
    assert np.shares_memory(frame.packed.v, frame.right.v)


def test_mono_gives_one_picture_to_both_eyes(tmp_path: Path) -> None:
    video = write_video(tmp_path / "mono.mp4", 5)
    with capturing(CaptureSettings(str(video))) as (_, collector):
        frame = collector.wait_for_live(1)[0].frame
    assert frame.left is frame.right


def test_pictures_outlive_the_decoder(tmp_path: Path) -> None:
    video = write_video(tmp_path / "sbs.mp4", 30, Layout.SBS)
    digests: list[bytes] = []
    frames: list[StereoFrame] = []

    def digest(frame: StereoFrame) -> bytes:
        whole = hashlib.sha256()
        for plane in (frame.left.y, frame.left.u, frame.right.v):
            whole.update(plane.tobytes())
        return whole.digest()

    collector = Collector()

    def keep(frame: StereoFrame) -> None:
        frames.append(frame)
        digests.append(digest(frame))
        collector.on_frame(frame)

    settings = CaptureSettings(str(video), layout=Layout.SBS, loop=True)
    capture = Capture(settings, CaptureClock(), keep)
    capture.open()
    capture.start()
    collector.wait_for_live(40)
    capture.stop()
    assert [digest(frame) for frame in frames] == digests


def test_times_are_the_files_own_across_loops(tmp_path: Path) -> None:
    video = write_video(tmp_path / "short.mp4", 8, fps=10)
    with capturing(CaptureSettings(str(video), loop=True)) as (capture, collector):
        live = collector.wait_for_live(20)
        status = capture.status
    assert [one.stamp.frame_id for one in live] == list(range(len(live)))
    assert all(one.left == one.stamp.frame_id % 8 for one in live)
    steps = np.diff([one.stamp.captured_ns for one in live])
    assert np.all(np.abs(steps - 100_000_000) <= 1), steps
    assert status.dropped == 0


@pytest.mark.parametrize("suffix", ["ts", "mkv", "avi"])
def test_loops_in_any_container(tmp_path: Path, suffix: str) -> None:
    video = write_video(tmp_path / f"short.{suffix}", 9, fps=15, options={"bf": "0"})
    with capturing(CaptureSettings(str(video), loop=True)) as (_, collector):
        live = collector.wait_for_live(24)
    assert all(one.left == one.stamp.frame_id % 9 for one in live)


def test_b_frames_come_in_order_of_show(tmp_path: Path) -> None:
    options = {"preset": "medium", "bf": "3", "b_strategy": "0", "g": "12"}
    video = write_video(tmp_path / "bframes.mp4", 30, options=options)
    with capturing(CaptureSettings(str(video))) as (_, collector):
        live = collector.wait_for_live(15)
    assert ids_are_codes(live)
    times = [one.stamp.captured_ns for one in live]
    assert times == sorted(times)


def test_the_last_picture_stands_when_a_file_ends(tmp_path: Path) -> None:
    video = write_video(tmp_path / "end.mp4", 6)
    with capturing(CaptureSettings(str(video))) as (_, collector):
        status = collector.wait_for_state("ended")
        collector.wait_for(lambda: sum(not one.live for one in collector.seen) >= 3, "held frames")
    held = [one for one in collector.seen if not one.live]
    assert status.reason == "ended"
    assert status.captured == 6
    assert all(one.left == 5 for one in held)
    assert [one.stamp.frame_id for one in held] == list(range(6, 6 + len(held)))
    times = [one.stamp.captured_ns for one in collector.seen]
    assert times == sorted(set(times))


def test_a_maximum_rate_thins_evenly_and_keeps_ids(tmp_path: Path) -> None:
    video = write_video(tmp_path / "fast.mp4", 60)
    with capturing(CaptureSettings(str(video), fps=10)) as (capture, collector):
        assert capture.fps == 10
        live = collector.wait_for_live(8)
        status = capture.status
    assert ids_are_codes(live)
    assert live[-1].stamp.frame_id >= 3 * 7
    assert status.captured > 2 * len(live)
    steps = np.diff([one.stamp.captured_ns for one in live])
    assert steps.min() > 65_000_000


def test_late_pictures_are_dropped_counted_and_numbered(tmp_path: Path) -> None:
    video = write_video(tmp_path / "long.mp4", 60)
    collector = Collector()

    def stall_once(frame: StereoFrame) -> None:
        collector.on_frame(frame)
        if len(collector.seen) == 10:
            time.sleep(0.25)

    capture = Capture(CaptureSettings(str(video)), CaptureClock(), stall_once)
    capture.open()
    capture.start()
    try:
        live = collector.wait_for_live(25)
        status = capture.status
    finally:
        capture.stop()
    assert status.dropped >= 1
    assert ids_are_codes(live)
    assert live[-1].stamp.frame_id >= 25  # some ids belong to pictures that nobody saw
    assert status.captured >= len(live) + status.dropped


def test_another_size_is_scaled(tmp_path: Path) -> None:
    video = write_video(tmp_path / "sbs.mp4", 12, Layout.SBS, eye=(512, 288))
    settings = CaptureSettings(str(video), layout=Layout.SBS, eye_size=(320, 180))
    with capturing(settings) as (capture, collector):
        assert capture.eye_size == (320, 180)
        live = collector.wait_for_live(5)
    assert ids_are_codes(live)
    frame = live[0].frame
    assert frame.left.size == (320, 180)
    assert frame.packed is not None
    assert frame.packed.size == (640, 180)


def test_nothing_is_handed_on_after_stop(tmp_path: Path) -> None:
    video = write_video(tmp_path / "loop.mp4", 10)
    with capturing(CaptureSettings(str(video), loop=True)) as (capture, collector):
        collector.wait_for_live(5)
        capture.stop()
        count = len(collector.seen)
        time.sleep(0.15)
        assert len(collector.seen) == count
