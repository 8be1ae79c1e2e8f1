"""A lenticular panel: which of N views each of its subpixels belongs to.

Coordinates are OpenGL's: u = (x + 0.5) / W to the right, v = (y + 0.5) / H upwards, with y = 0 the
bottom row. Channel i is 0, 1, 2 for red, green, blue. With W, H the panel in pixels:

    lenses = pitch * W/DPI * cos(atan(1/slope))
    tilt   = H / (W * slope) * (-1 if flipImageX else 1)
    subp   = (-1 if flipImageX else 1) / (3 W)
    z      = 1 - fract((u + i*subp + v*tilt) * lenses - center)        view = floor(z * N)

z runs from 0, seen from the left, to 1, seen from the right. A panel with subpixel cells gives the
place of every subpixel itself: u and v gain its offsets, in pixels, over W and H, and i*subp falls
away. `CellPatternMode` says which cell a pixel is, with x and y counted from the bottom left.

The formula and the cells are those of the public shader of Looking-Glass/looking-glass-webxr
(Apache-2.0), evaluated in float64 from left to right as written. Four fields have no part in it:
`invView` 0 turns the order of views round (the shader is for 1); `flipSubp` exchanges the places of
red and blue, where there are no cells; `flipImageY` shows the picture upside down; `verticalAngle`
concerns the cameras. All of this is from public documentation and untested on the device.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

# Cell of the pixel (x, y), by CellPatternMode, then y % 4 and x % 2.
CELL_PATTERNS: Final[tuple[tuple[tuple[int, int], ...], ...]] = (
    ((0, 0), (0, 0), (0, 0), (0, 0)),
    ((0, 1), (1, 0), (0, 1), (1, 0)),  # a checkerboard
    ((0, 1), (0, 1), (0, 1), (0, 1)),  # x % 2
    ((0, 2), (1, 3), (2, 0), (3, 1)),  # (y + 2 (x % 2)) % 4
    ((0, 0), (1, 1), (0, 0), (1, 1)),  # y % 2
)

Cell = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """The numbers of the formula for a panel of `size` (W, H) pixels.

    `lenses` counts the lenses across the width (pitch'), `tilt` and `center` are as in the module.
    `shifts` (K, 3, 2) float64 are what (u, v) of channel i gain in each of K kinds of cell, and
    `cells` (4, 2) int32 is the kind of a pixel by y % 4, counted upwards, and x % 2.
    """

    size: tuple[int, int]
    lenses: float
    tilt: float
    center: float
    inverted: bool
    shifts: NDArray[np.float64]
    cells: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class LenticularPanel:
    """One unit's calibration, in the fields of a Looking Glass calibration file.

    `size` (W, H) in pixels; `pitch` lenses an inch, across the lenses; `slope` the lenses' rise
    over run, inf where they stand upright; `center` in lenses; `dpi` pixels an inch;
    `view_cone_deg` the angle in which the views lie; `cells` the offsets ((x, y) of red, green and
    blue) in pixels.
    """

    size: tuple[int, int]
    pitch: float
    slope: float
    center: float
    dpi: float
    view_cone_deg: float = 40.0
    inverted: bool = True
    vertical_angle_deg: float = 0.0
    flip_x: bool = False
    flip_y: bool = False
    flip_subpixels: bool = False
    cell_pattern: int = 0
    cells: tuple[Cell, ...] = ()
    serial: str = ""
    config_version: str = ""

    def lattice(self, size: tuple[int, int] | None = None) -> Lattice:
        """The formula's numbers for this panel, or for one of `size` under the same lens sheet."""
        width, height = size or self.size
        sign = -1.0 if self.flip_x else 1.0
        subp = sign / (3 * width)
        order = (2, 1, 0) if self.flip_subpixels else (0, 1, 2)
        shifts = np.array([[(i * subp, 0.0) for i in order]])
        if self.cells:
            shifts = np.array(self.cells) / (width, height)
        pattern = np.array(CELL_PATTERNS[self.cell_pattern], np.int32)
        return Lattice(
            size=(width, height),
            lenses=self.pitch * width / self.dpi * math.cos(math.atan(1 / self.slope)),
            tilt=height / (width * self.slope) * sign,
            center=self.center,
            inverted=self.inverted,
            shifts=shifts,
            cells=pattern % len(shifts),
        )

    def angle_deg(self, view: int, views: int) -> float:
        """The direction from which view `view` of `views` is seen; negative is from the left."""
        return self.view_cone_deg * ((view + 0.5) / views - 0.5)

    @classmethod
    def slanted(
        cls,
        size: tuple[int, int],
        subpixels_a_lens: float,
        slant: float,
        offset: float = 0.0,
        *,
        left_to_right: bool = False,
        dpi: float = 100.0,
        view_cone_deg: float = 40.0,
    ) -> "LenticularPanel":
        """A panel described as van Berkel does ("Image preparation for 3D-LCD", SPIE 3639, 1999).

        The subpixel in column k = 3x + i and row l, counted downwards, has the number
        N = ((k + offset - 3 l tan a) mod X) / X * N_total, with X `subpixels_a_lens` and tan a
        `slant`. Lenses invert, so the right-hand subpixels below a lens are seen from the left:
        view = N_total - 1 - floor(N). With `left_to_right` the view is floor(N) itself.

        Raises ValueError where the numbers describe no panel.
        """
        width, height = size
        if not (subpixels_a_lens > 0 and math.isfinite(subpixels_a_lens)):
            raise ValueError(
                f"a lens covers a positive number of subpixels, not {subpixels_a_lens}"
            )
        if not (math.isfinite(slant) and math.isfinite(offset)):
            raise ValueError(f"slant and offset must be finite, not {slant} and {offset}")
        slope = 1 / slant if slant else math.inf
        lenses = 3 * width / subpixels_a_lens
        # Pixel centres are at .5 in the formula, and its rows are counted upwards.
        center = (1.5 + 3 * (height - 0.5) * slant - offset) / subpixels_a_lens
        return cls(
            size=size,
            pitch=lenses * dpi / width / math.cos(math.atan(slant)),
            slope=slope,
            center=center,
            dpi=dpi,
            view_cone_deg=view_cone_deg,
            inverted=not left_to_right,
        )
