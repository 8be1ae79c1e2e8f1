"""VTK as the oracle: the same cameras, the same silhouettes, depth and shading in every view."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.agreement import depth_median_px, iou, lit_colours, shading_difference
from benchmarks.meshes import sphere
from benchmarks.vtk_rival import VtkError, VtkRival
from streamer.anatomy.importer import read_volume
from streamer.anatomy.presets import BONE
from streamer.anatomy.surface import extract_surface
from streamer.render.anatomy import AnatomyRenderer
from streamer.render.camera import CameraRow
from streamer.scene.model import Mesh, Pose
from tests.render.scenes import anatomy_of

TURNED = Pose(rotation=(0.2, 0.3, 0.1, 0.9))
NEARER = Pose(rotation=(-0.4, 0.1, 0.6, 0.5), zoom=1.8, shift=(0.1, -0.2))
TILE = (420, 560)
CONE_DEG = 35.0


@pytest.fixture(scope="module")
def vtk() -> Iterator[VtkRival]:
    """VTK in its process; skips where it cannot draw off-screen."""
    with VtkRival() as rival:
        try:
            mesh = sphere(100)
            rival.show(mesh, CameraRow.cone(np.zeros(3), 90.0, Pose(), (64, 64), 1, 0.0))
        except VtkError as error:
            pytest.skip(str(error))
        yield rival


@pytest.fixture(scope="module")
def uneven() -> Iterator[tuple[Mesh, AnatomyRenderer]]:
    mesh = sphere(20_000, bump=0.25, centre_mm=(30.0, -50.0, 900.0))
    renderer = AnatomyRenderer(anatomy_of(mesh))
    yield mesh, renderer
    renderer.close()


@pytest.fixture(scope="module")
def skull(shared_data: Path) -> Iterator[tuple[Mesh, AnatomyRenderer]]:
    """A real skull of about 200,000 triangles, with its levels of detail."""
    folder = shared_data / "ct_head_tilted"
    if not folder.is_dir():
        pytest.skip("no ../shared/data/ct_head_tilted beside the repository")
    mesh, _ = extract_surface(read_volume(folder), BONE, triangle_budget=200_000)
    renderer = AnatomyRenderer(anatomy_of(mesh))
    renderer.build_levels()
    yield mesh, renderer
    renderer.close()


def check_views(
    vtk: VtkRival,
    mesh: Mesh,
    renderer: AnatomyRenderer,
    row: CameraRow,
    views: range | None = None,
    iou_least: float = 0.995,
) -> None:
    """Silhouette and depth of the views, and that none is moved against VTK's, or another's."""
    sheet = renderer.draw(row)
    vtk.show(mesh, row)
    _, b = row.parallax
    span = float(b[-1] - b[0]) or row.focal_px[0] * row.convergence_mm * 0.6  # a cone's
    for view in views or range(row.views):
        layer, seen = sheet.layer(view), vtk.draw(view)
        assert iou(layer, seen) >= iou_least, view
        assert depth_median_px(layer, seen, span) < 0.1, view
        np.testing.assert_allclose(middle(layer.alpha > 127), middle(seen.covered), atol=0.1)


@pytest.mark.parametrize("pose", [TURNED, NEARER])
def test_every_view_of_a_cone_is_vtks(
    vtk: VtkRival, uneven: tuple[Mesh, AnatomyRenderer], pose: Pose
) -> None:
    mesh, renderer = uneven
    check_views(vtk, mesh, renderer, renderer.cone(pose, TILE, 12, CONE_DEG))


@pytest.mark.parametrize("pose", [TURNED, NEARER])
def test_both_eyes_are_vtks(
    vtk: VtkRival, uneven: tuple[Mesh, AnatomyRenderer], pose: Pose
) -> None:
    mesh, renderer = uneven
    check_views(vtk, mesh, renderer, renderer.camera(pose, (640, 360)))


def test_a_real_cameras_intrinsics_are_vtks(
    vtk: VtkRival, uneven: tuple[Mesh, AnatomyRenderer]
) -> None:
    """Focal lengths that differ, a principal point off the middle, and a rolled eye beside it."""
    mesh, renderer = uneven
    middle_camera = renderer.cone(TURNED, (640, 480), 1, 0.0)
    eye = replace(middle_camera, focal_px=(930.0, 870.0), principal_px=(350.5, 221.25))
    roll = np.eye(4)
    roll[:2, :2] = [[0.98, 0.198997], [-0.198997, 0.98]]
    roll[:3, 3] = [4.0, 2.0, -3.0]
    other = replace(eye, T_cam_lps=roll @ eye.T_cam_lps)
    for row, sheet in zip((eye, other), renderer.draw_eyes([eye, other]), strict=True):
        vtk.show(mesh, row)
        layer, seen = sheet.layer(0), vtk.draw(0)
        assert 0.1 < seen.covered.mean() < 0.9
        assert iou(layer, seen) >= 0.995
        assert depth_median_px(layer, seen, 0.6 * 900 * row.convergence_mm) < 0.1


def test_a_skull_in_its_levels_of_detail_is_vtks_in_full(
    vtk: VtkRival, skull: tuple[Mesh, AnatomyRenderer]
) -> None:
    mesh, renderer = skull
    row = renderer.cone(TURNED, TILE, 48, CONE_DEG)
    check_views(vtk, mesh, renderer, row, range(0, 48, 9))
    check_views(vtk, mesh, renderer, renderer.camera(Pose(), (1920, 1080)))


def test_the_difference_in_shading_shows_no_structure(
    vtk: VtkRival, uneven: tuple[Mesh, AnatomyRenderer]
) -> None:
    mesh, renderer = uneven
    row = renderer.cone(TURNED, TILE, 12, CONE_DEG)
    sheet = renderer.draw(row)
    vtk.show(mesh, row, lit_colours(mesh, row.T_cam_lps))
    for view in (0, 5, 11):
        shading = shading_difference(sheet.layer(view), vtk.draw(view))
        assert shading.median < 1.0, view
        assert shading.p95 < 2.0, view
        assert shading.block < 2.5, view


def test_alpha_is_the_share_of_a_pixel_that_is_covered(
    uneven: tuple[Mesh, AnatomyRenderer],
) -> None:
    """Against 16 samples a pixel, at silhouettes: less than half the error of no anti-aliasing."""
    _, renderer = uneven
    row = renderer.cone(TURNED, TILE, 12, CONE_DEG)
    sheet, truth = renderer.draw(row), renderer.draw(finer(row))
    for view in range(row.views):
        alpha = sheet.layer(view).alpha / 255
        share = averaged(truth.layer(view).alpha > 127)
        rim = (share > 0) & (share < 1)
        smooth, hard = (np.abs(plane - share)[rim].mean() for plane in (alpha, alpha > 0.5))
        assert rim.sum() > 500
        assert smooth < 0.5 * hard, view
        assert smooth < 0.1, view
        # Only the rim is touched.
        assert (np.abs(alpha - share)[~rim] > 0.25).mean() < 1e-3


FINER = 4


def finer(row: CameraRow) -> CameraRow:
    """The same cameras with four times the pixels each way."""
    (fx, fy), (cx, cy), (width, height) = row.focal_px, row.principal_px, row.viewport
    return replace(
        row,
        focal_px=(FINER * fx, FINER * fy),
        principal_px=(FINER * cx, FINER * cy),
        viewport=(FINER * width, FINER * height),
    )


def averaged(covered: NDArray[np.bool_]) -> NDArray[np.float64]:
    height, width = covered.shape[0] // FINER, covered.shape[1] // FINER
    blocks = covered.reshape(height, FINER, width, FINER)
    return np.asarray(blocks.mean(axis=(1, 3)), np.float64)


def middle(covered: NDArray[np.bool_]) -> tuple[float, float]:
    """The centre of what is covered, (row, column)."""
    rows, columns = np.nonzero(covered)
    return float(rows.mean()), float(columns.mean())
