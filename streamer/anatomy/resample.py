"""A sheared or unevenly spaced stack of slices made straight and regular."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streamer.anatomy.geometry import Stack
from streamer.anatomy.progress import Progress, silent
from streamer.anatomy.volume import AIR_HU

STRAIGHT_PIXELS: Final = 0.1  # slices displaced by less stay as they are
FINEST_STEP_MM: Final = 0.5
COARSEST_STEP_MM: Final = 1.0
MAX_VOXELS: Final = 2_000_000_000


@dataclass(frozen=True, slots=True, eq=False)
class ResamplePlan:
    """The grid that a stack is brought to.

    `depths_mm` (K,) where the new slices lie along the normal; `step_mm` their distance; `shape`
    the new rows and columns; `corner_mm` (2,) place of the first pixel along the column and the row
    direction; `moves` and `blends` tell whether slices are moved in plane and blended in depth.
    """

    depths_mm: NDArray[np.float64]
    step_mm: float
    shape: tuple[int, int]
    corner_mm: NDArray[np.float64]
    moves: bool
    blends: bool


def plan_resample(
    stack: Stack, shape: tuple[int, int], pixel_mm: tuple[float, float]
) -> ResamplePlan:
    """Decide the straight grid for slices of `shape` (rows, columns) and pixels of `pixel_mm`.

    The slices keep their plane and their pixels. An even stack keeps its step; an uneven one gets
    the smallest gap where that divides all others, else a step of 0.5 to 1 mm.
    """
    moves = stack.drift_mm() > STRAIGHT_PIXELS * min(pixel_mm)
    blends = not stack.even
    if blends:
        step = _uneven_step(stack.gaps_mm)
        length = stack.depths_mm[-1] - stack.depths_mm[0]
        step = max(step, length * shape[0] * shape[1] / MAX_VOXELS)
        depths = stack.depths_mm[0] + step * np.arange(int(length / step + 1e-6) + 1)
    else:
        step = stack.step_mm
        start = float(stack.depths_mm.mean()) - step * (len(stack.depths_mm) - 1) / 2
        depths = start + step * np.arange(len(stack.depths_mm))
    corner = stack.offsets_mm.min(axis=0) if moves else stack.offsets_mm.mean(axis=0)
    extra = np.ceil((stack.offsets_mm.max(axis=0) - corner) / pixel_mm - 1e-6) if moves else (0, 0)
    new_shape = (shape[0] + int(extra[0]), shape[1] + int(extra[1]))
    return ResamplePlan(depths, step, new_shape, corner, moves, blends)


def straighten(
    slices: NDArray[np.int16],
    stack: Stack,
    plan: ResamplePlan,
    pixel_mm: tuple[float, float],
    progress: Progress = silent,
) -> NDArray[np.int16]:
    """The stack's `slices` (N, rows, columns) in HU, in order, on the plan's grid (K, R, C).

    Linear along the normal between the two nearest slices, each moved within its plane to where it
    was imaged (bilinear): one trilinear interpolation at right angles to the slices. Air outside.
    The input is returned as it is where nothing has to be done.
    """
    if not (plan.moves or plan.blends):
        return slices
    out = np.empty((len(plan.depths_mm), *plan.shape), np.int16)
    shifts = (stack.offsets_mm - plan.corner_mm) / pixel_mm if plan.moves else None
    placed: dict[int, NDArray[np.float32]] = {}

    def place(index: int) -> NDArray[np.float32]:
        if index not in placed:
            for old in [key for key in placed if key < index - 1]:
                del placed[old]
            if shifts is None:
                placed[index] = slices[index].astype(np.float32)
            else:
                placed[index] = _moved(slices[index], shifts[index], plan.shape)
        return placed[index]

    for k, depth in enumerate(plan.depths_mm):
        if plan.blends:
            after = int(np.searchsorted(stack.depths_mm, depth - 1e-6, side="right"))
            low = min(max(after - 1, 0), len(slices) - 2)
            gap = stack.depths_mm[low + 1] - stack.depths_mm[low]
            share = np.float32(np.clip((depth - stack.depths_mm[low]) / gap, 0.0, 1.0))
            blend = place(low) + share * (place(low + 1) - place(low))
        else:
            blend = place(k)
        out[k] = np.rint(blend)
        progress("straightening slices", (k + 1) / len(plan.depths_mm))
    return out


def _uneven_step(gaps_mm: NDArray[np.float64]) -> float:
    smallest = float(gaps_mm.min())
    multiples = gaps_mm / smallest
    whole = np.round(multiples)
    if np.abs(multiples - whole).max() < 0.02:
        return float(gaps_mm.sum() / whole.sum())
    return float(np.clip(smallest, FINEST_STEP_MM, COARSEST_STEP_MM))


def _moved(
    picture: NDArray[np.int16], shift: NDArray[np.float64], shape: tuple[int, int]
) -> NDArray[np.float32]:
    """`picture` moved by `shift` >= 0 (rows, columns), fractional, into `shape`, air around it."""
    rows, columns = picture.shape
    top, left = (int(np.floor(s + 1e-6)) for s in shift)
    down, right = (
        np.float32(max(s - whole, 0.0)) for s, whole in zip(shift, (top, left), strict=True)
    )
    # One row and one column of air ahead, so that the first pixel also has something to blend with.
    size = (max(shape[0], top + rows + 1) + 1, max(shape[1], left + columns + 1) + 1)
    out = np.full(size, AIR_HU, np.float32)
    out[top + 1 : top + 1 + rows, left + 1 : left + 1 + columns] = picture
    if down > 1e-4:
        out[1:] += down * (out[:-1] - out[1:])
    if right > 1e-4:
        out[:, 1:] += right * (out[:, :-1] - out[:, 1:])
    return out[1 : shape[0] + 1, 1 : shape[1] + 1]
