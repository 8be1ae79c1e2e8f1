"""The anatomy's own thread: it draws the newest pose asked for, and nobody waits for it."""

import logging
import threading
import time
from typing import Final, Protocol

from streamer.render.layers import StereoLayer
from streamer.scene.model import Pose

log = logging.getLogger(__name__)

MAX_RATE_HZ: Final = 30.0  # faster than the video is work for nothing


class Renders(Protocol):
    """What the worker drives; `AnatomyRenderer` is one."""

    def render(self, pose: Pose, viewport: tuple[int, int]) -> StereoLayer:
        """Draw for both eyes, each `viewport` (width, height) in size."""
        ...


class AnatomyWorker:
    """Renders on a thread of its own; a newer request replaces one that has not been started.

    `failure` is the exception of the last render that failed, None once one succeeds again; the
    layer before it stays. `renders` counts what was drawn.
    """

    def __init__(self, renderer: Renders, max_rate_hz: float = MAX_RATE_HZ) -> None:
        self._renderer = renderer
        self._rest_s = 1.0 / max_rate_hz
        self._changed = threading.Condition()
        self._wanted: tuple[Pose, tuple[int, int]] | None = None
        self._done: tuple[Pose, tuple[int, int]] | None = None
        self._layer: StereoLayer | None = None
        self._closed = False
        self.failure: Exception | None = None
        self.renders = 0
        self._thread = threading.Thread(target=self._run, name="anatomy", daemon=True)
        self._thread.start()

    def request(self, pose: Pose, viewport: tuple[int, int]) -> None:
        """Ask for `pose` at `viewport` (width, height) an eye; returns at once.

        Asking again for what was drawn last, or failed last, does nothing.
        """
        with self._changed:
            if not self._closed and self._wanted != (pose, viewport):
                self._wanted = (pose, viewport)
                self._changed.notify()

    def latest(self, viewport: tuple[int, int]) -> StereoLayer | None:
        """The newest layer, or None while there is none of this size."""
        layer = self._layer
        return layer if layer is not None and layer.viewport == viewport else None

    def close(self) -> None:
        """Stop the thread, waiting for a render that has begun; the last layer stays."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while (wanted := self._next()) is not None:
            began = time.monotonic()
            try:
                self._layer = self._renderer.render(*wanted)
                self.failure = None
                self.renders += 1
            except Exception as error:  # a bad pose must not end the room's anatomy
                if repr(error) != repr(self.failure):
                    log.exception("the anatomy could not be drawn at %s", wanted)
                self.failure = error
            self._done = wanted
            with self._changed:
                pause = self._rest_s - (time.monotonic() - began)
                self._changed.wait_for(lambda: self._closed, max(pause, 0.0))

    def _next(self) -> tuple[Pose, tuple[int, int]] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._wanted != self._done)
            return None if self._closed else self._wanted
