"""The room's truth: an append-only log of events, its older part folded into a snapshot."""

from collections import deque
from dataclasses import dataclass
from typing import Final

from streamer.room.messages import Event, Logged
from streamer.room.state import Snapshot, reduce

KEEP_ENTRIES: Final = 512


@dataclass(frozen=True, slots=True)
class Entry:
    """One event with its number, who caused it and when (capture clock)."""

    logged: Logged
    viewer_id: str
    captured_ns: int


class EventLog:
    """Events numbered from 1, and the state that they add up to.

    Memory is bounded: `base` is the fold of all entries older than the newest `keep`, `tail` the
    entries since, and `now` the fold of everything. One thread appends at a time; `now` may be
    read from any thread.
    """

    def __init__(self, start: Snapshot, keep: int = KEEP_ENTRIES) -> None:
        if keep < 1:
            raise ValueError(f"the log must keep at least one entry, not {keep}")
        self.base = start
        self.now = start
        self._keep = keep
        self._tail: deque[Entry] = deque()

    def append(self, event: Event, viewer_id: str, captured_ns: int) -> Logged:
        """Add `event`, fold it into `now`, and give it with its number."""
        self.now = reduce(self.now, event)
        logged = Logged(self.now.seq, event)
        self._tail.append(Entry(logged, viewer_id, captured_ns))
        if len(self._tail) > self._keep:
            self.base = reduce(self.base, self._tail.popleft().logged.event)
        return logged

    @property
    def tail(self) -> tuple[Entry, ...]:
        """The entries after `base`, oldest first."""
        return tuple(self._tail)
