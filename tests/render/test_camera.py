"""The row of cameras: where LPS points land, which view sees them where, and comfort."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.render.camera import (
    FIT,
    MAX_DISPARITY,
    MAX_DISPARITY_IN_FRONT,
    CameraRow,
    rotation_matrix,
)
from streamer.scene.model import Pose

VIEWPORT = (1280, 720)
CENTRE = np.array([10.0, -20.0, 30.0])
RADIUS = 100.0

Offset = tuple[float, float, float]


def fitted(pose: Pose | None = None, viewport: tuple[int, int] = VIEWPORT) -> CameraRow:
    return CameraRow.stereo(CENTRE, RADIUS, pose or Pose(), viewport)


def seen(camera: CameraRow, offset_mm: Offset) -> tuple[list[float], float, float]:
    """The columns in all views, the row, and w, of a point given from the centre, in LPS."""
    x, y, w = camera.project(CENTRE[None] + np.array([offset_mm]))
    return x[0].tolist(), float(y[0]), float(w[0])


def test_the_patient_is_upright_and_faces_the_viewer() -> None:
    camera = fitted()
    columns, row, w = seen(camera, (0, 0, 0))
    assert columns == pytest.approx([640, 640])
    assert row == pytest.approx(360)
    assert seen(camera, (50, 0, 0))[0][0] > 640  # the patient's left is on the viewer's right
    assert seen(camera, (0, 0, 50))[1] < 360  # superior is up
    assert seen(camera, (0, -50, 0))[2] > w  # anterior is nearer


def test_the_eyes_are_not_swapped() -> None:
    """Nearer than convergence: the left eye sees it farther right (crossed, before the screen)."""
    near, far = seen(fitted(), (0, -50, 0))[0], seen(fitted(), (0, 50, 0))[0]
    assert near[0] > near[1]
    assert far[0] < far[1]


@given(
    offset=st.tuples(st.floats(-60, 60), st.floats(-60, 60), st.floats(-60, 60)),
    zoom=st.floats(0.2, 5),
    views=st.integers(1, 48),
)
def test_each_view_is_a_pinhole_camera_of_its_own(offset: Offset, zoom: float, views: int) -> None:
    """Written out for each view: moved by its offset, sheared to meet at convergence."""
    pose = Pose(rotation=(0.1, 0.2, 0.3, 0.9), zoom=zoom)
    camera = CameraRow.cone(CENTRE, RADIUS, pose, VIEWPORT, views, 40.0)
    x, y, z = (camera.T_cam_lps @ [*(CENTRE + offset), 1.0])[:3]
    columns, row, w = seen(camera, offset)
    assert len(columns) == views == camera.views
    assert row == pytest.approx(camera.principal_px[1] + camera.focal_px[1] * y / z)
    assert w == pytest.approx(1 / z)
    for column, eye in zip(columns, camera.offsets_mm, strict=True):
        shear = camera.focal_px[0] * eye / camera.convergence_mm
        expected = camera.principal_px[0] + camera.focal_px[0] * (x - eye) / z + shear
        assert column == pytest.approx(expected, abs=1e-6)


@given(
    direction=st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1)),
    rotation=st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1), st.floats(0.1, 1)),
    zoom=st.floats(0.1, 20),
    viewport=st.sampled_from([(1280, 720), (640, 720), (480, 1000)]),
)
def test_all_of_the_anatomy_stays_within_comfort(
    direction: Offset,
    rotation: tuple[float, float, float, float],
    zoom: float,
    viewport: tuple[int, int],
) -> None:
    camera = fitted(Pose(rotation=rotation, zoom=zoom), viewport)
    length = math.hypot(*direction)
    offset = np.array(direction) * (RADIUS / length if length > 1e-6 else 0.0)
    left, right = seen(camera, (offset[0], offset[1], offset[2]))[0]
    disparity = (left - right) / viewport[0]
    assert disparity <= MAX_DISPARITY_IN_FRONT + 1e-9
    assert disparity >= MAX_DISPARITY_IN_FRONT - MAX_DISPARITY - 1e-9


@pytest.mark.parametrize("views", [1, 2, 7, 48])
def test_a_cone_is_shared_evenly_by_its_views_from_the_leftmost_to_the_rightmost(
    views: int,
) -> None:
    camera = CameraRow.cone(CENTRE, RADIUS, Pose(), VIEWPORT, views, 35.0)
    angles = np.degrees(np.arctan(camera.offsets_mm / camera.convergence_mm))
    assert angles[0] == pytest.approx(-35 / 2 + 35 / views / 2)
    np.testing.assert_allclose(np.diff(angles), 35 / views)
    np.testing.assert_allclose(camera.offsets_mm, -camera.offsets_mm[::-1], atol=1e-9)
    closer = CameraRow.cone(CENTRE, RADIUS, Pose(zoom=2), VIEWPORT, views, 35.0)
    np.testing.assert_allclose(closer.offsets_mm, camera.offsets_mm / 2)


def test_zoom_1_fills_the_shorter_side_and_zoom_2_twice_that() -> None:
    for viewport in ((1280, 720), (640, 720)):
        camera = fitted(viewport=viewport)
        # The outline of a sphere: a cone of half angle asin(R / D).
        half = camera.focal_px[0] * math.tan(math.asin(RADIUS / camera.convergence_mm))
        assert 2 * half == pytest.approx(FIT * min(viewport))
    assert fitted(Pose(zoom=2)).focal_px[0] == pytest.approx(2 * fitted().focal_px[0])


def test_shift_moves_right_and_down_by_shares_of_the_picture() -> None:
    columns, row, _ = seen(fitted(Pose(shift=(0.25, -0.1))), (0, 0, 0))
    assert columns[0] == pytest.approx(640 + 320)
    assert row == pytest.approx(360 - 72)


def test_rotation_is_about_the_centre_in_camera_axes() -> None:
    half = math.sqrt(0.5)
    about_y = fitted(Pose(rotation=(0.0, half, 0.0, half)))  # y is down: z turns to x
    assert seen(about_y, (0, 0, 0))[0][0] == pytest.approx(640)
    assert seen(about_y, (0, 50, 0))[0][0] > 640  # what was behind is on the right
    about_z = fitted(Pose(rotation=(0.0, 0.0, half, half)))  # z is forward: x turns to y, down
    assert seen(about_z, (50, 0, 0))[1] > 360


def test_a_quaternion_is_normalised() -> None:
    matrix = rotation_matrix((0.0, 0.0, 3.0, 4.0))
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(matrix, rotation_matrix((0.0, 0.0, 0.6, 0.8)))


@pytest.mark.parametrize(
    ("pose", "viewport", "quoted"),
    [
        (Pose(rotation=(0.0, 0.0, 0.0, 0.0)), VIEWPORT, "quaternion"),
        (Pose(rotation=(0.0, math.nan, 0.0, 1.0)), VIEWPORT, "nan"),
        (Pose(zoom=0.0), VIEWPORT, "zoom must be a positive number, not 0.0"),
        (Pose(zoom=math.inf), VIEWPORT, "inf"),
        (Pose(shift=(math.nan, 0.0)), VIEWPORT, "nan"),
        (Pose(), (1281, 720), "1281x720"),
        (Pose(), (0, 720), "0x720"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    pose: Pose, viewport: tuple[int, int], quoted: str
) -> None:
    with pytest.raises(ValueError, match=quoted):
        fitted(pose, viewport)


@pytest.mark.parametrize(
    ("views", "cone_deg", "quoted"),
    [(0, 30.0, "not 0"), (257, 30.0, "not 257"), (4, 120.0, "not 120"), (4, math.nan, "nan")],
)
def test_rows_that_cannot_be_are_refused(views: int, cone_deg: float, quoted: str) -> None:
    with pytest.raises(ValueError, match=quoted):
        CameraRow.cone(CENTRE, RADIUS, Pose(), VIEWPORT, views, cone_deg)
