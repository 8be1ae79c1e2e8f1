"""The feed of a live source: connect, read, and connect again when it fails."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from streamer.capture.feed import Sink
from streamer.capture.sources.base import PictureFormat, Reader, Source
from streamer.capture.sources.explain import PermanentSourceError
from streamer.errors import SourceError

log = logging.getLogger(__name__)

FIRST_BACK_OFF_S: Final = 0.5
LAST_BACK_OFF_S: Final = 5.0


class LiveFeed:
    """Reads a device or network stream in its own thread, from `open` on.

    The thread runs before `start` too, so that what is shown first is new and not what the
    device had stored; the sink ignores pictures until then.
    """

    def __init__(self, source: Source, sink: Sink, now_ns: Callable[[], int]) -> None:
        self._source, self._sink, self._now_ns = source, sink, now_ns
        self._stopping = threading.Event()
        self._answered = threading.Event()
        self._format: PictureFormat | None = None
        self._error: SourceError | None = None
        self._thread = threading.Thread(
            target=self._run, name=f"capture {source.name}", daemon=True
        )

    def open(self, timeout_s: float) -> PictureFormat | None:
        """Begin to connect; the format once connected.

        Raises SourceError where a device cannot be opened, or where an address never will be
        (unknown protocol, no video); None where an address does not answer yet.
        """
        self._thread.start()
        self._answered.wait(timeout_s)
        error = self._error
        if error is not None:
            if isinstance(error, PermanentSourceError) or not self._source.patient:
                raise error
            log.warning("%s; it is tried again", error)
            return None
        if self._format is None and not self._source.patient:
            raise SourceError(
                f"capture device {self._source.name!r} does not answer; plug it in again or close "
                "the program that uses it"
            )
        return self._format

    def start(self) -> None:
        """The thread runs already."""

    def cancel(self) -> None:
        """Ask the thread to end, without waiting."""
        self._stopping.set()

    def stop(self, deadline_s: float) -> None:
        """End the thread, waiting until `time.monotonic` says `deadline_s`.

        One that FFmpeg holds longer is let go: it ends with the source's own time-out.
        """
        self.cancel()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(max(0.0, deadline_s - time.monotonic()))
            if self._thread.is_alive():
                log.info("%s is still connecting; it is let go", self._source.name)

    def _run(self) -> None:
        back_off_s = FIRST_BACK_OFF_S
        while not self._stopping.is_set():
            try:
                reader = self._source.open(self._stopping.wait)
            except SourceError as error:
                self._fail(error)
            else:
                if self._read(reader):
                    back_off_s = FIRST_BACK_OFF_S
            if self._stopping.wait(back_off_s):
                return
            back_off_s = min(2 * back_off_s, LAST_BACK_OFF_S)

    def _read(self, reader: Reader) -> bool:
        """Read until it ends; whether a picture came."""
        came = False
        try:
            if self._stopping.is_set():
                return came
            self._format = reader.format
            self._answered.set()
            for picture in reader.pictures():
                if self._stopping.is_set():
                    return came
                if not came and not picture.late:
                    came = True
                    self._sink.state("live", "")
                self._sink.picture(picture, picture.time_ns)
            self._fail(SourceError(f"{self._source.name!r} has stopped sending"))
        except SourceError as error:
            self._fail(error)
        except Exception as error:
            # A fault of ours: said in full in the log, and the room goes on.
            log.exception("reading %r failed", self._source.name)
            self._fail(SourceError(f"{self._source.name!r} cannot be read: {error}"))
        finally:
            reader.close()
        return came

    def _fail(self, error: SourceError) -> None:
        if not self._stopping.is_set():
            log.info("%s", error)
            self._sink.state("slate", str(error))
        if not self._answered.is_set():
            self._error = error
            self._answered.set()
