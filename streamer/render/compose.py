"""The composer: a stereo frame, the scene and the anatomy's layer to one side-by-side picture."""

import numpy as np
from numpy.typing import NDArray

from streamer.frames import I420, StereoFrame
from streamer.render.layers import Layer, StereoLayer
from streamer.render.meeting import behind_tissue
from streamer.render.pictures import blend, copy, fill, fit
from streamer.render.pool import KernelPool
from streamer.scene.model import PictureMode, Scene

Rectangle = tuple[int, int, int, int]  # x, y, width, height in luma pixels, all even


class Composer:
    """Makes the picture that is encoded: both eyes side by side, left first, (2 W) x H.

    `eye_size` is (W, H) of one eye, both even. A source's planes are only read. What `compose`
    returns is either the source's own packed picture or a fresh one: it stays as it is for as long
    as somebody holds it. Use one composer from one thread at a time.
    """

    def __init__(self, eye_size: tuple[int, int], pool: KernelPool | None = None) -> None:
        width, height = eye_size
        if width < 4 or height < 2 or width % 2 or height % 2:
            raise ValueError(f"an eye needs an even size of 4x2 or more, not {width}x{height}")
        self.eye_size = eye_size
        self._pool = pool or KernelPool(2, name="compose")
        self._background = I420.empty(width, height)
        fill(self._background)

    def viewport_for(self, mode: PictureMode) -> tuple[int, int] | None:
        """The (width, height) of an eye's layer in this mode; None where none is shown."""
        if mode is PictureMode.VIDEO:
            return None
        return self._anatomy_place(mode)[2:]

    def compose(
        self,
        frame: StereoFrame,
        scene: Scene,
        layer: StereoLayer | None,
        tissue: NDArray[np.float32] | None = None,
    ) -> I420:
        """The side-by-side picture of `frame` as `scene` says, (2 W) x H.

        A layer that is None, hidden, or not of the size that `viewport_for` gives is left out: the
        video stays in its place, the anatomy's place shows the background. A frame of another size
        than `eye_size` is scaled to fit, between dark bars. The scene's opacity is for the anatomy
        over the video; alone or beside it, the anatomy is shown as it is. `tissue` (2, H, W), the
        disparity of what either eye sees in the video, hides what of the layer lies behind it,
        where the scene says so.
        """
        mode = scene.mode
        shown = layer if scene.anatomy_visible else None
        if shown is not None and shown.viewport != self.viewport_for(mode):
            shown = None
        width, height = self.eye_size
        video_alone = mode is PictureMode.VIDEO or (mode is PictureMode.OVER and shown is None)
        if video_alone and frame.packed is not None and frame.packed.size == (2 * width, height):
            return frame.packed
        out = I420.empty(2 * width, height)
        if shown is not None and mode is PictureMode.OVER and scene.hide_behind:
            shown = shown if tissue is None else behind_tissue(shown, tissue)
        opacity = scene.anatomy_opacity if mode is PictureMode.OVER else 1.0
        weight = round(256 * min(max(opacity, 0.0), 1.0))

        def draw(eye: int, slot: int) -> None:
            place = out.crop(eye * width, 0, width, height)
            video = frame.right if eye else frame.left
            self._draw_eye(place, video, mode, _eye(shown, eye), weight)

        self._pool.run(draw, range(2))
        return out

    def close(self) -> None:
        """Stop the composer's threads; it must not be used after."""
        self._pool.close()

    def _anatomy_place(self, mode: PictureMode) -> Rectangle:
        """Where the anatomy stands in an eye: everywhere, or on the right beside the video."""
        width, height = self.eye_size
        if mode is not PictureMode.BESIDE:
            return 0, 0, width, height
        share = width // 4 * 2
        return width - share, 0, share, height

    def _draw_eye(
        self, place: I420, video: I420, mode: PictureMode, layer: Layer | None, weight: int
    ) -> None:
        if mode is PictureMode.OVER and layer is not None and video.size == self.eye_size:
            blend(video, layer, weight, place)
            return
        x, y, width, height = self._anatomy_place(mode)
        if mode is PictureMode.BESIDE:
            fit(video, place.crop(0, 0, x, height))
        elif mode is not PictureMode.ANATOMY:
            fit(video, place)
        theirs = place.crop(x, y, width, height)
        if mode is PictureMode.OVER:
            if layer is not None:
                blend(theirs, layer, weight, theirs)
        elif mode is not PictureMode.VIDEO:
            below = self._background.crop(0, 0, width, height)
            if layer is not None:
                blend(below, layer, weight, theirs)
            else:
                copy(below, theirs)


def _eye(layer: StereoLayer | None, eye: int) -> Layer | None:
    if layer is None:
        return None
    return layer.right if eye else layer.left
