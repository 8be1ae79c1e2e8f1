"""The depth of all that a composed pair shows, and what a page unpacks of it."""

import numpy as np
import pytest

from streamer.frames import I420, FrameStamp, StereoFrame
from streamer.render.anatomy import AnatomyRenderer
from streamer.render.compose import Composer
from streamer.render.depthpicture import DepthComposer, packing_for
from streamer.render.disparity import DisparityMap
from streamer.render.layers import StereoLayer
from streamer.render.meeting import disparity_line
from streamer.scene.model import PictureMode, Pose, Scene
from tests.render.scenes import anatomy_of, noise_picture, square

EYES = [(128, 64), (854, 480)]  # the second is scaled to fit the layout
VIDEO_AT = 0.02  # of the width


class Pictured:
    """A pair of one eye size in one scene, and its layer."""

    def __init__(self, eye: tuple[int, int], scene: Scene, source: tuple[int, int] | None = None):
        self.eye, self.scene = eye, scene
        composer = Composer(eye)
        specks = square(1, -60, name="before"), square(1, 60, name="behind")
        renderer = AnatomyRenderer(anatomy_of(square(60, -50), *specks))
        viewport = composer.viewport_for(scene.mode)
        self.layer: StereoLayer | None = renderer.render(scene.pose, viewport) if viewport else None
        size = source or eye
        frame = StereoFrame(FrameStamp(0, 0), noise_picture(*size, 1), noise_picture(*size, 2))
        self.disparity = DisparityMap.plane(*size, VIDEO_AT * size[0])
        self.picture = composer.compose(frame, scene, self.layer)
        composer.close()
        renderer.close()

    def unpacked(self) -> tuple[I420, DisparityMap, float]:
        """The left picture, the disparity as a share of the width, and how exact that is."""
        composer = DepthComposer(self.eye)
        packed = composer.compose(self.picture, self.scene, self.layer, self.disparity)
        left, _, found, depth = packing_for(self.eye).unpack(packed)
        step = (depth.high_px - depth.low_px) / 219 / found.width
        return (
            left,
            DisparityMap(found.px / np.float32(found.width), found.confidence, found.width),
            step,
        )

    def anatomy_at(self) -> float:
        """The square's disparity, as a share of the eye's width."""
        assert self.layer is not None
        slope, at_infinity = disparity_line(self.layer.camera)
        h, w = self.layer.left.inverse_depth.shape
        middle = float(self.layer.left.inverse_depth[h // 2 - 4, w // 2 - 4])
        return (slope * middle + at_infinity) / self.eye[0]


@pytest.mark.parametrize("eye", EYES)
def test_video_alone_has_the_videos_depth(eye: tuple[int, int]) -> None:
    one = Pictured(eye, Scene())
    left, found, step = one.unpacked()
    assert left.size == packing_for(eye).eye
    assert np.abs(found.px - VIDEO_AT).max() <= step
    assert (found.confidence == 255).all()


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("mode", [PictureMode.OVER, PictureMode.ANATOMY, PictureMode.BESIDE])
def test_the_anatomys_depth_stands_where_it_shows(eye: tuple[int, int], mode: PictureMode) -> None:
    one = Pictured(eye, Scene(mode=mode))
    _, found, step = one.unpacked()
    h, w = found.px.shape
    beside = mode is PictureMode.BESIDE
    across = w // 4 * 3 if beside else w // 2
    assert found.px[h // 2 - 3, across - 3] == pytest.approx(one.anatomy_at(), abs=step)
    if mode is PictureMode.OVER:
        assert found.px[2, 2] == pytest.approx(VIDEO_AT, abs=step)
    elif beside:  # the video is half as wide in the eye, and its disparity too
        assert found.px[h // 2, w // 4] == pytest.approx(VIDEO_AT / 2, abs=2 * step)
        assert found.px[2, 2] == pytest.approx(0, abs=step), "depth on the bar"
    else:
        assert found.px[2, 2] == pytest.approx(0, abs=step)


def test_anatomy_of_less_than_half_leaves_the_tissues_depth() -> None:
    for opacity, wanted in ((0.45, "video"), (0.55, "anatomy")):
        one = Pictured(EYES[0], Scene(mode=PictureMode.OVER, anatomy_opacity=opacity))
        _, found, step = one.unpacked()
        h, w = found.px.shape
        at = VIDEO_AT if wanted == "video" else one.anatomy_at()
        assert found.px[h // 2 - 3, w // 2 - 3] == pytest.approx(at, abs=step)


def test_tissue_hides_but_bars_do_not() -> None:
    """A square source stands between bars: the anatomy behind the screen shows on them."""
    # The whole square lies behind the tissue.
    pose = Pose(zoom=3.0)
    one = Pictured((128, 64), Scene(PictureMode.OVER, hide_behind=True, pose=pose), (64, 64))
    assert one.anatomy_at() < VIDEO_AT
    _, found, step = one.unpacked()
    h, w = found.px.shape
    assert found.px[h // 2 - 3, w // 2 - 3] == pytest.approx(VIDEO_AT / 2, abs=2 * step)
    assert found.px[h // 2 - 3, w // 8] == pytest.approx(one.anatomy_at(), abs=step)
