"""The stereo camera: where LPS points land, which eye sees them where, and comfort."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.render.camera import (
    FIT,
    MAX_DISPARITY,
    MAX_DISPARITY_IN_FRONT,
    StereoCamera,
    rotation_matrix,
)
from streamer.scene.model import Pose

VIEWPORT = (1280, 720)
CENTRE = np.array([10.0, -20.0, 30.0])
RADIUS = 100.0


def fitted(pose: Pose = Pose(), viewport: tuple[int, int] = VIEWPORT) -> StereoCamera:  # noqa: B008
    return StereoCamera.fit(CENTRE, RADIUS, pose, viewport)


def seen(camera: StereoCamera, offset_mm: tuple[float, float, float]) -> np.ndarray:
    """(x_left, x_right, y, w) of a point given from the centre, in LPS."""
    row: np.ndarray = camera.project(CENTRE[None] + np.array([offset_mm]))[0]
    return row


def test_the_patient_is_upright_and_faces_the_viewer() -> None:
    camera = fitted()
    middle = seen(camera, (0, 0, 0))
    assert middle[0] == pytest.approx(640)
    assert middle[2] == pytest.approx(360)
    assert seen(camera, (50, 0, 0))[0] > 640  # the patient's left is on the viewer's right
    assert seen(camera, (0, 0, 50))[2] < 360  # superior is up
    assert seen(camera, (0, -50, 0))[3] > middle[3]  # anterior is nearer


def test_the_eyes_are_not_swapped() -> None:
    """Nearer than convergence: the left eye sees it farther right (crossed, before the screen)."""
    camera = fitted()
    near, far = seen(camera, (0, -50, 0)), seen(camera, (0, 50, 0))
    assert near[0] > near[1]
    assert far[0] < far[1]
    centre = seen(camera, (0, 0, 0))
    assert centre[0] == pytest.approx(centre[1])


@given(
    offset=st.tuples(st.floats(-60, 60), st.floats(-60, 60), st.floats(-60, 60)),
    zoom=st.floats(0.2, 5),
)
def test_each_eye_is_a_pinhole_camera_of_its_own(
    offset: tuple[float, float, float], zoom: float
) -> None:
    """Written out for each eye: moved by half the baseline, sheared to meet at convergence."""
    camera = fitted(Pose(rotation=(0.1, 0.2, 0.3, 0.9), zoom=zoom))
    point = (camera.T_cam_lps @ [*(CENTRE + offset), 1.0])[:3]
    for column, side in ((0, -1), (1, 1)):
        eye = side * camera.baseline_mm / 2
        shear = camera.focal_px * eye / camera.convergence_mm
        x = camera.principal_px[0] + camera.focal_px * (point[0] - eye) / point[2] + shear
        assert seen(camera, offset)[column] == pytest.approx(x, abs=1e-6)


@given(
    direction=st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1)),
    rotation=st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1), st.floats(0.1, 1)),
    zoom=st.floats(0.1, 20),
    viewport=st.sampled_from([(1280, 720), (640, 720), (480, 1000)]),
)
def test_all_of_the_anatomy_stays_within_comfort(
    direction: tuple[float, float, float],
    rotation: tuple[float, float, float, float],
    zoom: float,
    viewport: tuple[int, int],
) -> None:
    camera = fitted(Pose(rotation=rotation, zoom=zoom), viewport)
    length = math.hypot(*direction)
    offset = np.array(direction) * (RADIUS / length if length > 1e-6 else 0.0)
    left, right, _, _ = seen(camera, (offset[0], offset[1], offset[2]))
    disparity = (left - right) / viewport[0]
    assert disparity <= MAX_DISPARITY_IN_FRONT + 1e-9
    assert disparity >= MAX_DISPARITY_IN_FRONT - MAX_DISPARITY - 1e-9


def test_zoom_1_fills_the_shorter_side_and_zoom_2_twice_that() -> None:
    for viewport in ((1280, 720), (640, 720)):
        camera = fitted(viewport=viewport)
        # The outline of a sphere: a cone of half angle asin(R / D).
        half = camera.focal_px * math.tan(math.asin(RADIUS / camera.convergence_mm))
        assert 2 * half == pytest.approx(FIT * min(viewport))
    assert fitted(Pose(zoom=2)).focal_px == pytest.approx(2 * fitted().focal_px)


def test_shift_moves_right_and_down_by_shares_of_the_picture() -> None:
    moved = seen(fitted(Pose(shift=(0.25, -0.1))), (0, 0, 0))
    assert moved[0] == pytest.approx(640 + 320)
    assert moved[2] == pytest.approx(360 - 72)


def test_rotation_is_about_the_centre_in_camera_axes() -> None:
    half = math.sqrt(0.5)
    about_y = fitted(Pose(rotation=(0.0, half, 0.0, half)))  # y is down: z turns to x
    assert seen(about_y, (0, 0, 0))[0] == pytest.approx(640)
    assert seen(about_y, (0, 50, 0))[0] > 640  # what was behind is on the right
    about_z = fitted(Pose(rotation=(0.0, 0.0, half, half)))  # z is forward: x turns to y, down
    assert seen(about_z, (50, 0, 0))[2] > 360


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
