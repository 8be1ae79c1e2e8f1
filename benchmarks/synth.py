"""What views from video cost: many views from a pair with known disparity, depth, packing."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.layered import LayeredScene
from benchmarks.report import Case, case_of, times_ms
from streamer.frames import I420
from streamer.render.depth import StereoDepth
from streamer.render.disparity import DisparityMap
from streamer.render.packing import DepthPacking, DepthRange
from streamer.render.quilt import Quilt
from streamer.render.synth import Synthesiser, view_positions

TILE: Final = (420, 560)
GRID: Final = (8, 6)
EYE: Final = (1280, 720)
REPEATS: Final = 20


@dataclass(frozen=True, slots=True)
class SynthCase:
    """`synth-48` as `theatron bench render` prints it; milliseconds are medians."""

    name: str
    views: int
    width: int
    height: int
    ms_p50: float
    ms_p90: float
    one_view_ms_p50: float
    plane_ms_p50: float
    shift_ms_p50: float
    blend_ms_p50: float
    remap_ms_p50: float


def synth_case(
    tile: tuple[int, int] = TILE, grid: tuple[int, int] = GRID, repeats: int = REPEATS
) -> dict[str, Any]:
    """Measure a quilt from a pair with known disparity, and three plainer ways, as a plain dict.

    The plainer ways write the same tiles: every row shifted by one disparity; a linear blend of
    the pair; OpenCV's `remap` of the left picture by the view's disparity (which it must be given
    at the left picture's pixels, so its edges are wrong). All use what threads they have.
    """
    scene = LayeredScene(tile)
    (left, px), (right, _) = scene.view(0), scene.view(1)
    disparity = DisparityMap(px, np.full(px.shape, 255, np.uint8), tile[0])
    quilt = Quilt(*grid, tile, tile[0] / tile[1])
    places = [quilt.place(n) for n in range(quilt.views)]
    positions = view_positions(quilt.views, "pair")
    out = I420.empty(*quilt.size)
    tiles = quilt.tiles(out)
    synthesiser = Synthesiser(tile)

    def ours(count: int, given: DisparityMap, other: I420 | None) -> Callable[[], None]:
        return lambda: synthesiser.synthesise(
            left, other, given, positions[:count], out, places[:count]
        )

    try:
        times = times_ms(ours(quilt.views, disparity, right), repeats)
        one = times_ms(ours(1, disparity, right), repeats)
        flat = DisparityMap.plane(*tile, float(np.median(px)))
        plane = times_ms(ours(quilt.views, flat, None), repeats)
    finally:
        synthesiser.close()
    fewer = max(3, repeats // 4)
    rivals = [
        times_ms(partial(call, left, right, px, positions, tiles), fewer)
        for call in (_shifted, _blended, _remapped)
    ]
    medians = [float(np.median(found)) for found in (times, one, plane, *rivals)]
    return asdict(
        SynthCase(
            f"synth-{quilt.views}",
            quilt.views,
            *tile,
            round(medians[0], 3),
            round(float(np.percentile(times, 90)), 3),
            *(round(value, 3) for value in medians[1:]),
        )
    )


def depth_cases(eye: tuple[int, int] = EYE, repeats: int = REPEATS) -> list[Case]:
    """Measure a depth map of a pair of `eye`, its enlargement to the pair's size, and packing."""
    scene = LayeredScene(eye)
    (left, _), (right, _) = scene.view(0), scene.view(1)
    matcher = StereoDepth()
    found = matcher.match(left.y, right.y)
    layout, depth = DepthPacking(eye), DepthRange.about(found)
    out = I420.empty(*layout.size)
    return [
        case_of("depth-map", times_ms(lambda: matcher.match(left.y, right.y), repeats)),
        case_of("depth-to-full-size", times_ms(lambda: found.resized(left.y), repeats)),
        case_of(
            "pack-stereo+depth",
            times_ms(lambda: layout.pack(left, right, found, depth, out), repeats),
        ),
        case_of("unpack-stereo+depth", times_ms(lambda: layout.unpack(out), repeats)),
    ]


def _planes(picture: I420) -> tuple[NDArray[np.uint8], ...]:
    return picture.y, picture.u, picture.v


def _shifted(
    left: I420,
    right: I420,
    px: NDArray[np.float32],
    positions: NDArray[np.float64],
    tiles: list[I420],
) -> None:
    middle = float(np.median(px))
    for position, tile in zip(positions, tiles, strict=True):
        for n, (plane, target) in enumerate(zip(_planes(left), _planes(tile), strict=True)):
            target[:] = np.roll(plane, -round(position * middle / (2 if n else 1)), axis=1)


def _blended(
    left: I420,
    right: I420,
    px: NDArray[np.float32],
    positions: NDArray[np.float64],
    tiles: list[I420],
) -> None:
    for position, tile in zip(positions, tiles, strict=True):
        for a, b, target in zip(_planes(left), _planes(right), _planes(tile), strict=True):
            target[:] = cv2.addWeighted(a, 1 - position, b, position, 0)


def _remapped(
    left: I420,
    right: I420,
    px: NDArray[np.float32],
    positions: NDArray[np.float64],
    tiles: list[I420],
) -> None:
    half = np.ascontiguousarray(px[::2, ::2]) / 2
    for position, tile in zip(positions, tiles, strict=True):
        for plane, target in zip(_planes(left), _planes(tile), strict=True):
            d = px if plane.shape == px.shape else half
            grid = np.indices(d.shape, np.float32)
            columns = grid[1] + np.float32(position) * d
            target[:] = cv2.remap(
                plane, columns, grid[0], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
