"""Layers: what the mesh renderer hands on, pictures with coverage and depth, and sheets of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamer.frames import I420, Plane
from streamer.render.camera import CameraRow
from streamer.render.memory import Recycler
from streamer.scene.model import Pose


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One view's rendering, (H, W), both even; its planes may be views of larger ones.

    `picture` is I420, limited range BT.709, its colours not multiplied by alpha; black where
    nothing is. `alpha` (H, W) uint8 is coverage times opacity, 255 being opaque; `alpha_half`
    (H/2, W/2) uint8 the same for the chroma planes. `inverse_depth` (H, W) float32 is 1/Z in
    1/mm along the optical axis, 0 where nothing is. `spans` (H/2, 2) int32 gives for each pair of
    luma rows the columns [first, last) outside which alpha is 0, both even; first == last is empty.
    """

    picture: I420
    alpha: Plane
    alpha_half: Plane
    inverse_depth: NDArray[np.float32]
    spans: NDArray[np.int32]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in luma pixels."""
        return self.picture.size


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """The layers of many views as tiles of common planes, (rows * h, columns * w) each.

    `grid` is (columns, rows). View 0 is the leftmost camera; tiles are laid as in a quilt, view 0
    at the bottom left and the last at the top right, so that `picture` is a quilt as it stands.
    """

    grid: tuple[int, int]
    tile: tuple[int, int]
    picture: I420
    alpha: Plane
    alpha_half: Plane
    inverse_depth: NDArray[np.float32]
    spans: NDArray[np.int32]

    @classmethod
    def empty(
        cls, grid: tuple[int, int], tile: tuple[int, int], memory: Recycler | None = None
    ) -> "Sheet":
        """A sheet with nothing on it outside its spans, of `memory` if given.

        Memory that comes back keeps its spans: what lies within them is of an earlier drawing.
        Raises ValueError for a `tile` (width, height) that is not even and positive.
        """
        (columns, rows), (width, height) = grid, tile
        if width <= 0 or height <= 0 or width % 2 or height % 2 or columns < 1 or rows < 1:
            raise ValueError(
                f"a sheet needs one tile or more, of an even and positive size, not "
                f"{columns}x{rows} of {width}x{height}"
            )
        w, h = columns * width, rows * height
        pixels, quads = w * h, w * h // 4
        rows_of_spans = columns * rows * (height // 2)
        size = 8 * rows_of_spans + 6 * pixels + 3 * quads
        if memory is None:
            whole, fresh = np.empty(size, np.uint8), True
        else:
            whole, fresh = memory.take(size, (grid, tile))
        spans, whole = whole[: 8 * rows_of_spans].view(np.int32), whole[8 * rows_of_spans :]
        depth, whole = whole[: 4 * pixels].view(np.float32), whole[4 * pixels :]
        luma, alpha, whole = whole[:pixels], whole[pixels : 2 * pixels], whole[2 * pixels :]
        u, v, alpha_half = (whole[n * quads : (n + 1) * quads] for n in range(3))
        if fresh:
            for plane, nothing in ((luma, 16), (u, 128), (v, 128), (depth, 0.0), (spans, 0)):
                plane.fill(nothing)
            alpha.fill(0)
            alpha_half.fill(0)
        half = h // 2, w // 2
        return cls(
            grid,
            tile,
            I420(luma.reshape(h, w), u.reshape(half), v.reshape(half)),
            alpha.reshape(h, w),
            alpha_half.reshape(half),
            depth.reshape(h, w),
            spans.reshape(columns * rows, height // 2, 2),
        )

    @property
    def views(self) -> int:
        """How many tiles there are."""
        return self.grid[0] * self.grid[1]

    def place(self, view: int) -> tuple[int, int]:
        """(x, y) of a view's top left pixel on the sheet."""
        columns, rows = self.grid
        return view % columns * self.tile[0], (rows - 1 - view // columns) * self.tile[1]

    def layer(self, view: int) -> Layer:
        """One view's planes, without a copy."""
        (x, y), (w, h) = self.place(view), self.tile
        rows, columns = slice(y, y + h), slice(x, x + w)
        half = slice(y // 2, (y + h) // 2), slice(x // 2, (x + w) // 2)
        return Layer(
            self.picture.crop(x, y, w, h),
            self.alpha[rows, columns],
            self.alpha_half[half],
            self.inverse_depth[rows, columns],
            self.spans[view],
        )

    def __iter__(self) -> Iterator[Layer]:
        return (self.layer(view) for view in range(self.views))


@dataclass(frozen=True, slots=True, eq=False)
class StereoLayer:
    """The left and the right eye's layer, and the pose and cameras that they were rendered with."""

    left: Layer
    right: Layer
    pose: Pose
    camera: CameraRow

    @property
    def viewport(self) -> tuple[int, int]:
        """(width, height) of one eye in pixels."""
        return self.left.size
