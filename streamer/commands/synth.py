"""The command `theatron synth`: a quilt of views from a still stereo pair."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from streamer.commands.sizes import PixelSize
from streamer.errors import TheatronError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from streamer.render.disparity import DisparityMap
    from streamer.render.quilt import Quilt

MAX_QUILT_PX: Final = 4096  # of a side, where no tile is named: what decoders and GPUs take
FEW_VIEWS: Final = 4  # side by side in one row: then tiles are as large as the pictures
STILL_MATCHING_WIDTH: Final = 960  # a still has time to be matched at a larger size
TILE_SIZE: Final = PixelSize("no tile", "420x560, 8 to 16384 a side", least=8)


class SynthError(TheatronError):
    """A picture or disparity file that cannot be read or does not fit, or one not written."""

    exit_code = 15


class Span(click.ParamType[float | str]):
    """`pair`, `comfort`, or baselines between the first and the last view."""

    name = "pair|comfort|BASELINES"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | str:
        """Parse, or fail with what was expected."""
        if value in ("pair", "comfort"):
            return str(value)
        try:
            baselines = float(value)
        except ValueError:
            baselines = -1.0
        if not 0 <= baselines <= 10:
            self.fail(f"{value!r} is no span; write pair, comfort, or a number of 0 to 10.")
        return baselines


@click.command()
@click.argument("left", type=click.Path(path_type=Path))
@click.argument("right", type=click.Path(path_type=Path))
@click.option(
    "--rig", type=click.Path(path_type=Path), help="The cameras' calibration: JSON, or OpenCV's."
)
@click.option(
    "--disparity",
    "disparity_file",
    type=click.Path(path_type=Path),
    help="The left picture's disparity in pixels: .npy (NaN is unknown) or .png (0 is).",
)
@click.option(
    "--disparity-scale",
    type=float,
    default=1.0,
    show_default=True,
    help="Pixels a unit of that file; 0.00390625 for a .png of 1/256.",
)
@click.option("--views", "grid", default="8x6", show_default=True, metavar="COLUMNSxROWS")
@click.option(
    "--span",
    type=Span(),
    default="comfort",
    show_default=True,
    help="pair: first and last view are the cameras.",
)
@click.option("--tile", type=TILE_SIZE, help="Of one view; what fits unless said.")
@click.option(
    "--depth-out", type=click.Path(path_type=Path), help="Each view's disparity too, as .npy."
)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path))
def synth(
    left: Path,
    right: Path,
    rig: Path | None,
    disparity_file: Path | None,
    disparity_scale: float,
    grid: str,
    span: float | str,
    tile: tuple[int, int] | None,
    depth_out: Path | None,
    output: Path,
) -> None:
    """Make a quilt of views from LEFT and RIGHT, the pictures of a stereo pair.

    The pair must be rectified, or --rig rectifies it. Its depth is found by matching unless
    --disparity gives it.
    """
    from streamer.render.quilt import Quilt, parse_grid
    from streamer.render.synth import view_positions

    if rig is not None and disparity_file is not None:
        raise click.UsageError("--rig and --disparity exclude each other: give one of them.")
    if output.suffix.lower() != ".png":
        raise SynthError(f"{str(output)!r} does not end in .png; name the output so.")
    if depth_out is not None and depth_out.suffix.lower() != ".npy":
        raise SynthError(f"{str(depth_out)!r} does not end in .npy; name the depth's file so.")
    columns, rows = parse_grid(grid)
    pair = _read_pair(left, right)
    size = pair[0].shape[1], pair[0].shape[0]
    if rig is not None:
        pair = _rectified(pair, rig)
    if disparity_file is not None:
        disparity = _read_disparity(disparity_file, disparity_scale, size)
    else:
        disparity = _matched((_even(pair[0]), _even(pair[1])))
    tile = tile or _default_tile(size, columns, rows)
    quilt = Quilt(columns, rows, tile, tile[0] / tile[1])
    positions = view_positions(quilt.views, span, disparity)
    picture, depth = _synthesised(
        (_even(pair[0]), _even(pair[1])), disparity, positions, quilt, depth_out is not None
    )
    _write_png(output, picture)
    if depth_out is not None and depth is not None:
        _write_npy(depth_out, depth)
    click.echo(
        f"{output}: {quilt.views} views of {tile[0]}x{tile[1]},"
        f" {positions[-1] - positions[0]:.3g} baselines from the first to the last."
    )


def _default_tile(size: tuple[int, int], columns: int, rows: int) -> tuple[int, int]:
    """The pictures' size for a few views in a row; else the largest of their shape that fits."""
    if rows == 1 and columns <= FEW_VIEWS:
        return size
    scale = min(1.0, MAX_QUILT_PX / (columns * size[0]), MAX_QUILT_PX / (rows * size[1]))
    width, height = (max(int(side * scale) // 2 * 2, 8) for side in size)
    return width, height


def _read_pair(left: Path, right: Path) -> tuple["NDArray[np.uint8]", "NDArray[np.uint8]"]:
    pair = _read(left), _read(right)
    sizes = [f"{picture.shape[1]}x{picture.shape[0]}" for picture in pair]
    if sizes[0] != sizes[1]:
        raise SynthError(
            f"{left} is {sizes[0]} and {right} is {sizes[1]}; a pair's pictures are of one size."
        )
    if min(pair[0].shape[:2]) < 8:
        raise SynthError(f"{left} is {sizes[0]}; pictures of 8x8 or more are needed.")
    return pair


def _read(path: Path) -> "NDArray[np.uint8]":
    """A picture as RGB (H, W, 3)."""
    import cv2
    import numpy as np

    picture = _decoded(path, cv2.IMREAD_COLOR)
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


def _decoded(path: Path, how: int) -> "NDArray[Any]":
    import cv2
    import numpy as np

    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise SynthError(
            f"{path} cannot be read ({error.strerror or error}); check the path."
        ) from error
    picture = None
    if data.size:
        with contextlib.suppress(cv2.error):  # raised for sizes beyond its limits
            picture = cv2.imdecode(data, how)
    if picture is None:
        raise SynthError(
            f"{path} is no picture that can be read ({data.size} bytes); give a PNG or JPEG."
        )
    return np.asarray(picture)


def _read_disparity(path: Path, scale: float, size: tuple[int, int]) -> "DisparityMap":
    import cv2
    import numpy as np

    from streamer.render.disparity import DisparityMap

    if path.suffix.lower() == ".npy":
        try:
            values = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise SynthError(f"{path} cannot be read as .npy ({error}); check the file.") from error
    else:
        values = _decoded(path, cv2.IMREAD_UNCHANGED)
    if values.ndim != 2 or values.dtype.kind not in "fiu":
        raise SynthError(
            f"{path} holds {values.shape} {values.dtype}; one number a pixel, (rows, columns), is"
            " needed."
        )
    if values.shape != (size[1], size[0]):
        raise SynthError(
            f"{path} is {values.shape[1]}x{values.shape[0]}, the pictures are"
            f" {size[0]}x{size[1]}; a disparity has a value for every pixel of the left picture."
        )
    with np.errstate(over="ignore"):
        px = values.astype(np.float32) * np.float32(scale)
    px[~np.isfinite(px)] = np.nan
    if values.dtype.kind != "f":
        px[values == 0] = np.nan  # what integer files mean by it
    known = np.abs(px[np.isfinite(px)])
    if not known.size:
        raise SynthError(
            f"{path} holds nothing but NaN (in integer files 0), which means unknown; check it."
        )
    if np.median(known) > size[0]:
        raise SynthError(
            f"{path} says {np.median(known):.4g} pixels in the median, of a picture"
            f" {size[0]} wide; its unit is another one: try --disparity-scale 0.00390625 (1/256)."
        )
    px[~(np.abs(px) <= 2 * size[0])] = np.nan
    return DisparityMap.of_measured(_even(px))


def _rectified(
    pair: tuple["NDArray[np.uint8]", "NDArray[np.uint8]"], rig: Path
) -> tuple["NDArray[np.uint8]", "NDArray[np.uint8]"]:
    from calibration.rig import Rectifier, read_rig

    height, width = pair[0].shape[:2]
    rectifier = Rectifier(read_rig(rig), (width, height))
    return rectifier.rectify_plane(pair[0], False), rectifier.rectify_plane(pair[1], True)


def _matched(pair: tuple["NDArray[np.uint8]", "NDArray[np.uint8]"]) -> "DisparityMap":
    import cv2
    import numpy as np

    from streamer.render.depth import StereoDepth

    grey = [np.asarray(cv2.cvtColor(p, cv2.COLOR_RGB2GRAY), np.uint8) for p in pair]
    width = grey[0].shape[1]
    return StereoDepth(min(max(width, 32), STILL_MATCHING_WIDTH)).match(grey[0], grey[1])


def _synthesised(
    pair: tuple["NDArray[np.uint8]", "NDArray[np.uint8]"],
    disparity: "DisparityMap",
    positions: "NDArray[np.float64]",
    quilt: "Quilt",
    want_depth: bool,
) -> tuple["NDArray[np.uint8]", "NDArray[np.float32] | None"]:
    """The quilt as RGB, and its disparities; red, green and blue are each made as a luma plane."""
    import numpy as np

    from streamer.frames import I420
    from streamer.render.quilt import Quilt
    from streamer.render.synth import Synthesiser

    (width, height), views = quilt.tile, quilt.views
    wide = Quilt(quilt.columns, quilt.rows, (width + width % 2, height + height % 2), quilt.aspect)
    out = I420.empty(*wide.size)
    places = [wide.place(view) for view in range(views)]
    channels = []
    depths = np.empty((views, wide.tile[1], wide.tile[0]), np.float32) if want_depth else None
    synthesiser = Synthesiser(wide.tile)
    try:
        for channel in range(3):
            left, right = (_grey(picture[..., channel]) for picture in pair)
            synthesiser.synthesise(left, right, disparity, positions, out, places, depths)
            channels.append(out.y.copy())
    finally:
        synthesiser.close()
    tiles = [tile[:height, :width] for tile in wide.tiles(np.dstack(channels))]
    if depths is None:
        return quilt.assemble(tiles), None
    depth = np.empty(quilt.size[::-1], np.float32)
    for view in range(views):
        x, y = quilt.place(view)
        depth[y : y + height, x : x + width] = depths[view, :height, :width]
    return quilt.assemble(tiles), depth


def _even(array: Any) -> Any:
    """`array` (H, W, ...) with its last row and column repeated where their number is odd."""
    import numpy as np

    padding = [(0, array.shape[0] % 2), (0, array.shape[1] % 2)] + [(0, 0)] * (array.ndim - 2)
    return np.pad(array, padding, mode="edge")


def _grey(plane: "NDArray[np.uint8]") -> Any:
    import numpy as np

    from streamer.frames import I420

    half = np.full((plane.shape[0] // 2, plane.shape[1] // 2), 128, np.uint8)
    return I420(np.ascontiguousarray(plane), half, half)


def _write_png(path: Path, picture: "NDArray[np.uint8]") -> None:
    import cv2

    _, data = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    try:
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise SynthError(
            f"{path} cannot be written ({error.strerror or error}); name a folder that exists."
        ) from error


def _write_npy(path: Path, depth: "NDArray[np.float32]") -> None:
    import numpy as np

    try:
        np.save(path, depth)
    except OSError as error:
        raise SynthError(
            f"{path} cannot be written ({error.strerror or error}); name a folder that exists."
        ) from error
