"""The surface that a reader hands on, before units, orientation and normals are settled."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


class FormatError(Exception):
    """Why a mesh file cannot be read, as a phrase; `read_mesh` adds the file and what to do."""


@dataclass(frozen=True, slots=True, eq=False)
class RawSurface:
    """`points` (N, 3) float64 in the file's own unit and frame; `faces` (M, 3) int64, unchecked."""

    points: NDArray[np.float64]
    faces: NDArray[np.int64]


def fans(corners: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Triangles (M, 3) of polygons of `counts` (P,) corners, one after the other in `corners`."""
    starts = np.cumsum(counts) - counts
    triangles = np.maximum(counts - 2, 0)
    first = np.repeat(starts, triangles)
    step = np.arange(triangles.sum()) - np.repeat(np.cumsum(triangles) - triangles, triangles)
    out: NDArray[np.int64] = np.stack(
        [corners[first], corners[first + step + 1], corners[first + step + 2]], axis=1
    )
    return out
