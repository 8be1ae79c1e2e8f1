"""The numba decorators, fast-math flags, cache and thread count that every kernel shares.

numba keys its cache on a kernel's own file and misses edits in those that it calls. So the cache
lies in a folder named after all kernel files together. No kernel uses numba's own threads
(`workqueue` aborts the process when two Python threads enter it); `streamer.render.pool` runs
kernels side by side instead.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import numba
import platformdirs

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

# Not "nnan" and "ninf": a NaN that slips in must stay one, not become undefined behaviour.
SHADING_MATH: Final = frozenset({"nsz", "arcp", "contract", "afn", "reassoc"})
MAX_THREADS: Final = 8
FORGOTTEN_AFTER_S: Final = 30 * 24 * 3600.0


def cache_folder() -> Path:
    """Where compiled kernels are kept: a folder of its own for each state of their sources."""
    state = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        state.update(source.name.encode())
        state.update(source.read_bytes())
    caches = Path(platformdirs.user_cache_dir("theatron", appauthor=False))
    return caches / f"kernels-{state.hexdigest()[:16]}"


def forget_old_caches() -> None:
    """Remove the folders of other states of the sources that nobody used for a month."""
    used = cache_folder()
    for folder in used.parent.glob("kernels-*"):
        if folder != used and time.time() - folder.stat().st_mtime > FORGOTTEN_AFTER_S:
            shutil.rmtree(folder, ignore_errors=True)


def _use_cache_folder() -> None:
    """Let numba cache there, unless NUMBA_CACHE_DIR says where, or nothing can be written."""
    if "NUMBA_CACHE_DIR" in os.environ:
        return
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)  # used just now
    except OSError:
        return  # numba then looks for a place itself
    config: Any = numba.config
    config.CACHE_DIR = str(folder)


_use_cache_folder()


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
