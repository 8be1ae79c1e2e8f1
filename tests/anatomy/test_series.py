"""Which series is taken, what is refused and with which sentence, and that nobody is named."""

import logging
import random
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file

from streamer.anatomy.importer import read_volume
from streamer.anatomy.report import describe_series
from streamer.errors import AnatomyError
from tests.anatomy.made import SECRETS, Scan, datasets, save, write_series

SMALL = Scan(depths=[0.0, 2, 4, 6, 8, 10], shape=(16, 18))


def refusal(path: Path, number: int | None = None) -> str:
    with pytest.raises(AnatomyError) as refused:
        read_volume(path, number)
    return str(refused.value)


def test_the_series_with_most_slices_is_taken_and_said(tmp_path: Path) -> None:
    save(tmp_path, datasets(SMALL, series="1.2.1", SeriesNumber=1), "a")
    longer = Scan(depths=[*SMALL.depths, 12.0], shape=SMALL.shape)
    save(tmp_path, datasets(longer, series="1.2.2", SeriesNumber=2), "b")
    report = describe_series(tmp_path)
    assert report.slices == 7
    assert report.notes == (
        "2 series: 1 with 6 slices of 16 x 18, 2 with 7 slices of 16 x 18; series 2 was taken,"
        " the one with most slices",
    )
    assert describe_series(tmp_path, 1).slices == 6
    assert "series 3 was asked for, there are 2" in refusal(tmp_path, 3)


def test_foreign_files_beside_the_series_are_left_out_and_said(tmp_path: Path) -> None:
    write_series(tmp_path, SMALL)
    (tmp_path / "README.txt").write_text("hello")
    (tmp_path / "MR.dcm").write_bytes(bundled("MR_small.dcm").read_bytes())
    notes = describe_series(tmp_path).notes
    assert "1 file(s) that are not DICOM were left out" in notes
    assert any("1 DICOM file(s) that are no CT slices" in note for note in notes)


def test_localizers_are_left_out(tmp_path: Path) -> None:
    save(tmp_path, datasets(SMALL), "a")
    scout = Scan(depths=[0.0], shape=(30, 30), orientation=np.array([0, 1.0, 0, 0, 0, -1]))
    save(tmp_path, datasets(scout, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]), "scout")
    report = describe_series(tmp_path)
    assert report.slices == 6
    assert "1 localizer picture(s) were left out" in report.notes


def test_a_folder_of_jpegs(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"IMG_{number}.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(600))
    said = refusal(tmp_path)
    assert "none of its 3 files is DICOM (for example IMG_0.jpg, a JPEG picture)" in said


def test_an_mr_series(tmp_path: Path) -> None:
    write_series(tmp_path, SMALL, Modality="MR", SOPClassUID="1.2.840.10008.5.1.4.1.1.4")
    assert "the DICOM files are 6 of MR (MR Image Storage)" in refusal(tmp_path)


def test_a_secondary_capture_and_a_multi_frame_ct(tmp_path: Path) -> None:
    write_series(tmp_path / "sc", SMALL, SOPClassUID="1.2.840.10008.5.1.4.1.1.7")
    assert "Secondary Capture" in refusal(tmp_path / "sc")
    write_series(tmp_path / "mf", SMALL, SOPClassUID="1.2.840.10008.5.1.4.1.1.2.1")
    assert "multi-frame" in refusal(tmp_path / "mf")


def test_two_slices(tmp_path: Path) -> None:
    write_series(tmp_path, Scan(depths=[0.0, 1], shape=(8, 8)))
    assert "2 CT slice(s), at least 3 make a volume" in refusal(tmp_path)


def test_slices_that_all_lie_at_one_place(tmp_path: Path) -> None:
    write_series(tmp_path, Scan(depths=[0.0, 0, 0, 0], shape=(8, 8)))
    assert "only 1 different place(s)" in refusal(tmp_path)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.9, 0.999])
def test_a_truncated_file_is_named(tmp_path: Path, share: float) -> None:
    write_series(tmp_path, SMALL)
    victim = sorted(tmp_path.iterdir())[2]
    data = victim.read_bytes()
    victim.write_bytes(data[: int(len(data) * share)])
    said = refusal(tmp_path)
    assert said.startswith(victim.name)
    assert "cut short" in said


def test_pixels_that_were_removed(tmp_path: Path) -> None:
    slices = datasets(SMALL)
    del slices[3].PixelData
    save(tmp_path, slices)
    assert "pixel data were removed" in refusal(tmp_path)


@pytest.mark.parametrize("keyword", ["ImagePositionPatient", "ImageOrientationPatient"])
def test_slices_without_a_place(tmp_path: Path, keyword: str) -> None:
    slices = datasets(SMALL)
    del slices[2][keyword]
    save(tmp_path, slices)
    assert f"1 of 6 slices have no usable {keyword}" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({"ImageOrientationPatient": [1, 0, 0, 0, 0.9, 0.436]}, "differ in orientation"),
        ({"PixelSpacing": [1.1, 1.0]}, "differ in pixel spacing"),
        ({"Rows": 8, "PixelData": bytes(8 * 18 * 2)}, "differ in rows and columns"),
        ({"RescaleSlope": None}, "no RescaleSlope"),
        ({"RescaleSlope": 0}, "cannot give Hounsfield"),
        ({"PhotometricInterpretation": "RGB", "SamplesPerPixel": 3}, "it looks like a screenshot"),
        ({"ImagePositionPatient": [0, 0, 500]}, "nothing was imaged for"),
    ],
)
def test_one_slice_that_does_not_fit(
    tmp_path: Path, elements: dict[str, Any], expected: str
) -> None:
    slices = datasets(SMALL)
    for keyword, value in elements.items():
        if value is None:
            del slices[4][keyword]
        else:
            setattr(slices[4], keyword, value)
    save(tmp_path, slices)
    assert expected in refusal(tmp_path)


def test_axes_that_are_not_at_right_angles(tmp_path: Path) -> None:
    write_series(tmp_path, SMALL, ImageOrientationPatient=[1, 0, 0, 0.5, 0.866, 0])
    assert "two unit vectors at right angles" in refusal(tmp_path)


def test_missing_and_duplicate_slices_are_reported(tmp_path: Path) -> None:
    slices = datasets(Scan(depths=[0.0, 2, 4, 6, 8, 10, 12], shape=(8, 9)))
    twin = datasets(Scan(depths=[0.0, 2, 4, 6, 8, 10, 12], shape=(8, 9)))[5]
    twin.InstanceNumber = 50
    save(tmp_path, [*slices[:3], *slices[4:], twin])
    report = describe_series(tmp_path)
    assert report.duplicates == 1
    assert [(gap.after, gap.count) for gap in report.missing] == [(3, 1)]
    assert "interpolated to an even step of 2 mm (7 slices)" in report.actions[0]


def test_old_files_without_a_preamble_are_read(tmp_path: Path) -> None:
    write_series(tmp_path, SMALL)
    before = read_volume(tmp_path).hu
    for path in tmp_path.iterdir():
        ds = dcmread(path)
        del ds.file_meta
        ds.preamble = None
        ds.save_as(path, implicit_vr=True, little_endian=True, enforce_file_format=False)
        assert path.read_bytes()[128:132] != b"DICM"
    assert (read_volume(tmp_path).hu == before).all()


def bundled(name: str) -> Path:
    found = get_testdata_file(name, download=False)
    assert isinstance(found, str)
    return Path(found)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("CT_small.dcm", "1 CT slice(s)"),
        ("MR_small.dcm", "MR (MR Image Storage)"),
        ("MR_small_RLE.dcm", "MR (MR Image Storage)"),
        ("rtplan.dcm", "RTPLAN"),
        ("rtstruct.dcm", "RT Structure Set"),
        ("test-SR.dcm", "SR"),
        ("JPEG2000.dcm", "NM"),
        ("JPEG-lossy.dcm", "NM"),
        ("SC_rgb_rle.dcm", "Secondary Capture"),
        ("waveform_ecg.dcm", "ECG"),
        ("no_meta.dcm", "not a whole DICOM picture"),
        ("UN_sequence.dcm", ""),
        ("badVR.dcm", ""),
        ("meta_missing_tsyntax.dcm", ""),
        ("empty_charset_LEI.dcm", ""),
        ("test1.json", "a text file"),
    ],
)
def test_pydicoms_own_files_are_refused_with_a_reason(
    tmp_path: Path, name: str, expected: str
) -> None:
    (tmp_path / name).write_bytes(bundled(name).read_bytes())
    assert expected in refusal(tmp_path)


def test_nobody_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither values nor notes, log, warnings or refusals hold what identifies the patient."""
    slices = datasets(SMALL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # too long and wrong: pydicom warns and quotes the value
        slices[0].add_new(0x00100020, "LO", SECRETS[2] * 20)
        slices[1].add_new(0x00100030, "DA", f"{SECRETS[3]}-{SECRETS[1]}")
    save(tmp_path / "series", slices)
    caplog.clear()
    with caplog.at_level(logging.DEBUG):
        report = describe_series(tmp_path / "series")
        volume = read_volume(tmp_path / "series")
        del slices[2].PixelData
        save(tmp_path / "broken", slices)
        said = refusal(tmp_path / "broken")
    printed = capsys.readouterr()
    handed_on = [repr(report), repr(volume.notes), said, caplog.text, printed.out, printed.err]
    for secret in SECRETS:
        assert not any(secret in text for text in handed_on)


def test_broken_headers_import_or_are_refused(tmp_path: Path) -> None:
    """Bytes changed at random in one header: never another error, never a name in the sentence."""
    chance = random.Random(11)
    save(tmp_path, datasets(Scan(depths=[0.0, 2, 4, 6], shape=(6, 6))))
    victim = sorted(tmp_path.iterdir())[1]
    whole = victim.read_bytes()
    said: list[str] = []
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(chance.choice([1, 3, 10])):
            data[chance.randrange(132, len(data) - 72)] = chance.randrange(256)
        victim.write_bytes(data)
        try:
            read_volume(tmp_path)
        except AnatomyError as error:
            said.append(str(error))
    assert len(said) > 20
    assert not any(secret in sentence for secret in SECRETS for sentence in said)
