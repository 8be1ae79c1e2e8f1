"""The command `theatron weave`: a quilt woven for one lenticular panel, as a lossless still."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from streamer.commands.sizes import PixelSize
from streamer.errors import TheatronError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from streamer.render.quilt import Quilt
    from streamer.render.weave import Sampling

PANEL_SIZE: Final = PixelSize("not a panel's size", "1536x2048, at most 16384")


class WeaveError(TheatronError):
    """A quilt file that cannot be read, or a woven picture that cannot be written."""

    exit_code = 12


@click.command()
@click.argument("quilt", type=click.Path(path_type=Path))
@click.option(
    "--calibration",
    required=True,
    type=click.Path(path_type=Path),
    help="The display's own calibration file (JSON).",
)
@click.option("--size", type=PANEL_SIZE, help="The panel in pixels; as calibrated unless said.")
@click.option(
    "--quilt",
    "grid",
    metavar="COLUMNSxROWS",
    help="The grid of views, where the file's name does not say it.",
)
@click.option(
    "--sampling",
    type=click.Choice(["bilinear", "nearest"]),
    default="bilinear",
    show_default=True,
    help="How a tile is scaled to the panel.",
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="Where the woven picture goes; a PNG.",
)
def weave(
    quilt: Path,
    calibration: Path,
    size: tuple[int, int] | None,
    grid: str | None,
    sampling: "Sampling",
    output: Path,
) -> None:
    """Weave QUILT, a picture such as NAME_qs8x6a0.75.png, for one lenticular panel.

    The result is for the very panel that the calibration describes: show it full screen, pixel for
    pixel, unscaled. Implemented from public documentation, untested on the device.
    """
    from calibration.looking_glass import load_panel
    from streamer.render.weave import Weaver  # numba takes a while to import

    if output.suffix.lower() != ".png":
        raise WeaveError(
            f"{str(output)!r} does not end in .png. Neighbouring subpixels of a woven picture"
            " belong to different views, and a lossy format mixes them; write a .png."
        )
    panel = load_panel(calibration)
    picture = _read(quilt)
    layout = _layout(quilt, grid, (picture.shape[1], picture.shape[0]))
    with Weaver(panel, layout, size, sampling=sampling) as weaver:
        _write(output, weaver.weave(picture))
    width, height = weaver.size
    if weaver.size != panel.size:
        click.echo(
            f"note: the calibration is for {panel.size[0]}x{panel.size[1]}; woven for"
            f" {width}x{height} pixels of the same pitch, from the bottom left.",
            err=True,
        )
    if abs(layout.aspect / (width / height) - 1) > 0.02:
        click.echo(
            f"note: the quilt is for an aspect of {layout.aspect:.4g}, the panel's is"
            f" {width / height:.4g}: the picture is stretched.",
            err=True,
        )
    click.echo(
        f"{output}: {layout.views} views of {layout.tile[0]}x{layout.tile[1]}"
        f" woven for {width}x{height}{f' ({panel.serial})' if panel.serial else ''}."
    )


def _layout(path: Path, grid: str | None, size: tuple[int, int]) -> "Quilt":
    from streamer.render.quilt import Quilt, QuiltError, parse_grid

    if grid is not None:
        return Quilt.of_picture(*parse_grid(grid), size)
    try:
        return Quilt.of_name(path, size)
    except QuiltError as error:
        raise QuiltError(f"{error} (--quilt 8x6 names a grid.)") from None


def _read(path: Path) -> "NDArray[np.uint8]":
    import cv2
    import numpy as np

    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise WeaveError(
            f"The quilt {path} cannot be read ({error.strerror or error}). Give a PNG or JPEG."
        ) from error
    # cv2.imread knows no names beyond the system's code page; it decodes bytes well.
    picture = None
    if data.size:
        with contextlib.suppress(cv2.error):  # raised for sizes beyond its limits
            picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if picture is None:
        raise WeaveError(
            f"{path} is no picture that can be read ({data.size} bytes). Give a PNG or JPEG."
        )
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


def _write(path: Path, picture: "NDArray[np.uint8]") -> None:
    import cv2

    _, data = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    try:
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise WeaveError(
            f"{path} cannot be written ({error.strerror or error}). Name another file with -o."
        ) from error
