"""The picture of the rendition `stereo+depth`: the composed pair, and the depth of all it shows."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from streamer.frames import I420
from streamer.render.disparity import SURE, DisparityMap
from streamer.render.layers import StereoLayer
from streamer.render.meeting import disparity_line
from streamer.render.packing import DepthPacking, DepthRange
from streamer.render.synth import fitted
from streamer.scene.model import PictureMode, Scene

SHOWN: Final = 127  # alpha above which the anatomy's depth is the picture's


def packing_for(eye_size: tuple[int, int]) -> DepthPacking:
    """The layout for eyes of (width, height): a little smaller where it must be."""
    width, height = eye_size
    return DepthPacking((max(width // 32 * 32, 32), max(height // 4 * 4, 4)))


class DepthComposer:
    """Packs composed pairs with their disparity; one thread at a time.

    `eye_size` is that of the composed picture's eyes; the pair is scaled where the layout's differ.
    """

    def __init__(self, eye_size: tuple[int, int]) -> None:
        self.eye_size = eye_size
        self.packing = packing_for(eye_size)
        self._range: DepthRange | None = None

    def compose(
        self,
        picture: I420,
        scene: Scene,
        layer: StereoLayer | None,
        disparity: DisparityMap,
    ) -> I420:
        """Pack `picture`, side by side as the composer made it of `scene` and `layer`.

        `disparity` is the video's, in pixels of the source's left picture.
        """
        merged = self.merged(picture, scene, layer, disparity)
        depth = self._range.kept_for(merged) if self._range else DepthRange.about(merged)
        self._range = depth
        width, height = self.eye_size
        left, right = (picture.crop(eye * width, 0, width, height) for eye in range(2))
        if self.packing.eye != self.eye_size:
            left, right = _resized(left, self.packing.eye), _resized(right, self.packing.eye)
        out = I420.empty(*self.packing.size)
        self.packing.pack(left, right, merged, depth, out)
        return out

    def merged(
        self,
        picture: I420,
        scene: Scene,
        layer: StereoLayer | None,
        disparity: DisparityMap,
    ) -> DisparityMap:
        """The disparity of all that the left eye's picture shows, in pixels of the packed eye."""
        columns, rows = self.packing.map_size
        px = np.zeros((rows, columns), np.float32)
        sure = np.full((rows, columns), SURE, np.uint8)
        mode = scene.mode
        share = self.eye_size[0] // 4 * 2 if mode is PictureMode.BESIDE else 0
        split = columns - share * columns // self.eye_size[0]
        if mode is not PictureMode.ANATOMY:
            video = self._video(picture, disparity, (split, rows))
            px[:, :split], sure[:, :split] = video
        if layer is not None and scene.anatomy_visible and mode is not PictureMode.VIDEO:
            left = split if mode is PictureMode.BESIDE else 0
            opacity = scene.anatomy_opacity if mode is PictureMode.OVER else 1.0
            shown, depth = _anatomy(layer, opacity, (columns - left, rows))
            depth *= columns / self.eye_size[0]
            if mode is PictureMode.OVER and scene.hide_behind:
                shown &= ~(depth < px)  # nothing is hidden on bars, where px is NaN
            px[:, left:][shown] = depth[shown]
            sure[:, left:][shown] = SURE
        np.nan_to_num(px, copy=False)
        scale = np.float32(self.packing.eye[0] / columns)
        return DisparityMap(px * scale, sure, self.packing.eye[0])

    def _video(
        self, picture: I420, disparity: DisparityMap, room: tuple[int, int]
    ) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """The video's disparity and confidence, fitted into `room` (width, height) as it is.

        On bars disparity is NaN.
        """
        h, w = disparity.px.shape
        px = np.full((room[1], room[0]), np.nan, np.float32)
        sure = np.full((room[1], room[0]), SURE, np.uint8)
        # Fitted in the eye, then squeezed as the pair is where the layout's eyes are smaller.
        across = self.packing.map_size[0] / self.eye_size[0]
        down = self.packing.map_size[1] / self.eye_size[1]
        eye_room = round(room[0] / across / 2) * 2, self.eye_size[1]
        left_x, top, wide, high = fitted((w, h), eye_room)
        x, y = round(left_x * across), round(top * down)
        width = min(max(round(wide * across), 1), room[0] - x)
        height = min(max(round(high * down), 1), room[1] - y)
        left = picture.y[:, : self.eye_size[0]]
        guide = cv2.resize(left, self.packing.map_size, interpolation=cv2.INTER_AREA)
        part = np.ascontiguousarray(guide[y : y + height, x : x + width], np.uint8)
        px[y : y + height, x : x + width] = disparity.resized(part)
        sure[y : y + height, x : x + width] = cv2.resize(
            disparity.confidence, (width, height), interpolation=cv2.INTER_NEAREST
        )
        return px, sure


def _anatomy(
    stereo: StereoLayer, opacity: float, size: tuple[int, int]
) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Where the left layer shows more than what is behind it, and its disparity in its own pixels.

    Both at (width, height).
    """
    layer = stereo.left
    alpha = cv2.resize(layer.alpha, size, interpolation=cv2.INTER_NEAREST)
    w = cv2.resize(layer.inverse_depth, size, interpolation=cv2.INTER_NEAREST)
    per_w, at_infinity = disparity_line(stereo.camera)
    return alpha * np.float32(opacity) > SHOWN, (w * per_w + at_infinity).astype(np.float32)


def _resized(picture: I420, size: tuple[int, int]) -> I420:
    width, height = size
    half = (width // 2, height // 2)
    return I420(
        cv2.resize(picture.y, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False),
        cv2.resize(picture.u, half, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False),
        cv2.resize(picture.v, half, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False),
    )
