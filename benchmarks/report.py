"""What benchmarks share: figures with their rivals, as a table for people or as JSON."""

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from streamer.errors import TheatronError


@dataclass(frozen=True, slots=True)
class Figures:
    """A report for people: a title, a table of which the first column is text, and a line below."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    below: str


class Printable(Protocol):
    """A report that can be shown as a table and written as JSON."""

    def figures(self) -> Figures:
        """What people read."""

    def as_json(self) -> dict[str, Any]:
        """All of it, as plain values."""


@dataclass(frozen=True, slots=True)
class Case:
    """One figure: medians in milliseconds; `ratio` is the rival's over ours.

    Where there is no rival in this run, `note` says why, if there is a reason.
    """

    name: str
    ms_p50: float
    ms_p90: float
    rival: str = ""
    rival_ms_p50: float | None = None
    ratio: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of one run, what they were taken of, and where."""

    machine: str
    eye: tuple[int, int]
    mesh_triangles: int
    cases: tuple[Case, ...]

    def figures(self) -> Figures:
        """A row a case, with its rival's figure where it has one."""
        width, height = self.eye
        rows = tuple(
            (
                case.name,
                f"{case.ms_p50:.2f} ms",
                case.note or case.rival,
                "" if case.rival_ms_p50 is None else f"{case.rival_ms_p50:.2f} ms",
                "" if case.ratio is None else f"{case.ratio:.1f}x",
            )
            for case in self.cases
        )
        return Figures(
            "What one frame costs",
            (
                f"one frame, {width}x{height} an eye",
                "Theatron",
                "rival, same run",
                "rival",
                "ratio",
            ),
            rows,
            f"Medians; the mesh has {self.mesh_triangles:,} triangles. {self.machine}.",
        )

    def as_json(self) -> dict[str, Any]:
        """The fields as they are."""
        return asdict(self)


def times_ms(call: Callable[[], object], repeats: int) -> list[float]:
    """Milliseconds of each of `repeats` calls, after two that do not count."""
    times = []
    for n in range(repeats + 2):
        began = time.perf_counter()
        call()
        if n >= 2:
            times.append((time.perf_counter() - began) * 1e3)
    return times


def case_of(
    name: str,
    times: list[float],
    rival: str = "",
    rival_times: list[float] | None = None,
    note: str = "",
) -> Case:
    """The figure of `times` (ms); without `rival_times` it has no ratio, and `note` says why."""
    ours = statistics.median(times)
    p90 = float(np.percentile(times, 90))
    if not rival_times:
        return Case(name, round(ours, 3), round(p90, 3), rival, note=note)
    theirs = statistics.median(rival_times)
    return Case(
        name, round(ours, 3), round(p90, 3), rival, round(theirs, 3), round(theirs / ours, 2), note
    )


def print_report(report: Printable, console: Console) -> None:
    """The report as a table for people."""
    figures = report.figures()
    table = Table(title=figures.title)
    for column, heading in enumerate(figures.headings):
        table.add_column(heading, justify="right" if column else "left")
    for row in figures.rows:
        table.add_row(*row)
    console.print(table)
    console.print(figures.below)


def write_json(report: Printable, path: str) -> None:
    """Write a report as JSON to `path`, `-` being standard output.

    Raises TheatronError where the file cannot be written.
    """
    text = json.dumps(report.as_json(), indent=2)
    if path == "-":
        click.echo(text)
        return
    try:
        Path(path).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise TheatronError(
            f"the report cannot be written to {path!r}: {error.strerror}; "
            "name a file in a folder that exists and may be written, or - for standard output"
        ) from error
