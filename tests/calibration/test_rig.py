"""Rig files: ours and OpenCV's, what is wrong in them, and rectification of a real laparoscope."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from calibration.rig import Rectifier, RigError, StereoRig, read_rig
from streamer.frames import I420


def fields() -> dict[str, Any]:
    """Two cameras 5 mm apart that turn towards each other by 3 degrees."""
    turn, _ = cv2.Rodrigues(np.array([0.004, np.deg2rad(3.0), -0.003]))
    return {
        "width": 640,
        "height": 360,
        "left": {"matrix": [[600, 0, 322], [0, 605, 178], [0, 0, 1]], "distortion": [-0.1, 0.02]}
        | {"distortion": [-0.1, 0.02, 0, 0]},
        "right": {"matrix": [[610, 0, 315], [0, 608, 185], [0, 0, 1]]},
        "rotation": turn.tolist(),
        "translation_mm": [-5.0, 0.2, 0.1],
    }


def write(folder: Path, content: object, name: str = "rig.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def projected(rig: StereoRig, points: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Pixels (N, 2) of points (N, 3) in the left camera's axes, in both pictures."""
    turned, _ = cv2.Rodrigues(rig.R_right_left)
    zero = np.zeros(3)
    both = []
    for camera, r, t in ((rig.left, zero, zero), (rig.right, turned, rig.t_right_left_mm)):
        found, _ = cv2.projectPoints(points, r, t, camera.matrix, camera.distortion)
        both.append(np.asarray(found, np.float64).reshape(-1, 2))
    return both


def test_rectified_points_lie_in_one_row_and_their_disparity_tells_their_depth(
    tmp_path: Path,
) -> None:
    rig = read_rig(write(tmp_path, fields()))
    rectifier = Rectifier(rig, (640, 360))
    points = np.random.default_rng(1).uniform((-15, -8, 60), (15, 8, 140), (50, 3))
    pixels = projected(rig, points)
    left = rectifier.rectify_points(pixels[0], rig, right=False)
    right = rectifier.rectify_points(pixels[1], rig, right=True)
    assert np.abs(left[:, 1] - right[:, 1]).max() < 1e-2
    assert np.abs(pixels[0][:, 1] - pixels[1][:, 1]).max() > 3
    depth = (
        rectifier.focal_px
        * rectifier.baseline_mm
        / (left - right)[:, 0].__sub__(rectifier.offset_px)
    )
    along = (rectifier.rotations[0] @ points.T)[2]
    np.testing.assert_allclose(depth, along, rtol=1e-3)


def test_pictures_are_turned_as_points_are(tmp_path: Path) -> None:
    rig = read_rig(write(tmp_path, fields()))
    rectifier = Rectifier(rig, (640, 360))
    spot = np.array([[400.0, 120.0]])
    picture = I420.empty(640, 360)
    for plane, step in ((picture.y, 1), (picture.u, 2), (picture.v, 2)):
        plane[:] = 20
        cv2.circle(plane, (400 // step, 120 // step), 12 // step, 220, -1)
    for right in (False, True):
        turned = rectifier.rectify(picture, picture)[right]
        expected = rectifier.rectify_points(spot, rig, right)[0]
        for plane, step in ((turned.y, 1), (turned.u, 2)):
            weight = plane.astype(float) - 20
            rows, columns = np.indices(plane.shape)
            found = (columns * weight).sum() / weight.sum(), (rows * weight).sum() / weight.sum()
            np.testing.assert_allclose(found, expected / step, atol=1.0)
        np.testing.assert_array_equal(rectifier.rectify_plane(picture.y, right), turned.y)


def test_a_rig_serves_pictures_of_its_shape_at_another_size(tmp_path: Path) -> None:
    rig = read_rig(write(tmp_path, fields()))
    full, half = Rectifier(rig, (640, 360)), Rectifier(rig, (320, 180))
    assert abs(half.focal_px / full.focal_px - 0.5) < 0.02
    with pytest.raises(RigError, match="640x480"):
        Rectifier(rig, (640, 480))
    with pytest.raises(ValueError, match="320"):
        half.rectify(I420.empty(640, 360), I420.empty(640, 360))


@pytest.mark.parametrize("ending", ["yml", "xml"])
def test_opencvs_files_are_read_with_the_extrinsics_beside_them(
    tmp_path: Path, ending: str
) -> None:
    ours = read_rig(write(tmp_path, fields()))
    first = tmp_path / f"intrinsics.{ending}"
    second = tmp_path / f"extrinsics.{ending}"
    storage = cv2.FileStorage(str(first), cv2.FILE_STORAGE_WRITE)
    for n, camera in ((1, ours.left), (2, ours.right)):
        storage.write(f"M{n}", camera.matrix)
        storage.write(f"D{n}", camera.distortion.reshape(1, -1))
    storage.release()
    with pytest.raises(RigError, match="R, T missing"):
        read_rig(first)
    storage = cv2.FileStorage(str(second), cv2.FILE_STORAGE_WRITE)
    storage.write("R", ours.R_right_left)
    storage.write("T", ours.t_right_left_mm.reshape(3, 1))
    storage.release()
    theirs = read_rig(first)
    assert theirs.size is None
    np.testing.assert_allclose(theirs.R_right_left, ours.R_right_left)
    np.testing.assert_allclose(theirs.t_right_left_mm, ours.t_right_left_mm)
    np.testing.assert_allclose(theirs.right.matrix, ours.right.matrix)
    np.testing.assert_allclose(theirs.left.distortion, ours.left.distortion)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"left": None}, "is no rig"),
        ({"width": "wide"}, "wide"),
        ({"width": 0}, "0x360"),
        ({"rotation": [[1, 0], [0, 1]]}, "rotation"),
        ({"rotation": [[1, 0, 0], [0, 1, 0], [0, 0, -1]]}, "is none"),
        ({"translation_mm": [0, 0, 0]}, "is 0"),
        ({"translation_mm": [float("nan"), 0, 0]}, "not finite"),
        ({"right": {"matrix": [[0, 0, 0], [0, 5, 0], [0, 0, 1]]}}, "right camera's focal"),
        ({"right": {"matrix": [[9, 0, 0], [0, 5, 0], [0, 0, 1]], "distortion": [1, 2]}}, "has 2"),
    ],
)
def test_what_is_wrong_in_a_rig_is_said(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    with pytest.raises(RigError, match=says):
        read_rig(write(tmp_path, fields() | change))


def test_files_that_are_no_rigs(tmp_path: Path) -> None:
    content = fields()
    del content["translation_mm"]
    with pytest.raises(RigError, match="'translation_mm' is missing"):
        read_rig(write(tmp_path, content))
    with pytest.raises(RigError, match="cannot be read"):
        read_rig(tmp_path / "none.json")
    (tmp_path / "half.json").write_text('{"width": 3')
    with pytest.raises(RigError, match="not valid JSON"):
        read_rig(tmp_path / "half.json")
    (tmp_path / "bytes.yml").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(RigError, match="no text file"):
        read_rig(tmp_path / "bytes.yml")
    (tmp_path / "prose.txt").write_text("left and right")
    with pytest.raises(RigError, match=r"prose\.txt"):
        read_rig(tmp_path / "prose.txt")


def test_swapped_and_stacked_cameras_are_refused(tmp_path: Path) -> None:
    swapped = read_rig(write(tmp_path, fields() | {"translation_mm": [5.0, 0, 0]}))
    with pytest.raises(RigError, match="left of the left one"):
        Rectifier(swapped, (640, 360))
    stacked = read_rig(write(tmp_path, fields() | {"translation_mm": [0.1, -5.0, 0]}))
    with pytest.raises(RigError, match="above the other"):
        Rectifier(stacked, (640, 360))


def test_a_real_laparoscopes_chessboard_comes_into_rows(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "stereo_laparoscope"
    matrices = [
        np.loadtxt(folder / f"calib.{side}.intrinsic.txt", max_rows=3).tolist()
        for side in ("left", "right")
    ]
    l2r = np.loadtxt(folder / "calib.l2r.4x4")
    rig = read_rig(
        write(
            tmp_path,
            {
                "width": 1920,
                "height": 1080,
                "left": {"matrix": matrices[0]},
                "right": {"matrix": matrices[1]},
                "rotation": l2r[:3, :3].tolist(),
                "translation_mm": l2r[:3, 3].tolist(),
            },
        )
    )
    rectifier = Rectifier(rig, (1920, 1080))
    corners = []
    for name in ("left", "right"):
        picture = cv2.imread(str(folder / f"{name}-1095.png"), cv2.IMREAD_GRAYSCALE)
        assert picture is not None
        found, places = cv2.findChessboardCornersSB(picture, (14, 10))
        assert found
        corners.append(places.reshape(-1, 2).astype(np.float64))
    before = np.abs(corners[0][:, 1] - corners[1][:, 1]).mean()
    rows = [rectifier.rectify_points(c, rig, bool(n))[:, 1] for n, c in enumerate(corners)]
    after = np.abs(rows[0] - rows[1]).mean()
    # Its calibration comes without distortion: 3.3 pixels of the rest are in the files themselves.
    assert before > 20
    assert after < 5
    assert rectifier.baseline_mm == pytest.approx(np.linalg.norm(l2r[:3, 3]), rel=1e-3)
