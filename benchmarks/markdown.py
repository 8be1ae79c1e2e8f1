"""A report as a Markdown table, written between its marks in a page such as the README."""

import re
from pathlib import Path

from benchmarks.report import Report
from streamer.errors import TheatronError


def markdown_table(report: Report) -> str:
    """The report as a Markdown table, the machine below it."""
    width, height = report.eye
    lines = [
        f"| one frame, {width}x{height} an eye | Theatron | rival, same run | rival | ratio |",
        "| --- | ---: | --- | ---: | ---: |",
    ]
    for case in report.cases:
        rival_ms = "" if case.rival_ms_p50 is None else f"{case.rival_ms_p50:.2f} ms"
        ratio = "" if case.ratio is None else f"{case.ratio:.1f}x"
        rival = case.note or case.rival
        lines.append(f"| {case.name} | {case.ms_p50:.2f} ms | {rival} | {rival_ms} | {ratio} |")
    below = f"Medians; the mesh has {report.mesh_triangles:,} triangles. {report.machine}."
    return "\n".join([*lines, "", below])


def write_markdown(report: Report, name: str, path: str) -> None:
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
