"""`theatron weave`: a quilt file becomes a woven PNG, or a sentence says why not."""

import json
import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result
from numpy.typing import NDArray

from calibration.looking_glass import CalibrationError, panel_from_json
from streamer.commands.weave import WeaveError, weave
from streamer.render.quilt import Quilt, QuiltError
from streamer.render.weave import Weaver
from tests.calibration.panels import calibration


def run(*arguments: object) -> Result:
    return CliRunner().invoke(weave, [str(a) for a in arguments], catch_exceptions=False)


def save(path: Path, picture: NDArray[np.uint8]) -> Path:
    _, data = cv2.imencode(path.suffix, picture[..., ::-1])
    path.write_bytes(data.tobytes())
    return path


def load(path: Path) -> NDArray[np.uint8]:
    data = np.frombuffer(path.read_bytes(), np.uint8)
    decoded = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    assert decoded is not None
    return np.asarray(decoded[..., ::-1], np.uint8)


@pytest.fixture
def picture() -> NDArray[np.uint8]:
    return np.random.default_rng(2).integers(0, 256, (6 * 8, 8 * 6, 3), np.uint8)


@pytest.fixture
def quilt(tmp_path: Path, picture: NDArray[np.uint8]) -> Path:
    return save(tmp_path / "Schädel 頭_qs8x6a0.75.png", picture)


@pytest.fixture
def panel(tmp_path: Path) -> Path:
    return calibrated(tmp_path)


def calibrated(folder: Path, **changes: Any) -> Path:
    fields = calibration(**{"screenW": 24, "screenH": 32, **changes})
    path = folder / "visual.json"
    path.write_text(json.dumps(fields), encoding="utf-8")
    return path


def test_the_file_is_what_the_weaver_makes(
    quilt: Path, panel: Path, picture: NDArray[np.uint8], tmp_path: Path
) -> None:
    out = tmp_path / "gewoben 織.PNG"
    result = run(quilt, "--calibration", panel, "--size", "24x32", "-o", out)
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{out}: 48 views of 6x8 woven for 24x32 (LKG-P-MADE-UP).\n"
    assert result.stderr == ""
    read = panel_from_json(panel.read_bytes())
    for sampling in ("bilinear", "nearest"):
        with Weaver(read, Quilt(8, 6, (6, 8), 0.75), sampling=sampling) as weaver:
            expected = weaver.weave(picture)
        run(quilt, "--calibration", panel, "--sampling", sampling, "-o", out)
        np.testing.assert_array_equal(load(out), expected)


def test_the_grid_may_be_named_and_the_quilt_a_jpeg(
    tmp_path: Path, panel: Path, picture: NDArray[np.uint8]
) -> None:
    source = save(tmp_path / "views.jpg", picture)
    out = tmp_path / "woven.png"
    result = run(source, "--quilt", "4x3", "--calibration", panel, "-o", out)
    assert "12 views of 12x16 woven for 24x32" in result.stdout
    assert load(out).shape == (32, 24, 3)


def test_another_size_or_aspect_is_remarked_on(quilt: Path, panel: Path, tmp_path: Path) -> None:
    out = tmp_path / "woven.png"
    result = run(quilt, "--calibration", panel, "--size", "40x20", "-o", out)
    assert load(out).shape == (20, 40, 3)
    assert "the calibration is for 24x32; woven for 40x20 pixels" in result.stderr
    assert "the quilt is for an aspect of 0.75, the panel's is 2: the picture is" in result.stderr


@pytest.mark.parametrize("name", ["woven.jpg", "woven.webp", "woven"])
def test_a_lossy_file_is_refused(quilt: Path, panel: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    with pytest.raises(WeaveError, match=r"does not end in \.png.*a lossy format mixes them"):
        run(quilt, "--calibration", panel, "-o", out)
    assert not out.exists()


def test_files_that_cannot_be_read_or_written(quilt: Path, panel: Path, tmp_path: Path) -> None:
    out = tmp_path / "woven.png"
    with pytest.raises(WeaveError, match=r"none\.png cannot be read \(No such file"):
        run(tmp_path / "none.png", "--calibration", panel, "-o", out)
    for text in (b"", b"no picture"):
        bad = tmp_path / "bad_qs8x6a1.png"
        bad.write_bytes(text)
        with pytest.raises(WeaveError, match=rf"no picture that can be read \({len(text)} bytes"):
            run(bad, "--calibration", panel, "-o", out)
    with pytest.raises(CalibrationError, match=r"is no JSON"):
        run(quilt, "--calibration", quilt, "-o", out)
    with pytest.raises(CalibrationError, match="pitch is NaN"):
        run(quilt, "--calibration", calibrated(tmp_path, pitch=float("nan")), "-o", out)
    calibrated(tmp_path)
    with pytest.raises(WeaveError, match="cannot be written"):
        run(quilt, "--calibration", panel, "-o", tmp_path / "no folder" / "woven.png")


def test_grids_and_sizes_that_do_not_fit(
    quilt: Path, panel: Path, tmp_path: Path, picture: NDArray[np.uint8]
) -> None:
    out = tmp_path / "woven.png"
    unnamed = save(tmp_path / "views.png", picture)
    with pytest.raises(QuiltError, match=r"'views\.png' does not say how many views.*--quilt 8x6"):
        run(unnamed, "--calibration", panel, "-o", out)
    with pytest.raises(QuiltError, match="48x48 does not divide into 7x6 tiles"):
        run(unnamed, "--quilt", "7x6", "--calibration", panel, "-o", out)
    with pytest.raises(QuiltError, match="'8by6' is not a grid"):
        run(unnamed, "--quilt", "8by6", "--calibration", panel, "-o", out)
    for size in ("1536", "0x5", "20000x5", "1536x2048x3"):
        result = run(quilt, "--size", size, "--calibration", panel, "-o", out)
        assert result.exit_code == 2
        assert re.search(rf"'{size}' is not a panel's size; write it as 1536x2048", result.output)
    assert not out.exists()
