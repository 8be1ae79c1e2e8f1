"""`theatron ct info`: what it prints, as text and as JSON, and how it refuses."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from streamer.cli import group
from streamer.errors import AnatomyError
from tests.anatomy.made import SECRETS, Scan, tilted, write_series


def run(*arguments: str) -> str:
    result = CliRunner().invoke(group, ["ct", "info", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_text_tells_what_is_there_and_what_will_be_done(tmp_path: Path) -> None:
    orientation, shear = tilted(12.0)
    scan = Scan(depths=[0.0, 4, 8, 12, 19, 26, 33], orientation=orientation, shear=shear)
    printed = run(str(write_series(tmp_path, scan)))
    for expected in (
        "slices       7, axial, oblique by 12.0 degrees, slice 1 at the feet",
        "matrix       80 rows x 84 columns",
        "tilt         12.0 degrees (front edges towards the head)",
        "gaps         uneven: 3 of 4.00 mm, then 3 of 7.00 mm",
        "HU           -1000 to 1200",
        "stored as    Explicit VR Little Endian",
        "the shear is taken out",
        "interpolated to an even step of 1 mm (34 slices)",
        "drawn        bone from 226 HU",
    ):
        assert expected in printed
    assert not any(secret in printed for secret in SECRETS)


def test_missing_slices_and_a_straight_series(tmp_path: Path) -> None:
    gap = run(str(write_series(tmp_path / "gap", Scan(depths=[0.0, 2, 4, 8, 10]))))
    assert "missing      1 between slices 3 and 4 (4.0 to 8.0 mm)" in gap
    even = run(str(write_series(tmp_path / "even", Scan(depths=[0.0, 2, 4, 6]))))
    assert "gaps         even, 2 mm" in even
    assert "will be done nothing: straight and even" in even


def test_json_is_one_object(tmp_path: Path) -> None:
    folder = write_series(tmp_path, Scan(depths=[0.0, 2, 4, 6]))
    report = json.loads(run(str(folder), "--json"))
    assert report["slices"] == 4
    assert report["tilt"]["degrees"] == pytest.approx(0)
    assert report["gaps"] == [{"distance_mm": 2.0, "count": 3}]
    assert report["hu_low"] == -1000
    assert not any(secret in json.dumps(report) for secret in SECRETS)


def test_series_chooses(tmp_path: Path) -> None:
    write_series(tmp_path / "a", Scan(depths=[0.0, 2, 4]), series="1.2.1")
    write_series(tmp_path / "b", Scan(depths=[0.0, 2, 4, 6]), series="1.2.2")
    assert "slices       4," in run(str(tmp_path))
    assert "slices       3," in run(str(tmp_path), "--series", "1")


def test_the_refusal_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(AnatomyError, match="the folder is empty"):
        run(str(tmp_path))


def test_the_tilted_head(shared_data: Path) -> None:
    printed = run(str(shared_data / "ct_head_tilted"))
    assert "slices       28" in printed
    assert "18.5 degrees" in printed
    assert "13 of 4.00 mm, then 1 of 1.08 mm, then 13 of 7.00 mm" in printed
