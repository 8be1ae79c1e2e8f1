"""Memory that comes back: large buffers that are used again once nobody holds a view of them."""

import threading
import weakref
from collections.abc import Hashable
from typing import Final

import numpy as np
from numpy.typing import NDArray

KEPT: Final = 4  # buffers of one purpose; more than that many pictures are never under way


class Recycler:
    """Hands out byte arrays, and takes each back when its last view is gone.

    Fresh memory of a quilt's size costs more in page faults than drawing over it does. Thread-safe.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a collection within it may give memory back
        self._free: dict[Hashable, list[NDArray[np.uint8]]] = {}

    def take(self, size: int, purpose: Hashable) -> tuple[NDArray[np.uint8], bool]:
        """An array of `size` bytes that nobody else holds, and whether it is fresh.

        One that is not is as its last holder left it, who took it for the same `purpose`, by which
        the size is known.
        """
        with self._lock:
            spare = self._free.get(purpose)
            memory = spare.pop() if spare else None
        fresh = memory is None
        if memory is None:
            memory = np.empty(size, np.uint8)
        # A view of a view refers to the array below that is not over another array: to this one.
        handed_out = np.frombuffer(memory.data, np.uint8)
        weakref.finalize(handed_out, self._take_back, memory, purpose)
        return handed_out, fresh

    def _take_back(self, memory: NDArray[np.uint8], purpose: Hashable) -> None:
        with self._lock:
            for other, rest in list(self._free.items()):
                if other != purpose:
                    del rest[1:]  # something else has been asked for since
            spare = self._free.setdefault(purpose, [])
            if len(spare) < KEPT:
                spare.append(memory)
