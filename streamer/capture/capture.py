"""Capture of one room: opens the inputs and hands on numbered stereo frames until stopped."""

import time
from typing import Final

from streamer.capture.assembly import Assembly
from streamer.capture.feed import STOP_S
from streamer.capture.input import Input
from streamer.capture.layout import Splitter, native_eye_size
from streamer.capture.outlet import OnFrame, Outlet
from streamer.capture.paced import PacedFeed
from streamer.capture.pairing import PairMatcher, Side
from streamer.capture.settings import CaptureSettings
from streamer.capture.sources.base import PictureFormat
from streamer.capture.status import CaptureStatus
from streamer.capture.timeline import Timeline
from streamer.capture.watch import OnStatus, Watch
from streamer.clock import CaptureClock
from streamer.frames import I420, FrameStamp

__all__ = ["Capture", "CaptureStatus"]

UNKNOWN_FORMAT: Final = PictureFormat(1280, 720, 30.0)
"""Taken of a network stream that has not answered yet."""
DEVICE_OPEN_S: Final = 12.0
NETWORK_OPEN_S: Final = 3.0
LEAD_NS: Final = 100_000_000
"""A file's first picture is due so long after start: time to decode it."""


class Capture:
    """One room's video input: `open`, `start`, and frames come until `stop`.

    `on_frame` is called in a capture thread, one frame at a time, in order, and must be quick.
    Each picture of the (left) source takes the next frame id, from 0, also those dropped for
    lateness or to keep to a maximum rate: a file's frame id is the index of its picture, which a
    loop counts on. Slates take ids of the same sequence. The pictures of a `StereoFrame` may be
    the decoder's own memory: read them, never write.

    `on_status` is called, in a capture thread, when the state or its reason changes.
    `eye_size` (width, height; even) and `fps` (nominal) hold once `open` has returned, for the
    life of the capture: later pictures of another size are scaled to it.
    """

    def __init__(
        self,
        settings: CaptureSettings,
        clock: CaptureClock,
        on_frame: OnFrame,
        on_status: OnStatus | None = None,
    ) -> None:
        settings.check()
        self.settings = settings
        self.eye_size = settings.eye_size or (UNKNOWN_FORMAT.width, UNKNOWN_FORMAT.height)
        self.fps = settings.fps or UNKNOWN_FORMAT.fps
        self._clock, self._on_frame, self._on_status = clock, on_frame, on_status
        self._inputs: list[Input] = []
        self._assembly: Assembly | None = None
        self._watch: Watch | None = None

    def open(self) -> None:
        """Look at the inputs; sets `eye_size` and `fps`.

        Raises SourceError for what cannot be shown: a device or file that is missing or has no
        video, a layout that does not fit. A network address that does not answer is waited for.
        """
        sides: list[tuple[Side, str]] = [("left", self.settings.video)]
        if self.settings.video_right is not None:
            sides.append(("right", self.settings.video_right))
        try:
            for side, video in sides:
                one = Input(side, video, self.settings, self._clock.now_ns)
                self._inputs.append(one)
                one.open(NETWORK_OPEN_S if one.patient else DEVICE_OPEN_S)
            self._assembly = self._settle()
        except BaseException:
            self.stop()
            raise
        self._watch = Watch(
            self._inputs, self._assembly, self.eye_size, self._clock.now_ns, self._on_status
        )

    def start(self) -> None:
        """Begin to hand on frames; `open` must have succeeded."""
        if self._assembly is None or self._watch is None:
            raise RuntimeError("Capture.start was called before Capture.open had succeeded")
        paced = [one.feed for one in self._inputs if isinstance(one.feed, PacedFeed)]
        timeline = Timeline(self._clock.now_ns() + LEAD_NS, len(paced))
        for feed in paced:
            feed.join_timeline(timeline)
        self._assembly.outlet.begin()
        for one in self._inputs:
            one.connect(self._assembly)
            one.feed.start()
        self._watch.start()

    def stop(self) -> None:
        """End all threads; no frame is handed on once this has returned (in 2 s at most)."""
        if self._assembly is not None:
            self._assembly.outlet.close()
        for one in self._inputs:
            one.feed.cancel()
        deadline_s = time.monotonic() + STOP_S
        for one in self._inputs:
            one.feed.stop(deadline_s)
        if self._watch is not None:
            self._watch.stop()

    @property
    def status(self) -> CaptureStatus:
        """How the source does now."""
        if self._watch is None:
            return CaptureStatus("connecting", "", 0, 0, 0.0)
        return self._watch.status()

    def _settle(self) -> Assembly:
        """Fix size and rate by the left input; check that each input fits its layout."""
        left, *others = self._inputs
        eyes = [
            native_eye_size(one.layout, one.format.width, one.format.height)
            for one in self._inputs
            if one.format is not None
        ]
        if self.settings.eye_size is None and left.format is not None:
            self.eye_size = eyes[0]
        formats = [one.format or UNKNOWN_FORMAT for one in self._inputs]
        self.fps = min(formats[0].fps, self.settings.fps or formats[0].fps)
        matcher = (
            PairMatcher[tuple[FrameStamp, I420]](max(one.period_ns for one in formats))
            if others
            else None
        )
        outlet = Outlet(self._on_frame, self.settings.fps, formats[0].period_ns)
        return Assembly(outlet, Splitter(left.layout, self.eye_size), matcher)
