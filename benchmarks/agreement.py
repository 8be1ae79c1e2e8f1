"""How nearly two renderers agree on a view: silhouette, depth and shading."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.vtk_rival import VtkView
from streamer.render.kernels.project import (
    AMBIENT,
    AMBIENT_FROM_ABOVE,
    DIFFUSE,
    GLOSS,
    LIGHT,
    WRAP,
)
from streamer.render.layers import Layer
from streamer.scene.model import Mesh

RIM_PX: Final = 2  # of the silhouette, where shading is not compared
BLOCK_PX: Final = 16
LUMA: Final = np.array([0.2126, 0.7152, 0.0722])  # BT.709


@dataclass(frozen=True, slots=True)
class Shading:
    """Differences of luma (levels of 8 bits) within the silhouette.

    `median` and `p95` are of the absolute difference of pixels; `block` is the largest absolute
    mean of the difference in a block of 16x16 pixels, which is small where it has no structure.
    """

    median: float
    p95: float
    block: float


def iou(layer: Layer, seen: VtkView) -> float:
    """The silhouettes' intersection over their union; 1 where both are empty."""
    ours, theirs = layer.alpha > 127, seen.covered
    union = int((ours | theirs).sum())
    return int((ours & theirs).sum()) / union if union else 1.0


def depth_median_px(layer: Layer, seen: VtkView, span_px_mm: float) -> float:
    """The median error of depth where both cover, in pixels of disparity between two cameras.

    These stand so that a point's disparity is `span_px_mm` times its inverse depth in 1/mm.
    """
    both = (layer.alpha > 127) & seen.covered
    if not both.any():
        return 0.0
    error = np.abs(layer.inverse_depth[both] - seen.inverse_depth[both])
    return float(np.median(error)) * span_px_mm


def shading_difference(layer: Layer, seen: VtkView) -> Shading:
    """Of an opaque layer and a picture of vertices that were lit by `lit_colours`."""
    inside = ((layer.alpha == 255) & seen.covered).astype(np.uint8)
    rim = np.ones((2 * RIM_PX + 1, 2 * RIM_PX + 1), np.uint8)
    inside = cv2.erode(inside, rim, borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0
    if not inside.any():
        return Shading(0.0, 0.0, 0.0)
    theirs = 16 + 219 * (seen.colours / 255.0) @ LUMA
    difference = np.where(inside, layer.picture.y - theirs, 0.0)
    height, width = (side // BLOCK_PX * BLOCK_PX for side in inside.shape)
    total, count = (
        plane[:height, :width]
        .reshape(height // BLOCK_PX, BLOCK_PX, width // BLOCK_PX, BLOCK_PX)
        .sum(axis=(1, 3))
        for plane in (difference, inside)
    )
    full = count >= BLOCK_PX**2 // 2
    absolute = np.abs(difference[inside])
    return Shading(
        float(np.median(absolute)),
        float(np.percentile(absolute, 95)),
        float(np.abs(total[full] / count[full]).max(initial=0.0)),
    )


def lit_colours(
    mesh: Mesh, T_cam_lps: NDArray[np.float64]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The display RGB (V, 3) of each vertex's front and back under the renderer's light.

    A slow twin of the kernel, in double precision and vector by vector, for an anatomy that is not
    moved; it shares the constants of the light and nothing else.
    """
    rotation, translation = T_cam_lps[:3, :3], T_cam_lps[:3, 3]
    to_eye = _unit(-(mesh.vertices_mm.astype(np.float64) @ rotation.T + translation))
    outward = _unit(mesh.normals.astype(np.float64) @ rotation.T)
    light = np.array(LIGHT)
    halfway = _unit(to_eye + light)
    sides = []
    for normal in (outward, -outward):
        facing = normal @ light
        wrapped = np.clip((facing + WRAP) / (1 + WRAP), 0, None)
        wrapped[~normal.any(axis=1)] = 0.0
        strength = AMBIENT - AMBIENT_FROM_ABOVE * normal[:, 1] + DIFFUSE * wrapped
        gloss = GLOSS * np.clip((normal * halfway).sum(axis=1), 0, None) ** 16
        linear = np.clip(np.outer(strength, mesh.colour) + gloss[:, None], 0, 1)
        display = np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)
        sides.append(np.rint(255 * display).astype(np.uint8))
    return sides[0], sides[1]


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(length > 1e-15, length, 1.0)
