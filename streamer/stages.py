"""What each stage of the frame path takes: rolling times, for the room's statistics."""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


class StageTimes:
    """The last few hundred durations of each named stage; thread-safe."""

    def __init__(self, keep: int = 300) -> None:
        self._lock = threading.Lock()
        self._times: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=keep))

    def add(self, stage: str, seconds: float) -> None:
        """Note that `stage` took `seconds`."""
        with self._lock:
            self._times[stage].append(seconds)

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Note how long the body takes."""
        begin = time.perf_counter()
        yield
        self.add(stage, time.perf_counter() - begin)

    def summary_ms(self) -> dict[str, dict[str, float]]:
        """For each stage the median and 95th percentile in milliseconds."""
        with self._lock:
            times = {stage: np.array(values) for stage, values in self._times.items() if values}
        return {
            stage: {
                "p50": round(float(np.percentile(values, 50)) * 1e3, 3),
                "p95": round(float(np.percentile(values, 95)) * 1e3, 3),
            }
            for stage, values in times.items()
        }
