"""Any two cameras, real intrinsics among them; a picture that VTK drew is the oracle."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import pyvista

from benchmarks.meshes import sphere
from streamer.render.anatomy import AnatomyRenderer
from streamer.render.camera import CameraRow
from streamer.render.pool import KernelPool
from streamer.scene.model import Mesh
from tests.render.scenes import UPRIGHT, anatomy_of


def test_two_cameras_that_are_neither_level_nor_alike_see_a_point_each_where_it_is() -> None:
    """A small ball's middle is where the pinhole formula, written out, puts it."""
    ball = sphere(2_000, 4.0, centre_mm=(12.0, -9.0, 7.0))
    cameras = []
    for roll, ahead, fx, fy in ((0.3, 300.0, 1900.0, 950.0), (-0.2, 340.0, 700.0, 1400.0)):
        transform = np.eye(4)
        turn = cv2.Rodrigues(np.array([0.05, -0.1, roll]))[0]
        transform[:3, :3] = turn @ UPRIGHT
        transform[:3, 3] = 3.0, -5.0, ahead
        cameras.append(
            CameraRow(transform, (fx, fy), (170.0, 110.0), np.zeros(1), ahead, 1.0, (320, 240))
        )
    with KernelPool(1) as pool:
        sheets = AnatomyRenderer(anatomy_of(ball), pool).draw_eyes(cameras)
    for camera, sheet in zip(cameras, sheets, strict=True):
        layer = sheet.layer(0)
        x, y, z = (camera.T_cam_lps @ [12.0, -9.0, 7.0, 1.0])[:3]
        share = layer.alpha.astype(float) / 255
        rows, columns = np.indices(share.shape) + 0.5
        found = (share * columns).sum() / share.sum(), (share * rows).sum() / share.sum()
        expected = 170 + camera.focal_px[0] * x / z, 110 + camera.focal_px[1] * y / z
        assert found == pytest.approx(expected, abs=0.06)
        ellipse = np.pi * camera.focal_px[0] * camera.focal_px[1] * (4.0 / z) ** 2
        assert share.sum() == pytest.approx(ellipse, rel=0.02)
        assert 1 / layer.inverse_depth.max() == pytest.approx(z - 4.0, abs=0.2)


def test_the_liver_lies_where_vtk_drew_it_with_an_endoscopes_intrinsics(shared_data: Path) -> None:
    """fx is twice fy: the video was interlaced. The matrix holds for the picture as it is."""
    folder = shared_data / "overlay_liver"
    surface = pyvista.read(folder / "liver_sub.ply")
    faces = surface.faces.reshape(-1, 4)[:, 1:].astype(np.int32)
    points = np.asarray(surface.points, np.float32)
    liver = Mesh("liver", points, faces, np.ones_like(points))
    k = np.loadtxt(folder / "calib.left.intrinsics.txt")
    oracle = cv2.imread(str(folder / "fig06_case1b.png"))
    assert oracle is not None
    covered = np.abs(oracle.astype(int) - 255).sum(axis=2) > 30
    camera = CameraRow(
        np.loadtxt(folder / "model_to_camera.txt"),
        (k[0, 0], k[1, 1]),
        (k[0, 2], k[1, 2]),
        np.zeros(1),
        200.0,
        1.0,
        (1920, 1080),
    )
    with KernelPool(2) as pool:
        layer = AnatomyRenderer(anatomy_of(liver), pool).draw_eyes([camera])[0].layer(0)
    ours = layer.alpha > 127
    assert (ours & covered).sum() / (ours | covered).sum() > 0.9995
