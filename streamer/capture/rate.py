"""Keeping to a maximum rate, and measuring the rate reached."""

from collections import deque
from typing import Final

WINDOW: Final = 61
FORGET_NS: Final = 2_000_000_000


class RateLimiter:
    """Thins pictures out to a maximum rate, evenly, by their capture times."""

    def __init__(self, fps: float | None, source_period_ns: int) -> None:
        self._period_ns = None if fps is None else 1e9 / fps
        # Half a source period early is as near to the wanted time as any picture comes.
        self._slack_ns = source_period_ns / 2
        self._due_ns: float | None = None

    def admit(self, captured_ns: int) -> bool:
        """Whether the picture captured then is one to keep."""
        if self._period_ns is None:
            return True
        if self._due_ns is None:
            self._due_ns = captured_ns + self._period_ns
            return True
        if captured_ns < self._due_ns - min(self._slack_ns, self._period_ns / 2):
            return False
        behind_ns = captured_ns - self._due_ns
        self._due_ns += self._period_ns
        if behind_ns > self._period_ns:
            self._due_ns = captured_ns + self._period_ns
        return True


class RateMeter:
    """The rate of the last sixty frames, by their capture times."""

    def __init__(self) -> None:
        self._times_ns: deque[int] = deque(maxlen=WINDOW)

    def add(self, captured_ns: int) -> None:
        """Count a frame."""
        self._times_ns.append(captured_ns)

    def fps(self, now_ns: int) -> float:
        """Frames a second; 0 where none came for two seconds."""
        times = self._times_ns
        if len(times) < 2 or now_ns - times[-1] > FORGET_NS:
            return 0.0
        return (len(times) - 1) * 1e9 / max(1, times[-1] - times[0])
