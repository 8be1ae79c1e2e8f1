"""The watch over a room's inputs: tells how they do, and shows a slate while they fail."""

import logging
import threading
from collections.abc import Callable
from typing import Final

from streamer.capture.assembly import Assembly
from streamer.capture.input import Input
from streamer.capture.layout import Pair
from streamer.capture.slate import slate
from streamer.capture.status import CaptureStatus, State, combine

log = logging.getLogger(__name__)

OnStatus = Callable[[CaptureStatus], None]

CHANCE_NS: Final = 2_000_000_000
"""A source has so long to give its first picture before a slate takes a frame id."""
UNPAIRED_NS: Final = 2_500_000_000
SLATE_PERIOD_NS: Final = 200_000_000
WATCH_S: Final = 0.05


class Watch:
    """A thread that reports changes of state and, where there is no live picture, gives another."""

    def __init__(
        self,
        inputs: list[Input],
        assembly: Assembly,
        eye_size: tuple[int, int],
        now_ns: Callable[[], int],
        on_status: OnStatus | None,
    ) -> None:
        self._inputs, self._assembly, self._eye_size = inputs, assembly, eye_size
        self._now_ns, self._on_status = now_ns, on_status
        self._started_ns = now_ns()
        self._reported: tuple[State, str] | None = None
        self._slate: tuple[str, Pair] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="capture watch", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._started_ns = self._now_ns()
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def status(self) -> CaptureStatus:
        """How the capture does now."""
        now_ns = self._now_ns()
        state, reason = self._state(now_ns)
        outlet = self._assembly.outlet
        captured = outlet.counts().captured
        return CaptureStatus(state, reason, captured, self._assembly.dropped, outlet.fps(now_ns))

    def _state(self, now_ns: int) -> tuple[State, str]:
        names = [f"{one.side} input" for one in self._inputs]
        state, reason = combine([one.look(now_ns) for one in self._inputs], names)
        last = self._assembly.outlet.last_live
        if state == "live" and self._assembly.paired:
            since_ns = last.stamp.captured_ns if last is not None else self._started_ns
            if now_ns - since_ns > UNPAIRED_NS:
                return "slate", "the pictures of the two inputs do not meet in time"
        if state == "live" and last is None:
            return "connecting", ""
        if (
            state == "connecting"
            and now_ns - self._started_ns > CHANCE_NS
            and any(not one.recorded for one in self._inputs)
        ):
            waiting = next(one for one in self._inputs if not one.recorded)
            return "slate", f"waiting for {waiting.name!r}"
        return state, reason

    def _run(self) -> None:
        while not self._stopping.wait(WATCH_S):
            now_ns = self._now_ns()
            current = self._state(now_ns)
            if current != self._reported:
                self._reported = current
                if self._on_status is not None:
                    self._on_status(self.status())
            self._stand_in(now_ns, *current)

    def _stand_in(self, now_ns: int, state: State, reason: str) -> None:
        outlet = self._assembly.outlet
        last_ns = outlet.last_captured_ns
        if state not in ("slate", "ended"):
            return
        if last_ns is None and state == "slate" and now_ns - self._started_ns < CHANCE_NS:
            return
        if last_ns is not None and now_ns - last_ns < SLATE_PERIOD_NS:
            return
        live = outlet.last_live
        if state == "ended" and live is not None:
            outlet.stand_in(now_ns, Pair(live.left, live.right, live.packed))
            return
        if self._slate is None or self._slate[0] != reason:
            picture = slate(self._eye_size, reason)
            self._slate = (reason, Pair(picture, picture))
        outlet.stand_in(now_ns, self._slate[1])
