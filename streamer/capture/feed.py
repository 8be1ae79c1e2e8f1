"""Where a feed, a source with the threads that read it, puts what it has."""

from typing import Final, Protocol

from streamer.capture.sources.base import Picture
from streamer.capture.status import State

STOP_S: Final = 1.5
"""How long a stop waits for a thread that FFmpeg holds; after that the thread ends by itself,
within the source's own time-out, and nothing it still says is heard."""


class Sink(Protocol):
    """Where a feed puts what it has; called in the feed's thread."""

    def picture(self, picture: Picture, captured_ns: int) -> None:
        """A decoded picture; raises SourceError where its size does not fit the layout."""
        ...

    def state(self, state: State, reason: str) -> None:
        """How the source does now."""
        ...
