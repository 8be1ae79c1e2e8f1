"""`theatron ct`: what a CT series is, and what its import will do to it."""

import dataclasses
import json
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from streamer.anatomy.progress import Progress as Watch
from streamer.anatomy.report import SeriesReport, describe_series


@click.group()
def ct() -> None:
    """Look at a CT series."""


@ct.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--series", type=int, help="Which of several series, counted from 1.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def info(path: Path, series: int | None, as_json: bool) -> None:
    """Say what the CT series at PATH (a folder or a zip) is, and what importing it does.

    Nothing that identifies the patient is read or printed.
    """
    with _progress() as bars:
        report = describe_series(path, series, _shown_on(bars))
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(report)))
    else:
        click.echo("\n".join(report_lines(report)))


def report_lines(report: SeriesReport) -> list[str]:
    """The report as lines of text for a person."""
    row_mm, column_mm = report.pixel_mm
    lines = [
        f"slices       {report.slices}, {report.plane}, slice 1 at the {report.first_at}",
        f"matrix       {report.rows} rows x {report.columns} columns",
        f"pixels       {row_mm:.4g} mm between rows, {column_mm:.4g} mm between columns",
        f"thickness    {_listed(report.thickness_mm)}",
        f"gaps         {_gaps(report)}",
        f"tilt         {_tilt(report)}",
        f"missing      {_missing(report)}",
        f"duplicates   {report.duplicates or 'none'}",
        f"HU           {report.hu_low} to {report.hu_high}",
        f"stored as    {', '.join(report.transfer_syntaxes)}",
    ]
    lines += [f"note         {note}" for note in report.notes]
    lines += [
        f"will be done {action}" for action in report.actions or ("nothing: straight and even",)
    ]
    slices, rows, columns = report.volume_shape
    steps = " x ".join(f"{step:.4g}" for step in report.volume_mm)
    lines.append(f"volume       {slices} x {rows} x {columns} voxels of {steps} mm")
    lines.append(f"drawn        {', '.join(report.structures)}")
    return lines


def _listed(thickness_mm: tuple[float, ...]) -> str:
    if not thickness_mm:
        return "not stated"
    return ", ".join(f"{value:g}" for value in thickness_mm) + " mm stated"


def _gaps(report: SeriesReport) -> str:
    if report.even:
        return f"even, {report.volume_mm[0]:.4g} mm"
    runs = ", then ".join(f"{run.count} of {run.distance_mm:.2f} mm" for run in report.gaps)
    return f"uneven: {runs}"


def _tilt(report: SeriesReport) -> str:
    if report.tilt.degrees < 0.05:
        return "none"
    return f"{report.tilt.degrees:.1f} degrees ({report.tilt.lean})"


def _missing(report: SeriesReport) -> str:
    return (
        "; ".join(
            f"{gap.count} between slices {gap.after} and {gap.after + 1}"
            f" ({gap.from_mm:.1f} to {gap.to_mm:.1f} mm)"
            for gap in report.missing
        )
        or "none found"
    )


def _progress() -> Progress:
    """Bars on the terminal's error stream, gone when done; nothing where that is no terminal."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _shown_on(bars: Progress) -> Watch:
    tasks = {}

    def show(stage: str, done: float) -> None:
        if stage not in tasks:
            tasks[stage] = bars.add_task(stage, total=1.0)
        bars.update(tasks[stage], completed=done)

    return show
