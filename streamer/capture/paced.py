"""The feed of a recorded source: decode ahead, hand on each picture when it is due."""

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from streamer.capture.feed import Sink
from streamer.capture.sources.base import Picture, PictureFormat, Reader, Source
from streamer.capture.timeline import Timeline
from streamer.errors import SourceError

log = logging.getLogger(__name__)

AHEAD: Final = 6
"""Pictures decoded ahead: 200 ms at 30 a second. Opening a 2560x720 file and decoding its first
picture was measured at 75 (MP4) to 180 ms (MPEG-TS): the next pass is opened before it is due."""
QUEUE_POLL_S: Final = 0.1
FINE_WAIT_S: Final = 0.02
"""Waits on an event are coarse (16 ms) on Windows; the last stretch is slept."""


@dataclass(frozen=True, slots=True, eq=False)
class _Placed:
    """A picture at its position on the time line."""

    picture: Picture
    position_ns: int


@dataclass(frozen=True, slots=True)
class _End:
    """What comes after the last picture: the end's position, or the reason of a failure."""

    position_ns: int
    reason: str = ""


class PacedFeed:
    """Plays a file or a synthetic source, decoding in one thread, handing on in another."""

    def __init__(
        self,
        source: Source,
        sink: Sink,
        now_ns: Callable[[], int],
        *,
        loop: bool,
    ) -> None:
        self._source, self._sink, self._now_ns, self._loop = source, sink, now_ns, loop
        self._timeline: Timeline | None = None
        self._stopping = threading.Event()
        self._ahead: queue.Queue[_Placed | _End] = queue.Queue(AHEAD)
        self._period_ns = 0
        self._threads = [
            threading.Thread(target=run, name=f"{what} {source.name}", daemon=True)
            for what, run in (("decode", self._decode), ("play", self._play))
        ]

    def open(self, timeout_s: float) -> PictureFormat:
        """Open the source and decode one picture; raises SourceError where that fails."""
        reader = self._source.open(self._stopping.wait)
        try:
            next(iter(reader.pictures()))
        finally:
            reader.close()
        self._period_ns = reader.format.period_ns
        return reader.format

    def join_timeline(self, timeline: Timeline) -> None:
        """Play on `timeline`, which several feeds may share; to be called before `start`."""
        self._timeline = timeline

    def start(self) -> None:
        """Begin to decode and play."""
        for thread in self._threads:
            thread.start()

    def cancel(self) -> None:
        """Ask both threads to end, without waiting."""
        self._stopping.set()

    def stop(self, deadline_s: float) -> None:
        """End both threads, waiting until `time.monotonic` says `deadline_s`."""
        self.cancel()
        for thread in self._threads:
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join(max(0.0, deadline_s - time.monotonic()))

    # ---- the decoding thread

    def _decode(self) -> None:
        end_ns, number = 0, 0
        reader: Reader | None = None
        try:
            reader = self._source.open(self._stopping.wait)
            while not self._stopping.is_set():
                following, end_ns = self._decode_pass(reader, end_ns)
                reader.close()
                reader = following
                if not self._loop or self._timeline is None:
                    self._put(_End(end_ns))
                    return
                end_ns = self._timeline.end_pass(number, end_ns, self._stopping)
                number += 1
                reader = reader or self._source.open(self._stopping.wait)
        except SourceError as error:
            log.warning("%s", error)
            self._put(_End(end_ns, str(error)))
        except Exception as error:
            # A fault of ours: said in full in the log, and the room goes on.
            log.exception("decoding %r failed", self._source.name)
            self._put(_End(end_ns, f"{self._source.name!r} cannot be read: {error}"))
        finally:
            if reader is not None:
                reader.close()

    def _decode_pass(self, reader: Reader, start_ns: int) -> tuple[Reader | None, int]:
        """Decode one pass; the next pass's reader, if there is time to open it, and the end."""
        end_ns = start_ns
        following: Reader | None = None
        for count, picture in enumerate(reader.pictures(), 1):
            position_ns = start_ns + picture.time_ns
            end_ns = position_ns + picture.duration_ns
            if not self._put(_Placed(picture, position_ns)):
                break
            if self._loop and count == AHEAD:
                following = self._source.open(self._stopping.wait)
        return following, end_ns

    def _put(self, item: _Placed | _End) -> bool:
        while not self._stopping.is_set():
            try:
                self._ahead.put(item, timeout=QUEUE_POLL_S)
            except queue.Full:
                continue
            return True
        return False

    # ---- the playing thread

    def _play(self) -> None:
        live = False
        while not self._stopping.is_set():
            try:
                item = self._ahead.get(timeout=QUEUE_POLL_S)
            except queue.Empty:
                continue
            if isinstance(item, _End):
                self._finish(item)
                return
            if not self._wait_until(item.position_ns):
                return
            if not live:
                live = True
                self._sink.state("live", "")
            if not self._hand_on(item):
                return

    def _hand_on(self, item: _Placed) -> bool:
        assert self._timeline is not None
        verdict = self._timeline.judge(
            item.position_ns, self._period_ns, self._now_ns(), newest=self._ahead.empty()
        )
        picture = item.picture
        if verdict.late:
            picture = Picture(picture.planes, picture.time_ns, picture.duration_ns, late=True)
        try:
            self._sink.picture(picture, verdict.captured_ns)
        except SourceError as error:
            log.warning("%s", error)
            self._sink.state("slate", str(error))
            return False
        except Exception as error:
            log.exception("a picture of %r could not be used", self._source.name)
            self._sink.state("slate", f"{self._source.name!r} cannot be shown: {error}")
            return False
        return True

    def _finish(self, end: _End) -> None:
        if end.reason:
            self._sink.state("slate", end.reason)
        elif self._wait_until(end.position_ns):
            self._sink.state("ended", "ended")

    def _wait_until(self, position_ns: int) -> bool:
        """Wait until the position is due, also where the time line moves; false if stopping."""
        assert self._timeline is not None
        while not self._stopping.is_set():
            wait_s = (self._timeline.due_ns(position_ns) - self._now_ns()) / 1e9
            if wait_s <= 0:
                return True
            if wait_s > FINE_WAIT_S:
                self._stopping.wait(wait_s - FINE_WAIT_S)
            else:
                time.sleep(wait_s)
        return False
