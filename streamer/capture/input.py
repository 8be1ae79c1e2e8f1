"""One input of a room: its source, its feed, and how it does."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from streamer.capture.assembly import Assembly
from streamer.capture.live import LiveFeed
from streamer.capture.paced import PacedFeed
from streamer.capture.pairing import Side
from streamer.capture.settings import CaptureSettings, Layout
from streamer.capture.sources.base import Picture, PictureFormat
from streamer.capture.sources.choose import choose_source
from streamer.capture.status import InputState, State

SILENT_NS: Final = 2_500_000_000
"""A live input without a picture for so long is lost, whatever its driver says."""


class Input:
    """The left (or only) or the right input.

    Until `connect` has named an assembly its pictures are dropped unseen: a live source is read
    from `open` on, so that what is shown first is new.
    """

    def __init__(
        self, side: Side, video: str, settings: CaptureSettings, now_ns: Callable[[], int]
    ) -> None:
        self.side, self._now_ns = side, now_ns
        source = choose_source(video, settings, now_ns)
        self.name = source.name
        self.patient, self.recorded = source.patient, source.recorded
        self.layout = Layout.SBS if source.side_by_side else settings.layout
        self.format: PictureFormat | None = None
        self.feed: PacedFeed | LiveFeed = (
            PacedFeed(source, self, now_ns, loop=settings.loop)
            if source.recorded
            else LiveFeed(source, self, now_ns)
        )
        self._assembly: Assembly | None = None
        self._state = InputState()
        self._lock = threading.Lock()

    def open(self, timeout_s: float) -> None:
        """Look at the source; sets `format` where it answers. Raises SourceError."""
        self.format = self.feed.open(timeout_s)

    def connect(self, assembly: Assembly) -> None:
        """From now on pictures go to `assembly`."""
        self._assembly = assembly

    def picture(self, picture: Picture, captured_ns: int) -> None:
        """Take a picture from the feed."""
        with self._lock:
            self._state = replace(self._state, picture_ns=captured_ns)
        if self._assembly is not None:
            self._assembly.picture(self.side, picture, captured_ns)

    def state(self, state: State, reason: str) -> None:
        """Take word from the feed of how the source does."""
        with self._lock:
            self._state = replace(self._state, state=state, reason=reason)

    def look(self, now_ns: int) -> InputState:
        """How the input does; a live one that fell silent counts as lost."""
        with self._lock:
            state = self._state
        if (
            not self.recorded
            and state.state == "live"
            and state.picture_ns is not None
            and now_ns - state.picture_ns > SILENT_NS
        ):
            return replace(state, state="slate", reason=f"{self.name!r} sends no picture")
        return state
