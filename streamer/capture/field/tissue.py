"""The look of the synthetic tissue: colour, vessels, fat, light and wet highlights, as I420."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from streamer.capture.field.relief import Map
from streamer.frames import I420, Plane

RGB = NDArray[np.float32]

FLESH: Final = (0.74, 0.33, 0.28)
DEEP_FLESH: Final = (0.55, 0.17, 0.16)
FAT: Final = (0.87, 0.68, 0.38)
VESSEL: Final = (0.42, 0.05, 0.09)
LIGHT: Final = (-0.35, -0.5, 0.79)
"""Towards the lamp, in picture axes with z towards the viewer."""
SLOPE: Final = 0.055
"""Height of the relief, -1 to 1, in picture widths, for the light."""

# ITU-R BT.709, item 3.2 to 3.5: R'G'B' in 0..1 to 8-bit limited-range Y'CbCr.
BT709: Final = np.array(
    [
        [0.2126 * 219, 0.7152 * 219, 0.0722 * 219],
        [-0.2126 / 1.8556 * 224, -0.7152 / 1.8556 * 224, 0.9278 / 1.8556 * 224],
        [0.7874 / 1.5748 * 224, -0.7152 / 1.5748 * 224, -0.0722 / 1.5748 * 224],
    ],
    np.float32,
)
BT709_OFFSET: Final = np.array([16, 128, 128], np.float32)


def tissue(relief: Map, seed: int = 11) -> I420:
    """The lit texture of `relief` (H, W), in the left eye's coordinates."""
    height, width = relief.shape
    rng = np.random.default_rng(seed)
    fine = _noise(rng, width, height, (32, 64, 128, 256))
    broad = _noise(rng, width, height, (4, 8, 16))
    colour = _mix(np.array(FLESH), np.array(DEEP_FLESH), _step(broad, -0.2, 0.9))
    colour = _mix3(colour, FAT, 0.85 * _step(broad + 0.5 * fine, 1.0, 1.7))
    colour = _mix3(colour, VESSEL, 0.8 * _vessels(rng, width, height))
    colour *= (1 + 0.10 * fine)[..., None]
    # Fine bumps catch the light, and give the eye something to fuse on.
    shade, shine = _light(relief + 0.010 * fine, width)
    colour = np.clip(colour * shade[..., None] + 0.55 * shine[..., None], 0, 1)
    return to_i420(colour.astype(np.float32))


def to_i420(rgb: RGB) -> I420:
    """Gamma-coded RGB (H, W, 3) float32 in 0..1 as I420."""
    ycc = np.asarray(cv2.transform(rgb, BT709), np.float32) + BT709_OFFSET
    return I420(_bytes(ycc[..., 0]), _half(ycc[..., 1]), _half(ycc[..., 2]))


def _half(plane: Map) -> Plane:
    size = (plane.shape[1] // 2, plane.shape[0] // 2)
    return _bytes(np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32))


def _bytes(plane: Map) -> Plane:
    return np.rint(np.clip(plane, 0, 255)).astype(np.uint8)


def _noise(rng: np.random.Generator, width: int, height: int, cells: tuple[int, ...]) -> Map:
    """Noise of several grain sizes (grains a width), about standard normal."""
    total = np.zeros((height, width), np.float32)
    weights = [0.75**octave for octave in range(len(cells))]
    for count, weight in zip(cells, weights, strict=True):
        rows = max(2, count * height // width)
        grid = rng.standard_normal((rows, count)).astype(np.float32)
        total += weight * cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
    normal: Map = (total / total.std()).astype(np.float32)
    return normal


def _vessels(rng: np.random.Generator, width: int, height: int) -> Map:
    """Where vessels run, 0..1: branching walks that get thinner."""
    mask = np.zeros((height, width), np.uint8)
    for _ in range(9):
        start = rng.uniform((0, 0), (width, height))
        _branch(rng, mask, start, rng.uniform(0, 2 * np.pi), width / 130, 0)
    soft = cv2.GaussianBlur(mask, (0, 0), width / 900)
    share: Map = (soft / 255).astype(np.float32)
    return share


def _branch(
    rng: np.random.Generator,
    mask: Plane,
    point: NDArray[np.float64],
    heading: float,
    thickness: float,
    depth: int,
) -> None:
    step = mask.shape[1] / 60
    for _ in range(int(rng.integers(10, 22))):
        heading += rng.normal(0, 0.28)
        to = point + step * np.array([np.cos(heading), np.sin(heading)])
        ends = [tuple(int(v * 16) for v in p) for p in (point, to)]
        cv2.line(mask, ends[0], ends[1], 255, max(1, round(thickness)), cv2.LINE_AA, 4)
        point = to
        thickness *= 0.965
        if depth < 3 and rng.random() < 0.12:
            turn = rng.choice((-1, 1)) * rng.uniform(0.4, 0.9)
            _branch(rng, mask, point, heading + turn, 0.65 * thickness, depth + 1)


def _light(relief: Map, width: int) -> tuple[Map, Map]:
    """Diffuse shade (about 1) and wet highlight (0..1), Blinn-Phong, one lamp."""
    slope = np.float32(SLOPE * width)
    gx = cv2.Sobel(relief, cv2.CV_32F, 1, 0, ksize=3, scale=0.125) * slope
    gy = cv2.Sobel(relief, cv2.CV_32F, 0, 1, ksize=3, scale=0.125) * slope
    norm = np.sqrt(gx * gx + gy * gy + 1)
    lx, ly, lz = np.array(LIGHT) / np.linalg.norm(LIGHT)
    diffuse = np.clip((-gx * lx - gy * ly + lz) / norm, 0, 1)
    hx, hy, hz = np.array((lx, ly, lz + 1)) / np.linalg.norm((lx, ly, lz + 1))
    half = np.clip((-gx * hx - gy * hy + hz) / norm, 0, 1)
    shine = half**90
    height = relief.shape[0]
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    cone = 1 - 0.38 * (x * x + y * y) / 2  # an endoscope lights its middle
    return ((0.28 + 0.92 * diffuse) * cone).astype(np.float32), (shine * cone).astype(np.float32)


def _step(values: Map, low: float, high: float) -> Map:
    t = np.clip((values - low) / (high - low), 0, 1)
    smooth: Map = (t * t * (3 - 2 * t)).astype(np.float32)
    return smooth


def _mix(a: NDArray[np.float64], b: NDArray[np.float64], share: Map) -> RGB:
    mixed: RGB = (a + (b - a) * share[..., None]).astype(np.float32)
    return mixed


def _mix3(colour: RGB, other: tuple[float, float, float], share: Map) -> RGB:
    mixed: RGB = colour + (np.array(other, np.float32) - colour) * share[..., None]
    return mixed
