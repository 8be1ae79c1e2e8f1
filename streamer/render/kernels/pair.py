"""What the warping kernels take and work on, as tuples of plain arrays."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


class Pair(NamedTuple):
    """Both pictures and the disparity at the size of a view; all C-contiguous.

    `y_left`, `y_right` (H, W), chroma (H/2, W/2) uint8; `disparity` (H, W) float32, finite, of the
    left picture in pixels, between `low` and `high`. With `alone` the right picture is not looked
    at: all views are made from the left one.
    """

    y_left: Bytes
    u_left: Bytes
    v_left: Bytes
    y_right: Bytes
    u_right: Bytes
    v_right: Bytes
    disparity: Floats
    low: float
    high: float
    alone: bool


class Views(NamedTuple):
    """Where the views go: flat planes whose rows start every `y_stride` or `c_stride` bytes.

    `positions` (N,) float32; `offsets` (N, 2) int64 is where view n's first luma and first chroma
    byte lie. `disparity` (N, rows, columns) float32 takes each view's own disparity in pixels, from
    column `inset_x` and row `inset_y` on; with no elements none is written.
    """

    positions: Floats
    offsets: NDArray[np.int64]
    y: Bytes
    u: Bytes
    v: Bytes
    y_stride: int
    c_stride: int
    disparity: Floats
    inset_x: int
    inset_y: int


class Side(NamedTuple):
    """A row as one camera sees it: K channels, W pixels.

    `colour` (K, W); `change` (K, W) is what leads to the other camera's colour of the same point,
    0 where that does not see it; `disparity` (W,) in pixels, `near` (W,) the same in steps, from 1;
    `joined` (W,) is 1 where the next pixel is of the same surface, else 0; `end` (W,) is the
    disparity at the right end of the span [c, c+1). `tears` (W + 1,) begins with the columns that
    are not joined, except the last one, and ends with their number.
    """

    colour: Floats
    change: Floats
    disparity: Floats
    near: Ints
    joined: Floats
    end: Floats
    tears: Ints


class Scratch(NamedTuple):
    """Room for one row of one view; `buffer` (W + 1,) takes its keys, its last one is for waste."""

    mixed: Floats
    place: Ints
    long: Ints
    long_flags: Bytes
    fraction: Floats
    key: Ints
    buffer: Ints
