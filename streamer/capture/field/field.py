"""The operating field: both eyes' pictures at any time, and the disparity that is true in them."""

import cv2
import numpy as np

from streamer.capture.field.instrument import cast_shadow, overlay_disparity, paint, pose_at
from streamer.capture.field.relief import PHASES, Map, Warp, heights, phase_at, warp
from streamer.capture.field.tissue import tissue
from streamer.frames import I420, Plane


class OperatingField:
    """A stereo operating field of `width` x `height` pixels an eye (both even).

    The breathing tissue is drawn once, for both eyes and a dozen phases of the breath (22 MB at
    1280x720); a frame costs a copy of one of them and the painting of the instrument.
    """

    def __init__(self, width: int, height: int) -> None:
        self.eye_size = (width, height)
        relief = heights(width, height)
        texture = tissue(relief)
        self._disparities: list[Map] = []
        self._phases: list[I420] = []
        for phase in range(PHASES):
            maps = warp(relief, phase)
            self._disparities.append(maps.disparity)
            self._phases.append(_both_eyes(texture, maps))

    def render(self, time_s: float) -> I420:
        """A new picture, both eyes side by side (2W x H)."""
        width, height = self.eye_size
        phase = phase_at(time_s)
        still, tissue_disparity = self._phases[phase], self._disparities[phase]
        packed = I420.empty(2 * width, height)
        for plane, source in ((packed.y, still.y), (packed.u, still.u), (packed.v, still.v)):
            np.copyto(plane, source)
        pose = pose_at(time_s, tissue_disparity)
        for right in (False, True):
            eye = packed.crop(width if right else 0, 0, width, height)
            cast_shadow(pose, eye, tissue_disparity, right=right)
            paint(pose, eye, right=right)
        return packed

    def disparity(self, time_s: float) -> Map:
        """The true disparity (H, W) float32, pixels, of each pixel of the left picture.

        What the left eye sees at column x the right eye sees at column x - disparity; positive is
        in front of the screen.
        """
        disparity = self._disparities[phase_at(time_s)].copy()
        overlay_disparity(pose_at(time_s, disparity), disparity)
        return disparity


def _both_eyes(texture: I420, maps: Warp) -> I420:
    width, height = texture.size
    packed = I420.empty(2 * width, height)
    for eye_x, map_x, map_y in ((0, maps.left_x, maps.left_y), (width, maps.right_x, maps.right_y)):
        eye = packed.crop(eye_x, 0, width, height)
        _remap(texture.y, map_x, map_y, eye.y)
        chroma_x, chroma_y = _chroma_map(map_x), _chroma_map(map_y)
        _remap(texture.u, chroma_x, chroma_y, eye.u)
        _remap(texture.v, chroma_x, chroma_y, eye.v)
    return packed


def _chroma_map(luma_map: Map) -> Map:
    # Chroma samples sit between two luma columns and rows.
    size = (luma_map.shape[1] // 2, luma_map.shape[0] // 2)
    half = np.asarray(cv2.resize(luma_map, size, interpolation=cv2.INTER_AREA), np.float32)
    return (half - np.float32(0.5)) / np.float32(2)


def _remap(plane: Plane, map_x: Map, map_y: Map, into: Plane) -> None:
    into[:] = cv2.remap(plane, map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
