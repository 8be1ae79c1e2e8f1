"""The composer: a stereo frame, the scene and the anatomy's layer to one side-by-side picture."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from streamer.frames import I420, Plane, StereoFrame
from streamer.render.kernels.blend import blend_plane
from streamer.render.layers import Layer, StereoLayer
from streamer.render.pool import KernelPool
from streamer.scene.model import PictureMode, Scene

BACKGROUND_LUMA: Final = 30  # a dark neutral grey: bone stands out, and black clothing does too
NEUTRAL_CHROMA: Final = 128

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
        _fill(self._background)

    def viewport_for(self, mode: PictureMode) -> tuple[int, int] | None:
        """The (width, height) of an eye's layer in this mode; None where none is shown."""
        if mode is PictureMode.VIDEO:
            return None
        return self._anatomy_place(mode)[2:]

    def compose(self, frame: StereoFrame, scene: Scene, layer: StereoLayer | None) -> I420:
        """The side-by-side picture of `frame` as `scene` says, (2 W) x H.

        A layer that is None, hidden, or not of the size that `viewport_for` gives is left out: the
        video stays in its place, the anatomy's place shows the background. A frame of another size
        than `eye_size` is scaled to fit, between dark bars. The scene's opacity is for the anatomy
        over the video; alone or beside it, the anatomy is shown as it is.
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
            _blend(video, layer, weight, place)
            return
        x, y, width, height = self._anatomy_place(mode)
        if mode is PictureMode.BESIDE:
            _fit(video, place.crop(0, 0, x, height))
        elif mode is not PictureMode.ANATOMY:
            _fit(video, place)
        theirs = place.crop(x, y, width, height)
        if mode is PictureMode.OVER:
            if layer is not None:
                _blend(theirs, layer, weight, theirs)
        elif mode is not PictureMode.VIDEO:
            below = self._background.crop(0, 0, width, height)
            if layer is not None:
                _blend(below, layer, weight, theirs)
            else:
                _copy(below, theirs)


def _eye(layer: StereoLayer | None, eye: int) -> Layer | None:
    if layer is None:
        return None
    return layer.right if eye else layer.left


def _fill(out: I420) -> None:
    out.y[:] = BACKGROUND_LUMA
    out.u[:] = NEUTRAL_CHROMA
    out.v[:] = NEUTRAL_CHROMA


def _copy(picture: I420, out: I420) -> None:
    np.copyto(out.y, picture.y)
    np.copyto(out.u, picture.u)
    np.copyto(out.v, picture.v)


def _fit(picture: I420, out: I420) -> None:
    """Scale `picture` into the middle of `out`, keeping its shape; bars are background."""
    (width, height), (room_w, room_h) = picture.size, out.size
    if (width, height) == (room_w, room_h):
        _copy(picture, out)
        return
    scale = min(room_w / width, room_h / height)
    fit_w = min(max(round(width * scale / 2) * 2, 2), room_w)
    fit_h = min(max(round(height * scale / 2) * 2, 2), room_h)
    _fill(out)
    inner = out.crop((room_w - fit_w) // 4 * 2, (room_h - fit_h) // 4 * 2, fit_w, fit_h)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    for plane, target in ((picture.y, inner.y), (picture.u, inner.u), (picture.v, inner.v)):
        target[:] = cv2.resize(plane, target.shape[::-1], interpolation=how)


def _blend(below: I420, layer: Layer, weight: int, out: I420) -> None:
    """Write `below` with `layer` over it to `out`, all of one size; `weight` 0..256."""
    planes = (
        (below.y, layer.picture.y, layer.alpha, out.y, 1),
        (below.u, layer.picture.u, layer.alpha_half, out.u, 2),
        (below.v, layer.picture.v, layer.alpha_half, out.v, 2),
    )
    for under, colour, alpha, target, shrink in planes:
        if alpha.strides != colour.strides:
            raise ValueError(
                f"a layer's colours and alpha must lie alike, not {colour.strides} and "
                f"{alpha.strides} bytes apart"
            )
        blend_plane(
            _flat(under, writeable=False),
            under.strides[0],
            _flat(colour, writeable=False),
            colour.strides[0],
            _flat(alpha, writeable=False),
            colour.shape[1],
            layer.spans,
            shrink,
            weight,
            _flat(target, writeable=True),
            target.strides[0],
        )


def _flat(plane: Plane, writeable: bool) -> NDArray[np.uint8]:
    """A plane's memory, first byte to last, as one contiguous row: one type for every kernel call.

    The bytes between a strided plane's rows belong to its neighbours.
    """
    if plane.strides[1] != 1:
        raise ValueError(f"a plane's rows must be contiguous, not {plane.strides} bytes apart")
    rows, columns = plane.shape
    length = (rows - 1) * plane.strides[0] + columns
    return np.lib.stride_tricks.as_strided(plane, (length,), (1,), writeable=writeable)
