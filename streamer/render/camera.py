"""The off-axis stereo camera, and how it is fitted to an anatomy and a pose.

Axes are OpenCV's: x right, y down, z forward, in millimetres from the middle between the eyes.
Pixel (column c, row r) covers [c, c+1) x [r, r+1), so pixel centres are at .5.

A point (X, Y, Z) is seen by the middle camera at x_0 = cx + f X/Z, y = cy + f Y/Z, and with w = 1/Z
by eye i at x_i = x_0 + s_i (A - B w), s = -1 for the left and +1 for the right eye, where
B = f b/2 and A = B/Z_c for the baseline b and the distance Z_c of convergence. y and w are equal in
both eyes. Disparity d = x_left - x_right = 2 (B w - A): positive for points nearer than Z_c (they
stand before the screen), zero at Z_c, negative behind it.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streamer.scene.model import Pose

LEFT: Final = -1.0
RIGHT: Final = 1.0

# Broadcast practice: 3 % of the width in all and 1 % in front; the smallest of the displays we feed
# allows 2.5 % in all.
MAX_DISPARITY: Final = 0.025
MAX_DISPARITY_IN_FRONT: Final = 0.01

HALF_ANGLE_RAD: Final = math.radians(15)
FIT: Final = 0.95  # of the shorter side is filled at zoom 1
NEAR: Final = 0.01  # of the distance of convergence

# Rows are camera axes in LPS: right is the patient's left, down is inferior, forward is posterior:
# the patient is upright and faces the viewer.
R_STANDARD: Final = ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0), (0.0, 1.0, 0.0))


@dataclass(frozen=True, slots=True, eq=False)
class StereoCamera:
    """Two sheared cameras on a line parallel to the screen; see the module for the formulas.

    `T_cam_lps` (4, 4) float64 is rigid, millimetres; `focal_px` and `principal_px` (cx, cy) are of
    the middle camera; what lies nearer than `near_mm` is cut away; `viewport` is (width, height).
    """

    T_cam_lps: NDArray[np.float64]
    focal_px: float
    principal_px: tuple[float, float]
    baseline_mm: float
    convergence_mm: float
    near_mm: float
    viewport: tuple[int, int]

    @property
    def parallax(self) -> tuple[float, float]:
        """(A, B) of x_i = x_0 + s_i (A - B w): pixels, and pixels times millimetres."""
        b = self.focal_px * self.baseline_mm / 2
        return b / self.convergence_mm, b

    def project(self, points_mm: NDArray[np.floating]) -> NDArray[np.float64]:
        """Columns (x_left, x_right, y, w) in pixels and 1/mm of `points_mm` (N, 3) in LPS.

        The points must lie before the camera (Z > 0); nothing is clipped.
        """
        cam = points_mm @ self.T_cam_lps[:3, :3].T + self.T_cam_lps[:3, 3]
        w = 1.0 / cam[:, 2]
        x = self.principal_px[0] + self.focal_px * cam[:, 0] * w
        y = self.principal_px[1] + self.focal_px * cam[:, 1] * w
        a, b = self.parallax
        bend = a - b * w
        return np.stack([x + LEFT * bend, x + RIGHT * bend, y, w], axis=1)

    @classmethod
    def fit(
        cls,
        centre_mm: NDArray[np.float64],
        radius_mm: float,
        pose: Pose,
        viewport: tuple[int, int],
    ) -> "StereoCamera":
        """The camera that shows a sphere about `centre_mm` (3,), LPS, as `pose` says.

        At zoom 1 the sphere fills 95 % of the viewport's shorter side. Zoom lengthens the focal
        length and shortens the baseline with it, so that the camera stays outside the sphere and
        disparity within comfort. The eyes converge at the centre.
        Raises ValueError for a pose or viewport that cannot be drawn.
        """
        width, height = viewport
        if width <= 0 or height <= 0 or width % 2 or height % 2:
            raise ValueError(f"a viewport must be even and positive, not {width}x{height}")
        if not (math.isfinite(pose.zoom) and pose.zoom > 0):
            raise ValueError(f"zoom must be a positive number, not {pose.zoom}")
        if not all(map(math.isfinite, pose.shift)):
            raise ValueError(f"shift must be two numbers, not {pose.shift}")
        rotation = rotation_matrix(pose.rotation) @ np.array(R_STANDARD)
        radius = max(radius_mm, 1e-3)
        distance = radius / math.sin(HALF_ANGLE_RAD)
        focal_at_1 = FIT * min(viewport) / 2 / math.tan(HALF_ANGLE_RAD)
        transform = np.eye(4)
        transform[:3, :3] = rotation
        transform[:3, 3] = np.array([0.0, 0.0, distance]) - rotation @ centre_mm
        return cls(
            T_cam_lps=transform,
            focal_px=focal_at_1 * pose.zoom,
            principal_px=(width * (0.5 + pose.shift[0]), height * (0.5 + pose.shift[1])),
            baseline_mm=comfortable_baseline_mm(focal_at_1, distance, radius, width)
            / max(1.0, pose.zoom),
            convergence_mm=distance,
            near_mm=NEAR * distance,
            viewport=viewport,
        )


def comfortable_baseline_mm(
    focal_px: float, distance_mm: float, radius_mm: float, width_px: int
) -> float:
    """The widest baseline with which a sphere's disparities stay within comfort.

    The sphere of `radius_mm` lies about the point of convergence at `distance_mm` (greater).
    """
    near = 1 / (distance_mm - radius_mm) - 1 / distance_mm
    far = 1 / distance_mm - 1 / (distance_mm + radius_mm)
    in_all = MAX_DISPARITY * width_px / (focal_px * (near + far))
    in_front = MAX_DISPARITY_IN_FRONT * width_px / (focal_px * near)
    return min(in_all, in_front)


def rotation_matrix(quaternion: tuple[float, float, float, float]) -> NDArray[np.float64]:
    """The rotation (3, 3) of a quaternion (x, y, z, w), normalised first.

    Raises ValueError where it has no direction (zero, infinite or not a number).
    """
    norm = math.hypot(*quaternion)
    if not (math.isfinite(norm) and norm > 1e-9):
        raise ValueError(f"rotation must be a unit quaternion (x, y, z, w), not {quaternion}")
    x, y, z, w = (part / norm for part in quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
