"""How good views from video are: synthesis beside plain ways, and `stereo+depth` beside a quilt."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import av
import click
import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.layered import LayeredScene
from benchmarks.report import times_ms
from streamer.capture.planes import PlaneReader
from streamer.commands.synth import SynthError
from streamer.encode.h264 import H264Encoder
from streamer.frames import I420
from streamer.render.disparity import DisparityMap
from streamer.render.packing import DepthPacking, DepthRange
from streamer.render.pool import KernelPool
from streamer.render.quilt import Quilt
from streamer.render.synth import Synthesiser, view_positions

Bytes = NDArray[np.uint8]

EYE: Final = (1280, 720)
RATES_BPS: Final = (4_000_000, 8_000_000, 12_000_000)
CODED_FRAMES: Final = 12
FPS: Final = 30
SCENE_WIDTHS: Final = 0.5  # of the picture: how far plain shifting is tried to either side
SSIM_SIGMA: Final = 1.5


def psnr(a: Bytes, b: Bytes, where: NDArray[np.bool_] | None = None) -> float:
    """Peak signal to noise ratio in dB of two planes, where `where` says; at most 99."""
    error = (a.astype(np.float64) - b) ** 2
    mean = float(error.mean() if where is None else error[where].mean())
    return 99.0 if mean <= 1e-5 else float(10 * np.log10(255**2 / mean))


def ssim(a: Bytes, b: Bytes, where: NDArray[np.bool_] | None = None) -> float:
    """Structural similarity (Wang 2004, Gaussian window of 1.5 pixels), the mean where `where`."""
    x, y = a.astype(np.float64), b.astype(np.float64)

    def smooth(plane: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(cv2.GaussianBlur(plane, (11, 11), SSIM_SIGMA), np.float64)

    mx, my = smooth(x), smooth(y)
    vx, vy, both = smooth(x * x) - mx * mx, smooth(y * y) - my * my, smooth(x * y) - mx * my
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    found = (2 * mx * my + c1) * (2 * both + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2))
    return float(found.mean() if where is None else found[where].mean())


@dataclass(frozen=True, slots=True)
class ViewQuality:
    """PSNR (dB) and SSIM of one view made in three ways, over `share` of its pixels."""

    what: str
    share: float
    psnr_db: float
    ssim: float
    shift_psnr_db: float
    shift_ssim: float
    blend_psnr_db: float
    blend_ssim: float


def other_picture(left: I420, right: I420, px: NDArray[np.float32]) -> dict[str, Any]:
    """The right picture made from the left one alone, judged where the left one sees it.

    `px` (H, W) float32 is the left picture's disparity, NaN where unknown. Shifting is by the
    whole number of pixels that does best; the blend is the mean of both pictures, which half is
    the answer itself.
    """
    made = _made(left, None, DisparityMap.of_measured(px), 1.0)
    seen = _seen_from_right(px)
    blend = _mean(left.y, right.y)
    return _judged("other picture, from the left one alone", made.y, right.y, left.y, blend, seen)


def middle_view(scene: LayeredScene) -> dict[str, Any]:
    """The view half-way between a rendered scene's cameras, over the whole picture."""
    (left, px), (right, _), (truth, _) = scene.view(0), scene.view(1), scene.view(0.5)
    made = _made(left, right, _sure(px), 0.5)
    everywhere = np.ones(px.shape, np.bool_)
    blend = _mean(left.y, right.y)
    return _judged("middle view, rendered scene", made.y, truth.y, left.y, blend, everywhere)


@dataclass(frozen=True, slots=True)
class RateQuality:
    """One rate: what arrives of `stereo+depth` and of a quilt; times are of the server, in ms.

    `disparity_rmse_px` is over all pixels of the left picture, `edge_rmse_px` beside depth's
    edges; `disparity_median_px` is the median error. PSNR is the mean over the views' luma.
    """

    rate_bps: int
    depth_bps: int
    quilt_bps: int
    depth_size: tuple[int, int]
    quilt_size: tuple[int, int]
    depth_server_ms: float
    quilt_server_ms: float
    depth_views_psnr_db: float
    quilt_views_psnr_db: float
    uncoded_views_psnr_db: float
    disparity_rmse_px: float
    disparity_median_px: float
    edge_rmse_px: float


def compare_renditions(
    eye: tuple[int, int] = EYE,
    quilt_grid: tuple[int, int] = (8, 6),
    tile: tuple[int, int] = (480, 270),
    rates_bps: Sequence[int] = RATES_BPS,
    judged: Sequence[int] = (6, 15, 23, 32, 41),
) -> list[dict[str, Any]]:
    """Send a rendered scene as `stereo+depth` and as a quilt at equal rates; judge the views.

    The truth is the scene rendered at each judged view, scaled to the tile. Disparity is the
    scene's own, so that what is lost is lost on the way.
    """
    scene = LayeredScene(eye)
    (left, px), (right, _) = scene.view(0), scene.view(1)
    disparity = _sure(px)
    quilt = Quilt(*quilt_grid, tile, tile[0] / tile[1])
    positions = view_positions(quilt.views, "pair")
    places = [quilt.place(n) for n in range(quilt.views)]
    layout, depth = DepthPacking(eye), DepthRange.about(disparity)
    packed, whole = I420.empty(*layout.size), I420.empty(*quilt.size)
    with KernelPool() as pool:
        synthesiser = Synthesiser(tile, pool)
        pack_ms = times_ms(lambda: layout.pack(left, right, disparity, depth, packed), 7)
        quilt_ms = times_ms(
            lambda: synthesiser.synthesise(left, right, disparity, positions, whole, places), 7
        )
        truths = [_fitted_truth(scene.view(float(positions[n]))[0], tile, pool) for n in judged]

        def quality(picture: I420) -> float:
            tiles = quilt.tiles(picture)
            return float(
                np.mean([psnr(tiles[n].y, t) for n, t in zip(judged, truths, strict=True)])
            )

        uncoded = quality(whole)
        found = []
        for rate in rates_bps:
            depth_coded, depth_bps = _coded(packed, rate)
            quilt_coded, quilt_bps = _coded(whole, rate)
            a, b, read, _ = layout.unpack(depth_coded)
            error = read.resized(a.y) - px
            received = I420.empty(*quilt.size)
            synthesiser.synthesise(a, b, read, positions, received, places)
            found.append(
                asdict(
                    RateQuality(
                        rate,
                        round(depth_bps),
                        round(quilt_bps),
                        layout.size,
                        quilt.size,
                        round(float(np.median(pack_ms)), 2),
                        round(float(np.median(quilt_ms)), 2),
                        round(quality(received), 2),
                        round(quality(quilt_coded), 2),
                        round(uncoded, 2),
                        round(float(np.sqrt((error**2).mean())), 3),
                        round(float(np.median(np.abs(error))), 3),
                        round(float(np.sqrt((error[_edges(px)] ** 2).mean())), 3),
                    )
                )
            )
    return found


def _judged(
    what: str, made: Bytes, truth: Bytes, left: Bytes, blend: Bytes, where: NDArray[np.bool_]
) -> dict[str, Any]:
    reach = int(SCENE_WIDTHS * left.shape[1])
    shifts = [np.roll(left, -n, axis=1) for n in _best_shifts(left, truth, where, reach)]
    shifted = max(shifts, key=lambda plane: psnr(plane, truth, where))
    figures = [
        round(measure(plane, truth, where), 3)
        for plane in (made, shifted, blend)
        for measure in (psnr, ssim)
    ]
    return asdict(ViewQuality(what, round(float(where.mean()), 3), *figures))


def _best_shifts(left: Bytes, truth: Bytes, where: NDArray[np.bool_], reach: int) -> list[int]:
    """The few shifts worth measuring, by a search on rows that are apart."""
    rows = slice(0, None, 8)
    errors = {
        n: float(
            ((np.roll(left[rows], -n, axis=1).astype(float) - truth[rows])[where[rows]] ** 2).mean()
        )
        for n in range(-reach // 4, reach)
    }
    return sorted(errors, key=errors.__getitem__)[:3]


def _seen_from_right(px: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Pixels of the right picture on which a known pixel of the left one lands."""
    seen = np.zeros(px.shape, np.bool_)
    rows, columns = np.nonzero(np.isfinite(px))
    landed = np.rint(columns - px[rows, columns]).astype(np.int64)
    inside = (landed >= 0) & (landed < px.shape[1])
    seen[rows[inside], landed[inside]] = True
    return seen


def _made(left: I420, right: I420 | None, disparity: DisparityMap, position: float) -> I420:
    out = I420.empty(*left.size)
    with KernelPool(1) as pool:
        Synthesiser(left.size, pool).synthesise(left, right, disparity, [position], out, [(0, 0)])
    return out


def _fitted_truth(picture: I420, tile: tuple[int, int], pool: KernelPool) -> Bytes:
    """A true view as a tile shows it: scaled as the synthesiser scales, between bars."""
    out = I420.empty(*tile)
    flat = DisparityMap.plane(*picture.size)
    Synthesiser(tile, pool).synthesise(picture, None, flat, [0.0], out, [(0, 0)])
    return out.y


def _coded(picture: I420, rate_bps: int) -> tuple[I420, float]:
    """The picture after the live encoder at this rate, standing still, and the rate it took."""
    encoder = H264Encoder(*picture.size, FPS, rate_bps)
    decoder = av.CodecContext.create("h264", "r")
    decoded, size = [], 0
    for n in range(CODED_FRAMES):
        access_unit = encoder.encode(picture, n * 90_000 // FPS, keyframe=n == 0)
        size += len(access_unit)
        decoded += decoder.decode(av.Packet(access_unit))
    decoded += decoder.decode(None)
    return PlaneReader().read(decoded[-1]), size * 8 * FPS / CODED_FRAMES


def _edges(px: NDArray[np.float32], jump_px: float = 3.0) -> NDArray[np.bool_]:
    """Pixels beside a jump of the disparity in their row."""
    edges = np.zeros(px.shape, np.bool_)
    torn = np.abs(np.diff(px, axis=1)) >= jump_px
    edges[:, 1:] |= torn
    edges[:, :-1] |= torn
    return edges


def _sure(px: NDArray[np.float32]) -> DisparityMap:
    return DisparityMap(px, np.full(px.shape, 255, np.uint8), px.shape[1])


def _mean(a: Bytes, b: Bytes) -> Bytes:
    return ((a.astype(np.uint16) + b + 1) // 2).astype(np.uint8)


def read_pair(left: Path, right: Path, disparity: Path) -> tuple[I420, I420, NDArray[np.float32]]:
    """A pair of picture files and its disparity (.npy, the first array of an .npz, or a picture).

    0 and what is not finite is unknown and becomes NaN. Sizes are made even by leaving out the last
    row or column.

    Raises:
        SynthError: a file cannot be read, or their sizes differ.
    """
    pictures = []
    for path in (left, right):
        data = np.frombuffer(path.read_bytes(), np.uint8) if path.is_file() else np.empty(0)
        picture = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE) if data.size else None
        if picture is None:
            raise SynthError(f"{path} is no picture that can be read; give a PNG or JPEG.")
        pictures.append(np.asarray(picture, np.uint8))
    if disparity.suffix in (".npy", ".npz"):
        loaded = np.load(disparity)
        px = loaded[loaded.files[0]] if disparity.suffix == ".npz" else loaded
    else:
        px = cv2.imread(str(disparity), cv2.IMREAD_UNCHANGED)
    if px is None or not px.shape == pictures[0].shape == pictures[1].shape:
        shapes = [picture.shape for picture in pictures]
        raise SynthError(f"{disparity} and the pictures {shapes} are not of one size.")
    height, width = (side & ~1 for side in px.shape)
    px = px[:height, :width].astype(np.float32)
    px[~np.isfinite(px) | (px == 0)] = np.nan
    both = []
    for grey in pictures:
        out = I420.empty(width, height)
        out.y[:], out.u[:], out.v[:] = grey[:height, :width], 128, 128
        both.append(out)
    return both[0], both[1], px


@click.command()
@click.argument(
    "files", nargs=-1, type=click.Path(path_type=Path), metavar="[LEFT RIGHT DISPARITY]"
)
def views(files: tuple[Path, ...]) -> None:
    """Measure how good views from video are, as JSON: on a rendered scene, and on a pair given."""
    if len(files) not in (0, 3):
        raise click.UsageError(f"give LEFT RIGHT DISPARITY, or nothing; not {len(files)} files.")
    found: dict[str, Any] = {}
    if files:
        found["pair"] = other_picture(*read_pair(*files))
    else:
        found["middle"] = middle_view(LayeredScene(EYE))
        found["rates"] = compare_renditions()
    click.echo(json.dumps(found, indent=2))
