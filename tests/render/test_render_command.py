"""`theatron render`: mesh files become a quilt or a pair, or a sentence says why not."""

import json
import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import pyvista
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.meshes import sphere
from streamer.anatomy.load import import_anatomy
from streamer.commands.render import RenderError, render
from streamer.errors import AnatomyError
from streamer.render.anatomy import AnatomyRenderer
from streamer.render.layers import Sheet
from streamer.render.pose_file import PoseFileError, read_pose
from streamer.render.quilt import Quilt, QuiltError
from streamer.render.still import DEPTH_UNIT, depth_16_bit, rgb_over
from streamer.scene.model import Mesh, Pose

TILE = (60, 80)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(render, [str(a) for a in arguments], catch_exceptions=False)


def load(path: Path) -> NDArray[Any]:
    decoded = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    assert decoded is not None
    return decoded[..., ::-1] if decoded.ndim == 3 else decoded


def save(path: Path, mesh: Mesh) -> Path:
    faces = np.hstack([np.full((len(mesh.faces), 1), 3), mesh.faces]).ravel()
    pyvista.PolyData(mesh.vertices_mm, faces).save(path)
    return path


@pytest.fixture(scope="module")
def bone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("meshes") / "bone.ply", sphere(2_000, bump=0.25))


@pytest.fixture(scope="module")
def skin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("meshes") / "skin.ply", sphere(800, radius_mm=140.0))


def drawn(path: Path, tile: tuple[int, int] = TILE, views: int = 6) -> Sheet:
    """The sheet that the command draws, by the library."""
    renderer = AnatomyRenderer(import_anatomy([path]).anatomy)
    sheet = renderer.draw(renderer.cone(Pose(), tile, views, 35.0), (3, 2))
    renderer.close()
    return sheet


def test_a_quilt_holds_the_views_from_the_bottom_left(bone: Path, tmp_path: Path) -> None:
    out = tmp_path / "Schädel_qs3x2a0.75.png"
    result = run(bone, "--views", "3x2", "--tile", "60x80", "--background", "#1e2832", "-o", out)
    assert result.exit_code == 0, result.output
    picture = load(out)
    assert picture.shape == (160, 180, 3)
    sheet = drawn(bone)
    np.testing.assert_array_equal(picture, rgb_over(sheet, (30, 40, 50)))
    np.testing.assert_array_equal(picture[0, 0], (30, 40, 50))
    assert re.search(r"6 views of 60x80 over 35 degrees, [\d,]+ triangles in \d+ ms", result.stdout)
    assert sheet.place(0) == (0, 80)  # of view 0: bottom left
    quilt = Quilt.of_name(out, (180, 160))
    first = quilt.tiles(np.ascontiguousarray(picture))[0]
    np.testing.assert_array_equal(first, picture[80:, :60])


def test_a_pair_lies_side_by_side_the_left_eye_left(bone: Path, tmp_path: Path) -> None:
    out = tmp_path / "pair.png"
    result = run(bone, "--stereo", "--tile", "96x64", "-o", out)
    assert result.exit_code == 0, result.output
    assert load(out).shape == (64, 192, 3)
    renderer = AnatomyRenderer(import_anatomy([bone]).anatomy)
    sheet = renderer.draw(renderer.camera(Pose(), (96, 64)), (2, 1))
    renderer.close()
    np.testing.assert_array_equal(load(out), rgb_over(sheet, (0, 0, 0)))
    assert sheet.place(0) == (0, 0)
    assert "2 views of 96x64 for two eyes" in result.stdout


def test_depth_goes_beside_the_picture_in_both_forms(bone: Path, tmp_path: Path) -> None:
    out, npy, png = (tmp_path / name for name in ("o_qs3x2a0.75.png", "d.npy", "d.png"))
    for path in (npy, png):
        arguments = ("--views", "3x2", "--tile", "60x80", "--depth-out", path, "-o", out)
        result = run(bone, *arguments)
        assert result.exit_code == 0, result.output
    w, steps = np.load(npy), load(png)
    assert w.dtype == np.float32
    assert steps.dtype == np.uint16
    assert w.shape == steps.shape == (160, 180)
    np.testing.assert_array_equal(steps > 0, w > 0)
    found = re.search(r"converge at ([\d.]+) mm", result.stdout)
    assert found is not None
    z_mm = float(found[1]) * DEPTH_UNIT / steps[steps > 0]
    np.testing.assert_allclose(z_mm, 1 / w[w > 0], rtol=2e-4)


def test_a_pose_turns_it(bone: Path, tmp_path: Path) -> None:
    pictures = []
    for n, pose in enumerate([{}, {"rotation": [0, 1, 0, 1], "zoom": 0.5, "shift": [0.25, 0]}]):
        (tmp_path / "pose.json").write_text(json.dumps(pose))
        out = tmp_path / f"{n}_qs1x1a0.75.png"
        arguments = ("--views", "1x1", "--tile", "60x80", "--pose", tmp_path / "pose.json")
        assert run(bone, *arguments, "-o", out).exit_code == 0
        pictures.append(load(out).astype(int).max(axis=2) > 60)
    assert pictures[1].sum() < 0.4 * pictures[0].sum()
    assert np.nonzero(pictures[1])[1].mean() == pytest.approx(45, abs=2)


def test_several_meshes_are_drawn_and_one_may_be_glass(
    bone: Path, skin: Path, tmp_path: Path
) -> None:
    middles = []
    for extra in ((), ("--opacity", "skin=0.3"), ("--opacity", "skin=0")):
        out = tmp_path / "o_qs1x1a0.75.png"
        arguments = ("--views", "1x1", "--tile", "60x80", *extra)
        result = run(bone, skin, *arguments, "-o", out)
        assert result.exit_code == 0, result.output
        middles.append(load(out)[30:50, 20:40].astype(float).mean(axis=(0, 1)))
    blue = [middle[2] - middle[0] for middle in middles]  # the second mesh of a scene is blue
    assert blue[0] > blue[1] + 20 > blue[2] + 30


def test_a_jpeg_is_written_where_its_name_says_so(bone: Path, tmp_path: Path) -> None:
    out = tmp_path / "o_qs3x2a0.75.JPG"
    assert run(bone, "--views", "3x2", "--tile", "60x80", "-o", out).exit_code == 0
    assert out.read_bytes()[:2] == b"\xff\xd8"
    expected = rgb_over(drawn(bone), (0, 0, 0)).astype(int)
    assert np.abs(load(out).astype(int) - expected).mean() < 4


def test_without_a_tile_one_is_chosen_for_the_display_and_the_reason_told(
    bone: Path, tmp_path: Path
) -> None:
    out = tmp_path / "o.png"
    result = run(bone, "--views", "2x2", "--display", "go", "-o", out)
    assert result.exit_code == 0, result.output
    assert "the 1440x2560 panel shows" in result.stderr
    assert "H.264 level 5.2" in result.stderr
    assert "o_qs2x2a0.5625.png" in result.stderr
    height, width = load(out).shape[:2]
    assert width / height == pytest.approx(0.5625, rel=0.02)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-o", "a_qs8x6a0.75.png"), "'a_qs8x6a0.75.png' says 8x6 views, but 3x2"),
        (("-o", "a_qs3x2a0.png"), r"says 3x2 views of aspect 0"),
        (("-o", "a.tif"), "'a.tif' ends in none of .png"),
        (("-o", "a.png", "--depth-out", "d.exr"), "'d.exr' ends in neither .npy nor .png"),
        (("-o", "a.png", "--depth-out", "a.png"), "both picture and depth"),
        (("-o", "a.png", "--display", "quest"), "'quest' is no display"),
        (("-o", "a.png", "--opacity", "bone=2"), "--opacity 'bone=2'.*'bone'"),
        (("-o", "a.png", "--opacity", "nerve=0.5"), "'nerve=0.5'.*'bone'"),
        (("-o", "a.png", "--tile", "16384x16384"), "49152x32768; at most"),
        (("-o", "no/such/folder/a.png"), "folder/a.png cannot be written"),
    ],
)
def test_a_mistake_is_quoted(
    bone: Path,
    arguments: tuple[str, ...],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    tile = () if "--tile" in arguments else ("--tile", "60x80")
    with pytest.raises(RenderError, match=said):
        run(bone, "--views", "3x2", *tile, *arguments)


def test_too_many_views_and_a_bad_grid_are_quoted(bone: Path, tmp_path: Path) -> None:
    with pytest.raises(RenderError, match=r"20x20 is 400 views; at most 256"):
        run(bone, "--views", "20x20", "-o", tmp_path / "a.png")
    with pytest.raises(QuiltError, match="'8by6'"):
        run(bone, "--views", "8by6", "-o", tmp_path / "a.png")
    with pytest.raises(AnatomyError, match=r"none\.stl: no such file"):
        run(tmp_path / "none.stl", "-o", tmp_path / "a.png")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--tile", "61x80"), "'61x80' is no view's size"),
        (("--background", "red"), "'red' is no colour"),
        (("--stereo", "--views", "3x2"), "leave out --views"),
        (("--stereo", "--cone", "20"), "leave out --views and --cone"),
        (("--cone", "120"), "120"),
    ],
)
def test_a_bad_option_is_quoted(
    bone: Path, arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    result = run(bone, *arguments, "-o", tmp_path / "a.png")
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "no JSON"),
        ("[1, 2]", r"holds \[1, 2\]"),
        ('{"turn": 1}', '"turn" is no part of a pose'),
        ('{"rotation": [0, 0, 1]}', r"rotation \[0, 0, 1\] is not 4 finite numbers"),
        ('{"rotation": [0, 0, 0, 0]}', "has no direction"),
        ('{"rotation": [NaN, 0, 0, 1]}', "is not 4 finite numbers"),
        ('{"rotation": "left"}', '"left" is not 4'),
        ('{"shift": [0, true]}', "is not 2 finite numbers"),
        ('{"shift": [0, 50]}', "far outside the picture"),
        ('{"zoom": 0}', "zoom 0 is not between"),
        ('{"zoom": [2]}', r"zoom \[2\] is not a finite number"),
        ('{"zoom": 1e999}', "zoom Infinity is not a finite number"),
    ],
)
def test_a_bad_pose_is_quoted(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "pose.json"
    path.write_text(text)
    with pytest.raises(PoseFileError, match=r"pose\.json.*" + said):
        read_pose(path)


def test_a_missing_or_binary_pose_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PoseFileError, match=r"none\.json cannot be read"):
        read_pose(tmp_path / "none.json")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PoseFileError, match=r"binary\.json is no JSON"):
        read_pose(tmp_path / "binary.json")


numbers = st.floats(-2, 2, allow_nan=False)


@given(
    rotation=st.tuples(numbers, numbers, numbers, st.floats(0.1, 2)),
    shift=st.tuples(numbers, numbers),
    zoom=st.floats(0.01, 100),
)
def test_a_pose_is_read_as_written_its_rotation_made_unit(
    rotation: tuple[float, float, float, float],
    shift: tuple[float, float],
    zoom: float,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.getbasetemp() / "written.json"
    path.write_text(json.dumps({"rotation": rotation, "shift": shift, "zoom": zoom}))
    pose = read_pose(path)
    assert pose.shift == shift
    assert pose.zoom == zoom
    length = float(np.linalg.norm(rotation))
    np.testing.assert_allclose(np.array(pose.rotation) * length, rotation, atol=1e-12)


def test_an_empty_pose_file_is_the_standard_view(tmp_path: Path) -> None:
    (tmp_path / "pose.json").write_text("{}")
    assert read_pose(tmp_path / "pose.json") == Pose()


def test_colours_are_bt709_over_the_background_by_alpha() -> None:
    """By hand: white, black, a red at half alpha, and nothing, in tiles that must not mix."""
    sheet = Sheet.empty((2, 1), (4, 4))
    sheet.spans[:] = (0, 4)
    sheet.picture.y[:, :2] = 235
    sheet.alpha[:, :4] = 255
    sheet.alpha_half[:, :2] = 255
    # The right tile: pure red, Y 63, U 102, V 240 in limited BT.709, half covered.
    sheet.picture.y[:, 4:] = 63
    sheet.picture.u[:, 2:], sheet.picture.v[:, 2:] = 102, 240
    sheet.alpha[:, 4:] = 128
    sheet.alpha[:, 6:] = 0
    sheet.alpha_half[:, 2] = 128
    out = rgb_over(sheet, (0, 100, 200)).astype(int)
    assert (out[:, :2] == 255).all()
    assert (out[:, 2:4] == 0).all()
    np.testing.assert_allclose(out[:, 4:6], [[(128, 50, 100)] * 2] * 4, atol=2)
    assert (out[:, 6:] == (0, 100, 200)).all()


def test_depth_in_16_bits_keeps_what_is_there_apart_from_nothing() -> None:
    sheet = Sheet.empty((1, 1), (4, 2))
    sheet.inverse_depth[0] = [0.0, 1e-9, 1 / 200, 1.0]
    steps = depth_16_bit(sheet, 200.0)
    np.testing.assert_array_equal(steps[0], [0, 1, DEPTH_UNIT, 65535])
