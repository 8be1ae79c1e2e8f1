"""The scene as immutable values: meshes, the anatomy, its pose, and what the picture shows."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class PictureMode(StrEnum):
    """What the picture shows."""

    VIDEO = "video"
    ANATOMY = "anatomy"
    BESIDE = "beside"
    OVER = "over"


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """One structure's surface in patient space (LPS).

    `vertices_mm` (N, 3) float32 millimetres; `faces` (M, 3) int32, counter-clockwise seen from
    outside; `normals` (N, 3) float32, unit, outward; `colour` linear RGB in 0..1; `opacity` 0..1.
    """

    name: str
    vertices_mm: NDArray[np.float32]
    faces: NDArray[np.int32]
    normals: NDArray[np.float32]
    colour: tuple[float, float, float] = (0.89, 0.85, 0.76)
    opacity: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Anatomy:
    """The patient's structures, one frame of reference (LPS, millimetres)."""

    meshes: tuple[Mesh, ...]

    @property
    def triangles(self) -> int:
        """Triangles in all meshes."""
        return sum(len(mesh.faces) for mesh in self.meshes)

    def bounds_mm(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lowest and highest corner (3,) of all vertices."""
        lows = [mesh.vertices_mm.min(axis=0) for mesh in self.meshes]
        highs = [mesh.vertices_mm.max(axis=0) for mesh in self.meshes]
        return np.min(lows, axis=0).astype(np.float64), np.max(highs, axis=0).astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class MeshState:
    """How one structure is shown, apart from the others.

    `opacity` 0..1 replaces the mesh's own; `T_lps_mesh` (4, 4), rigid, moves it in patient space.
    """

    visible: bool = True
    opacity: float | None = None
    T_lps_mesh: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True)
class Pose:
    """How the anatomy is held before the eyes.

    `rotation` is a unit quaternion (x, y, z, w) in camera axes (x right, y down, z forward),
    applied about the anatomy's centre after the standard view (patient upright, face to the
    viewer); `shift` moves it in fractions of the picture's width and height; `zoom` is a factor,
    1 showing all of it.
    """

    rotation: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 1.0)
    shift: tuple[float, float] = (0.0, 0.0)
    zoom: float = 1.0


@dataclass(frozen=True, slots=True)
class Scene:
    """What the renderer needs to know about one frame, besides the frame: an immutable snapshot.

    With `hide_behind`, anatomy over the video is hidden where the video's tissue is nearer.
    """

    mode: PictureMode = PictureMode.VIDEO
    anatomy_visible: bool = True
    anatomy_opacity: float = 1.0
    hide_behind: bool = False
    pose: Pose = field(default_factory=Pose)

    def with_(self, **changes: object) -> "Scene":
        """A copy with `changes`."""
        return replace(self, **changes)  # type: ignore[arg-type]
