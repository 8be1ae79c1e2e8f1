"""Small surfaces, meshes, cameras and frames for the render tests."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from streamer.frames import I420, FrameStamp, StereoFrame
from streamer.render.camera import CameraRow
from streamer.render.kernels.fill import SPARE
from streamer.render.kernels.spans import Window
from streamer.render.kernels.surface import Surface
from streamer.scene.model import Anatomy, Mesh

Corner = tuple[float, float, float]
Face = tuple[int, int, int]

VIEWPORT = (160, 120)
# Rows are camera axes: as in the standard view, right is left, down inferior, forward posterior.
UPRIGHT = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])


def surface_of(
    corners: Sequence[Corner],
    faces: Sequence[Face],
    lumas: Sequence[float] | None = None,
    two_sided: bool = True,
) -> Surface:
    """A surface of screen corners (x_0, y, w), one opaque mesh, front and back lit alike."""
    screen = np.zeros((len(corners), 4), np.float32)
    screen[:, :3] = np.array(corners, np.float32).reshape(-1, 3)
    screen[:, 3] = lumas or [100.5] * len(corners)
    return Surface(
        screen,
        screen[:, 3].copy(),
        np.array(faces, np.int32).reshape(-1, 3),
        np.zeros(len(faces), np.int32),
        np.zeros(1, np.int32),
        np.zeros(1, np.uint32),
        np.array([two_sided]),
    )


def window_of(
    rows: int,
    width: int,
    views: Sequence[tuple[float, float]],
    w_range: tuple[float, float] = (0.0, 2.5),
    first: int = 0,
) -> Window:
    """A window on `rows` rows from `first` on; `views` are (a, b) of x_i = x_0 + a - b w."""
    low, high = w_range
    single = np.float32
    return Window(
        first,
        rows,
        width,
        width + SPARE,
        single(views[0][0]),
        single(views[0][1]),
        single(views[-1][0]),
        single(views[-1][1]),
        single(low),
        single(((1 << 22) - 8) / (high - low)),
        9,
    )


def inside_camera(
    distance_mm: float,
    views: int = 2,
    near_mm: float = 1.0,
    viewport: tuple[int, int] = VIEWPORT,
) -> CameraRow:
    """Cameras in the middle of a sphere, or at a distance from there, looking forward."""
    transform = np.eye(4)
    transform[:3, :3] = UPRIGHT
    transform[2, 3] = distance_mm
    offsets = np.linspace(-2.0, 2.0, views) if views > 1 else np.zeros(1)
    middle = viewport[0] / 2, viewport[1] / 2
    return CameraRow(transform, (80.0, 80.0), middle, offsets, 60.0, near_mm, viewport)


def anatomy_of(*meshes: Mesh) -> Anatomy:
    """An anatomy of these meshes."""
    return Anatomy(meshes)


def square(
    side_mm: float,
    y_mm: float,
    colour: tuple[float, float, float] = (0.8, 0.8, 0.8),
    opacity: float = 1.0,
    name: str = "square",
) -> Mesh:
    """An open square that faces the viewer of the standard view (normal -y in LPS), at `y_mm`."""
    h = side_mm / 2
    points = np.array([[-h, y_mm, -h], [h, y_mm, -h], [h, y_mm, h], [-h, y_mm, h]], np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    normals = np.tile(np.array([0, -1, 0], np.float32), (4, 1))
    return Mesh(name, points, faces, normals, colour, opacity)


def noise_picture(width: int, height: int, seed: int = 0) -> I420:
    """Every byte at random."""
    random = np.random.default_rng(seed)
    picture = I420.empty(width, height)
    for plane in (picture.y, picture.u, picture.v):
        plane[:] = random.integers(0, 256, plane.shape, dtype=np.uint8)
    return picture


def packed_frame(width: int, height: int, seed: int = 0) -> StereoFrame:
    """A frame of noise whose eyes, `width` x `height`, are views of one packed picture."""
    packed = noise_picture(2 * width, height, seed)
    left, right = packed.crop(0, 0, width, height), packed.crop(width, 0, width, height)
    return StereoFrame(FrameStamp(seed, 0), left, right, packed)


def all_bytes(picture: I420) -> NDArray[np.uint8]:
    """A picture's planes, end to end."""
    return np.concatenate([picture.y.ravel(), picture.u.ravel(), picture.v.ravel()])
