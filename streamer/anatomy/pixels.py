"""The pictures of a series, decoded and turned to Hounsfield units, slice by slice."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from pydicom.uid import UID

from streamer.anatomy.headers import SliceHeader, quiet
from streamer.anatomy.progress import Progress, silent
from streamer.anatomy.volume import AIR_HU
from streamer.errors import AnatomyError

PIXEL_TAGS: Final = (
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PixelPaddingValue",
    "PixelPaddingRangeLimit",
    "RescaleIntercept",
    "RescaleSlope",
    "PixelData",
)
_LIMITS: Final = np.iinfo(np.int16)


def read_stack(headers: Sequence[SliceHeader], progress: Progress = silent) -> NDArray[np.int16]:
    """The pictures of `headers`, in their order, in HU: (slices, rows, columns) int16.

    Raises `AnatomyError`, naming the file, for a picture that is cut short, cannot be decoded, is
    not monochrome, or has no rescale slope and intercept.
    """
    stack = np.empty((len(headers), headers[0].rows, headers[0].columns), np.int16)
    for index, header in enumerate(headers):
        stack[index] = read_picture(header)
        progress("reading slices", (index + 1) / len(headers))
    return stack


def read_picture(header: SliceHeader) -> NDArray[np.int16]:
    """One picture in HU, (rows, columns) int16; see `read_stack`."""
    label = header.member.label
    with header.member.open() as file, quiet():
        try:
            ds = dcmread(file, force=True, specific_tags=[*PIXEL_TAGS])
            if not hasattr(ds.file_meta, "TransferSyntaxUID"):
                ds.file_meta.TransferSyntaxUID = UID(header.transfer_syntax)
            colours = int(ds.SamplesPerPixel), str(ds.PhotometricInterpretation)
            if colours != (1, "MONOCHROME2"):
                raise AnatomyError(
                    f"{label}: the picture is {colours[1]} with {colours[0]} sample(s) a pixel, a"
                    " CT slice is MONOCHROME2 with 1; it looks like a screenshot: give the slices"
                )
            raw = ds.pixel_array
        except AnatomyError:
            raise
        except Exception as error:  # decoders raise many kinds; their texts say little to a user
            raise AnatomyError(
                f"{label}: the picture cannot be decoded ({_reason(error)}); the file is probably"
                " cut short or damaged: copy the series again"
            ) from error
    if raw.shape != (header.rows, header.columns):
        raise AnatomyError(
            f"{label}: the picture decodes to {raw.shape}, its header says"
            f" {header.rows} x {header.columns}; export the series again"
        )
    return to_hu(raw, ds, label)


def to_hu(raw: NDArray[Any], ds: Dataset, label: str) -> NDArray[np.int16]:
    """Stored values to HU by the slice's own rescale, rounded and clipped; padding to air.

    Raises `AnatomyError` where the slice has no rescale (its greys mean nothing then).
    """
    try:
        slope, intercept = float(ds.RescaleSlope), float(ds.RescaleIntercept)
    except (AttributeError, TypeError, ValueError) as error:
        raise AnatomyError(
            f"{label}: no RescaleSlope and RescaleIntercept, so its greys are not Hounsfield units;"
            " export the series as original CT images"
        ) from error
    if not np.isfinite([slope, intercept]).all() or slope == 0:
        raise AnatomyError(
            f"{label}: RescaleSlope {slope} and RescaleIntercept {intercept} cannot give Hounsfield"
            " units; export the series as original CT images"
        )
    if slope == 1 and intercept == int(intercept) and raw.dtype.itemsize <= 2:
        wide = raw.astype(np.int32) + int(intercept)
        hu = np.clip(wide, _LIMITS.min, _LIMITS.max).astype(np.int16)
    else:
        scaled = np.rint(raw.astype(np.float64) * slope + intercept)
        hu = np.clip(scaled, _LIMITS.min, _LIMITS.max).astype(np.int16)
    padding = _padding_range(ds)
    if padding is not None and not _is_tissue(padding[0] * slope + intercept):
        hu[(raw >= padding[0]) & (raw <= padding[1])] = AIR_HU
    return hu


def _is_tissue(hu: float) -> bool:
    """Some writers declare 0 as padding though 0 is water in their slices: that is left alone."""
    return -500 < hu < 500


def _padding_range(ds: Dataset) -> tuple[int, int] | None:
    """Stored values (low, high) that mark what was not imaged (PS3.3, C.7.5.1.1.2)."""
    try:
        ends = [_stored(ds.PixelPaddingValue, ds)]
    except (AttributeError, TypeError, ValueError):
        return None
    try:
        ends.append(_stored(ds.PixelPaddingRangeLimit, ds))
    except (AttributeError, TypeError, ValueError):
        ends.append(ends[0])
    return min(ends), max(ends)


def _stored(value: Any, ds: Dataset) -> int:
    """A padding value as the pixels hold it; some writers store a signed one as unsigned."""
    if isinstance(value, bytes):
        value = int.from_bytes(value[:2], "little")
    number = int(value)
    bits = int(ds.BitsAllocated)
    if int(ds.PixelRepresentation) == 1 and number >= 1 << (bits - 1):
        number -= 1 << bits
    return number


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text[:200] if text else type(error).__name__
