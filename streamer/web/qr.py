"""Prints a room's links, the students' one as a QR code that a phone reads from the terminal."""

import sys
from collections.abc import Iterator
from typing import Final, TextIO

import click
import segno

QUIET_MODULES: Final = 2  # the standard says 4; phones read 2, and the code must fit 24 lines wide
_HALVES: Final = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}
_WHITE_ON_BLACK: Final = "\x1b[97;40m"
_RESET: Final = "\x1b[0m"


def print_links(
    student_url: str, instructor_url: str, room: str, file: TextIO | None = None
) -> None:
    """Print both links and the QR code of the students' one, to stdout if `file` is None.

    Works without a terminal, and on one that has no block characters.
    """
    out = sys.stdout if file is None else file
    lines = [
        "",
        f"Room {room} is open.",
        "",
        f"  Students:    {student_url}",
        f"  Instructor:  {instructor_url}",
        "",
        *qr_lines(student_url, blocks=_can_encode(out, "█▀▄"), colour=out.isatty()),
        "",
        "The instructor's link can draw: keep it to yourself. Devices that have not been told to",
        "trust this computer show a warning once: 'theatron trust' says how. Ctrl-C ends the room.",
    ]
    click.echo("\n".join(lines), file=out)


def qr_lines(text: str, *, blocks: bool, colour: bool) -> Iterator[str]:
    """The QR code of `text` as lines, dark modules dark.

    With `blocks` two rows of modules a line in half blocks, else one, two characters a module.
    `colour` states white on black, for terminals of any colours; without it a dark one is assumed.
    """
    code = segno.make(text, error="m", micro=False)
    rows = [tuple(row) for row in code.matrix_iter(border=QUIET_MODULES)]
    before, after = (_WHITE_ON_BLACK, _RESET) if colour else ("", "")
    if blocks:
        rows += [(0,) * len(rows[0])] * (len(rows) % 2)
        for upper, lower in zip(rows[::2], rows[1::2], strict=True):
            pairs = zip(upper, lower, strict=True)
            yield before + "".join(_HALVES[bool(u), bool(d)] for u, d in pairs) + after
    elif colour:
        for row in rows:
            yield "".join("\x1b[40m  " if dark else "\x1b[107m  " for dark in row) + _RESET
    else:
        for row in rows:
            yield "".join("  " if dark else "##" for dark in row)


def _can_encode(out: TextIO, text: str) -> bool:
    try:
        text.encode(getattr(out, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
