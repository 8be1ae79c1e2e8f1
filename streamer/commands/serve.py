"""`theatron serve`: broadcast a video source and a CT to a room."""

from pathlib import Path

import click

from streamer.capture.settings import CaptureSettings, Layout
from streamer.commands.options import Bitrate, Doors, EyeSize, door_options
from streamer.commands.run import import_anatomy, run_room, set_up_logging
from streamer.commands.viewoptions import view_options
from streamer.commands.warmup import warm_up_for_room
from streamer.pipeline import RoomSettings
from streamer.room.messages import Mode
from streamer.viewsets import LightFieldSettings


@click.command()
@click.option(
    "--video",
    required=True,
    metavar="SRC",
    help="A capture device, a file, or an rtsp, rtmp, srt, udp or http address.",
)
@click.option("--video-right", metavar="SRC", help="The right eye's source, for a pair of inputs.")
@click.option(
    "--layout",
    type=click.Choice([layout.value for layout in Layout]),
    default=Layout.MONO.value,
    show_default=True,
    help="How the pair lies in the picture.",
)
@click.option(
    "--ct",
    "anatomy",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A CT (DICOM folder or zip) or a mesh (STL, PLY, OBJ, VTP, GLB). May be repeated.",
)
@click.option(
    "--size", type=EyeSize(), help="Size of one eye's picture; the source's own if left out."
)
@click.option("--fps", type=click.FloatRange(1, 120), help="Frames a second at most.")
@click.option("--bitrate", type=Bitrate(), help="Bit rate of the stereo picture, such as 8M.")
@click.option("--loop", is_flag=True, help="Play a file again and again.")
@click.option("--room", default="theatre", show_default=True, help="The room's name.")
@click.option(
    "--mode",
    type=click.Choice(["video", "anatomy", "beside", "over"]),
    help="What the picture shows at first.",
)
@view_options
@door_options
def serve(
    video: str,
    video_right: str | None,
    layout: str,
    anatomy: tuple[Path, ...],
    size: tuple[int, int] | None,
    fps: float | None,
    bitrate: int | None,
    loop: bool,
    room: str,
    mode: Mode | None,
    light_field: LightFieldSettings,
    doors: Doors,
) -> None:
    """Broadcast a video source, and the patient's anatomy, to a room.

    \b
    theatron serve --video /dev/video0 --layout sbs
    theatron serve --video operation.mp4 --layout sbs --loop --ct CT_FOLDER
    theatron serve --video LEFT --video-right RIGHT --size 1280x720
    theatron serve --video LEFT --video-right RIGHT --view-set quilt:8x6 --view-set stereo+depth
    """
    set_up_logging(doors.verbose)
    settings = RoomSettings(
        room=room,
        capture=CaptureSettings(
            video=video,
            video_right=video_right,
            layout=Layout(layout),
            eye_size=size,
            fps=fps,
            loop=loop,
        ),
        web=doors.web,
        bitrate_bps=bitrate,
        mode=mode,
        light_field=light_field,
        token_lifetime_s=doors.token_lifetime_s,
        new_links=doors.new_links,
    )
    meshes = import_anatomy(anatomy)
    warm_up_for_room(has_anatomy=meshes is not None)
    run_room(settings, meshes, as_json=doors.as_json)
