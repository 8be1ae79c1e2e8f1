"""What benchmarks share: figures with their rivals, as a table for people or as JSON."""

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from streamer.errors import TheatronError


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


def print_report(report: Report, console: Console) -> None:
    """The report as a table for people."""
    width, height = report.eye
    table = Table(title=f"One frame, {width}x{height} an eye, {report.mesh_triangles} triangles")
    for heading in ("case", "ms (median)", "ms (90 %)", "rival, same run", "its ms", "ratio"):
        table.add_column(heading, justify="left" if heading == "case" else "right")
    for case in report.cases:
        table.add_row(
            case.name,
            f"{case.ms_p50:.2f}",
            f"{case.ms_p90:.2f}",
            case.note or case.rival,
            "" if case.rival_ms_p50 is None else f"{case.rival_ms_p50:.2f}",
            "" if case.ratio is None else f"{case.ratio:.1f}x",
        )
    console.print(table)
    console.print(f"Measured on {report.machine}.")


def write_json(report: Report, path: str) -> None:
    """Write a report as JSON to `path`, `-` being standard output.

    Raises TheatronError where the file cannot be written.
    """
    text = json.dumps(asdict(report), indent=2)
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
