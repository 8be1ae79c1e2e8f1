"""A user's mistake at the command line ends in one clear sentence and a non-zero exit."""

import socket
from pathlib import Path

import av
import numpy as np
import pytest

from tests.e2e.process import run_to_end
from tests.e2e.videos import coded_video

pytestmark = pytest.mark.e2e


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def write_jpegs(folder: Path) -> Path:
    """A folder that holds photographs, as somebody might take it for a CT."""
    folder.mkdir()
    for number in range(3):
        picture = np.full((64, 64, 3), 40 * number, np.uint8)
        with av.open(str(folder / f"slice{number}.jpg"), "w", format="mjpeg") as container:
            stream = container.add_stream("mjpeg", rate=1)
            stream.width, stream.height, stream.pix_fmt = 64, 64, "yuvj420p"
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            container.mux(stream.encode(frame.reformat(format="yuvj420p")))
            container.mux(stream.encode(None))
    return folder


@pytest.mark.parametrize("device", ["/dev/video97", "video=No Such Camera", "no-such-file.mp4"])
def test_missing_device(home: Path, device: str) -> None:
    ended = run_to_end(home, "serve", "--video", device, "--host", "127.0.0.1", "--port", "0")
    ended.assert_refused(device.removeprefix("video="))


def test_text_file_named_mp4(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "operation.mp4"
    path.write_text("This is the operation's report, not its video.\n" * 50, encoding="utf-8")
    ended = run_to_end(home, "serve", "--video", str(path), "--host", "127.0.0.1", "--port", "0")
    ended.assert_refused("operation.mp4", "video")


def test_empty_folder_as_ct(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "nothing-in-it"
    folder.mkdir()
    video = coded_video(tmp_path / "v.mp4", 0.5, eye=(128, 96)).path
    ended = run_to_end(
        home, "serve", "--video", str(video), "--layout", "sbs", "--ct", str(folder), "--port", "0"
    )
    ended.assert_refused("nothing-in-it")
    run_to_end(home, "ct", "info", str(folder)).assert_refused("nothing-in-it")


def test_folder_of_jpegs_as_ct(home: Path, tmp_path: Path) -> None:
    folder = write_jpegs(tmp_path / "photographs")
    video = coded_video(tmp_path / "v.mp4", 0.5, eye=(128, 96)).path
    ended = run_to_end(
        home, "serve", "--video", str(video), "--layout", "sbs", "--ct", str(folder), "--port", "0"
    )
    ended.assert_refused("photographs", "DICOM")
    run_to_end(home, "ct", "info", str(folder)).assert_refused("photographs", "DICOM")


def test_layout_that_there_is_not(home: Path, tmp_path: Path) -> None:
    video = coded_video(tmp_path / "v.mp4", 0.5, eye=(128, 96)).path
    ended = run_to_end(home, "serve", "--video", str(video), "--layout", "diagonal", "--port", "0")
    ended.assert_refused("diagonal", "sbs-half")


def test_layout_that_does_not_fit_the_picture(home: Path, tmp_path: Path) -> None:
    """322 columns make two eyes of 161, which has no half in 4:2:0."""
    path = tmp_path / "odd.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 70, 64, "yuv420p"
        for number in range(5):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 70, 3), np.uint8), format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    ended = run_to_end(home, "serve", "--video", str(path), "--layout", "sbs", "--port", "0")
    ended.assert_refused("sbs", "70x64")


def test_port_in_use(home: Path, tmp_path: Path) -> None:
    video = coded_video(tmp_path / "v.mp4", 0.5, eye=(128, 96)).path
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = str(holder.getsockname()[1])
        ended = run_to_end(
            home, "serve", "--video", str(video), "--host", "127.0.0.1", "--port", port
        )
    ended.assert_refused(port, "in use", "--port")


def test_plain_http_on_the_network_is_refused(home: Path, tmp_path: Path) -> None:
    video = coded_video(tmp_path / "v.mp4", 0.5, eye=(128, 96)).path
    ended = run_to_end(home, "serve", "--video", str(video), "--plain-http", "--port", "0")
    ended.assert_refused("--plain-http", "--insecure")
