"""The benchmark's table in a page: put between its marks, nothing else touched."""

from pathlib import Path

import pytest

from benchmarks.markdown import write_markdown
from benchmarks.report import Case, Report
from streamer.errors import TheatronError

REPORT = Report(
    machine="a machine",
    eye=(1280, 720),
    mesh_triangles=150_000,
    cases=(
        Case("mesh", 50.0, 60.0, "VTK", 150.0, 3.0),
        Case("encode", 10.0, 12.0, note="no rival here"),
    ),
)


def test_the_table_replaces_what_stood_between_the_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- bench:frame -->\nold\n<!-- /bench:frame -->\nafter\n")
    write_markdown(REPORT, "frame", str(page))
    text = page.read_text()
    assert text.startswith("before\n<!-- bench:frame -->\n| one frame, 1280x720")
    assert text.endswith("<!-- /bench:frame -->\nafter\n")
    assert "| mesh | 50.00 ms | VTK | 150.00 ms | 3.0x |" in text
    assert "| encode | 10.00 ms | no rival here |  |  |" in text
    assert "old" not in text


def test_a_page_without_marks_is_named_and_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("no marks\n")
    with pytest.raises(TheatronError, match=r"page\.md.*bench:frame"):
        write_markdown(REPORT, "frame", str(page))
    assert page.read_text() == "no marks\n"


def test_a_missing_page_is_named(tmp_path: Path) -> None:
    with pytest.raises(TheatronError, match="missing"):
        write_markdown(REPORT, "frame", str(tmp_path / "missing.md"))
