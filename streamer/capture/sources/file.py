"""Video files as a source that plays at its own times."""

from pathlib import Path

from streamer.capture.sources.base import Wait
from streamer.capture.sources.decoder import RecordedReader, open_container
from streamer.errors import SourceError


class FileSource:
    """One video file; each `open` is one pass from its first picture."""

    recorded, patient, side_by_side = True, False, False

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self.name = path

    def open(self, wait: Wait) -> RecordedReader:
        """Open the file; raises SourceError that says what is wrong with it."""
        if not self.path.exists():
            raise SourceError(
                f"no video file {self.name!r}; check the path, or list capture devices with "
                "'theatron devices'"
            )
        if self.path.is_dir():
            raise SourceError(f"{self.name!r} is a folder; give the video file in it")
        if self.path.is_file() and self.path.stat().st_size == 0:
            raise SourceError(f"the file {self.name!r} is empty; give one with video in it")
        # The prefix keeps a colon in the name from being read as a protocol.
        return RecordedReader(open_container(f"file:{self.path}", self.name, "file"), self.name)
