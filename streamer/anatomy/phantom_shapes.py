"""Signed distances of simple bodies on a voxel grid, joined and cut smoothly: what a phantom is of.

A field is negative inside, in millimetres. Each body is drawn only in the box that it can reach,
so that many small ones cost little.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
Point = tuple[float, float, float]
Distance = Callable[[Field, Field, Field], Any]
"""(x, y, z), shaped to broadcast, to the distances there (a `Field`)."""
FAR_MM: Final = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Voxel centres in LPS millimetres: `x` (columns), `y` (rows), `z` (slices), evenly spaced."""

    x: Field
    y: Field
    z: Field

    @property
    def shape(self) -> tuple[int, int, int]:
        """(slices, rows, columns)."""
        return len(self.z), len(self.y), len(self.x)

    def empty(self) -> Field:
        """A field with nothing in it."""
        return np.full(self.shape, FAR_MM, np.float32)

    def box(self, low: Point, high: Point) -> tuple[slice, slice, slice]:
        """The part of the grid between two corners (x, y, z)."""
        sides = []
        for axis, start, stop in zip((self.z, self.y, self.x), low[::-1], high[::-1], strict=True):
            sides.append(slice(*np.searchsorted(axis, (start, stop))))
        return sides[0], sides[1], sides[2]

    def coordinates(self, box: tuple[slice, slice, slice]) -> tuple[Field, Field, Field]:
        """(x, y, z) of a box, each shaped so that they broadcast to it."""
        return (
            self.x[box[2]][None, None, :],
            self.y[box[1]][None, :, None],
            self.z[box[0]][:, None, None],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A solid: its signed distance, and the corners (x, y, z) of a box that holds it."""

    distance: Distance
    low: Point
    high: Point


def ellipsoid(centre: Point, radii: Point, turn: float = 0.0) -> Body:
    """An ellipsoid, turned by `turn` radians about z (near its surface the distance is exact)."""
    cos, sin = float(np.cos(turn)), float(np.sin(turn))

    def distance(x: Field, y: Field, z: Field) -> Any:
        dx, dy, dz = x - centre[0], y - centre[1], z - centre[2]
        u, v = cos * dx + sin * dy, cos * dy - sin * dx
        near = np.sqrt((u / radii[0]) ** 2 + (v / radii[1]) ** 2 + (dz / radii[2]) ** 2)
        slope = np.sqrt(
            (u / radii[0] ** 2) ** 2 + (v / radii[1] ** 2) ** 2 + (dz / radii[2] ** 2) ** 2
        )
        return near * (near - 1) / np.maximum(slope, 1e-6)

    reach = max(radii[:2]) if turn else 0.0
    return _boxed(distance, [centre], (reach or radii[0], reach or radii[1], radii[2]))


def tube(path: Sequence[Point], radii: Sequence[float], squash: Point = (1, 1, 1)) -> Body:
    """A round tube along `path`, `radii` at its points; `squash` widens it along each axis."""
    points = np.array(path, np.float32) / np.array(squash, np.float32)

    def distance(x: Field, y: Field, z: Field) -> Any:
        x, y, z = x / squash[0], y / squash[1], z / squash[2]
        nearest: Field | None = None
        for a, b, start, stop in zip(points, points[1:], radii, radii[1:], strict=False):
            along = b - a
            t = (x - a[0]) * along[0] + (y - a[1]) * along[1] + (z - a[2]) * along[2]
            t = np.clip(t / float(along @ along), 0, 1)
            gone = np.sqrt(
                (x - a[0] - t * along[0]) ** 2
                + (y - a[1] - t * along[1]) ** 2
                + (z - a[2] - t * along[2]) ** 2
            )
            here = gone - (np.float32(start) + t * np.float32(stop - start))
            nearest = here if nearest is None else np.minimum(nearest, here)
        assert nearest is not None
        return nearest * np.float32(min(squash))

    widest = max(radii)
    return _boxed(distance, path, (widest * squash[0], widest * squash[1], widest * squash[2]))


def rounded_box(centre: Point, half: Point, rounding: float, turn: float = 0.0) -> Body:
    """A box with rounded edges, turned by `turn` radians about z."""
    cos, sin = float(np.cos(turn)), float(np.sin(turn))

    def distance(x: Field, y: Field, z: Field) -> Any:
        dx, dy, dz = x - centre[0], y - centre[1], z - centre[2]
        u = np.abs(cos * dx + sin * dy) - (half[0] - rounding)
        v = np.abs(cos * dy - sin * dx) - (half[1] - rounding)
        w = np.abs(dz) - (half[2] - rounding)
        outside = np.sqrt(np.maximum(u, 0) ** 2 + np.maximum(v, 0) ** 2 + np.maximum(w, 0) ** 2)
        return outside + np.minimum(np.maximum(np.maximum(u, v), w), 0) - rounding

    reach = float(np.hypot(half[0], half[1])) if turn else 0.0
    return _boxed(distance, [centre], (reach or half[0], reach or half[1], half[2]))


def plate(
    outline: Sequence[tuple[float, float]], x_at: Callable[[Field], Field], half_mm: float
) -> Body:
    """A plate whose outline in the (y, z) plane is a polygon, lying at x = `x_at(z)`."""
    corners = np.array(outline, np.float32)

    def distance(x: Field, y: Field, z: Field) -> Any:
        nearest: Field | None = None
        inside = np.zeros(np.broadcast_shapes(y.shape, z.shape), bool)
        for (ay, az), (by, bz) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            ey, ez = by - ay, bz - az
            t = np.clip(((y - ay) * ey + (z - az) * ez) / (ey * ey + ez * ez), 0, 1)
            here = (y - ay - t * ey) ** 2 + (z - az - t * ez) ** 2
            nearest = here if nearest is None else np.minimum(nearest, here)
            spans = (az > z) != (bz > z)
            inside ^= spans & (y < ay + (z - az) * ey / (ez if ez else np.float32(1e-6)))
        assert nearest is not None
        flat = np.where(inside, -np.sqrt(nearest), np.sqrt(nearest))
        across = np.abs(x - x_at(z)) - np.float32(half_mm)
        outside = np.sqrt(np.maximum(flat, 0) ** 2 + np.maximum(across, 0) ** 2)
        return outside + np.minimum(np.maximum(flat, across), 0)

    z = corners[:, 1]
    x = x_at(z)
    low = (float(x.min()), float(corners[:, 0].min()), float(z.min()))
    high = (float(x.max()), float(corners[:, 0].max()), float(z.max()))
    return _boxed(distance, [low, high], (half_mm, half_mm, half_mm))


def add(field: Field, grid: Grid, body: Body, blend_mm: float = 0.0) -> None:
    """Join `body` to the field in place, with a fillet of about `blend_mm`."""
    box, distance = _drawn(grid, body, blend_mm)
    field[box] = smooth_min(field[box], distance, blend_mm)


def cut(field: Field, grid: Grid, body: Body, blend_mm: float = 0.0) -> None:
    """Take `body` out of the field in place, edges rounded by about `blend_mm`."""
    box, distance = _drawn(grid, body, blend_mm)
    field[box] = -smooth_min(-field[box], distance, blend_mm)


def smooth_min(a: Field, b: Field, blend_mm: float) -> Field:
    """The smaller of two distances, the crease between them rounded (polynomial, after Quilez)."""
    if blend_mm <= 0:
        return np.minimum(a, b)
    k = np.float32(blend_mm)
    share = np.maximum(k - np.abs(a - b), 0) / k
    joined: Field = np.minimum(a, b) - share * share * (k / 4)
    return joined


def _drawn(grid: Grid, body: Body, blend_mm: float) -> tuple[tuple[slice, slice, slice], Field]:
    margin = blend_mm + 4.0
    low = (body.low[0] - margin, body.low[1] - margin, body.low[2] - margin)
    high = (body.high[0] + margin, body.high[1] + margin, body.high[2] + margin)
    box = grid.box(low, high)
    shape = tuple(side.stop - side.start for side in box)
    return box, np.broadcast_to(body.distance(*grid.coordinates(box)), shape)


def _boxed(distance: Distance, points: Sequence[Point], reach: Point) -> Body:
    corners = np.array(points, np.float64)
    low, high = corners.min(axis=0) - reach, corners.max(axis=0) + reach
    return Body(
        distance,
        (float(low[0]), float(low[1]), float(low[2])),
        (float(high[0]), float(high[1]), float(high[2])),
    )
