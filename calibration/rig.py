"""Stereo rigs: two cameras' calibration from a file, and the rectification of their pictures.

The project's own format is JSON, lengths in millimetres, `rotation` and `translation_mm` taking
points from the left camera's axes to the right one's (X_right = R X_left + T):

    {"width": 1920, "height": 1080,
     "left":  {"matrix": [[fx, 0, cx], [0, fy, cy], [0, 0, 1]], "distortion": [k1, k2, p1, p2, k3]},
     "right": {"matrix": ..., "distortion": ...},
     "rotation": [[...], [...], [...]], "translation_mm": [x, y, z]}

OpenCV's YAML and XML files are read too, with the names that its stereo samples write: M1, D1, M2,
D2, R and T. The sample writes the last two to a file of their own, `extrinsics`, which is looked
for beside the first.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from streamer.errors import TheatronError
from streamer.frames import I420, Plane

DISTORTION_COUNTS: Final = (0, 4, 5, 8, 12, 14)  # what OpenCV's model may have
MAX_FILE_BYTES: Final = 1 << 20
_SHAPE: Final = "for example --rig rig.json with width, height, left, right, rotation and so on"


class RigError(TheatronError):
    """A rig file that cannot be read, is incomplete, or does not fit the pictures."""

    exit_code = 14


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """One camera: `matrix` (3, 3) in pixels and `distortion` (n,) of OpenCV's model, float64."""

    matrix: NDArray[np.float64]
    distortion: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class StereoRig:
    """Two cameras; `R_right_left` (3, 3) and `t_right_left_mm` (3,) take left axes to right ones.

    `size` (width, height) is that of the pictures it was calibrated with, None where unknown.
    """

    left: Camera
    right: Camera
    R_right_left: NDArray[np.float64]
    t_right_left_mm: NDArray[np.float64]
    size: tuple[int, int] | None


def read_rig(path: Path | str) -> StereoRig:
    """Read a rig from JSON, or OpenCV's YAML or XML.

    Raises:
        RigError: the file cannot be read, or something in it is missing or cannot be.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise RigError(f"{path}: a rig file has a few kilobytes, this one more than a million.")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise RigError(
            f"{path}: the rig file cannot be read ({error.strerror}); check the path."
        ) from error
    except UnicodeDecodeError as error:
        raise RigError(
            f"{path}: this is no text file; a rig is JSON, or YAML or XML as OpenCV writes it."
        ) from error
    fields = _from_json(path, text) if text.lstrip().startswith("{") else _from_opencv(path)
    return _checked(path, fields)


class Rectifier:
    """Turns a rig's pictures so that a point lies in one row of both.

    The convergence of the pair stays about as it was. Maps are made once; use it from any thread.
    `focal_px`, `baseline_mm` and `offset_px` say what a disparity d means: a depth of
    focal_px * baseline_mm / (d - offset_px) millimetres along the rectified axis.
    """

    def __init__(self, rig: StereoRig, size: tuple[int, int]) -> None:
        """Make the maps for pictures of `size` (width, height).

        Raises:
            RigError: the pictures are of another shape than the rig's.
        """
        width, height = size
        scale = _scale(rig, size)
        matrices = [_scaled(camera.matrix, scale) for camera in (rig.left, rig.right)]
        distortions = [camera.distortion for camera in (rig.left, rig.right)]
        rotations_and_projections = cv2.stereoRectify(
            matrices[0],
            distortions[0],
            matrices[1],
            distortions[1],
            size,
            rig.R_right_left,
            rig.t_right_left_mm.reshape(3, 1),
            flags=0,
            alpha=0,
        )
        self.size = size
        self.rotations = rotations_and_projections[0:2]
        self.projections = rotations_and_projections[2:4]
        if abs(self.projections[1][1, 3]) > abs(self.projections[1][0, 3]):
            raise RigError(
                f"This rig's cameras are one above the other (translation"
                f" {rig.t_right_left_mm.tolist()} mm); left and right are needed: turn the pictures"
                " and calibrate them so."
            )
        if self.projections[1][0, 3] > 0:
            raise RigError(
                f"This rig's right camera lies left of the left one (translation"
                f" {rig.t_right_left_mm.tolist()} mm, its x must be negative); swap left and right,"
                " or invert the transform if it takes right to left."
            )
        self.focal_px = float(self.projections[0][0, 0])
        self.baseline_mm = float(-self.projections[1][0, 3]) / self.focal_px
        self.offset_px = float(self.projections[0][0, 2] - self.projections[1][0, 2])
        half = width // 2, height // 2
        self._maps = []
        for matrix, distortion, rotation, projection in zip(
            matrices, distortions, self.rotations, self.projections, strict=True
        ):
            full, chroma = (
                cv2.initUndistortRectifyMap(
                    _scaled(matrix, s),
                    distortion,
                    rotation,
                    _scaled(np.asarray(projection[:, :3], np.float64), s),
                    room,
                    cv2.CV_16SC2,
                )
                for s, room in ((1.0, size), (0.5, half))
            )
            self._maps.append((full, chroma))

    def rectify(self, left: I420, right: I420) -> tuple[I420, I420]:
        """Fresh rectified pictures. Raises ValueError for pictures of another size."""
        if left.size != self.size or right.size != self.size:
            raise ValueError(f"this rectifier is for {self.size}, not {left.size}, {right.size}")
        turned = []
        for picture, (full, chroma) in zip((left, right), self._maps, strict=True):
            planes = [
                self._turn(plane, maps)
                for plane, maps in ((picture.y, full), (picture.u, chroma), (picture.v, chroma))
            ]
            turned.append(I420(*planes))
        return turned[0], turned[1]

    def rectify_plane(self, plane: Plane, right: bool) -> Plane:
        """A fresh rectified plane (H, W) of the left or the right picture."""
        return self._turn(plane, self._maps[right][0])

    def rectify_points(self, points_px: NDArray[np.float64], rig: StereoRig, right: bool) -> Any:
        """Where (N, 2) pixels of a picture lie after it, (N, 2) float64; pixel centres at 0."""
        camera = rig.right if right else rig.left
        return cv2.undistortPoints(
            np.asarray(points_px, np.float64).reshape(-1, 1, 2),
            _scaled(camera.matrix, _scale(rig, self.size)),
            camera.distortion,
            R=self.rotations[right],
            P=self.projections[right],
        ).reshape(-1, 2)

    @staticmethod
    def _turn(plane: Plane, maps: Any) -> Plane:
        fixed, fractions = maps
        turned = cv2.remap(
            plane, fixed, fractions, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(turned, np.uint8)


def _scale(rig: StereoRig, size: tuple[int, int]) -> float:
    if rig.size is None or rig.size == size:
        return 1.0
    scale = size[0] / rig.size[0]
    if abs(size[1] - rig.size[1] * scale) > 2:
        raise RigError(
            f"The pictures are {size[0]}x{size[1]}, the rig was calibrated at"
            f" {rig.size[0]}x{rig.size[1]}, which is another shape; give pictures as the cameras"
            " yield them, or calibrate at this size."
        )
    return scale


def _scaled(matrix: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    """A camera matrix for pictures `scale` times as large; OpenCV's pixel centres are at 0."""
    out = np.array(matrix, np.float64)
    out[:2] *= scale
    out[:2, 2] += (scale - 1) / 2
    return out


def _from_json(path: Path, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise RigError(f"{path}: this is not valid JSON ({error}); repair or export it.") from error
    try:
        size = int(found["width"]), int(found["height"])
        return {
            "M1": found["left"]["matrix"],
            "D1": found["left"].get("distortion", []),
            "M2": found["right"]["matrix"],
            "D2": found["right"].get("distortion", []),
            "R": found["rotation"],
            "T": found["translation_mm"],
            "size": size,
        }
    except KeyError as error:
        raise RigError(f"{path}: {error.args[0]!r} is missing; a rig is {_SHAPE}.") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise RigError(f"{path}: this JSON is no rig ({error}); write {_SHAPE}.") from error


def _from_opencv(path: Path) -> dict[str, Any]:
    fields = _opencv_matrices(path)
    if "M1" in fields and "R" not in fields:
        for other in sorted(path.parent.glob("extrinsics.*")):
            fields |= {k: v for k, v in _opencv_matrices(other).items() if k in ("R", "T")}
    missing = [name for name in ("M1", "M2", "R", "T") if name not in fields]
    if missing:
        raise RigError(
            f"{path}: {', '.join(missing)} missing; OpenCV's stereo files hold M1, D1, M2, D2, R"
            " and T, the last two often in a file extrinsics.yml beside it. Or write our JSON,"
            f" {_SHAPE}."
        )
    return {"D1": [], "D2": [], **fields}


def _opencv_matrices(path: Path) -> dict[str, Any]:
    try:
        storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_READ)
        opened = storage.isOpened()
    except (cv2.error, SystemError) as error:
        raise RigError(
            f"{path}: this is neither JSON nor YAML or XML as OpenCV writes it; check the file."
        ) from error
    if not opened:
        raise RigError(f"{path}: OpenCV cannot read this file; check that it is YAML or XML.")
    fields: dict[str, Any] = {}
    for name in ("M1", "D1", "M2", "D2", "R", "T"):
        matrix = storage.getNode(name).mat()
        if matrix is not None:
            fields[name] = matrix
    sides = [storage.getNode(name) for name in ("image_width", "image_height")]
    if not any(side.empty() for side in sides):
        fields["size"] = int(sides[0].real()), int(sides[1].real())
    storage.release()
    return fields


def _checked(path: Path, fields: dict[str, Any]) -> StereoRig:
    cameras = [
        Camera(_matrix(path, fields, f"M{n}", (3, 3)), _distortion(path, fields, f"D{n}"))
        for n in (1, 2)
    ]
    for name, camera in zip(("left", "right"), cameras, strict=True):
        if camera.matrix[0, 0] <= 0 or camera.matrix[1, 1] <= 0:
            raise RigError(
                f"{path}: the {name} camera's focal lengths are {camera.matrix[0, 0]:g} and"
                f" {camera.matrix[1, 1]:g} pixels; both must be positive."
            )
    rotation = _matrix(path, fields, "R", (3, 3))
    if np.abs(rotation @ rotation.T - np.eye(3)).max() > 0.01 or np.linalg.det(rotation) < 0:
        raise RigError(
            f"{path}: the rotation {np.round(rotation, 3).tolist()} is none (its rows must be"
            " unit, at right angles and right-handed); check for a transposed or mistyped number."
        )
    translation = _matrix(path, fields, "T", (3,))
    if not np.linalg.norm(translation) > 0:
        raise RigError(f"{path}: the translation is 0; two cameras must lie apart.")
    size = fields.get("size")
    if size is not None and min(size) <= 0:
        raise RigError(f"{path}: the size {size[0]}x{size[1]} must be positive.")
    return StereoRig(cameras[0], cameras[1], rotation, translation, size)


def _matrix(
    path: Path, fields: dict[str, Any], name: str, shape: tuple[int, ...]
) -> NDArray[np.float64]:
    try:
        matrix = np.asarray(fields[name], np.float64).reshape(shape)
    except (TypeError, ValueError) as error:
        raise RigError(
            f"{path}: {_NAMES[name]} must be {' x '.join(map(str, shape))} numbers, not"
            f" {fields[name]!r}."
        ) from error
    if not np.isfinite(matrix).all():
        raise RigError(f"{path}: {_NAMES[name]} holds a number that is not finite.")
    return matrix


def _distortion(path: Path, fields: dict[str, Any], name: str) -> NDArray[np.float64]:
    values = np.asarray(fields[name]).size
    if values not in DISTORTION_COUNTS:
        raise RigError(
            f"{path}: {_NAMES[name]} has {values} numbers; OpenCV's models have"
            f" {', '.join(map(str, DISTORTION_COUNTS))}."
        )
    return _matrix(path, fields, name, (values,)) if values else np.zeros(5)


_NAMES: Final = {
    "M1": "the left camera's matrix (M1)",
    "M2": "the right camera's matrix (M2)",
    "D1": "the left camera's distortion (D1)",
    "D2": "the right camera's distortion (D2)",
    "R": "the rotation (R)",
    "T": "the translation (T)",
}
