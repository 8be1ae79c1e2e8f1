"""Matching the pictures of two inputs by capture time."""

from collections import deque
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar

T = TypeVar("T")
Side = Literal["left", "right"]

QUEUE: Final = 8


@dataclass(frozen=True, slots=True)
class _Timed(Generic[T]):
    time_ns: int
    value: T


class PairMatcher(Generic[T]):
    """Pairs each left value with the nearest right one, at most half a period away.

    Values of one side must come in order of time. What can no longer find a partner is dropped
    and counted; at most eight values wait on either side. Not thread-safe: the caller locks.
    """

    def __init__(self, period_ns: int) -> None:
        self.tolerance_ns = period_ns // 2
        self.dropped = 0
        self._left: deque[_Timed[T]] = deque()
        self._right: deque[_Timed[T]] = deque()

    def offer(self, side: Side, time_ns: int, value: T) -> list[tuple[T, T]]:
        """Add a value; the (left, right) pairs that are complete now, oldest first."""
        queue = self._left if side == "left" else self._right
        queue.append(_Timed(time_ns, value))
        pairs = []
        while self._left and self._right:
            pair = self._match_heads()
            if pair is not None:
                pairs.append(pair)
        if len(queue) > QUEUE:
            queue.popleft()
            self.dropped += 1
        return pairs

    def _match_heads(self) -> tuple[T, T] | None:
        left, right = self._left[0], self._right[0]
        if left.time_ns <= right.time_ns:
            early, late_ns = self._left, right.time_ns
        else:
            early, late_ns = self._right, left.time_ns
        gap_ns = late_ns - early[0].time_ns
        nearer = len(early) > 1 and abs(early[1].time_ns - late_ns) < gap_ns
        if gap_ns > self.tolerance_ns or nearer:
            early.popleft()
            self.dropped += 1
            return None
        self._left.popleft()
        self._right.popleft()
        return left.value, right.value
