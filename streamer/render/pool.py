"""A small thread pool that runs nogil kernels side by side, one slot of scratch memory a thread."""

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import TypeVar

from streamer.render.kernels.jit import threads_for_kernels

Task = TypeVar("Task")


class KernelPool:
    """Runs tasks on `threads` threads, the caller's being one of them.

    Several threads may call `run` at once. With one thread, no thread is started at all.
    """

    def __init__(self, threads: int | None = None, name: str = "kernel") -> None:
        self.threads = threads_for_kernels() if threads is None else threads
        if self.threads < 1:
            raise ValueError(f"a kernel pool needs 1 thread or more, not {threads}")
        self._executor = (
            ThreadPoolExecutor(self.threads - 1, thread_name_prefix=name)
            if self.threads > 1
            else None
        )

    def run(self, work: Callable[[Task, int], None], tasks: Sequence[Task]) -> None:
        """Call `work(task, slot)` for every task and return when all are done.

        `slot` is 0 to `threads` - 1; within one `run`, two calls with the same slot never overlap,
        so scratch memory may be kept by slot. The first exception is raised once all have stopped.
        """
        counter = itertools.count()  # next() on it is atomic

        def drain(slot: int) -> None:
            while (index := next(counter)) < len(tasks):
                work(tasks[index], slot)

        helpers = min(self.threads, len(tasks)) - 1
        if self._executor is None or helpers < 1:
            drain(0)
            return
        futures = [self._executor.submit(drain, slot) for slot in range(1, helpers + 1)]
        try:
            drain(0)
        finally:
            failures = [future.exception() for future in futures]
        for failure in failures:
            if failure is not None:
                raise failure

    def close(self) -> None:
        """Stop the threads; `run` must not be called after."""
        if self._executor is not None:
            self._executor.shutdown(wait=True)

    def __enter__(self) -> "KernelPool":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
