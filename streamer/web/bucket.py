"""A token bucket: how often something may happen."""

import time
from collections.abc import Callable


class TokenBucket:
    """Lets `per_s` things a second happen on average and `burst` at once."""

    def __init__(
        self, per_s: float, burst: int, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_s = per_s
        self._burst = float(burst)
        self._now_s = now_s
        self._level = float(burst)
        self._filled_s = now_s()

    def take(self) -> bool:
        """Whether one more may happen now; if so it is counted."""
        now = self._now_s()
        self._level = min(self._burst, self._level + (now - self._filled_s) * self._per_s)
        self._filled_s = now
        if self._level < 1.0:
            return False
        self._level -= 1.0
        return True
