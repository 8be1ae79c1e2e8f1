"""The numba decorators, fast-math flags and thread count that every kernel shares.

A kernel and all that it calls lives in one file: numba's cache is keyed on the kernel's own file
and misses edits elsewhere. No kernel uses numba's own threads (`workqueue` aborts the process when
two Python threads enter it); `streamer.render.pool` runs kernels side by side instead.
"""

import os
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

# Not "nnan" and "ninf": a NaN that slips in must stay one, not become undefined behaviour.
SHADING_MATH: Final = frozenset({"nsz", "arcp", "contract", "afn", "reassoc"})
MAX_THREADS: Final = 8


def exact(function: Kernel) -> Kernel:
    """Compile with strict arithmetic: edge functions, projections, integers."""
    jit = numba.njit(nogil=True, cache=True, error_model="numpy")
    return cast("Kernel", jit(function))


def shading(function: Kernel) -> Kernel:
    """Compile with fast arithmetic, for colours only: in edge functions it opens seams."""
    jit = numba.njit(nogil=True, cache=True, error_model="numpy", fastmath=set(SHADING_MATH))
    return cast("Kernel", jit(function))


def threads_for_kernels() -> int:
    """Threads worth starting for kernels: the cores this process may use, at most `MAX_THREADS`.

    Beyond eight, memory bandwidth and the serial set-up leave nothing to win.
    """
    if hasattr(os, "sched_getaffinity"):  # Linux; it also sees a container's limits
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return max(1, min(cores, MAX_THREADS))
