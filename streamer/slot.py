"""A queue of one: the newest value wins, what it replaces is counted as dropped."""

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class LatestSlot(Generic[T]):
    """Hands the newest value from one thread to another; never holds more than one.

    `put` never blocks. `get` waits for a value and returns None once the slot is closed.
    """

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._value: T | None = None
        self._closed = False
        self.dropped = 0

    def put(self, value: T) -> None:
        """Place `value`, replacing (and counting) one that nobody took."""
        with self._ready:
            if self._closed:
                return
            if self._value is not None:
                self.dropped += 1
            self._value = value
            self._ready.notify()

    def get(self, timeout_s: float | None = None) -> T | None:
        """The newest value, or None when closed or when `timeout_s` passes."""
        with self._ready:
            self._ready.wait_for(lambda: self._value is not None or self._closed, timeout_s)
            value, self._value = self._value, None
            return value

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def close(self) -> None:
        """Wake whoever waits; later puts are ignored."""
        with self._ready:
            self._closed = True
            self._value = None
            self._ready.notify_all()
