"""A report as a Markdown table, written between its marks in a page such as the README."""

import re
from collections.abc import Iterable
from pathlib import Path

from benchmarks.report import Printable
from streamer.errors import TheatronError


def markdown_table(report: Printable) -> str:
    """The report as a Markdown table, what stands below it below."""
    figures = report.figures()
    text = ("rival, same run", "note")  # other columns but the first are numbers
    lines = [
        _row(figures.headings),
        _row("---" if n == 0 or h in text else "---:" for n, h in enumerate(figures.headings)),
        *map(_row, figures.rows),
    ]
    return "\n".join([*lines, "", figures.below])


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def write_markdown(report: Printable, name: str, path: str) -> None:
    """Put the table between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->` in the page `path`.

    Raises TheatronError where the page cannot be read or written, or has no such marks.
    """
    page = Path(path)
    begin, end = f"<!-- bench:{name} -->", f"<!-- /bench:{name} -->"
    try:
        text = page.read_text(encoding="utf-8")
        marked = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        if not marked.search(text):
            raise TheatronError(
                f"{path!r} has no place for the table: write {begin} and {end} on lines of their "
                "own where it is to stand"
            )
        table = f"{begin}\n{markdown_table(report)}\n{end}"
        page.write_text(marked.sub(lambda _: table, text), encoding="utf-8")
    except OSError as error:
        raise TheatronError(
            f"the table cannot be written to {path!r}: {error.strerror}; name a Markdown page "
            "that exists and may be written"
        ) from error
