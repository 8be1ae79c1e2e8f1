"""How much of this machine other programs used while a test measured a rate."""

from collections.abc import Iterable
from types import TracebackType
from typing import Self

import psutil


class OthersShare:
    """Measures, while it is entered, the share (0..1) of all cores that others' processes took.

    `own` are process ids that count as the test's, with all their descendants. Processes that
    ended meanwhile count as others'; time that a virtual machine was not given does too.
    """

    def __init__(self, own: Iterable[int]) -> None:
        self.share = 0.0
        self._own = list(own)
        self._begin: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __enter__(self) -> Self:
        self._begin = self._now()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        total, idle, ours = (b - a for a, b in zip(self._begin, self._now(), strict=True))
        self.share = max(0.0, (total - idle - ours) / total) if total > 0 else 0.0

    def _now(self) -> tuple[float, float, float]:
        """Seconds since boot over all cores: in all, idle, and ours."""
        times = psutil.cpu_times()
        idle = times.idle + getattr(times, "iowait", 0.0)
        guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
        return sum(times) - guests, idle, sum(self._seconds(process) for process in self._tree())

    def _tree(self) -> set[psutil.Process]:
        tree: set[psutil.Process] = set()
        for pid in self._own:
            process = psutil.Process(pid)
            tree.update([process, *process.children(recursive=True)])
        return tree

    def _seconds(self, process: psutil.Process) -> float:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            return 0.0
        return float(times.user + times.system)
