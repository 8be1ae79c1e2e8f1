"""The synthetic instrument: where it is, and its paint, shadow and disparity."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from streamer.capture.field.relief import Map
from streamer.frames import I420, Plane

Points = NDArray[np.float64]

PIVOT: Final = (1.16, -0.22)
"""Where the shaft enters, in picture widths and heights; out of sight, as a port is."""
PIVOT_DISPARITY: Final = 0.019
TIP_LIFT: Final = 0.0015
"""How far the tip hovers over the tissue, as disparity in picture widths."""
TIP_RADIUS: Final = 0.011
PIVOT_RADIUS: Final = 0.020
JAW_LENGTH: Final = 0.055
SHADES: Final = ((1.0, 40), (0.9, 66), (0.74, 100), (0.54, 138), (0.34, 176), (0.15, 214))
"""Nested bands of the shaft, (share of the half width, luma): a lit cylinder of steel."""
JAW_SHADES: Final = ((1.0, 60), (0.7, 120), (0.35, 190))
HIGHLIGHT_SIDE: Final = 0.32
SHADOW: Final = 0.5
SHADOW_FALL: Final = (-0.55, 0.8)
SHADOW_SCALE: Final = 4
SHADOW_STEPS: Final = 14
SUBPIXEL_BITS: Final = 4


@dataclass(frozen=True, slots=True)
class InstrumentPose:
    """The instrument at a time: pixels of the left picture, disparities in pixels.

    Its axis runs from `tip` to `pivot` (beyond the picture), and its disparity grows evenly
    along it, as that of any straight line does.
    """

    tip: tuple[float, float]
    pivot: tuple[float, float]
    tip_disparity: float
    pivot_disparity: float
    opening: float
    width: int

    def place(self, shares: Points, offsets: Points, *, right: bool) -> Points:
        """Points (N, 2) in one eye's picture, `offsets` pixels to the side of the axis.

        `shares` (N,) tell how far along from the tip to the pivot each lies.
        """
        axis = np.array((self.pivot[0] - self.tip[0], self.pivot[1] - self.tip[1]))
        side = np.array((-axis[1], axis[0])) / np.hypot(axis[0], axis[1])
        points: Points = np.array(self.tip) + np.outer(shares, axis) + np.outer(offsets, side)
        if right:
            growth = self.pivot_disparity - self.tip_disparity
            points[:, 0] -= self.tip_disparity + shares * growth
        return points


def pose_at(time_s: float, tissue_disparity: Map) -> InstrumentPose:
    """Where the instrument is: it roams the middle of the field and works its jaws."""
    height, width = tissue_disparity.shape
    x = 0.47 + 0.15 * np.sin(2 * np.pi * time_s / 7.0) + 0.03 * np.sin(2 * np.pi * time_s / 2.3)
    y = 0.56 + 0.16 * np.sin(2 * np.pi * time_s / 5.2 + 1.0)
    tip = (float(x * width), float(y * height))
    ground = float(tissue_disparity[int(tip[1]), int(tip[0])])
    return InstrumentPose(
        tip=tip,
        pivot=(PIVOT[0] * width, PIVOT[1] * height),
        tip_disparity=ground + TIP_LIFT * width,
        pivot_disparity=PIVOT_DISPARITY * width,
        opening=float(0.22 + 0.18 * np.sin(2 * np.pi * time_s / 1.9)),
        width=width,
    )


def paint(pose: InstrumentPose, eye: I420, *, right: bool) -> None:
    """Paint the instrument over one eye's picture, in place."""
    for outline in _jaws(pose, right):
        for share, luma in JAW_SHADES:
            _fill(eye.y, _narrow(outline, share), luma)
        _fill_neutral(eye, outline)
    for share, luma in SHADES:
        _fill(eye.y, _shaft(pose, share, right), luma)
    _fill_neutral(eye, _shaft(pose, 1.0, right))


def cast_shadow(pose: InstrumentPose, eye: I420, tissue_disparity: Map, *, right: bool) -> None:
    """Darken the tissue under the instrument, in place."""
    outline = _shadow(pose, tissue_disparity, right)
    width, height = eye.size
    low = np.clip(outline.min(axis=0) - width / 40, 0, (width, height)).astype(int)
    high = np.clip(outline.max(axis=0) + width / 40, 0, (width, height)).astype(int)
    low -= low % SHADOW_SCALE
    columns, rows = (high - low) // SHADOW_SCALE
    if columns < 2 or rows < 2:
        return
    mask = np.zeros((rows, columns), np.uint8)
    _fill(mask, (outline - low) / SHADOW_SCALE, round(255 * SHADOW))
    mask = cv2.GaussianBlur(mask, (0, 0), width / 160 / SHADOW_SCALE)
    size = (int(columns) * SHADOW_SCALE, int(rows) * SHADOW_SCALE)
    light = cv2.resize(cv2.bitwise_not(mask), size, interpolation=cv2.INTER_LINEAR)
    x, y = int(low[0]), int(low[1])
    under = eye.y[y : y + size[1], x : x + size[0]]
    cv2.multiply(under, light, dst=under, scale=1 / 255)


def overlay_disparity(pose: InstrumentPose, disparity: Map) -> None:
    """Write the instrument's disparity over that of the tissue (H, W), in place."""
    mask = np.zeros(disparity.shape, np.uint8)
    for outline in (*_jaws(pose, right=False), _shaft(pose, 1.0, right=False)):
        _fill(mask, outline, 255, line=cv2.LINE_8)
    rows, columns = np.nonzero(mask)
    tip, pivot = np.array(pose.tip), np.array(pose.pivot)
    axis = (pivot - tip) / np.sum((pivot - tip) ** 2)
    share = (columns - tip[0]) * axis[0] + (rows - tip[1]) * axis[1]
    slope = pose.pivot_disparity - pose.tip_disparity
    disparity[rows, columns] = pose.tip_disparity + slope * share


def _jaw_share(pose: InstrumentPose) -> float:
    reach = np.hypot(pose.pivot[0] - pose.tip[0], pose.pivot[1] - pose.tip[1])
    return float(JAW_LENGTH * pose.width / reach)


def _shaft(pose: InstrumentPose, share: float, right: bool) -> Points:
    """The shaft's outline, narrowed to `share` of its width about its highlight."""
    start = _jaw_share(pose)
    near, far = PIVOT_RADIUS * pose.width, TIP_RADIUS * pose.width
    far += start * (near - far)
    middle = HIGHLIGHT_SIDE * (1 - share)
    low, high = middle - share, middle + share
    return pose.place(
        np.array((start, start, 1.0, 1.0)),
        np.array((far * low, far * high, near * high, near * low)),
        right=right,
    )


def _jaws(pose: InstrumentPose, right: bool) -> list[Points]:
    length, radius = _jaw_share(pose), TIP_RADIUS * pose.width
    spread = np.tan(pose.opening) * JAW_LENGTH * pose.width
    shares = length * np.array((1.15, 1.15, 0.45, 0.0, 0.4))
    offsets = np.array(
        (0.05 * radius, 0.95 * radius, 0.5 * radius + 0.62 * spread, spread, 0.4 * spread)
    )
    return [pose.place(shares, side * offsets, right=right) for side in (-1, 1)]


def _shadow(pose: InstrumentPose, tissue_disparity: Map, right: bool) -> Points:
    """The shadow's outline; it lies on the tissue, so the right eye sees it as far off as that."""
    height, width = tissue_disparity.shape
    there = np.linspace(0.0, 0.75, SHADOW_STEPS)
    shares = np.concatenate((there, there[::-1]))
    radius = (TIP_RADIUS + shares * (PIVOT_RADIUS - TIP_RADIUS)) * width
    radius[SHADOW_STEPS:] *= -1
    outline = pose.place(shares, radius, right=False)
    outline += np.outer((0.012 + 0.16 * shares) * width, SHADOW_FALL)
    if right:
        columns = np.minimum(np.maximum(outline[:, 0], 0), width - 1).astype(np.intp)
        rows = np.minimum(np.maximum(outline[:, 1], 0), height - 1).astype(np.intp)
        outline[:, 0] -= tissue_disparity[rows, columns]
    return outline


def _narrow(outline: Points, share: float) -> Points:
    centre = outline.mean(axis=0)
    narrowed: Points = centre + share * (outline - centre)
    return narrowed


def _fill(plane: Plane, outline: Points, value: int, line: int = cv2.LINE_AA) -> None:
    points = np.rint(outline * (1 << SUBPIXEL_BITS)).astype(np.int32)
    cv2.fillPoly(plane, [points], value, line, SUBPIXEL_BITS)


def _fill_neutral(eye: I420, outline: Points) -> None:
    # Chroma samples sit between two luma columns and rows.
    for plane in (eye.u, eye.v):
        _fill(plane, (outline - 0.5) / 2, 128)
