"""A CT volume in Hounsfield units on a straight, regular grid in patient space."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

AIR_HU = -1000


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """Hounsfield units on a right-angled grid whose steps are the same everywhere along each axis.

    `hu` (slices, rows, columns) int16; `spacing_mm` the step along each of these axes;
    `T_lps_index` (4, 4) float64 takes an index in the array's own order (slice, row, column, 1) to
    LPS millimetres, the centre of that voxel; `slice_gap_mm` the largest distance between two
    slices that were really imaged; `notes` what was done to the series, a sentence each.
    """

    hu: NDArray[np.int16]
    spacing_mm: tuple[float, float, float]
    T_lps_index: NDArray[np.float64]
    slice_gap_mm: float
    notes: tuple[str, ...] = ()

    def lps_mm(self, index: NDArray[np.float64]) -> NDArray[np.float64]:
        """Positions (N, 3) in LPS millimetres of fractional indices (N, 3) (slice, row, column)."""
        moved: NDArray[np.float64] = index @ self.T_lps_index[:3, :3].T + self.T_lps_index[:3, 3]
        return moved
