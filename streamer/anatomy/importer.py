"""A CT series, from its files to a straight volume in Hounsfield units."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streamer.anatomy.geometry import Stack, gap_runs, missing_slices
from streamer.anatomy.pixels import read_stack
from streamer.anatomy.progress import Progress, silent
from streamer.anatomy.resample import ResamplePlan, plan_resample, straighten
from streamer.anatomy.series import Series, open_series
from streamer.anatomy.volume import Volume


def read_volume(path: Path, number: int | None = None, progress: Progress = silent) -> Volume:
    """Read the CT series at `path` (a folder or a zip archive; `number` chooses among several).

    Originals are only read. Raises `AnatomyError` where there is no series that makes a volume.
    """
    with open_series(path, number, progress) as series:
        plan = plan_resample(series.stack, series.shape, series.pixel_mm)
        slices = read_stack(series.headers, progress)
        return volume_of(slices, series, plan, progress)


def volume_of(
    slices: NDArray[np.int16], series: Series, plan: ResamplePlan, progress: Progress = silent
) -> Volume:
    """The straight volume of `slices` (N, rows, columns), HU in the order of the series."""
    stack = series.stack
    hu = straighten(slices, stack, plan, series.pixel_mm, progress)
    spacing = (plan.step_mm, series.pixel_mm[0], series.pixel_mm[1])
    axes = np.stack([stack.normal, stack.column_dir, stack.row_dir], axis=1)
    T_lps_index = np.eye(4)
    T_lps_index[:3, :3] = axes * spacing
    T_lps_index[:3, 3] = axes @ np.array([plan.depths_mm[0], *plan.corner_mm])
    notes = (*series.notes, *findings(stack), *actions(stack, plan, series.pixel_mm))
    return Volume(hu, spacing, T_lps_index, float(stack.gaps_mm.max()), notes)


def findings(stack: Stack) -> list[str]:
    """What is unusual about where the slices lie, a sentence each."""
    found = []
    tilt = stack.tilt()
    if tilt.degrees >= 0.05:
        found.append(f"the slices are sheared by {tilt.degrees:.1f} degrees ({tilt.lean})")
    if not stack.even:
        runs = ", then ".join(
            f"{run.count} of {run.distance_mm:.2f}" for run in gap_runs(stack.gaps_mm)
        )
        found.append(f"the gaps between slices are uneven: {runs} mm")
    for missing in missing_slices(stack):
        found.append(
            f"{missing.count} slice(s) missing between slices {missing.after} and"
            f" {missing.after + 1} (at {missing.from_mm:.1f} and {missing.to_mm:.1f} mm)"
        )
    return found


def actions(stack: Stack, plan: ResamplePlan, pixel_mm: tuple[float, float]) -> list[str]:
    """What straightening does to the series, a sentence each; empty where nothing is done."""
    done = []
    if plan.moves:
        _, jitter = stack.lateral()
        done.append(
            f"the shear is taken out: slices are moved within their plane, by up to"
            f" {stack.drift_mm():.1f} mm"
        )
        if jitter > 0.5 * min(pixel_mm):
            done.append(
                f"slices that lie up to {jitter:.1f} mm off the line of the others are moved back"
            )
    if plan.blends:
        done.append(
            f"slices are interpolated to an even step of {plan.step_mm:.3g} mm"
            f" ({len(plan.depths_mm)} slices)"
        )
    return done
