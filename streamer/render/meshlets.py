"""The order of triangles: neighbours, and those that face alike, stand together."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

GRID_BITS: Final = 10
FARTHEST_MM: Final = 1e9  # what lies beyond is broken, and must not make the grid coarse


@np.errstate(over="ignore", invalid="ignore")  # triangles that are no numbers stand anywhere
def meshlet_order(points: NDArray[np.float32], faces: NDArray[np.int32]) -> NDArray[np.int64]:
    """The order (T,) in which runs of triangles (meshlets) are small and face one way.

    By the axis that a triangle faces most, then along Morton's curve through the centres: so the
    two sides of a thin bone are different meshlets, one of which hides the other.
    """
    corners = points[faces]
    centres = corners.mean(axis=1)
    finite = (np.abs(centres) < FARTHEST_MM).all(axis=1)
    centres = np.where(finite[:, None], centres, 0.0)
    low, high = centres.min(axis=0), centres.max(axis=0)
    step = ((1 << GRID_BITS) - 1) / max(float((high - low).max()), 1e-9)
    cell = ((centres - low) * step).astype(np.uint64)
    curve = _spread(cell[:, 0]) | _spread(cell[:, 1]) << 1 | _spread(cell[:, 2]) << 2
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    across = np.where(np.isfinite(across), across, 0.0)
    axis = np.abs(across).argmax(axis=1)
    side = np.take_along_axis(across, axis[:, None], axis=1)[:, 0] < 0
    facing = (2 * axis + side).astype(np.uint64)
    return np.argsort(facing << np.uint64(3 * GRID_BITS) | curve, kind="stable")


def by_first_use(
    faces: NDArray[np.int32], points: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The order of `points` vertices in which `faces` first name them, and the faces so numbered.

    Vertices that no face names come last.
    """
    first = np.full(points, faces.size, np.int64)
    flat = faces.ravel()
    first[flat[::-1]] = np.arange(faces.size - 1, -1, -1)
    order = np.argsort(first, kind="stable")
    number = np.empty(points, np.int32)
    number[order] = np.arange(points, dtype=np.int32)
    return order, number[faces]


def _spread(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Each of the ten low bits moved to every third place."""
    for shift, mask in ((16, 0x030000FF), (8, 0x0300F00F), (4, 0x030C30C3), (2, 0x09249249)):
        value = (value | value << np.uint64(shift)) & np.uint64(mask)
    return value
