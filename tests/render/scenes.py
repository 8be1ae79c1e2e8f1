"""Small surfaces, meshes and frames for the render tests."""

import numpy as np
from numpy.typing import NDArray

from streamer.frames import I420, FrameStamp, StereoFrame
from streamer.render.kernels.surface import Surface
from streamer.scene.model import Anatomy, Mesh


def surface_of(
    corners: list[tuple[float, float, float]],
    faces: list[tuple[int, int, int]],
    strengths: list[float] | None = None,
    two_sided: bool = True,
) -> Surface:
    """A surface of screen corners (x_0, y, w), one mesh; `strengths` light front and back alike."""
    light = np.zeros((len(corners), 4), np.float32)
    light[:, 0] = light[:, 2] = strengths or [0.5] * len(corners)
    return Surface(
        np.array(corners, np.float32).reshape(-1, 3),
        light,
        np.array(faces, np.int32).reshape(-1, 3),
        np.zeros(len(faces), np.int32),
        np.ones(1, np.float32),
        np.array([two_sided]),
    )


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
