"""A pair of files as two inputs: the same picture of both, also across loops of unequal length."""

from pathlib import Path

from streamer.capture.settings import CaptureSettings
from tests.capture.media import EYE, capturing, write_video


def test_pair_of_files_stays_together_over_loops(tmp_path: Path) -> None:
    left = write_video(tmp_path / "left.mp4", 8, fps=15)
    right = write_video(tmp_path / "right.mp4", 10, fps=15, eye=(320, 180))
    settings = CaptureSettings(str(left), str(right), loop=True)
    with capturing(settings) as (capture, collector):
        assert capture.eye_size == EYE
        live = collector.wait_for_live(20)
        status = capture.status
    assert all(one.left == one.right for one in live)
    assert all(one.left == one.stamp.frame_id % 8 for one in live)
    assert all(one.frame.right.size == EYE for one in live)
    # The two last pictures of the right file have no partner.
    assert status.dropped >= 2


def test_pair_ends_when_one_file_ends(tmp_path: Path) -> None:
    left = write_video(tmp_path / "left.mp4", 10)
    right = write_video(tmp_path / "right.mp4", 4)
    with capturing(CaptureSettings(str(left), str(right))) as (_, collector):
        collector.wait_for_state("ended")
        collector.wait_for(lambda: any(not one.live for one in collector.seen), "a held picture")
    held = next(one for one in collector.seen if not one.live)
    assert held.left == held.right == 3
