"""The phantom: a head at plausible HU, a valid series, and the same import as a patient's."""

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from streamer.anatomy.importer import read_volume
from streamer.anatomy.load import import_anatomy
from streamer.anatomy.phantom import phantom_volume, write_phantom_series
from streamer.anatomy.phantom_skull import CANAL_PATH, LOWER_ARCH, teeth
from streamer.anatomy.report import describe_series
from streamer.anatomy.triangles import is_closed
from streamer.anatomy.volume import Volume
from tests.anatomy.made import Array


@pytest.fixture(scope="module")
def phantom() -> Volume:
    return phantom_volume(1.2)


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantom")
    write_phantom_series(folder, 1.6)
    return folder


def hu_at(volume: Volume, *places: tuple[float, float, float]) -> Array:
    """HU of the voxels nearest to LPS places."""
    T_index_lps = np.linalg.inv(volume.T_lps_index)
    index = np.array(places) @ T_index_lps[:3, :3].T + T_index_lps[:3, 3]
    k, i, j = np.rint(index).astype(int).T
    return np.asarray(volume.hu[k, i, j], np.float64)


def test_tissues_have_plausible_hu(phantom: Volume) -> None:
    air, brain, vault, orbit = hu_at(
        phantom, (80, -120, 120), (0, 0, 60), (0, 12, 115), (33, -76, 17)
    )
    assert air < -950
    assert 0 < brain < 80
    assert vault > 400
    assert 0 < orbit < 100
    molar = teeth(LOWER_ARCH, upper=False)[5][0]
    middle = tuple((np.array(molar.low) + np.array(molar.high)) / 2)
    assert hu_at(phantom, (middle[0], middle[1], middle[2]))[0] > 1400
    assert phantom.hu.max() > 2300


def test_the_canal_runs_open_through_the_jaw_of_both_sides(phantom: Volume) -> None:
    for side in (1, -1):
        inside = [(side * x, y, z) for x, y, z in CANAL_PATH[2:6]]
        assert (hu_at(phantom, *inside) < 226).all()
        beside = [(side * x, y, z + 4.5) for x, y, z in CANAL_PATH[3:5]]
        assert (hu_at(phantom, *beside) > 226).all()


def test_left_and_right_can_be_told(phantom: Volume) -> None:
    """The right lower first molar is missing, at LPS x < 0; all else mirrors."""
    molar = teeth(LOWER_ARCH, upper=False)[5][0]
    middle = (np.array(molar.low) + np.array(molar.high)) / 2
    x, y, z = middle
    left, right = hu_at(phantom, (x, y, z), (-x, y, z))
    assert left > 1400
    assert right < 226
    differs = np.abs(phantom.hu.astype(int) - phantom.hu[:, :, ::-1]) > 150
    assert 0 < differs.mean() < 0.002


def test_it_is_the_same_each_time() -> None:
    assert (phantom_volume(4.0).hu == phantom_volume(4.0).hu).all()


def test_the_series_is_a_ct_of_nobody(series: Path) -> None:
    files = sorted(series.iterdir())
    headers = [dcmread(path) for path in files]
    assert {str(ds.PatientName) for ds in headers} == {str(ds.PatientID) for ds in headers}
    assert str(headers[0].PatientName) == "PHANTOM"
    assert {ds.SOPClassUID for ds in headers} == {"1.2.840.10008.5.1.4.1.1.2"}
    assert len({ds.SOPInstanceUID for ds in headers}) == len(files)
    assert len({ds.SeriesInstanceUID for ds in headers}) == 1
    report = describe_series(series)
    assert (report.plane, report.even, report.actions) == ("axial", True, ())
    assert report.missing == ()
    assert report.notes == ()


def test_the_series_reads_back_to_the_volume(series: Path) -> None:
    made, read = phantom_volume(1.6), read_volume(series)
    assert (made.hu == read.hu).all()
    np.testing.assert_allclose(made.T_lps_index, read.T_lps_index, atol=1e-3)


def test_writing_again_replaces_the_old_slices(tmp_path: Path) -> None:
    write_phantom_series(tmp_path, 4.0)
    many = len(list(tmp_path.iterdir()))
    write_phantom_series(tmp_path, 8.0)
    assert len(list(tmp_path.iterdir())) < many
    assert describe_series(tmp_path).notes == ()


def test_it_imports_as_a_skull(series: Path) -> None:
    imported = import_anatomy([series])
    (bone,) = imported.anatomy.meshes
    assert imported.notes == ()
    assert is_closed(bone.faces)
    low, high = imported.anatomy.bounds_mm()
    np.testing.assert_allclose(high - low, (143, 200, 216), atol=4)
    # The face is in front (towards -y) and the vault above: a skull's lower back is empty.
    at_neck = bone.vertices_mm[bone.vertices_mm[:, 2] < -50]
    assert at_neck[:, 1].max() < 0
