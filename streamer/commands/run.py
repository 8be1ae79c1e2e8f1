"""Running a room until Ctrl-C: what `serve` and `demo` do once they know what to serve."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from streamer.pipeline import Pipeline, RoomSettings
from streamer.scene.model import Anatomy
from streamer.web.qr import print_links


def set_up_logging(verbose: bool) -> None:
    """Log to stderr; the frame path's own libraries only when something is wrong."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    for noisy in ("aioice", "aiortc", "libav", "numba"):
        logging.getLogger(noisy).setLevel(logging.WARNING if verbose else logging.ERROR)


def progress_bars() -> Progress:
    """Progress on stderr, so that stdout stays for programs; silent where nobody looks."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def import_anatomy(paths: Sequence[Path]) -> Anatomy | None:
    """All `paths` as one anatomy, with a progress bar; None for no path.

    Raises:
        AnatomyError: a path that cannot be turned into anatomy.
    """
    if not paths:
        return None
    from streamer.anatomy.load import load_anatomy  # VTK and DICOM take half a second to import

    with progress_bars() as progress:
        bar = progress.add_task("Importing the anatomy", total=1.0)

        def watch(stage: str, done: float) -> None:
            progress.update(bar, description=stage, completed=done)

        return load_anatomy(paths, watch)


def run_room(settings: RoomSettings, anatomy: Anatomy | None, *, as_json: bool) -> None:
    """Serve until Ctrl-C or SIGTERM, then close in good order.

    Raises:
        TheatronError: the room cannot be opened; the message says why.
    """
    with contextlib.suppress(KeyboardInterrupt):  # where signal handlers cannot be set
        asyncio.run(_run(settings, anatomy, as_json))


async def _run(settings: RoomSettings, anatomy: Anatomy | None, as_json: bool) -> None:
    stopped = asyncio.Event()
    _stop_on_signals(stopped)
    pipeline = Pipeline(settings, anatomy)
    try:
        await pipeline.start()
        _announce(pipeline, settings.room, as_json)
        await stopped.wait()
    finally:
        await pipeline.stop()
    if not as_json:
        click.echo("The room is closed.")


def _stop_on_signals(stopped: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stopped.set)
        except NotImplementedError:  # Windows: asyncio has no signal handlers there
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stopped.set))


def _announce(pipeline: Pipeline, room: str, as_json: bool) -> None:
    web = pipeline.web
    for choice in pipeline.choices:
        click.echo(choice, err=True)
    if as_json:
        line = {
            "student_url": web.student_url,
            "instructor_url": web.instructor_url,
            "room": room,
            "pid": os.getpid(),
        }
        click.echo(json.dumps(line))
    else:
        print_links(web.student_url, web.instructor_url, room)
    sys.stdout.flush()
