"""What a woven frame costs beside the same weave by OpenCV, and how much of a quilt is shown."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.report import Case, case_of, times_ms
from calibration.lenticular import LenticularPanel
from streamer.frames import I420
from streamer.render.pool import KernelPool
from streamer.render.quilt import Quilt
from streamer.render.weave import Weaver, view_map

# A made-up unit in a Looking Glass Portrait's range.
PANEL: Final = LenticularPanel((1536, 2048), pitch=52.57, slope=-7.2, center=0.5, dpi=324.0)
QUILT: Final = Quilt(8, 6, (420, 560), 0.75)
REMAP_RIVAL: Final = "OpenCV remap, a pass a channel"
RGB_REMAP_RIVAL: Final = "YUV to RGB, then remap (OpenCV)"


@dataclass(frozen=True, slots=True)
class WeaveReport:
    """The measured cases, and the share of the quilt's samples that the panel shows (nearest)."""

    cases: tuple[Case, ...]
    shown_share: float


def measure_weave(
    panel: LenticularPanel = PANEL, quilt: Quilt = QUILT, repeats: int = 20
) -> WeaveReport:
    """Weave RGB and I420 quilts of noise for `panel`, and find its views afresh."""
    width, height = quilt.size
    rgb = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    planes = I420.empty(width, height)
    stacked = cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420).reshape(-1)
    for plane in (planes.y, planes.u, planes.v):
        plane[:] = stacked[: plane.size].reshape(plane.shape)
        stacked = stacked[plane.size :]
    with KernelPool() as pool:
        weaver = Weaver(panel, quilt, pool=pool)
        out = np.empty((*panel.size[::-1], 3), np.uint8)
        maps = _remap_maps(weaver)
        cases = (
            case_of(
                "weave-rgb",
                times_ms(lambda: weaver.weave(rgb, out), repeats),
                REMAP_RIVAL,
                times_ms(lambda: _remap(rgb, maps), max(3, repeats // 3)),
            ),
            case_of(
                "weave-i420",
                times_ms(lambda: weaver.weave(planes, out), repeats),
                RGB_REMAP_RIVAL,
                times_ms(lambda: _remap(_to_rgb(planes), maps), max(3, repeats // 3)),
            ),
            case_of(
                "weave-views",
                times_ms(lambda: view_map(panel, quilt.views, panel.size, pool), repeats),
            ),
        )
        nearest = Weaver(panel, quilt, sampling="nearest", pool=pool)
        return WeaveReport(cases, nearest.shown_share().samples)


def _remap_maps(weaver: Weaver) -> list[tuple[NDArray[np.int16], NDArray[np.uint16]]]:
    """Where each channel of the panel samples the quilt, in OpenCV's fixed-point maps."""
    width, height = weaver.size
    tile_w, tile_h = weaver.quilt.tile
    x = np.clip((np.arange(width) + 0.5) * tile_w / width - 0.5, 0, tile_w - 1)
    y = np.clip((np.arange(height) + 0.5) * tile_h / height - 0.5, 0, tile_h - 1)
    corners = np.array([weaver.quilt.place(view) for view in range(weaver.quilt.views)])
    maps = []
    for channel in range(3):
        place = corners[weaver.views[..., channel]]
        at_x = (place[..., 0] + x[None, :]).astype(np.float32)
        at_y = (place[..., 1] + y[:, None]).astype(np.float32)
        fixed, fraction = cv2.convertMaps(at_x, at_y, cv2.CV_16SC2)
        maps.append((np.asarray(fixed, np.int16), np.asarray(fraction, np.uint16)))
    return maps


def _remap(
    rgb: NDArray[np.uint8], maps: list[tuple[NDArray[np.int16], NDArray[np.uint16]]]
) -> NDArray[np.uint8]:
    channels = cv2.split(rgb)
    woven = [
        cv2.remap(channel, *pair, cv2.INTER_LINEAR)
        for channel, pair in zip(channels, maps, strict=True)
    ]
    return np.asarray(cv2.merge(woven), np.uint8)


def _to_rgb(picture: I420) -> NDArray[np.uint8]:
    """OpenCV's conversion; its matrix is BT.601, but it costs what BT.709 would."""
    width, height = picture.size
    flat = np.concatenate([plane.reshape(-1) for plane in (picture.y, picture.u, picture.v)])
    planar = flat.reshape(height * 3 // 2, width)
    return np.asarray(cv2.cvtColor(planar, cv2.COLOR_YUV2RGB_I420), np.uint8)
