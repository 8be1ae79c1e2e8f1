"""The keyframe broker: whoever needs an IDR asks here, and all who ask get the same one."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Final

MIN_INTERVAL_NS: Final = 500_000_000


class KeyframeBroker:
    """Merges keyframe requests (PLI, FIR, joins) of one rendition.

    The first request after a quiet time is granted on the next frame; requests within half a
    second of the last IDR wait for that to pass, and all of them are answered by one.
    Thread-safe: viewers ask from the network's thread, the encoder takes from its own.
    """

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self._lock = threading.Lock()
        self._wanted = True
        self._last_ns: int | None = None
        self.requests: Counter[str] = Counter()
        self.granted = 0

    def request(self, reason: str) -> None:
        """Ask for an IDR; `reason` (`pli`, `fir`, `join`, ...) is counted."""
        with self._lock:
            self.requests[reason] += 1
            self._wanted = True

    def take(self) -> bool:
        """Whether the frame to be encoded now must be an IDR; taking it grants all requests."""
        with self._lock:
            if not self._wanted:
                return False
            now_ns = self._now_ns()
            if self._last_ns is not None and now_ns - self._last_ns < MIN_INTERVAL_NS:
                return False
            self._wanted = False
            self._last_ns = now_ns
            self.granted += 1
            return True
