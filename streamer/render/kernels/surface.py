"""The triangles of a scene as the kernels take them: plain arrays, bundled."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Surface(NamedTuple):
    """Projected and lit triangles of all meshes.

    `screen` (V, 4) float32 holds (x_0, y, w, luma) of the middle camera: pixels, pixels, 1/mm, and
    the display luma 16..235 of the lit front; w = 0 marks a vertex that cannot be projected safely,
    w = -1 one that is not finite. `back` (V,) float32 is the luma of its back. `faces` (T, 3) int32
    turn counter-clockwise seen from outside; `face_mesh` (T,) int32 numbers the mesh of each. By
    mesh (M,): `pass_of` int32 (0 opaque, 1 glass, -1 not drawn), `look_of` uint32 (see `spans`),
    `two_sided` bool.
    """

    screen: NDArray[np.float32]
    back: NDArray[np.float32]
    faces: NDArray[np.int32]
    face_mesh: NDArray[np.int32]
    pass_of: NDArray[np.int32]
    look_of: NDArray[np.uint32]
    two_sided: NDArray[np.bool_]


class Spans(NamedTuple):
    """Pieces of rows, each at most about a pixel long in any view: what the views share.

    A piece runs from (x_a, w_a) to (x_b, w_b) in the middle camera, float32 (C,); `row` (C,) int32
    is where its row starts in the key buffer; `key` (C,) uint32 as in `spans`.
    """

    x_a: NDArray[np.float32]
    w_a: NDArray[np.float32]
    x_b: NDArray[np.float32]
    w_b: NDArray[np.float32]
    row: NDArray[np.int32]
    key: NDArray[np.uint32]

    @classmethod
    def empty(cls, capacity: int) -> "Spans":
        """Uninitialised room for `capacity` pieces."""
        x_a, w_a, x_b, w_b = (np.empty(capacity, np.float32) for _ in range(4))
        row, key = np.empty(capacity, np.int32), np.empty(capacity, np.uint32)
        return cls(x_a, w_a, x_b, w_b, row, key)


class Target(NamedTuple):
    """The planes of a sheet of views, all contiguous; see `layers.Sheet`.

    `y`, `alpha` (H, W) uint8, `inverse_depth` (H, W) float32; `u`, `v`, `alpha_half` (H/2, W/2)
    uint8; `spans` (N, h/2, 2) int32.
    """

    y: NDArray[np.uint8]
    u: NDArray[np.uint8]
    v: NDArray[np.uint8]
    alpha: NDArray[np.uint8]
    alpha_half: NDArray[np.uint8]
    inverse_depth: NDArray[np.float32]
    spans: NDArray[np.int32]
