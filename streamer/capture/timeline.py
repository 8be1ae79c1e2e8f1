"""When recorded pictures are due: one time line for the inputs of a room, across loops."""

import threading
from dataclasses import dataclass
from typing import Final

LATE_PERIODS: Final = 1
SLIP_PERIODS: Final = 15
"""Later than that, dropping until play has caught up would freeze it: the time line moves."""
POLL_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Verdict:
    """A picture's capture time, and whether it is too late to be shown."""

    captured_ns: int
    late: bool


class Timeline:
    """Start of play on the capture clock, shared by the inputs that play together.

    Positions are nanoseconds since the first picture of the first pass. With several inputs each
    pass begins, for all of them, where the longest of them ended the pass before.
    """

    def __init__(self, start_ns: int, inputs: int = 1) -> None:
        self._start_ns = start_ns
        self._inputs = inputs
        self._ends: dict[int, list[int]] = {}
        self._changed = threading.Condition()

    def due_ns(self, position_ns: int) -> int:
        """When a picture at `position_ns` is due, as things stand."""
        return self._start_ns + position_ns

    def judge(self, position_ns: int, period_ns: int, now_ns: int, *, newest: bool) -> Verdict:
        """Whether a picture that is ready at `now_ns` is late; the time line moves after a stall.

        The capture time is the scheduled one, never the time of decoding. More than a period
        late is late, unless nothing newer is decoded (`newest`): then play is as slow as the
        decoder, and goes on from now.
        """
        with self._changed:
            due_ns = self._start_ns + position_ns
            lateness_ns = now_ns - due_ns
            if lateness_ns <= LATE_PERIODS * period_ns:
                return Verdict(due_ns, late=False)
            if newest or lateness_ns > SLIP_PERIODS * period_ns:
                self._start_ns += lateness_ns
                return Verdict(now_ns, late=False)
            return Verdict(due_ns, late=True)

    def end_pass(self, number: int, end_ns: int, stopping: threading.Event) -> int:
        """Tell where this input's pass `number` ends; the position at which the next one begins.

        Waits until every input has told; returns early when `stopping` is set.
        """
        with self._changed:
            ends = self._ends.setdefault(number, [])
            ends.append(end_ns)
            self._changed.notify_all()
            while len(ends) < self._inputs and not stopping.is_set():
                self._changed.wait(POLL_S)
            self._ends.pop(number - 1, None)
            return max(ends)
