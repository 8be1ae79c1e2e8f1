"""VTK as the oracle: the same cameras, the same silhouettes, the same depth."""

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.meshes import sphere
from benchmarks.vtk_rival import VtkMissing, vtk_views
from streamer.render.anatomy import AnatomyRenderer
from streamer.scene.model import Pose
from tests.render.scenes import anatomy_of


@pytest.mark.parametrize(
    ("pose", "viewport"),
    [
        (Pose(rotation=(0.2, 0.3, 0.1, 0.9)), (640, 360)),
        (Pose(rotation=(-0.4, 0.1, 0.6, 0.5), zoom=1.8, shift=(0.1, -0.2)), (320, 360)),
    ],
)
def test_silhouettes_and_depth_are_vtks(pose: Pose, viewport: tuple[int, int]) -> None:
    mesh = sphere(20_000, bump=0.25, centre_mm=(30.0, -50.0, 900.0))
    renderer = AnatomyRenderer(anatomy_of(mesh))
    stereo = renderer.render(pose, viewport)
    renderer.close()
    views = vtk_views(mesh, stereo.camera)
    if isinstance(views, VtkMissing):
        pytest.skip(views.reason)
    _, b = stereo.camera.parallax
    for eye, layer in enumerate((stereo.left, stereo.right)):
        ours, theirs = layer.alpha > 127, views.covered[eye]
        assert (ours & theirs).sum() / (ours | theirs).sum() > 0.994
        both = ours & theirs
        error = np.abs(layer.inverse_depth - views.inverse_depth[eye])[both] * 2 * b
        assert np.median(error) < 0.05  # pixels of disparity
        # Neither eye is moved against VTK's, so that they are not swapped either.
        np.testing.assert_allclose(middle(layer.alpha / 255), middle(theirs), atol=0.06)


def middle(coverage: NDArray[np.floating] | NDArray[np.bool_]) -> tuple[float, float]:
    """The centre of what is covered, (row, column)."""
    rows, columns = np.indices(coverage.shape)
    total = coverage.sum()
    return float((coverage * rows).sum() / total), float((coverage * columns).sum() / total)
