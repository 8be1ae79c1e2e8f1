"""`theatron demo`: a synthetic operation and a CT phantom; no hardware needed."""

from pathlib import Path
from typing import Final

import click

from streamer.anatomy.phantom import write_phantom_series
from streamer.capture.settings import CaptureSettings, Layout
from streamer.commands.options import Doors, EyeSize, door_options
from streamer.commands.run import (
    import_anatomy,
    progress_bars,
    run_room,
    set_up_logging,
)
from streamer.commands.viewoptions import view_options
from streamer.commands.warmup import warm_up_for_room
from streamer.paths import state_dir
from streamer.pipeline import RoomSettings
from streamer.viewsets import LightFieldSettings

# Part of the cached phantom's folder name: a phantom of another make is written anew.
PHANTOM_MAKE: Final = 1


@click.command()
@click.option(
    "--size", type=EyeSize(), default="1280x720", show_default=True, help="One eye's size."
)
@view_options
@door_options
def demo(
    size: tuple[int, int],
    light_field: LightFieldSettings,
    doors: Doors,
) -> None:
    """Broadcast a synthetic stereo operation and a CT phantom; Ctrl-C ends it."""
    set_up_logging(doors.verbose)
    settings = RoomSettings(
        room="demo",
        capture=CaptureSettings(
            video="synthetic:field",
            video_right=None,
            layout=Layout.SBS,
            eye_size=size,
            fps=None,
            loop=False,
        ),
        web=doors.web,
        mode="beside",
        light_field=light_field,
        token_lifetime_s=doors.token_lifetime_s,
        new_links=doors.new_links,
    )
    anatomy = import_anatomy([phantom_series()])
    warm_up_for_room(has_anatomy=True)
    run_room(settings, anatomy, as_json=doors.as_json)


def phantom_series() -> Path:
    """The phantom's DICOM series, written on first use and then imported as a patient's."""
    folder = state_dir() / f"phantom-{PHANTOM_MAKE}"
    if not (folder / "complete").exists():
        with progress_bars() as progress:
            progress.add_task("Writing the CT phantom", total=None)
            folder.mkdir(parents=True, exist_ok=True)
            write_phantom_series(folder)
            (folder / "complete").touch()
    return folder
