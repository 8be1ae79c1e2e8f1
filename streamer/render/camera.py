"""A row of off-axis cameras, and how it is fitted to an anatomy and a pose.

Axes are OpenCV's: x right, y down, z forward, in millimetres from the middle of the row.
Pixel (column c, row r) covers [c, c+1) x [r, r+1), so pixel centres are at .5.

The cameras stand on a line parallel to the screen, o_i mm to the right of the middle, and their
frusta are sheared so that all see the same rectangle at the distance Z_c of convergence. A point
(X, Y, Z) is seen by the middle at x_0 = cx + fx X/Z, y = cy + fy Y/Z, and with w = 1/Z by camera i
at x_i = x_0 + o_i fx (1/Z_c - w). y and w are equal in all views, and x_i is linear in o_i: that is
what the kernels live on. The disparity between a camera and one to its right, x_left - x_right, is
positive for points nearer than Z_c (they stand before the screen) and negative behind it.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streamer.scene.model import Pose

# Broadcast practice: 3 % of the width in all and 1 % in front; the smallest of the displays we feed
# allows 2.5 % in all.
MAX_DISPARITY: Final = 0.025
MAX_DISPARITY_IN_FRONT: Final = 0.01

HALF_ANGLE_RAD: Final = math.radians(15)
FIT: Final = 0.95  # of the shorter side is filled at zoom 1
NEAR: Final = 0.01  # of the distance of convergence
MAX_VIEWS: Final = 256

# Rows are camera axes in LPS: right is the patient's left, down is inferior, forward is posterior:
# the patient is upright and faces the viewer.
R_STANDARD: Final = ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0), (0.0, 1.0, 0.0))


@dataclass(frozen=True, slots=True, eq=False)
class CameraRow:
    """Sheared cameras on a line parallel to the screen; see the module for the formulas.

    `T_cam_lps` (4, 4) float64 is rigid, millimetres; `focal_px` (fx, fy) and `principal_px` (cx,
    cy) are of the middle camera; `offsets_mm` (N,) float64 rise from the leftmost view to the
    rightmost; what lies nearer than `near_mm` is cut away; `viewport` is (width, height) of a view.
    One camera at offset 0 is any pinhole camera: two eyes that do not stand level, or a real
    endoscope's intrinsics, are two rows of one.
    """

    T_cam_lps: NDArray[np.float64]
    focal_px: tuple[float, float]
    principal_px: tuple[float, float]
    offsets_mm: NDArray[np.float64]
    convergence_mm: float
    near_mm: float
    viewport: tuple[int, int]

    @property
    def views(self) -> int:
        """How many cameras the row has."""
        return len(self.offsets_mm)

    @property
    def parallax(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(A_i, B_i), (N,) each, of x_i = x_0 + A_i - B_i w: pixels, and pixels times mm."""
        b = self.focal_px[0] * self.offsets_mm
        return b / self.convergence_mm, b

    def project(
        self, points_mm: NDArray[np.floating]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Columns x (P, N), rows y (P,) in pixels, and w (P,) in 1/mm, of points (P, 3) in LPS.

        The points must lie before the cameras (Z > 0); nothing is clipped.
        """
        cam = points_mm @ self.T_cam_lps[:3, :3].T + self.T_cam_lps[:3, 3]
        w = 1.0 / cam[:, 2]
        x = self.principal_px[0] + self.focal_px[0] * cam[:, 0] * w
        y = self.principal_px[1] + self.focal_px[1] * cam[:, 1] * w
        a, b = self.parallax
        return x[:, None] + a - b * w[:, None], y, w

    @classmethod
    def stereo(
        cls,
        centre_mm: NDArray[np.float64],
        radius_mm: float,
        pose: Pose,
        viewport: tuple[int, int],
    ) -> "CameraRow":
        """Two eyes that see a sphere about `centre_mm` (3,), LPS, as `pose` says.

        At zoom 1 the sphere fills 95 % of the viewport's shorter side. Zoom lengthens the focal
        length and shortens the baseline with it, so that the camera stays outside the sphere and
        disparity within comfort. The eyes converge at the centre.
        Raises ValueError for a pose or viewport that cannot be drawn.
        """
        if viewport[0] % 2 or viewport[1] % 2:
            raise ValueError(f"a viewport must be even, not {viewport[0]}x{viewport[1]}")
        middle = cls._fitted(centre_mm, radius_mm, pose, viewport)
        baseline_mm = comfortable_baseline_mm(
            middle.focal_px[0] / pose.zoom, middle.convergence_mm, max(radius_mm, 1e-3), viewport[0]
        ) / max(1.0, pose.zoom)
        return middle.with_offsets(np.array([-0.5, 0.5]) * baseline_mm)

    @classmethod
    def cone(
        cls,
        centre_mm: NDArray[np.float64],
        radius_mm: float,
        pose: Pose,
        viewport: tuple[int, int],
        views: int,
        cone_deg: float,
    ) -> "CameraRow":
        """`views` cameras over a cone of `cone_deg`, as a light-field display shows them.

        View i stands at Z_c tan(cone ((i + 0.5)/N - 0.5)), the convention of Looking Glass; zoom
        brings the cameras together, so that it does not deepen the scene. The middle is fitted as
        for two eyes. Raises ValueError for what cannot be drawn.
        """
        if not 1 <= views <= MAX_VIEWS:
            raise ValueError(f"a row has 1 to {MAX_VIEWS} views, not {views}")
        if not (math.isfinite(cone_deg) and 0 <= cone_deg < 120):
            raise ValueError(f"a view cone is 0 to 120 degrees, not {cone_deg}")
        middle = cls._fitted(centre_mm, radius_mm, pose, viewport)
        angles = math.radians(cone_deg) * ((np.arange(views) + 0.5) / views - 0.5)
        return middle.with_offsets(middle.convergence_mm * np.tan(angles) / max(1.0, pose.zoom))

    def with_offsets(self, offsets_mm: NDArray[np.float64]) -> "CameraRow":
        """The same row with its cameras elsewhere on the line."""
        return CameraRow(
            self.T_cam_lps,
            self.focal_px,
            self.principal_px,
            np.asarray(offsets_mm, np.float64),
            self.convergence_mm,
            self.near_mm,
            self.viewport,
        )

    @classmethod
    def _fitted(
        cls,
        centre_mm: NDArray[np.float64],
        radius_mm: float,
        pose: Pose,
        viewport: tuple[int, int],
    ) -> "CameraRow":
        """The middle camera alone."""
        width, height = viewport
        if width <= 0 or height <= 0:
            raise ValueError(f"a viewport must be positive, not {width}x{height}")
        if not (math.isfinite(pose.zoom) and pose.zoom > 0):
            raise ValueError(f"zoom must be a positive number, not {pose.zoom}")
        if not all(map(math.isfinite, pose.shift)):
            raise ValueError(f"shift must be two numbers, not {pose.shift}")
        rotation = rotation_matrix(pose.rotation) @ np.array(R_STANDARD)
        distance = max(radius_mm, 1e-3) / math.sin(HALF_ANGLE_RAD)
        focal = FIT * min(viewport) / 2 / math.tan(HALF_ANGLE_RAD) * pose.zoom
        transform = np.eye(4)
        transform[:3, :3] = rotation
        transform[:3, 3] = np.array([0.0, 0.0, distance]) - rotation @ centre_mm
        return cls(
            T_cam_lps=transform,
            focal_px=(focal, focal),
            principal_px=(width * (0.5 + pose.shift[0]), height * (0.5 + pose.shift[1])),
            offsets_mm=np.zeros(1),
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
