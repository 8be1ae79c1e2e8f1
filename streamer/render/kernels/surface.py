"""The triangles of a scene as the raster kernels take them: plain arrays, bundled."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Surface(NamedTuple):
    """Projected and lit triangles of all meshes.

    `screen` (V, 3) float32 holds (x_0, y, w) of the middle camera in pixels and 1/mm; w = 0 marks a
    vertex that cannot be projected safely, w = -1 one that is not finite. `light` (V, 4) float32 is
    the light that falls on a vertex: on its front the strength by which its colour is multiplied
    and the gloss that is added, then the same for its back. `faces` (T, 3) int32 turn
    counter-clockwise seen from outside; `face_mesh` (T,) int32 numbers the mesh of each; `opacity`
    (M,) float32 and `two_sided` (M,) bool are by mesh.
    """

    screen: NDArray[np.float32]
    light: NDArray[np.float32]
    faces: NDArray[np.int32]
    face_mesh: NDArray[np.int32]
    opacity: NDArray[np.float32]
    two_sided: NDArray[np.bool_]


class Target(NamedTuple):
    """The rows of one band of one eye's layer: views of the whole, rows and columns even.

    `y` (R, W), `u` and `v` (R/2, W/2), `alpha` (R, W), `alpha_half` (R/2, W/2), all uint8;
    `inverse_depth` (R, W) float32; `spans` (R/2, 2) int32.
    """

    y: NDArray[np.uint8]
    u: NDArray[np.uint8]
    v: NDArray[np.uint8]
    alpha: NDArray[np.uint8]
    alpha_half: NDArray[np.uint8]
    inverse_depth: NDArray[np.float32]
    spans: NDArray[np.int32]
