"""Real video for capture tests: files and UDP streams whose pictures carry their number."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from calibration import framecode
from streamer.capture.capture import Capture
from streamer.capture.settings import CaptureSettings, Layout
from streamer.capture.status import CaptureStatus
from streamer.clock import CaptureClock
from streamer.frames import I420, FrameStamp, Plane, StereoFrame

EYE = (256, 144)
PATIENCE_S = 30.0
X264 = {"preset": "ultrafast", "crf": "18"}


def numbered_eye(number: int, size: tuple[int, int] = EYE) -> I420:
    """One eye's picture: a grey ramp, and its number as a frame code."""
    picture = I420.empty(*size)
    picture.y[:] = np.linspace(60, 180, size[0]).astype(np.uint8)
    picture.u[:], picture.v[:] = 110, 140
    framecode.draw_picture(picture, number)
    return picture


def packed(left: I420, right: I420, layout: Layout) -> I420:
    """The pair as one picture of `layout`, made the plain way."""

    def join(a: Plane, b: Plane, *, chroma: bool) -> Plane:
        match layout:
            case Layout.MONO:
                return a
            case Layout.SBS:
                return np.concatenate((a, b), axis=1)
            case Layout.SBS_HALF:
                return np.concatenate((a[:, ::2], b[:, ::2]), axis=1)
            case Layout.TB:
                return np.concatenate((a, b), axis=0)
            case Layout.TB_HALF:
                return np.concatenate((a[::2], b[::2]), axis=0)
            case Layout.ROWS:
                woven = a.copy()
                if not chroma:
                    woven[1::2] = b[1::2]
                return woven

    return I420(
        join(left.y, right.y, chroma=False),
        join(left.u, right.u, chroma=True),
        join(left.v, right.v, chroma=True),
    )


def to_video_frame(picture: I420, number: int, fps: int) -> av.VideoFrame:
    """`picture` for an encoder, `number` periods after the start."""
    width, height = picture.size
    flat = np.concatenate([plane.ravel() for plane in (picture.y, picture.u, picture.v)])
    frame = av.VideoFrame.from_ndarray(flat.reshape(height * 3 // 2, width), format="yuv420p")
    frame.pts, frame.time_base = number, Fraction(1, fps)
    return frame


def write_video(
    path: Path,
    frames: int,
    layout: Layout = Layout.MONO,
    *,
    fps: int = 30,
    eye: tuple[int, int] = EYE,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    options: dict[str, str] | None = None,
) -> Path:
    """Write a file; picture n carries n in the left (or only) and n + 1000 in the right eye."""
    with av.open(str(path), "w") as container:
        width, height = packed(numbered_eye(0, eye), numbered_eye(0, eye), layout).size
        stream = container.add_stream(codec, rate=fps)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        stream.options = {**(X264 if codec == "libx264" else {}), **(options or {})}
        for number in range(frames):
            pair = numbered_eye(number, eye), numbered_eye(number + 1000, eye)
            frame = to_video_frame(packed(*pair, layout), number, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_audio(path: Path) -> Path:
    """Write a file with sound and no picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48000)
        assert isinstance(stream, av.AudioStream)
        for index in range(20):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            frame.sample_rate, frame.pts = 48000, 1024 * index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


class UdpSender:
    """A real sender of H.264 in MPEG-TS over UDP on loopback, 30 a second.

    Its pictures carry their number, counted from `epoch_s` (`time.monotonic`), so that two
    senders with one epoch carry the same number at the same moment.
    """

    def __init__(self, port: int, epoch_s: float, fps: int = 30) -> None:
        self._port, self._epoch_s, self._fps = port, epoch_s, fps
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with av.open(f"udp://127.0.0.1:{self._port}?pkt_size=1316", "w", format="mpegts") as out:
            stream = out.add_stream("libx264", rate=self._fps)
            assert isinstance(stream, av.VideoStream)
            stream.width, stream.height = EYE
            stream.pix_fmt = "yuv420p"
            stream.options = {**X264, "tune": "zerolatency", "g": "10"}
            first = number = int((time.monotonic() - self._epoch_s) * self._fps) + 1
            while not self._stopping.is_set():
                due_s = self._epoch_s + number / self._fps
                if self._stopping.wait(max(0.0, due_s - time.monotonic())):
                    break
                frame = to_video_frame(numbered_eye(number), number - first, self._fps)
                out.mux(stream.encode(frame))
                number += 1

    def stop(self) -> None:
        """Fall silent."""
        self._stopping.set()
        self._thread.join()


def free_udp_port() -> int:
    """A UDP port on loopback that nobody uses now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One frame as it was handed on, and the numbers in its two pictures."""

    stamp: FrameStamp
    frame: StereoFrame
    left: int | None
    right: int | None

    @property
    def live(self) -> bool:
        return self.frame.live


class Collector:
    """Takes frames and states from a capture, and waits for what a test needs."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.states: list[CaptureStatus] = []
        self._changed = threading.Condition()

    def on_frame(self, frame: StereoFrame) -> None:
        left, right = framecode.read(frame.left.y), framecode.read(frame.right.y)
        with self._changed:
            self.seen.append(Seen(frame.stamp, frame, left, right))
            self._changed.notify_all()

    def on_status(self, status: CaptureStatus) -> None:
        with self._changed:
            self.states.append(status)
            self._changed.notify_all()

    @property
    def live(self) -> list[Seen]:
        """The live frames so far."""
        return [one for one in self.seen if one.live]

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until `condition` holds; fails, naming `what`, when patience ends."""
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE_S), (
                f"waited in vain for {what}; states: {self.states}, {len(self.seen)} frames"
            )

    def wait_for_live(self, count: int) -> list[Seen]:
        """Wait for that many live frames."""
        self.wait_for(lambda: len(self.live) >= count, f"{count} live frames")
        return self.live

    def wait_for_state(self, state: str) -> CaptureStatus:
        """Wait until the newest state is `state`."""
        self.wait_for(
            lambda: bool(self.states) and self.states[-1].state == state, f"the state {state}"
        )
        return self.states[-1]


@contextmanager
def capturing(settings: CaptureSettings) -> Iterator[tuple[Capture, Collector]]:
    """A started capture and what it hands on; stopped at the end."""
    collector = Collector()
    capture = Capture(settings, CaptureClock(), collector.on_frame, collector.on_status)
    capture.open()
    try:
        capture.start()
        yield capture, collector
    finally:
        capture.stop()
