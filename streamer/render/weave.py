"""Weaving a quilt for a lenticular panel that hangs on this machine, for stills and for tests.

A woven picture is for one panel, to its pixel: it must reach the glass without scaling and without
a lossy codec. Live pictures are sent as quilts and woven where the panel is.
"""

from dataclasses import dataclass
from types import TracebackType
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from calibration.lenticular import LenticularPanel
from streamer.frames import I420
from streamer.render.kernels.weave import (
    Grid,
    Taps,
    ViewMap,
    choose_views,
    mark_shown,
    weave_i420,
    weave_rgb,
)
from streamer.render.pool import KernelPool
from streamer.render.quilt import Quilt, QuiltError, size_of

Sampling = Literal["bilinear", "nearest"]
BAND: Final = 64  # rows of the panel that a thread takes at a time


@dataclass(frozen=True, slots=True)
class ShownShare:
    """How much of a quilt a panel shows, 0 to 1.

    `pixels` counts those of which at least one channel is shown, `samples` each channel by itself.
    """

    pixels: float
    samples: float


class Weaver:
    """Weaves quilts of one layout for one panel; the view of every subpixel is found once.

    `size` (W, H) is the panel in pixels, as calibrated unless given: another size stands for a
    panel under the same lens sheet, pixel for pixel from the bottom left. Each subpixel shows one
    view. Within its tile it takes the nearest sample or, bilinear, mixes the four around it, by
    whole 256ths of the distance. Use one weaver from one thread at a time.
    """

    def __init__(
        self,
        panel: LenticularPanel,
        quilt: Quilt,
        size: tuple[int, int] | None = None,
        *,
        sampling: Sampling = "bilinear",
        pool: KernelPool | None = None,
    ) -> None:
        self.panel = panel
        self.quilt = quilt
        self.size = size or panel.size
        self._sampling: Sampling = sampling
        self._pool = KernelPool(name="weave") if pool is None else pool
        self._owns_pool = pool is None
        self.views = view_map(panel, quilt.views, self.size, self._pool)
        """(H, W, 3): the view that each subpixel shows; read-only."""
        self._memory: dict[int, tuple[NDArray[np.uint16], NDArray[np.uint8]]] = {}

    def weave(
        self, picture: NDArray[np.uint8] | I420, out: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        """The panel's picture (H, W, 3) RGB of a quilt, which is RGB (h, w, 3) uint8 or I420.

        I420 is limited range BT.709; a chroma sample colours its four pixels alike. `out`
        (H, W, 3), where given, is written and returned; it must be contiguous.

        Raises:
            QuiltError: the picture is not of the quilt's size, or I420 and its tiles are odd.
        """
        width, height = self.size
        if out is None:
            out = np.empty((height, width, 3), np.uint8)
        if out.shape != (height, width, 3) or not out.flags.c_contiguous:
            raise ValueError(f"out must be contiguous and {(height, width, 3)}, not {out.shape}")
        if size_of(picture) != self.quilt.size:
            raise QuiltError(
                "The picture is {}x{}, but the quilt's layout is {}x{} tiles of {}x{}.".format(
                    *size_of(picture), self.quilt.columns, self.quilt.rows, *self.quilt.tile
                )
            )
        rows = out.reshape(height, 3 * width)
        if isinstance(picture, I420):
            self._weave_i420(picture, rows)
        else:
            self._weave_rgb(picture, rows)
        return out

    def shown(self) -> NDArray[np.uint8]:
        """Which samples of the quilt this panel shows, (height, width): bit i is channel i.

        A renderer for this panel alone may leave the others out (DirectL, 2024).
        """
        across, down = self._taps(1)
        tiles = np.array([self.quilt.place(view) for view in range(self.quilt.views)], np.int64)
        mask = np.zeros(self.quilt.size[::-1], np.uint8)
        mark_shown(self.views, tiles, across, down, mask)
        return mask

    def shown_share(self) -> ShownShare:
        """How much of the quilt this panel shows."""
        mask = self.shown()
        samples = sum(int(np.count_nonzero(mask & (1 << i))) for i in range(3))
        pixels = int(np.count_nonzero(mask))
        return ShownShare(pixels / mask.size, samples / (3 * mask.size))

    def close(self) -> None:
        """Stop the weaver's own threads, where it has any."""
        if self._owns_pool:
            self._pool.close()

    def __enter__(self) -> "Weaver":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _weave_rgb(self, picture: NDArray[np.uint8], rows: NDArray[np.uint8]) -> None:
        if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
            raise QuiltError(
                f"A quilt is RGB, (height, width, 3) bytes, not {picture.shape} {picture.dtype}."
            )
        plane, stride = _flat(picture)
        grid = self._grid(3, stride)
        across, down = self._taps(3)
        views = self.views.reshape(rows.shape)

        def work(band: tuple[int, int], slot: int) -> None:
            lines, _ = self._scratch(slot)
            weave_rgb(plane, grid, across, down, views, *band, lines, rows)

        self._pool.run(work, self._bands())

    def _weave_i420(self, picture: I420, rows: NDArray[np.uint8]) -> None:
        width, height = self.quilt.tile
        if width % 2 or height % 2:
            raise QuiltError(f"Tiles of {width}x{height} cannot be I420; they must be even.")
        luma, (u, chroma_stride), (v, v_stride) = (
            _flat(plane) for plane in (picture.y, picture.u, picture.v)
        )
        if v_stride != chroma_stride:
            raise ValueError("U and V must have rows of the same stride")
        planes = luma[0], u, v
        grid, taps = self._grid(1, luma[1]), self._taps(1)
        views = self.views.reshape(rows.shape)

        def work(band: tuple[int, int], slot: int) -> None:
            lines, colours = self._scratch(slot)
            weave_i420(planes, grid, chroma_stride, taps, views, band, colours, lines, rows)

        self._pool.run(work, self._bands())

    def _bands(self) -> list[tuple[int, int]]:
        height = self.size[1]
        return [(row, min(row + BAND, height)) for row in range(0, height, BAND)]

    def _scratch(self, slot: int) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
        """A thread's own memory: mixed lines of all rows of tiles, and converted ones."""
        if slot not in self._memory:
            samples = 3 * self.quilt.rows * self.quilt.size[0]
            self._memory[slot] = np.empty(samples, np.uint16), np.empty((2, samples), np.uint8)
        return self._memory[slot]

    def _taps(self, channels: int) -> tuple[Taps, Taps]:
        across = _axis(self.size[0], self.quilt.tile[0], channels, self._sampling)
        down = _axis(self.size[1], self.quilt.tile[1], 1, self._sampling)
        if self.panel.flip_y:
            down = Taps(down.first[::-1].copy(), down.weight[::-1].copy(), down.step)
        return across, down

    def _grid(self, channels: int, stride: int) -> Grid:
        columns, rows, tile = self.quilt.columns, self.quilt.rows, self.quilt.tile
        line = columns * tile[0] * channels
        view = np.arange(self.quilt.views)
        tile_row = rows - 1 - view // columns  # from the top
        tile_at = tile_row * line + view % columns * tile[0] * channels
        return Grid(rows, tile[1], line, stride, tile_at.astype(np.uint32))


def view_map(
    panel: LenticularPanel, views: int, size: tuple[int, int], pool: KernelPool
) -> ViewMap:
    """(H, W, 3): which of `views` each subpixel of a panel of `size` (W, H) shows; read-only."""
    width, height = size
    if width < 1 or height < 1:
        raise ValueError(f"a panel has a positive size, not {width}x{height}")
    lattice = panel.lattice(size)
    lens = np.array([lattice.lenses, lattice.tilt, lattice.center])
    u = (np.arange(width) + 0.5) / width
    v = (height - 1 - np.arange(height) + 0.5) / height
    out = np.empty((height, width, 3), np.uint8 if views <= 256 else np.uint16)

    def work(band: tuple[int, int], _slot: int) -> None:
        choose_views(u, v, lens, lattice.shifts, lattice.cells, views, lattice.inverted, *band, out)

    pool.run(work, [(row, min(row + BAND, height)) for row in range(0, height, BAND)])
    out.flags.writeable = False
    return out


def _axis(panel: int, tile: int, channels: int, sampling: Sampling) -> Taps:
    """Where the `panel` pixels of an axis fall on the `tile` samples, exactly, by whole numbers."""
    centre = (2 * np.arange(panel, dtype=np.int64) + 1) * tile  # of a pixel, in 1 / (2 panel)
    if sampling == "nearest":
        first, weight = centre // (2 * panel), np.zeros(panel, np.int64)
        return Taps((first * channels).astype(np.uint32), weight.astype(np.uint32), 0)
    at = np.clip(centre - panel, 0, 2 * panel * (tile - 1))
    first = np.minimum(at // (2 * panel), max(tile - 2, 0))
    weight = ((at - first * 2 * panel) * 256 + panel) // (2 * panel)
    step = channels if tile > 1 else 0
    return Taps((first * channels).astype(np.uint32), weight.astype(np.uint32), step)


def _flat(picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], int]:
    """A picture's memory as one read-only row, and how many bytes apart its rows begin."""
    row_bytes = picture.size // picture.shape[0]
    dense = picture[0].flags.c_contiguous and picture.strides[0] >= row_bytes
    whole = picture if dense else np.ascontiguousarray(picture)
    stride = whole.strides[0]
    length = (whole.shape[0] - 1) * stride + row_bytes
    return np.lib.stride_tricks.as_strided(whole, (length,), (1,), writeable=False), stride
