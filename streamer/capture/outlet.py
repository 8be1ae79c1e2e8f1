"""Where frames leave capture: ids are given here, and nowhere else."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from streamer.capture.layout import Pair
from streamer.capture.rate import RateLimiter, RateMeter
from streamer.frames import FrameStamp, StereoFrame

log = logging.getLogger(__name__)

OnFrame = Callable[[StereoFrame], None]


@dataclass(frozen=True, slots=True)
class Counts:
    """Pictures taken from the source, and those of them lost to lateness."""

    captured: int
    late: int


class Outlet:
    """Numbers pictures in decoding order and hands frames on, one at a time, in order.

    Before `begin` and after `close` nothing is numbered or handed on. Thread-safe.
    """

    def __init__(self, on_frame: OnFrame, fps_limit: float | None, source_period_ns: int) -> None:
        self._on_frame = on_frame
        self._limiter = RateLimiter(fps_limit, source_period_ns)
        self._meter = RateMeter()
        self._lock = threading.RLock()
        self._open = False
        self._next_id = self._captured = self._late = 0
        self._last: StereoFrame | None = None
        self._last_live: StereoFrame | None = None

    def begin(self) -> None:
        """From now on pictures count."""
        with self._lock:
            self._open = True

    def close(self) -> None:
        """No frame is handed on once this has returned."""
        with self._lock:
            self._open = False

    def number(self, captured_ns: int, *, late: bool) -> FrameStamp | None:
        """The identity of a picture just decoded; None for one that nobody is to see."""
        with self._lock:
            if not self._open:
                return None
            frame_id = self._take_id()
            self._captured += 1
            self._late += late
            return None if late else FrameStamp(frame_id, captured_ns)

    def admit(self, stamp: FrameStamp) -> bool:
        """Whether a picture is one to keep at the maximum rate."""
        with self._lock:
            return self._limiter.admit(stamp.captured_ns)

    def deliver(self, stamp: FrameStamp, pair: Pair) -> None:
        """Hand on a live frame, unless something newer went before it."""
        with self._lock:
            if not self._open:
                return
            last = self._last
            if last is not None and (
                stamp.frame_id <= last.stamp.frame_id or stamp.captured_ns <= last.stamp.captured_ns
            ):
                self._late += 1
                return
            frame = StereoFrame(stamp, pair.left, pair.right, pair.packed)
            self._meter.add(stamp.captured_ns)
            self._last_live = frame
            self._hand_on(frame)

    def stand_in(self, captured_ns: int, pair: Pair) -> None:
        """Hand on a picture that is not live (a slate, the last picture of a file)."""
        with self._lock:
            if not self._open or (
                self._last is not None and captured_ns <= self._last.stamp.captured_ns
            ):
                return
            stamp = FrameStamp(self._take_id(), captured_ns)
            self._hand_on(StereoFrame(stamp, pair.left, pair.right, pair.packed, live=False))

    @property
    def is_open(self) -> bool:
        """Whether pictures count."""
        return self._open

    @property
    def last_live(self) -> StereoFrame | None:
        """The newest live frame."""
        return self._last_live

    @property
    def last_captured_ns(self) -> int | None:
        """Capture time of the newest frame of any kind."""
        last = self._last
        return None if last is None else last.stamp.captured_ns

    def counts(self) -> Counts:
        """What was taken and lost so far."""
        with self._lock:
            return Counts(self._captured, self._late)

    def fps(self, now_ns: int) -> float:
        """Measured rate of live frames."""
        with self._lock:
            return self._meter.fps(now_ns)

    def _take_id(self) -> int:
        frame_id = self._next_id
        self._next_id += 1
        return frame_id

    def _hand_on(self, frame: StereoFrame) -> None:
        self._last = frame
        try:
            self._on_frame(frame)
        except Exception:
            # One consumer's fault must not silence the source for everybody.
            log.exception("frame %d was refused by its consumer", frame.stamp.frame_id)
