"""What a CT series is and what its import does to it, as values that name nobody."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from streamer.anatomy.geometry import (
    GapRun,
    MissingSlices,
    Tilt,
    gap_runs,
    missing_slices,
    nearest_end,
    plane_name,
)
from streamer.anatomy.headers import syntax_name
from streamer.anatomy.importer import actions
from streamer.anatomy.pixels import read_stack
from streamer.anatomy.presets import BONE
from streamer.anatomy.progress import Progress, silent
from streamer.anatomy.resample import plan_resample
from streamer.anatomy.series import open_series


@dataclass(frozen=True, slots=True)
class SeriesReport:
    """One CT series in figures: nothing in it identifies the patient.

    `slices` counts places (without `duplicates`); `pixel_mm` is (between rows, between columns);
    `thickness_mm` what the headers state; `plane` how the slices lie and `first_at` at which end
    of the patient slice 1 is; `actions` what the import does to the series, empty where it is
    straight and even; `volume_shape` and `volume_mm` the grid (slices, rows, columns) that comes
    out, and its steps; `structures` what is drawn from it, with thresholds.
    """

    slices: int
    rows: int
    columns: int
    pixel_mm: tuple[float, float]
    thickness_mm: tuple[float, ...]
    plane: str
    first_at: str
    hu_low: int
    hu_high: int
    tilt: Tilt
    gaps: tuple[GapRun, ...]
    even: bool
    missing: tuple[MissingSlices, ...]
    duplicates: int
    transfer_syntaxes: tuple[str, ...]
    actions: tuple[str, ...]
    volume_shape: tuple[int, int, int]
    volume_mm: tuple[float, float, float]
    structures: tuple[str, ...]
    notes: tuple[str, ...]


def describe_series(
    path: Path, number: int | None = None, progress: Progress = silent
) -> SeriesReport:
    """Read the CT series at `path` (a folder or a zip; `number` chooses) and say what it is.

    Reads every picture, so that what passes here imports. Raises `AnatomyError` as the import does.
    """
    with open_series(path, number, progress) as series:
        pictures = read_stack(series.headers, progress)
        stack = series.stack
        plan = plan_resample(stack, series.shape, series.pixel_mm)
        syntaxes = Counter(header.transfer_syntax for header in series.headers)
        return SeriesReport(
            slices=len(series.headers),
            rows=series.shape[0],
            columns=series.shape[1],
            pixel_mm=series.pixel_mm,
            thickness_mm=tuple(sorted({h.thickness_mm for h in series.headers if h.thickness_mm})),
            plane=plane_name(stack.normal),
            first_at=nearest_end(-stack.normal),
            hu_low=int(pictures.min()),
            hu_high=int(pictures.max()),
            tilt=stack.tilt(),
            gaps=gap_runs(stack.gaps_mm),
            even=stack.even,
            missing=missing_slices(stack),
            duplicates=len(stack.duplicates),
            transfer_syntaxes=tuple(syntax_name(uid) for uid, _ in syntaxes.most_common()),
            actions=tuple(actions(stack, plan, series.pixel_mm)),
            volume_shape=(len(plan.depths_mm), *plan.shape),
            volume_mm=(plan.step_mm, *series.pixel_mm),
            structures=(f"{BONE.name} from {BONE.low_hu} HU",),
            notes=series.notes,
        )
