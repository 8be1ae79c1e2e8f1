"""Layers: what the mesh renderer hands to the composer, one picture with coverage and depth."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamer.frames import I420, Plane
from streamer.render.camera import StereoCamera
from streamer.scene.model import Pose


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One eye's rendering, (H, W), both even.

    `picture` is I420, limited range BT.709, its colours not multiplied by alpha; black where
    nothing is. `alpha` (H, W) uint8 is coverage times opacity, 255 being opaque; `alpha_half`
    (H/2, W/2) uint8 the same for the chroma planes. `inverse_depth` (H, W) float32 is 1/Z in
    1/mm along the optical axis, 0 where nothing is. `spans` (H/2, 2) int32 gives for each pair of
    luma rows the columns [first, last) outside which alpha is 0, both even; first == last is empty.
    """

    picture: I420
    alpha: Plane
    alpha_half: Plane
    inverse_depth: NDArray[np.float32]
    spans: NDArray[np.int32]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in luma pixels."""
        return self.picture.size

    @classmethod
    def empty(cls, width: int, height: int) -> "Layer":
        """An uninitialised layer; `width` and `height` must be even and positive."""
        return cls(
            I420.empty(width, height),
            np.empty((height, width), np.uint8),
            np.empty((height // 2, width // 2), np.uint8),
            np.empty((height, width), np.float32),
            np.empty((height // 2, 2), np.int32),
        )


@dataclass(frozen=True, slots=True, eq=False)
class StereoLayer:
    """The left and the right eye's layer, and the pose and camera that they were rendered with."""

    left: Layer
    right: Layer
    pose: Pose
    camera: StereoCamera

    @property
    def viewport(self) -> tuple[int, int]:
        """(width, height) of one eye in pixels."""
        return self.left.size
