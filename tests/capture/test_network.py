"""Network streams and devices: joined late, lost and found again, matched by arrival time."""

import functools
import itertools
import threading
import time
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from streamer.capture import capture as capture_module
from streamer.capture.settings import CaptureSettings
from streamer.capture.sources import device as device_module
from tests.capture.media import EYE, UdpSender, capturing, free_udp_port, write_video
from tests.capture.rtsp import RtspCamera


@pytest.fixture
def senders() -> Iterator[list[UdpSender]]:
    """Senders to stop when the test ends."""
    running: list[UdpSender] = []
    yield running
    for sender in running:
        sender.stop()


def test_stream_is_lost_and_found_again(senders: list[UdpSender]) -> None:
    port, epoch_s = free_udp_port(), time.monotonic()
    senders.append(UdpSender(port, epoch_s))
    with capturing(CaptureSettings(f"udp://127.0.0.1:{port}")) as (capture, collector):
        assert capture.eye_size == EYE
        assert capture.fps == 30
        first = collector.wait_for_live(30)
        # Each picture takes one id, those that FFmpeg stored while it probed too; no slate does.
        assert len({one.stamp.frame_id - (one.left or 0) for one in first}) == 1
        assert all(one.live for one in collector.seen)
        assert capture.status.captured > first[-1].stamp.frame_id
        senders.pop().stop()
        status = collector.wait_for_state("slate")
        assert f"127.0.0.1:{port}" in status.reason
        collector.wait_for(lambda: not collector.seen[-1].live, "a slate")
        slate = collector.seen[-1]
        assert slate.frame.left.y.mean() < 60
        count = len(collector.live)
        senders.append(UdpSender(port, epoch_s))
        collector.wait_for_state("live")
        again = collector.wait_for_live(count + 10)[count:]
    assert all(one.stamp.frame_id > slate.stamp.frame_id for one in again)
    assert all(one.left is not None and one.left > (first[-1].left or 0) for one in again)
    for one, other in itertools.pairwise(collector.seen):
        assert other.stamp.frame_id > one.stamp.frame_id
        assert other.stamp.captured_ns > one.stamp.captured_ns


def test_stream_that_comes_after_the_room_opened(
    senders: list[UdpSender], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture_module, "NETWORK_OPEN_S", 0.2)
    port = free_udp_port()
    settings = CaptureSettings(f"udp://127.0.0.1:{port}", eye_size=(320, 180))
    with capturing(settings) as (_, collector):
        status = collector.wait_for_state("slate")
        assert f"127.0.0.1:{port}" in status.reason
        senders.append(UdpSender(port, time.monotonic()))
        live = collector.wait_for_live(5)
    assert all(one.left is not None for one in live)
    assert live[0].frame.left.size == (320, 180)


def test_two_inputs_are_matched_by_capture_time(senders: list[UdpSender]) -> None:
    left, right, epoch_s = free_udp_port(), free_udp_port(), time.monotonic()
    senders.append(UdpSender(left, epoch_s))
    time.sleep(0.4)  # the right one starts in the midst of the left one's pictures
    senders.append(UdpSender(right, epoch_s))
    settings = CaptureSettings(f"udp://127.0.0.1:{left}", f"udp://127.0.0.1:{right}")
    with capturing(settings) as (_, collector):
        live = collector.wait_for_live(30)
        together = sum(one.left == one.right for one in live)
        assert together >= 0.9 * len(live)  # the rest: a busy machine's arrival times
        senders.pop().stop()
        status = collector.wait_for_state("slate")
        assert "right input" in status.reason
        assert f":{right}" in status.reason
        senders.append(UdpSender(right, epoch_s))
        count = len(collector.live)
        collector.wait_for_live(count + 5)
        assert collector.states[-1].dropped > 0


def test_rtsp_camera_is_lost_and_its_address_hides_the_password() -> None:
    camera = RtspCamera()
    address = f"rtsp://doctor:secret@127.0.0.1:{camera.port}/theatre"
    try:
        with capturing(CaptureSettings(address)) as (capture, collector):
            assert capture.eye_size == EYE
            live = collector.wait_for_live(20)
            camera.close()
            status = collector.wait_for_state("slate")
    finally:
        camera.close()
    assert len({one.stamp.frame_id - (one.left or 0) for one in live}) == 1
    assert "/theatre" in status.reason
    assert "secret" not in status.reason


def test_file_over_http_plays_at_its_own_times(tmp_path: Path) -> None:
    write_video(tmp_path / "lesson.mp4", 30, fps=15)
    handler = functools.partial(QuietHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/lesson.mp4"
        try:
            with capturing(CaptureSettings(address)) as (capture, collector):
                assert capture.fps == 15
                live = collector.wait_for_live(8)
        finally:
            server.shutdown()
    steps = np.diff([one.stamp.captured_ns for one in live])
    assert np.all(np.abs(steps - 1e9 / 15) < 1000), steps
    codes = [one.left for one in live]
    assert codes == list(range(codes[0] or 0, (codes[0] or 0) + len(codes)))


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves a folder without a log."""

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_device_through_ffmpegs_device_input(monkeypatch: pytest.MonkeyPatch) -> None:
    # FFmpeg's own virtual device takes the camera's place; it runs dry after 15 pictures.
    monkeypatch.setattr(device_module, "input_format", lambda: "lavfi")
    monkeypatch.setattr(device_module, "ffmpeg_name", lambda name: VIRTUAL_CAMERA)
    with capturing(CaptureSettings("/dev/video7")) as (capture, collector):
        assert capture.eye_size == (320, 240)
        live = collector.wait_for_live(5)
        status = collector.wait_for_state("slate")
        count = len(collector.live)
        collector.wait_for_live(count + 3)
    assert live[0].frame.left.size == (320, 240)
    assert "'/dev/video7'" in status.reason


VIRTUAL_CAMERA = "testsrc=size=320x240:rate=30:duration=0.5,format=yuv422p,realtime"
