"""The room's time line: recent capture times, and the anchors from which pages name frames."""

import threading
from collections import OrderedDict
from typing import Final

from streamer.clock import FRAME_ID_MASK, RTP_CLOCK_HZ, CaptureClock
from streamer.frames import FrameStamp
from streamer.room.messages import Anchor

_KEEP: Final = 900
_RATE_WINDOW: Final = 60
# A page finds a frame's id as long as its guess is less than half of the id's low bits off.
_TOLERANCE_FRAMES: Final = (FRAME_ID_MASK + 1) // 8


class Timeline:
    """Notes every composed frame; thread-safe.

    The rate is measured over the last frames in ticks a frame id, so that it is right also where
    the source's frames are thinned out.
    """

    def __init__(self, clock: CaptureClock, nominal_fps: float) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._captured_ns: OrderedDict[int, int] = OrderedDict()
        self._recent: list[FrameStamp] = []
        self._ticks_per_frame = RTP_CLOCK_HZ / nominal_fps
        self._anchor: Anchor | None = None

    def note(self, stamp: FrameStamp) -> bool:
        """Note a frame; True when pages need a fresh anchor at once because time has jumped."""
        with self._lock:
            self._captured_ns[stamp.frame_id] = stamp.captured_ns
            while len(self._captured_ns) > _KEEP:
                self._captured_ns.popitem(last=False)
            jumped = self._anchor is None or self._off(self._anchor, stamp) > _TOLERANCE_FRAMES
            if jumped:
                self._recent.clear()
            self._recent.append(stamp)
            del self._recent[:-_RATE_WINDOW]
            if len(self._recent) >= _RATE_WINDOW // 4:
                first = self._recent[0]
                ids = stamp.frame_id - first.frame_id
                ticks = (stamp.captured_ns - first.captured_ns) * RTP_CLOCK_HZ / 1e9
                if ids > 0 and ticks > 0:
                    self._ticks_per_frame = ticks / ids
            self._anchor = Anchor(
                frame_id=stamp.frame_id,
                rtp_timestamp=self._clock.rtp_timestamp(stamp.captured_ns, stamp.frame_id),
                captured_ms=self._clock.unix_ms(stamp.captured_ns),
                ticks_per_frame=self._ticks_per_frame,
            )
            return jumped

    def _off(self, anchor: Anchor, stamp: FrameStamp) -> float:
        """How many frames a page's guess from `anchor` would be off."""
        elapsed_ms = self._clock.unix_ms(stamp.captured_ns) - anchor.captured_ms
        guess = anchor.frame_id + elapsed_ms * RTP_CLOCK_HZ / 1e3 / anchor.ticks_per_frame
        return abs(guess - stamp.frame_id)

    def anchor(self) -> Anchor | None:
        """The newest frame as an anchor, or None before the first."""
        with self._lock:
            return self._anchor

    def captured_ms(self, frame_id: int) -> float | None:
        """Unix milliseconds at which a recent frame was captured, or None when it is not known."""
        with self._lock:
            captured_ns = self._captured_ns.get(frame_id)
        return None if captured_ns is None else self._clock.unix_ms(captured_ns)
