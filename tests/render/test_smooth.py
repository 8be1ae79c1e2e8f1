"""Smooth outlines: the alpha of a half plane is the exact area, at any angle, in any band."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from streamer.render.anatomy import AnatomyRenderer
from streamer.render.camera import CameraRow
from streamer.render.kernels import resolve, smooth
from streamer.render.pool import KernelPool
from streamer.scene.model import Mesh
from tests.render import naive
from tests.render.scenes import anatomy_of

WIDTH, HEIGHT = 96, 800  # more rows than a band has


def half_plane(angle: float, offset: float) -> tuple[Mesh, tuple[float, float], float]:
    """What lies where normal . (x, y) < distance, 100 mm from a camera of 100 pixels."""
    normal = np.array([math.cos(angle), math.sin(angle)])
    along = np.array([-normal[1], normal[0]])
    middle = np.array([WIDTH / 2, HEIGHT / 2])
    on_edge = middle + normal * offset
    far = 3000.0
    corners = [
        on_edge + along * far,
        on_edge - along * far,
        on_edge - along * far - normal * far,
        on_edge + along * far - normal * far,
    ]
    points = np.array([[*(corner - middle), 100.0] for corner in corners], np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    mesh = Mesh("half", points, faces, np.tile(np.array([0, 0, -1], np.float32), (4, 1)))
    return mesh, (normal[0], normal[1]), float(normal @ on_edge)


def coverage(mesh: Mesh) -> NDArray[np.float64]:
    middle = (WIDTH / 2, HEIGHT / 2)
    camera = CameraRow(np.eye(4), (100.0, 100.0), middle, np.zeros(1), 100.0, 1.0, (WIDTH, HEIGHT))
    with KernelPool(1) as pool:
        layer = AnatomyRenderer(anatomy_of(mesh), pool).draw(camera).layer(0)
    return layer.alpha / 255


@pytest.mark.parametrize("offset", [0.01, 0.3, 0.77])
@pytest.mark.parametrize("degrees", [0, 3, 20, 44, 46, 70, 87, 90, 135, 181, 250, 300])
def test_the_alpha_of_a_half_plane_is_its_area(degrees: float, offset: float) -> None:
    """To an eighth of the slope: the line is taken as straight across a pixel at its centre.

    Where it leaves a pixel through the next side it cuts a corner, at 45 degrees an eighth of it.
    No line here runs through a centre exactly: which side that belongs to is for the edge's rule.
    """
    mesh, normal, distance = half_plane(math.radians(degrees), offset)
    found = coverage(mesh)
    shares = sorted((abs(normal[0]), abs(normal[1])))
    allowed = shares[0] / shares[1] / 8 + 2.5 / smooth.SHARE_STEPS
    for row in range(1, HEIGHT - 1, 3):
        for column in range(1, WIDTH - 1):
            gap = normal[0] * (column + 0.5) + normal[1] * (row + 0.5) - distance
            if abs(gap) > 1.5:
                assert found[row, column] == (gap < 0)
            else:
                area = naive.area_beyond(normal, distance, column, row)
                assert found[row, column] == pytest.approx(area, abs=allowed)


def test_the_kernels_agree_on_the_steps_of_a_share() -> None:
    assert smooth.SHARE_STEPS == resolve.SHARE_STEPS
    assert (smooth.SHARE_STEPS // 2) << 2 | 3 <= 255
