"""Views from video: N views from a stereo pair and its disparity, written into I420 tiles."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from streamer.frames import I420, Plane
from streamer.render.disparity import DisparityMap
from streamer.render.kernels.pair import Pair, Views
from streamer.render.kernels.warp import warp_rows
from streamer.render.pool import KernelPool

BAND_ROWS: Final = 28  # 20 tasks for a tile of 560 rows: two threads end together
MAX_SPAN: Final = 0.025  # of the width: the disparity between the first and the last view
REACH: Final = 1.0  # baselines beyond each camera: farther out, more is guessed than seen

_NO_DEPTH: Final = np.empty((0, 0, 0), np.float32)


class Synthesiser:
    """Makes views of `tile` (width, height), both even; use one from one thread at a time.

    `pool` is where the kernels run; without one the synthesiser has its own. The pictures are
    scaled to the tile once and then warped; a picture of another shape stands between dark bars.
    """

    def __init__(self, tile: tuple[int, int], pool: KernelPool | None = None) -> None:
        width, height = tile
        if width < 8 or height < 2 or width % 2 or height % 2:
            raise ValueError(f"a tile needs an even size of 8x2 or more, not {width}x{height}")
        self.tile = tile
        self._owned = pool is None
        self._pool = pool or KernelPool(name="synth")

    def synthesise(
        self,
        left: I420,
        right: I420 | None,
        disparity: DisparityMap,
        positions: Sequence[float] | NDArray[np.floating],
        out: I420,
        places: Sequence[tuple[int, int]],
        depth: NDArray[np.float32] | None = None,
    ) -> None:
        """Write the view at each of `positions` into `out` at (x, y) of `places`, in luma pixels.

        Position 0 is the left camera and 1 the right one; others may lie between or beyond. `left`
        and `right` are of one size, rectified; without `right` all views are made from `left`,
        as of mono video. `depth` (N, H, W) float32 at the tile's size takes each view's own
        disparity between the cameras, in pixels of the tile (NaN on bars).

        Raises ValueError for sizes or places that do not fit.
        """
        if right is not None and left.size != right.size:
            raise ValueError(f"the pair's sizes differ: {left.size} and {right.size}")
        if len(positions) != len(places):
            raise ValueError(f"{len(positions)} positions need as many places, not {len(places)}")
        inner = fitted(left.size, self.tile)
        for x, y in places:
            self._check_place(x, y, out)
            if inner[2:] != self.tile:
                _darken(out.crop(x, y, *self.tile))
        pair = self._pair(left, right, disparity, inner[2:])
        if depth is not None and inner[2:] != self.tile:
            depth[:] = np.nan
        views = self._views(np.asarray(positions, np.float32), out, places, inner, depth)
        rows = inner[3]

        def warp(first: int, slot: int) -> None:
            warp_rows(pair, first, min(first + BAND_ROWS, rows), views)

        self._pool.run(warp, range(0, rows, BAND_ROWS))

    def close(self) -> None:
        """Stop the synthesiser's own threads; it must not be used after."""
        if self._owned:
            self._pool.close()

    def _check_place(self, x: int, y: int, out: I420) -> None:
        width, height = self.tile
        fits = 0 <= x <= out.size[0] - width and 0 <= y <= out.size[1] - height
        if not fits or x % 2 or y % 2:
            raise ValueError(f"a tile of {width}x{height} at {x},{y} does not fit {out.size}")

    def _pair(
        self, left: I420, right: I420 | None, disparity: DisparityMap, size: tuple[int, int]
    ) -> Pair:
        width, height = size
        pictures = (left,) if right is None else (left, right)
        planes = [
            _scaled(plane, (width, height) if n == 0 else (width // 2, height // 2))
            for picture in pictures
            for n, plane in enumerate((picture.y, picture.u, picture.v))
        ]
        px = disparity.resized(planes[0])
        low, high = float(px.min()), float(px.max())
        if not np.isfinite(low + high):
            raise ValueError("a disparity is not finite; fill unknown ones first (`fill_unknown`)")
        y, u, v = planes[:3]
        other_y, other_u, other_v = planes[-3:]
        px = np.ascontiguousarray(px)
        return Pair(y, u, v, other_y, other_u, other_v, px, low, high, right is None)

    def _views(
        self,
        positions: NDArray[np.float32],
        out: I420,
        places: Sequence[tuple[int, int]],
        inner: tuple[int, int, int, int],
        depth: NDArray[np.float32] | None,
    ) -> Views:
        if out.u.strides != out.v.strides:
            raise ValueError("both chroma planes must have the same stride")
        y_stride, c_stride = out.y.strides[0], out.u.strides[0]
        offsets = np.array(
            [
                (
                    (y + inner[1]) * y_stride + x + inner[0],
                    (y + inner[1]) // 2 * c_stride + (x + inner[0]) // 2,
                )
                for x, y in places
            ],
            np.int64,
        ).reshape(-1, 2)
        expected = (len(places), self.tile[1], self.tile[0])
        if depth is not None and (depth.shape != expected or depth.dtype != np.float32):
            raise ValueError(f"depth must be {expected} float32, not {depth.shape} {depth.dtype}")
        if depth is not None and not depth.flags.c_contiguous:
            raise ValueError("depth must be contiguous")
        return Views(
            positions,
            offsets,
            _flat(out.y),
            _flat(out.u),
            _flat(out.v),
            y_stride,
            c_stride,
            _NO_DEPTH if depth is None else depth,
            inner[0],
            inner[1],
        )


def view_positions(
    count: int, span: float | str, disparity: DisparityMap | None = None
) -> NDArray[np.float64]:
    """Where `count` views stand, evenly, the first leftmost: (count,) in baselines.

    `span` "pair" puts the first and the last one at the two cameras; a number is how many
    baselines lie between them, centred. "comfort" is the widest span within which neither the
    disparity between the first and the last view exceeds 2.5 % of the width (for the nearest and
    the farthest 1 % of `disparity`) nor a view stands more than one baseline beyond its camera.
    A single view stands in the middle. Raises ValueError for a span that is none of these.
    """
    if span == "pair":
        width = 1.0
    elif span == "comfort":
        width = _comfortable_span(disparity)
    elif isinstance(span, str) or not np.isfinite(span) or span < 0:
        raise ValueError(f"a span is 'pair', 'comfort' or a number of 0 or more, not {span!r}")
    else:
        width = float(span)
    if count == 1:
        return np.array([0.5])
    return 0.5 + width * (np.arange(count) / (count - 1) - 0.5)


def fitted(picture: tuple[int, int], room: tuple[int, int]) -> tuple[int, int, int, int]:
    """(x, y, width, height), all even, of a picture scaled to fit into the middle of a room."""
    scale = min(room[0] / picture[0], room[1] / picture[1])
    width = min(max(round(picture[0] * scale / 2) * 2, 8), room[0])
    height = min(max(round(picture[1] * scale / 2) * 2, 2), room[1])
    return (room[0] - width) // 4 * 2, (room[1] - height) // 4 * 2, width, height


def _comfortable_span(disparity: DisparityMap | None) -> float:
    widest = 1.0 + 2 * REACH
    if disparity is None:
        return widest
    low, high = np.percentile(disparity.px, (1, 99)) / disparity.width
    farthest = max(abs(float(low)), abs(float(high)), 1e-6)
    return min(MAX_SPAN / farthest, widest)


def _scaled(plane: Plane, size: tuple[int, int]) -> Plane:
    if plane.shape[::-1] == size:
        # Kernels are compiled for writable arrays; a decoder's planes may be read-only.
        return np.array(plane) if not plane.flags.writeable else np.ascontiguousarray(plane)
    how = cv2.INTER_AREA if size[0] < plane.shape[1] else cv2.INTER_LINEAR
    return cv2.resize(plane, size, interpolation=how).astype(np.uint8, copy=False)


def _flat(plane: Plane) -> Plane:
    """A plane's memory, first byte to last, as one contiguous row."""
    if plane.strides[1] != 1:
        raise ValueError(f"a plane's rows must be contiguous, not {plane.strides} bytes apart")
    length = (plane.shape[0] - 1) * plane.strides[0] + plane.shape[1]
    return np.lib.stride_tricks.as_strided(plane, (length,), (1,), writeable=True)


def _darken(tile: I420) -> None:
    tile.y[:] = 16
    tile.u[:] = 128
    tile.v[:] = 128
