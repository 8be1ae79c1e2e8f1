"""What one DICOM file says about its picture; elements that name the patient are never parsed."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, FileDataset, dcmread
from pydicom.uid import UID

from streamer.anatomy.intake import EMPTY, UNKNOWN, Member, kind_of
from streamer.errors import AnatomyError

CT_IMAGE: Final = "1.2.840.10008.5.1.4.1.1.2"
MULTI_FRAME_CTS: Final = frozenset(
    {"1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2"}  # enhanced, legacy converted
)
DICOM_SUFFIXES: Final = (".dcm", ".dicom", ".ima")
DEFLATED: Final = "1.2.840.10008.1.2.1.99"
IMPLICIT_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2"
MULTI_FRAME: Final = "a multi-frame CT"
MEDIA_DIRECTORY: Final = "1.2.840.10008.1.3.10"

GEOMETRY_TAGS: Final = (
    "SOPClassUID",
    "Modality",
    "ImageType",
    "SeriesInstanceUID",
    "SeriesNumber",
    "AcquisitionNumber",
    "InstanceNumber",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "SliceThickness",
    "Rows",
    "Columns",
    "NumberOfFrames",
)


@dataclass(frozen=True, slots=True, eq=False)
class SliceHeader:
    """One CT picture's place and size, from its header.

    `series_uid` groups the files and goes nowhere else. `position_mm` (3,) and `orientation` (6,)
    are None where the file has none or no numbers; `pixel_mm` is (between rows, between columns).
    """

    member: Member
    series_uid: str
    series_number: int
    acquisition: int
    instance: int
    position_mm: NDArray[np.float64] | None
    orientation: NDArray[np.float64] | None
    pixel_mm: tuple[float, float] | None
    thickness_mm: float | None
    rows: int
    columns: int
    transfer_syntax: str
    localizer: bool


@dataclass(frozen=True, slots=True)
class OtherFile:
    """A file that is no single-slice CT picture; `kind` says what it is, as a phrase.

    `dicom` tells a DICOM object of another kind from a file that is not DICOM at all.
    """

    member: Member
    kind: str
    dicom: bool


def read_header(member: Member) -> SliceHeader | OtherFile | None:
    """The header of one file; None for a DICOMDIR.

    Only the elements of `GEOMETRY_TAGS` are parsed. Raises `AnatomyError` for a DICOM file that is
    cut short, holds no pixel data, or has a header that cannot be read.
    """
    head = member.head()
    if not _looks_like_dicom(head):
        if member.label.lower().endswith(DICOM_SUFFIXES) and kind_of(head) in (EMPTY, UNKNOWN):
            raise AnatomyError(_broken(member))
        return OtherFile(member, kind_of(head), dicom=False)
    with member.open() as file, quiet():
        try:
            ds = dcmread(file, stop_before_pixels=True, force=True, specific_tags=[*GEOMETRY_TAGS])
            # A deflated data set is unpacked as a whole: its pixels show when they are read.
            has_pixels = bool(file.read(4)) or ds.file_meta.get("TransferSyntaxUID") == DEFLATED
            return _sorted(member, ds, has_pixels, part10=head[128:132] == b"DICM")
        except AnatomyError:
            raise
        except Exception as error:  # pydicom raises many kinds for a header that is not one
            raise AnatomyError(_broken(member)) from error


def _sorted(
    member: Member, ds: FileDataset, has_pixels: bool, part10: bool
) -> SliceHeader | OtherFile | None:
    """What the file is, from its parsed elements, which pydicom converts only now."""
    meta = ds.file_meta
    sop_class = str(ds.get("SOPClassUID", "") or meta.get("MediaStorageSOPClassUID", ""))
    modality = str(ds.get("Modality", "") or "")
    if sop_class == MEDIA_DIRECTORY:
        return None
    if sop_class in MULTI_FRAME_CTS or (modality == "CT" and _whole(ds, "NumberOfFrames", 1) > 1):
        return OtherFile(member, MULTI_FRAME, dicom=True)
    if modality not in ("CT", "") or (sop_class and sop_class != CT_IMAGE):
        return OtherFile(member, _object_name(modality, sop_class), dicom=True)
    rows, columns = _whole(ds, "Rows", 0), _whole(ds, "Columns", 0)
    if not (sop_class and modality and has_pixels and rows and columns):
        if not part10 and not sop_class:
            return OtherFile(member, UNKNOWN, dicom=False)
        raise AnatomyError(_broken(member))
    return SliceHeader(
        member=member,
        series_uid=str(ds.get("SeriesInstanceUID", "")),
        series_number=_whole(ds, "SeriesNumber", 0),
        acquisition=_whole(ds, "AcquisitionNumber", 0),
        instance=_whole(ds, "InstanceNumber", 0),
        position_mm=_numbers(ds, "ImagePositionPatient", 3),
        orientation=_numbers(ds, "ImageOrientationPatient", 6),
        pixel_mm=_pair(_numbers(ds, "PixelSpacing", 2)),
        thickness_mm=_first(_numbers(ds, "SliceThickness", 1)),
        rows=rows,
        columns=columns,
        transfer_syntax=str(meta.get("TransferSyntaxUID", IMPLICIT_LITTLE_ENDIAN)),
        localizer="LOCALIZER" in [str(part) for part in _listed(ds.get("ImageType"))],
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Silence pydicom's warnings and log, which quote values of the header, identity included."""
    log = logging.getLogger("pydicom")
    before = log.disabled
    log.disabled = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.disabled = before


def syntax_name(uid: str) -> str:
    """A transfer syntax's name in words, from its UID."""
    return _known_name(uid) or "an unknown transfer syntax"


def _known_name(uid: str) -> str:
    """The name that DICOM gives `uid`; empty for a private or damaged one, which may hold text."""
    with quiet():
        name = UID(uid).name
    return "" if name == uid else name


def _looks_like_dicom(head: bytes) -> bool:
    """Part 10 files have DICM after 128 bytes; older ones begin with group 0002 or 0008."""
    if head[128:132] == b"DICM":
        return True
    return len(head) > 8 and head[:2] in (b"\x02\0", b"\x08\0", b"\0\x02", b"\0\x08")


def _object_name(modality: str, sop_class: str) -> str:
    name = _known_name(sop_class)
    known = modality if modality.isalnum() and len(modality) <= 6 else ""
    return (
        f"{known} ({name})" if known and name else known or name or "a DICOM object without picture"
    )


def _broken(member: Member) -> str:
    return (
        f"{member.label}: not a whole DICOM picture: cut short, damaged, or its pixel data were"
        " removed; copy the series again from the archive"
    )


def _listed(value: Any) -> list[Any]:
    return [value] if isinstance(value, str) or not hasattr(value, "__iter__") else list(value)


def _whole(ds: Dataset, tag: str, otherwise: int) -> int:
    try:
        return int(ds[tag].value)
    except (KeyError, TypeError, ValueError, OverflowError):
        return otherwise


def _numbers(ds: Dataset, tag: str, count: int) -> NDArray[np.float64] | None:
    try:
        numbers = np.array([float(part) for part in _listed(ds[tag].value)])
    except (KeyError, TypeError, ValueError):
        return None
    return numbers if numbers.shape == (count,) and np.isfinite(numbers).all() else None


def _pair(numbers: NDArray[np.float64] | None) -> tuple[float, float] | None:
    return None if numbers is None else (float(numbers[0]), float(numbers[1]))


def _first(numbers: NDArray[np.float64] | None) -> float | None:
    return None if numbers is None else float(numbers[0])
