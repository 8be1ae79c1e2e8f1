"""The command `theatron render`: meshes and CTs as a quilt of views or a stereo pair, as stills."""

import contextlib
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from streamer.commands.sizes import PixelSize
from streamer.errors import TheatronError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from streamer.render.anatomy import AnatomyRenderer
    from streamer.render.camera import CameraRow
    from streamer.render.layers import Sheet
    from streamer.render.quilt import Quilt
    from streamer.scene.model import Anatomy, MeshState

PICTURES: Final = (".png", ".jpg", ".jpeg")
JPEG_QUALITY: Final = 95
MAX_PIXELS: Final = 1 << 27  # of a whole sheet: a gigabyte of planes
MAX_SIDE: Final = 32_768
EYE: Final = (1280, 720)
CONE_DEG: Final = 35.0
DISPLAY: Final = "portrait"
FPS: Final = 30.0  # at which a chosen tile could be streamed too
TILE_SIZE: Final = PixelSize(
    "no view's size", "420x560, both even, 16 to 16384", least=16, even=True
)


class RenderError(TheatronError):
    """A size, a name or an output file with which no picture can be made."""

    exit_code = 16


class Colour(click.ParamType[tuple[int, int, int]]):
    """#rrggbb."""

    name = "#rrggbb"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int, int]:
        """Parse, or fail with what was expected."""
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"#?([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})", str(value))
        if not found:
            self.fail(f"{value!r} is no colour; write it as #rrggbb, such as #1a1a2e.", param, ctx)
        return int(found[1], 16), int(found[2], 16), int(found[3], 16)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be drawn: `views` of `tile`, over a cone or, where it is None, for two eyes."""

    quilt: "Quilt"
    cone_deg: float | None


@click.command()
@click.argument(
    "meshes", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="MESH..."
)
@click.option(
    "--views", "grid", metavar="COLUMNSxROWS", help="The quilt's grid; the display's unless said."
)
@click.option("--stereo", is_flag=True, help="A pair side by side instead, left eye left.")
@click.option("--tile", type=TILE_SIZE, help="One view; what the display shows unless said.")
@click.option(
    "--cone",
    "cone_deg",
    type=click.FloatRange(0, 120, max_open=True),
    help=f"Degrees from the first view's side to the last's.  [default: {CONE_DEG:g}]",
)
@click.option(
    "--display", default=DISPLAY, show_default=True, help="Whose grid and views are meant."
)
@click.option("--pose", "pose_file", type=click.Path(path_type=Path), help="How it is held (JSON).")
@click.option(
    "--background", type=Colour(), default="#000000", show_default=True, help="What is behind."
)
@click.option(
    "--opacity",
    "opacities",
    multiple=True,
    metavar="NAME=0..1",
    help="Show a structure as glass; may be repeated.",
)
@click.option(
    "--depth-out",
    type=click.Path(path_type=Path),
    help="Inverse depth too: .npy in 1/mm, or .png of 16 bits.",
)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path))
def render(
    meshes: tuple[Path, ...],
    grid: str | None,
    stereo: bool,
    tile: tuple[int, int] | None,
    cone_deg: float | None,
    display: str,
    pose_file: Path | None,
    background: tuple[int, int, int],
    opacities: tuple[str, ...],
    depth_out: Path | None,
    output: Path,
) -> None:
    """Draw MESH..., mesh files or CT folders, as a quilt of views such as NAME_qs8x6a0.75.png.

    View 0, the leftmost, is the bottom-left tile. A 16-bit depth picture holds 16384 times the
    distance of convergence over the distance, and 0 where nothing is.
    """
    if stereo and (grid is not None or cone_deg is not None):
        raise click.UsageError("--stereo is for two eyes: leave out --views and --cone.")
    _check_names(output, depth_out)
    if stereo:
        wanted = Wanted(_pair(tile or EYE), None)
    else:
        quilt = _quilt(grid, tile, display)
        wanted = Wanted(_as_named(output, quilt), CONE_DEG if cone_deg is None else cone_deg)
    _check_size(wanted.quilt)

    from streamer.render.pose_file import read_pose
    from streamer.scene.model import Pose

    pose = read_pose(pose_file) if pose_file is not None else Pose()
    anatomy = _imported(meshes)
    states = _states(anatomy, opacities)
    from streamer.render.anatomy import AnatomyRenderer
    from streamer.render.still import depth_16_bit, rgb_over

    renderer = AnatomyRenderer(anatomy)
    try:
        if wanted.cone_deg is None:
            row = renderer.camera(pose, wanted.quilt.tile)
        else:
            row = renderer.cone(pose, wanted.quilt.tile, wanted.quilt.views, wanted.cone_deg)
        sheet, ms = _drawn(renderer, row, wanted.quilt, states)
    finally:
        renderer.close()
    _write_picture(output, rgb_over(sheet, background))
    if depth_out is not None and depth_out.suffix.lower() == ".npy":
        _write_npy(depth_out, sheet.inverse_depth)
    elif depth_out is not None:
        _write_picture(depth_out, depth_16_bit(sheet, row.convergence_mm))
    _say(output, depth_out, wanted, row, renderer.triangles, ms)


def _drawn(
    renderer: "AnatomyRenderer", row: "CameraRow", quilt: "Quilt", states: "dict[str, MeshState]"
) -> "tuple[Sheet, float]":
    """The sheet and the milliseconds it takes once kernels and memory are there."""
    from rich.console import Console

    with Console(stderr=True).status("drawing; the first time, kernels are compiled"):
        renderer.draw(row, (quilt.columns, quilt.rows), states)
    began = time.perf_counter()
    sheet = renderer.draw(row, (quilt.columns, quilt.rows), states)
    return sheet, (time.perf_counter() - began) * 1e3


def _say(
    output: Path,
    depth_out: Path | None,
    wanted: Wanted,
    row: "CameraRow",
    triangles: int,
    ms: float,
) -> None:
    quilt = wanted.quilt
    over = "for two eyes" if wanted.cone_deg is None else f"over {wanted.cone_deg:g} degrees"
    depth = f", depth in {depth_out}" if depth_out is not None else ""
    click.echo(
        f"{output}: {quilt.views} views of {quilt.tile[0]}x{quilt.tile[1]} {over},"
        f" {triangles:,} triangles in {ms:.0f} ms; they converge at {row.convergence_mm:.1f} mm"
        f"{depth}."
    )


def _pair(tile: tuple[int, int]) -> "Quilt":
    from streamer.render.quilt import Quilt

    return Quilt(2, 1, tile, tile[0] / tile[1])


def _quilt(grid: str | None, tile: tuple[int, int] | None, display: str) -> "Quilt":
    """The quilt that is asked for, its tile chosen for the display where none is."""
    from streamer.encode.levels import levels_at
    from streamer.render.camera import MAX_VIEWS
    from streamer.render.quilt import Quilt, parse_grid
    from streamer.render.tile_choice import DISPLAYS, choose_tile

    if display not in DISPLAYS:
        raise RenderError(f"{display!r} is no display that is known: {', '.join(DISPLAYS)}.")
    known = DISPLAYS[display]
    columns, rows = (known.columns, known.rows) if grid is None else parse_grid(grid)
    if columns * rows > MAX_VIEWS:
        raise RenderError(
            f"--views {grid} is {columns * rows} views; at most {MAX_VIEWS} are drawn at once."
        )
    if tile is not None:
        return Quilt(columns, rows, tile, tile[0] / tile[1])
    choice = choose_tile(columns, rows, known.panel, levels_at(FPS))
    click.echo(choice.reason, err=True)
    return choice.quilt


def _as_named(output: Path, quilt: "Quilt") -> "Quilt":
    """The quilt, with the aspect that the file's name says; tells the name that says it all."""
    from streamer.render.quilt import Quilt, QuiltError

    said = re.search(r"_qs(\d+)x(\d+)a", output.name, re.IGNORECASE)
    if said is None:
        name = f"{output.stem}{quilt.suffix}{output.suffix}"
        click.echo(f"note: players know a quilt by its name, such as {name}.", err=True)
        return quilt
    if (int(said[1]), int(said[2])) != (quilt.columns, quilt.rows):
        raise RenderError(
            f"{output.name!r} says {said[1]}x{said[2]} views, but {quilt.columns}x{quilt.rows} are"
            f" to be drawn; name it {output.name[: said.start()]}{quilt.suffix}{output.suffix}, or"
            f" give --views {said[1]}x{said[2]}."
        )
    try:
        aspect = Quilt.of_name(output, quilt.size).aspect
    except QuiltError as error:
        raise RenderError(f"The name of the output does not fit: {error}") from error
    if abs(aspect / quilt.aspect - 1) > 0.02:
        click.echo(
            f"note: the name says a display of aspect {aspect:.4g}, a view's is"
            f" {quilt.aspect:.4g}: the picture will be stretched there.",
            err=True,
        )
    return replace(quilt, aspect=aspect)


def _check_names(output: Path, depth_out: Path | None) -> None:
    if output.suffix.lower() not in PICTURES:
        raise RenderError(
            f"{str(output)!r} ends in none of {', '.join(PICTURES)}; name the output so."
        )
    if depth_out is not None and depth_out.suffix.lower() not in (".npy", ".png"):
        raise RenderError(
            f"{str(depth_out)!r} ends in neither .npy nor .png; name the depth's file so."
        )
    if depth_out is not None and depth_out == output:
        raise RenderError(f"{str(output)!r} cannot be both picture and depth; name two files.")


def _check_size(quilt: "Quilt") -> None:
    width, height = quilt.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise RenderError(
            f"{quilt.columns}x{quilt.rows} views of {quilt.tile[0]}x{quilt.tile[1]} are a picture"
            f" of {width}x{height}; at most {MAX_PIXELS >> 20} megapixels and {MAX_SIDE} a side are"
            " drawn. Choose fewer views or a smaller --tile."
        )


def _imported(paths: Sequence[Path]) -> "Anatomy":
    """All paths as one anatomy, with a progress bar; notes go to stderr."""
    from rich.console import Console
    from rich.progress import Progress

    from streamer.anatomy.load import import_anatomy

    with Progress(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("reading", total=1.0)
        imported = import_anatomy(
            paths, lambda stage, done: bars.update(task, description=stage, completed=done)
        )
    for note in imported.notes:
        click.echo(f"note: {note}", err=True)
    return imported.anatomy


def _states(anatomy: "Anatomy", opacities: Sequence[str]) -> "dict[str, MeshState]":
    from streamer.scene.model import MeshState

    names = [mesh.name for mesh in anatomy.meshes]
    states = {}
    for said in opacities:
        name, _, number = said.rpartition("=")
        opacity = -1.0
        with contextlib.suppress(ValueError):
            opacity = float(number)
        if name not in names or not 0 <= opacity <= 1:
            raise RenderError(
                f"--opacity {said!r} does not name a structure and a number of 0 to 1; the"
                f" structures are {', '.join(map(repr, names))}, as in --opacity"
                f" {names[0]!r}=0.4."
            )
        states[name] = MeshState(opacity=opacity)
    return states


def _write_picture(path: Path, picture: "NDArray[np.uint8] | NDArray[np.uint16]") -> None:
    import cv2

    if picture.ndim == 3:
        picture = picture[..., ::-1]
    options = [] if path.suffix.lower() == ".png" else [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    _, data = cv2.imencode(path.suffix.lower(), picture, options)
    try:
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise _unwritable(path, error) from error


def _write_npy(path: Path, array: "NDArray[np.float32]") -> None:
    import numpy as np

    try:
        with path.open("wb") as file:
            np.save(file, array)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> RenderError:
    return RenderError(
        f"{path} cannot be written ({error.strerror or error}); name a file in a folder that"
        " exists."
    )
