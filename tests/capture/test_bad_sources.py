"""Sources that cannot be shown: each ends in a sentence that quotes it and says what to do."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from streamer.capture import capture as capture_module
from streamer.capture.capture import Capture
from streamer.capture.settings import CaptureSettings, Layout
from streamer.capture.sources.explain import shown_address
from streamer.clock import CaptureClock
from streamer.errors import SourceError
from tests.capture.media import capturing, write_audio, write_video


def failure(settings: CaptureSettings) -> str:
    """What opening says; fails where it does not fail."""
    with pytest.raises(SourceError) as caught:
        Capture(settings, CaptureClock(), lambda frame: None).open()
    message = str(caught.value)
    assert "\n" not in message
    assert "Traceback" not in message
    return message


def test_missing_device() -> None:
    message = failure(CaptureSettings("/dev/video99"))
    assert "'/dev/video99'" in message
    assert "theatron devices" in message


def test_missing_file(tmp_path: Path) -> None:
    path = str(tmp_path / "nowhere.mp4")
    assert repr(path) in failure(CaptureSettings(path))


def test_text_named_mp4(tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text("Dear students,\nthis is not a video.\n" * 50, encoding="utf-8")
    message = failure(CaptureSettings(str(path)))
    assert "notes.mp4" in message
    assert "video" in message


def test_text_with_escape_sequences_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text("\x1b[31mred\x1b[0m plain\r\n" * 400, encoding="ascii")
    assert "log.txt" in failure(CaptureSettings(str(path)))


def test_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.mp4"
    path.touch()
    assert "is empty" in failure(CaptureSettings(str(path)))


def test_folder(tmp_path: Path) -> None:
    assert "is a folder" in failure(CaptureSettings(str(tmp_path)))


def test_sound_without_picture(tmp_path: Path) -> None:
    message = failure(CaptureSettings(str(write_audio(tmp_path / "voice.m4a"))))
    assert "no video" in message
    assert "only audio" in message


def test_damaged_video(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "whole.ts", 20).read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole[:100])
    assert "cut.mp4" in failure(CaptureSettings(str(cut)))


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        (Layout.TB, "3.56"),
        (Layout.SBS, "0.44"),
    ],
)
def test_layout_that_does_not_fit(tmp_path: Path, layout: Layout, expected: str) -> None:
    made = Layout.TB if layout is Layout.SBS else Layout.MONO
    video = write_video(tmp_path / "wide.mp4", 3, made)
    message = failure(CaptureSettings(str(video), layout=layout))
    assert layout.value in message
    assert expected in message


def test_layout_with_odd_rows(tmp_path: Path) -> None:
    video = write_video(tmp_path / "odd.mkv", 3, eye=(256, 146))
    message = failure(CaptureSettings(str(video), layout=Layout.TB_HALF))
    assert "256x146" in message
    assert "its height by 4" in message


def test_second_input_with_a_layout(tmp_path: Path) -> None:
    video = str(write_video(tmp_path / "a.mp4", 3))
    message = failure(CaptureSettings(video, video_right=video, layout=Layout.SBS))
    assert "'sbs'" in message
    assert "mono" in message


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (CaptureSettings("gopher://host/x"), "'gopher'"),
        (CaptureSettings("udp://127.0.0.1:99999"), "port"),
        (CaptureSettings("synthetic:heart"), "'synthetic:heart'"),
        (CaptureSettings("synthetic:field", video_right="x.mp4"), "both eyes"),
        (CaptureSettings("udp://127.0.0.1:5000", loop=True), "cannot be looped"),
        (CaptureSettings("synthetic:field", eye_size=(641, 360)), "641x360"),
        (CaptureSettings("synthetic:field", fps=0), "0 frames a second"),
        (CaptureSettings("  "), "empty"),
    ],
)
def test_settings_that_cannot_be(settings: CaptureSettings, expected: str) -> None:
    assert expected in failure(settings)


def test_no_threads_are_left_by_a_failed_open(tmp_path: Path) -> None:
    before = threading.active_count()
    good = str(write_video(tmp_path / "good.mp4", 3))
    failure(CaptureSettings(good, video_right=str(tmp_path / "missing.mp4")))
    failure(CaptureSettings("/dev/video99"))
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://doctor:secret@10.0.0.7:554/theatre?token=abc", "rtsp://10.0.0.7:554/theatre"),
        ("rtmp://10.0.0.7/live/stream-key", "rtmp://10.0.0.7"),
        ("srt://10.0.0.7:9000?passphrase=secret", "srt://10.0.0.7:9000"),
    ],
)
def test_addresses_are_shown_without_secrets(address: str, shown: str) -> None:
    assert shown_address(address) == shown


@pytest.fixture
def mute_server() -> Iterator[int]:
    """A TCP server that accepts and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_refused_address_begins_as_a_slate_and_hides_the_password() -> None:
    with capturing(CaptureSettings("rtsp://doctor:secret@127.0.0.1:9/x")) as (_, collector):
        status = collector.wait_for_state("slate")
        collector.wait_for(lambda: len(collector.seen) >= 2, "slates")
    assert "refuses" in status.reason
    assert "secret" not in status.reason
    assert not any(one.live for one in collector.seen)
    assert [one.stamp.frame_id for one in collector.seen[:2]] == [0, 1]


def test_stop_while_a_connect_blocks(mute_server: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture_module, "NETWORK_OPEN_S", 0.3)
    address = f"rtsp://127.0.0.1:{mute_server}/x"
    capture = Capture(CaptureSettings(address), CaptureClock(), lambda frame: None)
    capture.open()
    assert capture.eye_size == (1280, 720)
    capture.start()
    stopper = threading.Thread(target=capture.stop)
    stopper.start()
    stopper.join(6)  # FFmpeg itself would hold it for ten
    assert not stopper.is_alive()
