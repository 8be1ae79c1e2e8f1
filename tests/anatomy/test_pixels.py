"""Stored values to Hounsfield units: compression, rescale, padding, sign."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import JPEG2000Lossless, RLELossless

from streamer.anatomy.importer import read_volume
from streamer.anatomy.pixels import to_hu
from streamer.anatomy.report import describe_series
from streamer.anatomy.volume import AIR_HU
from tests.anatomy.made import Scan, datasets, save

SMALL = Scan(depths=[0.0, 2, 4], shape=(72, 68))


def rescaled(slope: float, intercept: float, **elements: Any) -> Dataset:
    ds = Dataset()
    ds.RescaleSlope, ds.RescaleIntercept = slope, intercept
    ds.BitsAllocated, ds.PixelRepresentation = 16, 0
    for keyword, value in elements.items():
        setattr(ds, keyword, value)
    return ds


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless])
def test_compressed_slices_give_the_same_volume(tmp_path: Path, syntax: str) -> None:
    plain = save(tmp_path / "plain", datasets(SMALL))
    packed = datasets(SMALL)
    for ds in packed:
        ds.compress(syntax)
    save(tmp_path / "packed", packed)
    assert (read_volume(tmp_path / "packed").hu == read_volume(plain).hu).all()
    assert describe_series(tmp_path / "packed").transfer_syntaxes[0] != "Explicit VR Little Endian"


def test_a_foreign_jpeg_ls_picture_decodes(tmp_path: Path) -> None:
    """pydicom's own lossless JPEG-LS file, which another program wrote, as slices of a CT."""
    source = get_testdata_file("MR_small_jpeg_ls_lossless.dcm", download=False)
    plain = get_testdata_file("MR_small.dcm", download=False)
    assert isinstance(source, str)
    assert isinstance(plain, str)
    for number in range(3):
        ds = dcmread(source)
        ds.Modality, ds.SOPClassUID = "CT", "1.2.840.10008.5.1.4.1.1.2"
        ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
        ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        ds.ImagePositionPatient = [0, 0, number]
        ds.RescaleSlope, ds.RescaleIntercept = 1, 0
        ds.add_new("PixelPaddingValue", "SS", -30000)
        ds.save_as(tmp_path / f"{number}.dcm")
    volume = read_volume(tmp_path)
    assert (volume.hu[1] == dcmread(plain).pixel_array).all()


def test_each_slice_has_its_own_rescale(tmp_path: Path) -> None:
    hu = [np.full((6, 7), value) for value in (-200, 100, 900)]
    slices = datasets(Scan(depths=[0.0, 1, 2], shape=(6, 7)))
    for ds, wanted, (slope, intercept) in zip(
        slices, hu, [(1, -1024), (0.5, -500), (2, -3000)], strict=True
    ):
        ds.RescaleSlope, ds.RescaleIntercept = slope, intercept
        ds.PixelData = ((wanted - intercept) / slope).astype(np.uint16).tobytes()
    volume = read_volume(save(tmp_path, slices))
    assert volume.hu[:, 3, 3].tolist() == [-200, 100, 900]


def test_fractions_are_rounded_and_nothing_overflows() -> None:
    raw: NDArray[np.uint16] = np.array([[0, 1, 3, 65535]], np.uint16)
    assert to_hu(raw, rescaled(0.5, -0.25), "x").tolist() == [[0, 0, 1, 32767]]
    assert to_hu(raw, rescaled(1, -1024), "x").tolist() == [[-1024, -1023, -1021, 32767]]
    low = np.array([[-32768, 5]], np.int16)
    signed = rescaled(1, -1024, PixelRepresentation=1)
    assert to_hu(low, signed, "x").tolist() == [[-32768, -1019]]


def test_padding_becomes_air() -> None:
    raw = np.array([[-2000, -1500, 40]], np.int16)
    signed = rescaled(1, 0, PixelRepresentation=1, PixelPaddingValue=-2000)
    assert to_hu(raw, signed, "x").tolist() == [[AIR_HU, -1500, 40]]
    signed.PixelPaddingRangeLimit = -1400
    assert to_hu(raw, signed, "x").tolist() == [[AIR_HU, AIR_HU, 40]]


def test_padding_stored_as_unsigned_is_understood() -> None:
    raw = np.array([[-2000, 40]], np.int16)
    ds = rescaled(1, 0, PixelRepresentation=1, PixelPaddingValue=65536 - 2000)
    assert to_hu(raw, ds, "x").tolist() == [[AIR_HU, 40]]


def test_padding_that_would_blank_water_is_ignored() -> None:
    raw = np.array([[0, 40]], np.int16)
    ds = rescaled(1, 0, PixelRepresentation=1, PixelPaddingValue=0)
    assert to_hu(raw, ds, "x").tolist() == [[0, 40]]
