"""`theatron synth`: stills through the command, and what it says of inputs that do not fit."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result
from numpy.typing import NDArray

from benchmarks.layered import LayeredScene
from streamer.commands.synth import SynthError, synth
from streamer.errors import TheatronError

SIZE = (320, 180)


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    """A folder with left.png, right.png, middle.png, disparity.npy and disparity.png."""
    scene = LayeredScene(SIZE)
    for name, position in (("left", 0.0), ("right", 1.0), ("middle", 0.5)):
        picture, px = scene.view(position)
        grey = picture.y[:, :319]  # an odd width
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.dstack([grey, grey // 2, 255 - grey]))
        if name == "left":
            np.save(tmp_path / "disparity.npy", px[:, :319])
            np.save(tmp_path / "wide.npy", px)
            whole = np.clip(px[:, :319] * 256, 0, 65535).astype(np.uint16)
            cv2.imwrite(str(tmp_path / "disparity.png"), whole)
    return tmp_path


def run(folder: Path, *arguments: str) -> Result:
    files = [str(folder / "left.png"), str(folder / "right.png")]
    result = CliRunner().invoke(synth, [*files, *arguments])
    if isinstance(result.exception, TheatronError):
        raise result.exception
    return result


def read(path: Path) -> NDArray[np.uint8]:
    picture = cv2.imread(str(path))
    assert picture is not None
    return np.asarray(picture, np.uint8)


def psnr(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    error = ((a.astype(float) - b) ** 2).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def test_span_pair_has_the_cameras_at_its_ends_and_the_true_middle_between(pair: Path) -> None:
    out = pair / "any name.png"
    depth = pair / "depth.npy"
    result = run(
        pair, "--disparity", str(pair / "disparity.npy"), "--views", "3x1", "--span", "pair",
        "--depth-out", str(depth), "-o", str(out),
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "3 views of 319x180, 1 baselines" in result.output
    tiles = np.split(read(out), 3, axis=1)
    np.testing.assert_array_equal(tiles[0], read(pair / "left.png"))
    np.testing.assert_array_equal(tiles[2], read(pair / "right.png"))
    middle, left, right = (read(pair / f"{name}.png") for name in ("middle", "left", "right"))
    blend = ((left.astype(int) + right) // 2).astype(np.uint8)
    assert psnr(tiles[1], middle) > max(psnr(blend, middle), psnr(left, middle)) + 6
    told = np.load(depth)
    assert told.shape == (180, 3 * 319)
    assert told.dtype == np.float32
    assert np.abs(told[:, :319] - np.load(pair / "disparity.npy")).max() < 1e-2


def test_a_png_is_in_pixels_unless_its_scale_is_said(pair: Path) -> None:
    out = pair / "out.png"
    with pytest.raises(SynthError, match=r"0\.00390625"):
        run(pair, "--disparity", str(pair / "disparity.png"), "-o", str(out))
    result = run(
        pair, "--disparity", str(pair / "disparity.png"), "--disparity-scale", "0.00390625",
        "--views", "4x2", "--tile", "80x60", "-o", str(out),
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert read(out).shape == (120, 320, 3)


def test_without_a_disparity_the_pair_is_matched_and_tiles_fit(pair: Path) -> None:
    out = pair / "out_qs8x6a1.78.png"
    result = run(pair, "-o", str(out))
    assert result.exit_code == 0, result.output
    assert "48 views of 318x180" in result.output
    assert read(out).shape == (6 * 180, 8 * 318, 3)


def test_a_rig_is_used(pair: Path) -> None:
    matrix = [[400, 0, 159], [0, 400, 90], [0, 0, 1]]
    rig = {
        "width": 319, "height": 180, "left": {"matrix": matrix}, "right": {"matrix": matrix},
        "rotation": np.eye(3).tolist(), "translation_mm": [-4, 0, 0],
    }  # fmt: skip
    (pair / "rig.json").write_text(json.dumps(rig))
    result = run(
        pair, "--rig", str(pair / "rig.json"), "--views", "2x1", "--span", "pair",
        "-o", str(pair / "out.png"),
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    tiles = np.split(read(pair / "out.png"), 2, axis=1)
    assert psnr(tiles[0], read(pair / "left.png")) > 30  # already rectified: next to unchanged


def test_what_cannot_be_is_said(pair: Path) -> None:
    out = str(pair / "out.png")
    with pytest.raises(SynthError, match=r"320x180.*319x180"):
        run(pair, "--disparity", str(pair / "wide.npy"), "-o", out)
    cv2.imwrite(str(pair / "right.png"), np.zeros((90, 80, 3), np.uint8))
    with pytest.raises(SynthError, match=r"319x180 and .* is 80x90"):
        run(pair, "-o", out)
    (pair / "right.png").write_bytes(b"no picture")
    with pytest.raises(SynthError, match="no picture that can be read"):
        run(pair, "-o", out)
    (pair / "right.png").unlink()
    with pytest.raises(SynthError, match="cannot be read"):
        run(pair, "-o", out)


def test_disparities_that_cannot_be_are_refused(pair: Path) -> None:
    out = str(pair / "out.png")
    bad = pair / "bad.npy"
    np.save(bad, np.zeros((180, 319), np.int16))
    with pytest.raises(SynthError, match="nothing but NaN"):
        run(pair, "--disparity", str(bad), "-o", out)
    np.save(bad, np.zeros((180, 319, 2), np.float32))
    with pytest.raises(SynthError, match="one number a pixel"):
        run(pair, "--disparity", str(bad), "-o", out)
    bad.write_bytes(b"\x93NUMPY")
    with pytest.raises(SynthError, match=r"as \.npy"):
        run(pair, "--disparity", str(bad), "-o", out)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--span", "wide"], "'wide' is no span"),
        (["--tile", "4x4"], "'4x4' is no tile"),
        (["--rig", "a", "--disparity", "b"], "exclude each other"),
    ],
)
def test_options_that_cannot_be(pair: Path, arguments: list[str], says: str) -> None:
    result = run(pair, *arguments, "-o", str(pair / "out.png"))
    assert result.exit_code == 2
    assert says in result.output


def test_outputs_that_cannot_be(pair: Path) -> None:
    with pytest.raises(SynthError, match=r"\.png"):
        run(pair, "-o", str(pair / "out.jpg"))
    with pytest.raises(SynthError, match=r"\.npy"):
        run(pair, "--depth-out", str(pair / "d.exr"), "-o", str(pair / "out.png"))
    with pytest.raises(SynthError, match="cannot be written"):
        run(pair, "--views", "1x1", "-o", str(pair / "none" / "out.png"))
    with pytest.raises(TheatronError, match="8by6"):
        run(pair, "--views", "8by6", "-o", str(pair / "out.png"))
