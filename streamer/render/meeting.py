"""Where anatomy and video meet by depth: what of a layer the tissue hides."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streamer.frames import I420, StereoFrame
from streamer.render.camera import CameraRow
from streamer.render.disparity import DisparityMap
from streamer.render.kernels.hide import hide_behind
from streamer.render.layers import Layer, StereoLayer
from streamer.render.pictures import flat
from streamer.render.pool import KernelPool
from streamer.render.synth import Synthesiser

RAMP_PX: Final = 2.0  # of disparity, over which a surface fades: depth from video is no better


class TissueFinder:
    """The disparity of the video as each eye sees it; `eye_size` is (W, H) of one eye."""

    def __init__(self, eye_size: tuple[int, int], pool: KernelPool | None = None) -> None:
        self._synthesiser = Synthesiser(eye_size, pool)
        width, height = eye_size
        self._views = I420.empty(2 * width, height)
        self._px = np.empty((2, height, width), np.float32)

    def find(self, frame: StereoFrame, disparity: DisparityMap) -> NDArray[np.float32]:
        """(2, H, W) float32 in pixels of an eye, NaN on bars; valid until the next call."""
        right = None if frame.left is frame.right else frame.right
        places = [(0, 0), (self._views.size[0] // 2, 0)]
        self._synthesiser.synthesise(
            frame.left, right, disparity, [0.0, 1.0], self._views, places, self._px
        )
        return self._px

    def close(self) -> None:
        """Stop the threads."""
        self._synthesiser.close()


def behind_tissue(layer: StereoLayer, tissue: NDArray[np.float32]) -> StereoLayer:
    """`layer` without what lies behind `tissue` (2, H, W), the disparity that each eye sees."""
    slope, at_infinity = disparity_line(layer.camera)
    return replace(
        layer,
        left=hidden(layer.left, tissue[0], slope, at_infinity),
        right=hidden(layer.right, tissue[1], slope, at_infinity),
    )


def disparity_line(camera: CameraRow) -> tuple[float, float]:
    """(per w, at w = 0): the disparity between the first and the last view of a surface at w."""
    a, b = camera.parallax
    return float(b[-1] - b[0]), float(a[0] - a[-1])


def hidden(
    layer: Layer,
    tissue: NDArray[np.float32],
    per_w: float,
    at_infinity: float,
    memory: NDArray[np.uint8] | None = None,
) -> Layer:
    """`layer` without what lies behind `tissue` (H, W); see the kernel.

    Its alpha is meaningless outside the layer's spans. It lies in `memory`, (`room_for`,), if
    given: fresh memory for many views is slow.
    """
    stride = layer.alpha.strides[0]
    (height, width), half_height = layer.alpha.shape, layer.alpha_half.shape[0]
    whole = np.empty(room_for(layer), np.uint8) if memory is None else memory
    luma = height * stride
    alpha = whole[:luma].reshape(height, stride)
    half = whole[luma : luma + half_height * (stride // 2)].reshape(half_height, stride // 2)
    hide_behind(
        flat(layer.inverse_depth, writeable=False),
        layer.inverse_depth.strides[0] // 4,
        np.ascontiguousarray(tissue),
        per_w,
        at_infinity,
        RAMP_PX,
        flat(layer.alpha, writeable=False),
        stride,
        layer.spans,
        alpha.ravel(),
        half.ravel(),
    )
    return replace(layer, alpha=alpha[:, :width], alpha_half=half[:, : width // 2])


def room_for(layer: Layer) -> int:
    """How many bytes `hidden` needs: its alpha's rows lie as far apart as the colours'."""
    stride: int = layer.alpha.strides[0]
    height, half_height = len(layer.alpha), len(layer.alpha_half)
    return height * stride + half_height * (stride // 2)
