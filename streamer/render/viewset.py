"""View sets: which views a rendition holds, as the command line names them."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from streamer.errors import TheatronError

MAX_QUILT_VIEWS: Final = 128

Kind = Literal["stereo", "quilt", "stereo+depth"]

_QUILT: Final = re.compile(r"quilt:(\d{1,2})x(\d{1,2})")


class ViewSetError(TheatronError):
    """A view set that cannot be made."""

    exit_code = 18


@dataclass(frozen=True, slots=True)
class ViewSet:
    """`stereo`, `stereo+depth`, or `quilt` with its grid of `columns` x `rows` views."""

    kind: Kind
    columns: int = 2
    rows: int = 1

    @property
    def name(self) -> str:
        """As on the command line, and as the rendition is called."""
        return f"quilt:{self.columns}x{self.rows}" if self.kind == "quilt" else self.kind

    @property
    def views(self) -> int:
        """How many views are shown."""
        return self.columns * self.rows

    @classmethod
    def parse(cls, text: str) -> "ViewSet":
        """The view set of `stereo`, `stereo+depth` or `quilt:8x6`.

        Raises:
            ViewSetError: it is none of these.
        """
        if text == "stereo":
            return cls("stereo")
        if text == "stereo+depth":
            return cls("stereo+depth")
        found = _QUILT.fullmatch(text)
        if found:
            columns, rows = int(found[1]), int(found[2])
            if 2 <= columns * rows <= MAX_QUILT_VIEWS:
                return cls("quilt", columns, rows)
        raise ViewSetError(
            f"{text!r} is no view set; write stereo, stereo+depth, or quilt: and the columns and "
            f"rows of views, such as quilt:8x6 (2 to {MAX_QUILT_VIEWS} views)."
        )
