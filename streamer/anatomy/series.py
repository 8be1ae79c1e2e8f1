"""The one CT series that is read out of a folder or a zip archive, checked to be one stack."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from streamer.anatomy.geometry import Stack, stack_slices
from streamer.anatomy.headers import MULTI_FRAME, OtherFile, SliceHeader, read_header
from streamer.anatomy.intake import Member, open_members
from streamer.anatomy.progress import Progress, silent
from streamer.errors import AnatomyError

MIN_SLICES: Final = 3
MAX_GAP_MM: Final = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One CT series in order: `headers` (N) belong to the slices of `stack`, one each.

    `notes` say what else lay there and what was left out, a sentence each.
    """

    headers: tuple[SliceHeader, ...]
    stack: Stack
    pixel_mm: tuple[float, float]
    notes: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns) of every slice."""
        return self.headers[0].rows, self.headers[0].columns


@contextmanager
def open_series(
    path: Path, number: int | None = None, progress: Progress = silent
) -> Iterator[Series]:
    """The CT series at `path`, a folder (nested or not) or a zip archive, open for reading pixels.

    Of several series the one with most slices is taken, or the one that `number` names, counted
    from 1 as the note lists them. Raises `AnatomyError` where there is no CT series of at least
    three slices that fit on one stack.
    """
    with open_members(path) as members:
        slices, others = _sort_out(members, progress)
        if not slices:
            raise AnatomyError(_no_ct(path, others))
        headers, notes = _choose(path, slices, number)
        notes += _left_out(others)
        yield _as_stack(path, headers, notes)


def _sort_out(
    members: Sequence[Member], progress: Progress
) -> tuple[list[SliceHeader], list[OtherFile]]:
    slices: list[SliceHeader] = []
    others: list[OtherFile] = []
    for index, member in enumerate(members):
        header = read_header(member)
        if isinstance(header, SliceHeader):
            slices.append(header)
        elif header is not None:
            others.append(header)
        progress("reading headers", (index + 1) / len(members))
    return slices, others


def _no_ct(path: Path, others: Sequence[OtherFile]) -> str:
    foreign = [other for other in others if other.dicom]
    if not foreign and others:
        example = others[0]
        count = f"none of its {len(others)} files is" if len(others) > 1 else "its only file is not"
        return (
            f"{path}: {count} DICOM (for example {example.member.label}, {example.kind}); give the"
            " folder or zip of CT slices as the scanner or the archive exports it"
        )
    if any(other.kind == MULTI_FRAME for other in foreign):
        return (
            f"{path}: a multi-frame (enhanced) CT, which is not read yet; export it as single-slice"
            " CT images"
        )
    if not foreign:
        return f"{path}: no CT slices; give the folder or zip of a CT series"
    kinds = ", ".join(f"{n} of {kind}" for kind, n in _counted(other.kind for other in foreign))
    return f"{path}: no CT slices, the DICOM files are {kinds}; give a CT series"


def _choose(
    path: Path, slices: Sequence[SliceHeader], number: int | None
) -> tuple[list[SliceHeader], list[str]]:
    groups: dict[str, list[SliceHeader]] = {}
    for header in slices:
        groups.setdefault(header.series_uid, []).append(header)
    listed = sorted(
        groups.values(),
        key=lambda group: (group[0].series_number, group[0].member.label),
    )
    if number is not None and not 1 <= number <= len(listed):
        raise AnatomyError(
            f"{path}: series {number} was asked for, there are {len(listed)}; choose from 1 to"
            f" {len(listed)}: {_listing(listed)}"
        )
    chosen = listed[number - 1] if number is not None else max(listed, key=_true_slices)
    notes = []
    if len(listed) > 1:
        why = "as asked" if number is not None else "the one with most slices"
        position = next(n for n, group in enumerate(listed, 1) if group is chosen)
        notes.append(
            f"{len(listed)} series: {_listing(listed)}; series {position} was taken, {why}"
        )
    kept = [header for header in chosen if not header.localizer]
    if len(kept) < len(chosen) and kept:
        notes.append(f"{len(chosen) - len(kept)} localizer picture(s) were left out")
    return kept or chosen, notes


def _true_slices(group: Sequence[SliceHeader]) -> int:
    return sum(not header.localizer for header in group)


def _listing(listed: Sequence[Sequence[SliceHeader]]) -> str:
    return ", ".join(
        f"{n} with {len(group)} slices of {group[0].rows} x {group[0].columns}"
        for n, group in enumerate(listed, 1)
    )


def _left_out(others: Sequence[OtherFile]) -> list[str]:
    notes = []
    files = sum(not other.dicom for other in others)
    if files:
        notes.append(f"{files} file(s) that are not DICOM were left out")
    for kind, count in _counted(other.kind for other in others if other.dicom):
        notes.append(f"{count} DICOM file(s) that are no CT slices were left out: {kind}")
    return notes


def _counted(kinds: Iterator[str]) -> list[tuple[str, int]]:
    return Counter(kinds).most_common()


def _as_stack(path: Path, headers: list[SliceHeader], notes: list[str]) -> Series:
    if len(headers) < MIN_SLICES:
        raise AnatomyError(
            f"{path}: {len(headers)} CT slice(s), at least {MIN_SLICES} make a volume; give the"
            " folder or zip of the whole series"
        )
    _require(path, headers, "ImagePositionPatient", lambda header: header.position_mm)
    _require(path, headers, "ImageOrientationPatient", lambda header: header.orientation)
    _require(path, headers, "PixelSpacing", lambda header: header.pixel_mm)
    _require_same(path, headers, "rows and columns", lambda h: (h.rows, h.columns), 0.0)
    _require_same(path, headers, "orientation", lambda h: h.orientation, 2e-3)
    _require_same(path, headers, "pixel spacing", lambda h: h.pixel_mm, 1e-3)
    orientation = np.median([header.orientation for header in headers], axis=0)
    _require_axes(path, orientation)
    pixel_mm = headers[0].pixel_mm
    assert pixel_mm is not None
    if min(pixel_mm) <= 0:
        raise AnatomyError(
            f"{path}: PixelSpacing is {pixel_mm[0]:g} x {pixel_mm[1]:g} mm, it must be positive;"
            " export the series again"
        )
    acquisitions = np.array([header.acquisition for header in headers], np.int64)
    instances = np.array([header.instance for header in headers], np.int64)
    tie = np.empty(len(headers), np.int64)
    tie[np.lexsort((instances, acquisitions))] = np.arange(len(headers))
    positions = np.array([header.position_mm for header in headers])
    stack = stack_slices(positions, orientation, tie)
    _require_depth(path, stack, len(headers))
    if stack.duplicates:
        notes.append(
            f"{len(stack.duplicates)} slice(s) lie where another one lies; of each such group the"
            " first acquired was kept"
        )
    return Series(tuple(headers[i] for i in stack.order), stack, pixel_mm, tuple(notes))


def _require(
    path: Path, headers: Sequence[SliceHeader], tag: str, get: Callable[[SliceHeader], Any]
) -> None:
    lacking = [header for header in headers if get(header) is None]
    if lacking:
        raise AnatomyError(
            f"{path}: {len(lacking)} of {len(headers)} slices have no usable {tag} (for example"
            f" {lacking[0].member.label}), so their place in the patient is unknown; export the"
            " series as original CT images"
        )


def _require_same(
    path: Path,
    headers: Sequence[SliceHeader],
    what: str,
    get: Callable[[SliceHeader], Any],
    tolerance: float,
) -> None:
    values = np.array([get(header) for header in headers], np.float64)
    usual = np.array(Counter(map(tuple, values)).most_common(1)[0][0])
    odd = np.flatnonzero(np.abs(values - usual).max(axis=1) > tolerance)
    if len(odd):
        raise AnatomyError(
            f"{path}: the slices of the series differ in {what}: most have {_rounded(usual)},"
            f" {len(odd)} of {len(headers)} do not (for example {headers[odd[0]].member.label}:"
            f" {_rounded(values[odd[0]])}); give a folder with one stack only"
        )


def _require_axes(path: Path, orientation: Any) -> None:
    row, column = orientation[:3], orientation[3:]
    lengths = float(np.linalg.norm(row)), float(np.linalg.norm(column))
    if abs(lengths[0] - 1) > 0.01 or abs(lengths[1] - 1) > 0.01 or abs(row @ column) > 0.01:
        raise AnatomyError(
            f"{path}: ImageOrientationPatient is {_rounded(orientation)}, expected two unit"
            " vectors at right angles; export the series again"
        )


def _require_depth(path: Path, stack: Stack, count: int) -> None:
    if len(stack.order) < MIN_SLICES:
        raise AnatomyError(
            f"{path}: {count} slices, but only {len(stack.order)} different place(s) among them, at"
            f" least {MIN_SLICES} are needed; give the folder or zip of the whole series"
        )
    widest = int(stack.gaps_mm.argmax())
    if stack.gaps_mm[widest] > MAX_GAP_MM:
        raise AnatomyError(
            f"{path}: nothing was imaged for {stack.gaps_mm[widest]:.1f} mm after slice"
            f" {widest + 1} of {len(stack.order)}, more than {MAX_GAP_MM:.0f} mm are not bridged;"
            " fetch the missing slices, or give one body region alone"
        )


def _rounded(values: Any) -> str:
    return ", ".join(f"{round(float(value), 4) + 0.0:g}" for value in values)
