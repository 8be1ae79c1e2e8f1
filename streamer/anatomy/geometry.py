"""Where the slices of a series lie: order, gaps, missing and duplicate slices, gantry tilt.

Everything is computed from ImagePositionPatient and ImageOrientationPatient (DICOM PS3.3,
C.7.6.2.1.1), never from SliceThickness, SliceLocation, GantryDetectorTilt or file names.
"""

from dataclasses import dataclass
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

SAME_PLACE_MM: Final = 0.01
ROUNDING_MM: Final = 0.06  # headers give positions to a tenth of a millimetre or better
EVEN_SHARE: Final = 0.02  # of a step: what a slice may lie off an even grid, beyond rounding
_ENDS: Final = (("right", "left"), ("front", "back"), ("feet", "head"))  # of the axes L, P, S
_PLANES: Final = ("sagittal", "coronal", "axial")


@dataclass(frozen=True, slots=True)
class GapRun:
    """`count` successive distances of `distance_mm` between slices, along the normal."""

    distance_mm: float
    count: int


@dataclass(frozen=True, slots=True)
class MissingSlices:
    """`count` slices are absent after slice `after` (counted from 1 along the normal).

    `from_mm` and `to_mm` are the LPS coordinates of the slices on both sides, along the patient
    axis nearest to the normal.
    """

    after: int
    count: int
    from_mm: float
    to_mm: float


@dataclass(frozen=True, slots=True)
class Tilt:
    """Sheared slices: they step at `degrees` to their normal, as a tilted gantry makes them.

    `lean` says which edge of the slices lies towards which end of the patient.
    """

    degrees: float
    lean: str


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """The slices of one series in order along their normal.

    `order` (N,) indices of the slices kept, `duplicates` of those dropped because another slice
    lies at the same depth; `row_dir`, `column_dir`, `normal` (3,) unit vectors: along a row
    (columns grow), down a column (rows grow) and across the slices; `depths_mm` (N,) along the
    normal, growing; `offsets_mm` (N, 2) place of each slice's first pixel along `column_dir` and
    `row_dir`.
    """

    order: NDArray[np.intp]
    duplicates: tuple[int, ...]
    row_dir: Vector
    column_dir: Vector
    normal: Vector
    depths_mm: Vector
    offsets_mm: Vector

    @property
    def gaps_mm(self) -> Vector:
        """Distances (N - 1,) between neighbouring slices along the normal."""
        return np.diff(self.depths_mm)

    @property
    def step_mm(self) -> float:
        """The step of the even grid that fits the slices best."""
        return float(np.polyfit(np.arange(len(self.depths_mm)), self.depths_mm, 1)[0])

    @property
    def even(self) -> bool:
        """Whether all slices lie on an even grid, but for the rounding of their positions."""
        index = np.arange(len(self.depths_mm))
        slope, start = np.polyfit(index, self.depths_mm, 1)
        worst = np.abs(self.depths_mm - (start + slope * index)).max()
        return bool(worst <= min(max(ROUNDING_MM, EVEN_SHARE * slope), slope / 4))

    def drift_mm(self) -> float:
        """The largest displacement of a slice within its plane, against the first one."""
        return float(np.abs(self.offsets_mm - self.offsets_mm[0]).max())

    def lateral(self) -> tuple[Vector, float]:
        """In-plane drift (2,) in mm per mm of depth, and the largest deviation from it in mm."""
        depth = self.depths_mm - self.depths_mm.mean()
        offset = self.offsets_mm - self.offsets_mm.mean(axis=0)
        slope = depth @ offset / (depth @ depth)
        return slope, float(np.abs(offset - depth[:, None] * slope).max())

    def tilt(self) -> Tilt:
        """The angle between the direction in which the slices step and their normal."""
        slope, _ = self.lateral()
        sideways = slope[0] * self.column_dir + slope[1] * self.row_dir
        size = float(np.linalg.norm(sideways))
        degrees = float(np.degrees(np.arctan(size)))
        if degrees < 0.01:
            return Tilt(0.0, "none")
        edge, end = nearest_end(sideways / size), nearest_end(self.normal)
        return Tilt(degrees, f"{edge} edges towards the {end}")


def stack_slices(positions_mm: Vector, orientation: Vector, tie: NDArray[np.int64]) -> Stack:
    """Order slices by their position on the normal and drop duplicates.

    `positions_mm` (N, 3) ImagePositionPatient; `orientation` (6,) ImageOrientationPatient, two unit
    vectors; of slices at one place that with the lowest `tie` (N,) is kept.
    """
    row_dir, column_dir, normal = slice_axes(orientation)
    depths = positions_mm @ normal
    kept: list[int] = []
    dropped: list[int] = []
    for index in np.lexsort((tie, np.round(depths / SAME_PLACE_MM))):
        if kept and depths[index] - depths[kept[-1]] < SAME_PLACE_MM:
            dropped.append(int(index))
        else:
            kept.append(int(index))
    order = np.array(kept, np.intp)
    offsets = np.stack([positions_mm @ column_dir, positions_mm @ row_dir], axis=1)
    return Stack(order, tuple(dropped), row_dir, column_dir, normal, depths[order], offsets[order])


def slice_axes(orientation: Vector) -> tuple[Vector, Vector, Vector]:
    """Exactly orthonormal (row direction, column direction, normal) of ImageOrientationPatient."""
    row_dir = orientation[:3] / np.linalg.norm(orientation[:3])
    column_dir = orientation[3:] - (orientation[3:] @ row_dir) * row_dir
    column_dir = column_dir / np.linalg.norm(column_dir)
    return row_dir, column_dir, np.cross(row_dir, column_dir)


def gap_runs(gaps_mm: Vector) -> tuple[GapRun, ...]:
    """The gaps as runs of equal distance (to a fiftieth of a millimetre), in order."""
    runs = [list(run) for _, run in groupby(gaps_mm, key=lambda gap: round(float(gap) * 50))]
    return tuple(GapRun(round(float(np.mean(run)), 3), len(run)) for run in runs)


def missing_slices(stack: Stack) -> tuple[MissingSlices, ...]:
    """Gaps that are a whole multiple of the gaps on both sides: there, slices are missing.

    A change from one even spacing to another, which some protocols make, is not reported.
    """
    gaps = stack.gaps_mm
    axis = int(np.abs(stack.normal).argmax())
    found = []
    for index, gap in enumerate(gaps):
        sides = [part for part in (gaps[max(index - 3, 0) : index], gaps[index + 1 : index + 4])]
        usual = max(float(np.median(part)) for part in sides if len(part))
        ratio = gap / usual
        if ratio > 1.5 and abs(ratio - round(ratio)) < 0.15:
            ends = [place[axis] for place in first_pixels_mm(stack)[index : index + 2]]
            found.append(MissingSlices(index + 1, round(ratio) - 1, float(ends[0]), float(ends[1])))
    return tuple(found)


def first_pixels_mm(stack: Stack) -> Vector:
    """LPS positions (N, 3) of each slice's first pixel, as the header said."""
    axes = np.stack([stack.normal, stack.column_dir, stack.row_dir])
    places: Vector = np.column_stack([stack.depths_mm, stack.offsets_mm]) @ axes
    return places


def nearest_end(direction: Vector) -> str:
    """The end of the patient that `direction` (3,) points to most: left, right, front, back..."""
    axis = int(np.abs(direction).argmax())
    return _ENDS[axis][int(direction[axis] > 0)]


def plane_name(normal: Vector) -> str:
    """`axial`, `coronal` or `sagittal`, and by how much it is oblique."""
    axis = int(np.abs(normal).argmax())
    degrees = float(np.degrees(np.arccos(min(abs(float(normal[axis])), 1.0))))
    return _PLANES[axis] if degrees < 0.5 else f"{_PLANES[axis]}, oblique by {degrees:.1f} degrees"
