"""A scene of slanted, textured layers, whose picture and disparity are known from any position."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from streamer.frames import I420

SUPERSAMPLE: Final = 3


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A part of a slanted plane: disparity a + b x + c y at column x, row y of the left picture.

    `texture` (H, W, 3) uint8 YUV covers the left picture, wrapped beyond it; `centre` and `radii`
    are the ellipse within which the layer is, None being everywhere.
    """

    plane: tuple[float, float, float]
    texture: NDArray[np.uint8]
    centre: tuple[float, float] = (0.0, 0.0)
    radii: tuple[float, float] | None = None


class LayeredScene:
    """Layers before each other, `size` (width, height), both even; deterministic for a `seed`."""

    def __init__(self, size: tuple[int, int], seed: int = 1) -> None:
        self.size = size
        width = size[0]
        random = np.random.default_rng(seed)
        steps = width / 1280  # the same scene at any size
        self._layers = [
            Layer((-12 * steps, 0.004, 0.01), _texture(size, random)),
            Layer((6 * steps, 0.0, 0.03), _texture(size, random), _at(size, 0.3, 0.7), _r(size, 3)),
            Layer(
                (20 * steps, -0.02, 0), _texture(size, random), _at(size, 0.65, 0.4), _r(size, 5)
            ),
            Layer((38 * steps, 0.0, 0), _texture(size, random), _at(size, 0.4, 0.35), _r(size, 12)),
            Layer((30 * steps, 0.0, 0), _texture(size, random), _at(size, 0.8, 0.8), _r(size, 8)),
        ]

    def view(self, position: float) -> tuple[I420, NDArray[np.float32]]:
        """The picture from `position` and its own disparity (H, W) in pixels.

        Colours are the mean of 3 samples a pixel across; disparity is at the pixel's centre.
        """
        width, height = self.size
        fine = np.arange(width * SUPERSAMPLE, dtype=np.float64)
        x = (fine + 0.5) / SUPERSAMPLE - 0.5
        y = np.arange(height, dtype=np.float64)[:, None]
        colour = np.zeros((height, width * SUPERSAMPLE, 3), np.uint8)
        nearest = np.full((height, width * SUPERSAMPLE), -np.inf, np.float32)
        for layer in self._layers:
            a, b, c = layer.plane
            # x = x_left - t (a + b x_left + c y)
            source = (x[None, :] + position * (a + c * y)) / (1 - position * b)
            d = (a + b * source + c * y).astype(np.float32)
            seen = d > nearest
            if layer.radii is not None:
                across = (source - layer.centre[0]) / layer.radii[0]
                down = (y - layer.centre[1]) / layer.radii[1]
                seen &= across**2 + down**2 <= 1
            columns = np.mod(source, width).astype(np.float32)
            rows = np.broadcast_to(y, source.shape).astype(np.float32)
            sampled = cv2.remap(
                layer.texture, columns, rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_WRAP
            )
            colour[seen] = sampled[seen]
            nearest = np.where(seen, d, nearest)
        averaged = cv2.resize(colour, self.size, interpolation=cv2.INTER_AREA)
        picture = I420.empty(width, height)
        picture.y[:] = averaged[..., 0]
        half = cv2.resize(
            averaged[..., 1:], (width // 2, height // 2), interpolation=cv2.INTER_AREA
        )
        picture.u[:], picture.v[:] = half[..., 0], half[..., 1]
        middle = nearest[:, SUPERSAMPLE // 2 :: SUPERSAMPLE]
        return picture, np.ascontiguousarray(middle, np.float32)


def _texture(size: tuple[int, int], random: np.random.Generator) -> NDArray[np.uint8]:
    """Smooth and fine noise of a random mean, like moist tissue: (H, W, 3) uint8 YUV."""
    width, height = size
    noise = random.standard_normal((height, width)).astype(np.float32)
    luma = np.zeros((height, width), np.float32)
    for sigma, strength in ((1.0, 14.0), (4.0, 16.0), (20.0, 24.0)):
        blurred = cv2.GaussianBlur(noise, (0, 0), sigma)
        luma += strength * blurred / float(blurred.std())
    mean = random.uniform(80, 170)
    u, v = random.uniform(95, 125), random.uniform(135, 170)
    planes = (mean + luma, u + 0.15 * luma, v - 0.15 * luma)
    return np.clip(np.dstack(planes), 16, 235).astype(np.uint8)


def _at(size: tuple[int, int], x: float, y: float) -> tuple[float, float]:
    return size[0] * x, size[1] * y


def _r(size: tuple[int, int], share: float) -> tuple[float, float]:
    return size[0] / share, size[1] / max(share / 2, 2)
