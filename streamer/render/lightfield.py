"""The picture of a quilt rendition: video and anatomy in many views, as the scene says."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streamer.frames import I420, StereoFrame
from streamer.render.anatomy import AnatomyRenderer
from streamer.render.camera import CameraRow
from streamer.render.disparity import DisparityMap
from streamer.render.layers import Sheet
from streamer.render.meeting import hidden, room_for
from streamer.render.pictures import blend, fill
from streamer.render.pool import KernelPool
from streamer.render.quilt import Quilt
from streamer.render.synth import Synthesiser, fitted, view_positions
from streamer.scene.model import PictureMode, Pose, Scene

# The views' span over the video is changed only when it is this much too wide or too narrow: to
# follow every depth map would make the picture breathe.
TOO_WIDE: Final = 0.9
TOO_NARROW: Final = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """An anatomy's sheet and what it was drawn for."""

    pose: Pose
    mode: PictureMode
    camera: CameraRow
    sheet: Sheet


class QuiltComposer:
    """Makes a quilt of a frame and a scene; use one from one thread at a time.

    Over the video, the anatomy's views stand where the video's do, so that both have the same
    depth. Alone or beside it they stand over a cone of `cone_deg`, that of the display. Without a
    renderer there is no anatomy.
    """

    def __init__(
        self,
        quilt: Quilt,
        renderer: AnatomyRenderer | None,
        cone_deg: float,
        pool: KernelPool | None = None,
    ) -> None:
        self.quilt = quilt
        self._renderer = renderer
        self._cone_deg = cone_deg
        self._owned = pool is None
        self._pool = pool or KernelPool(name="quilt")
        width, height = quilt.tile
        self._beside = (width - width // 4 * 2, height)
        self._whole = Synthesiser(quilt.tile, self._pool)
        self._part = Synthesiser(self._beside, self._pool)
        self._places = [quilt.place(view) for view in range(quilt.views)]
        self._drawn: _Drawn | None = None
        self._alone: tuple[_Drawn, I420] | None = None
        self._span = 0.0
        self._tissue = np.empty((0, 0, 0), np.float32)
        self._memory: dict[int, NDArray[np.uint8]] = {}
        self._background = I420.empty(width, height)
        fill(self._background)

    def compose(self, frame: StereoFrame, scene: Scene, disparity: DisparityMap) -> I420:
        """The quilt of `frame`, whose left picture has `disparity`, as `scene` says.

        It must only be read: anatomy alone that has not changed is the picture of last time.
        """
        mode = scene.mode
        shows = scene.anatomy_visible and self._renderer is not None
        if mode is PictureMode.ANATOMY:
            positions, place = np.zeros(0), self._place(frame, mode)
            drawn = self._anatomy(scene, positions, place) if shows else None
            if self._alone is not None and drawn is self._alone[0]:
                return self._alone[1]
            out = I420.empty(*self.quilt.size)
            self._lay(drawn, scene, positions, place, None, out)
            self._alone = None if drawn is None else (drawn, out)
            return out
        self._alone = None
        out = I420.empty(*self.quilt.size)
        positions = self._positions(disparity)
        over = mode is PictureMode.OVER and shows and scene.hide_behind
        tissue = self._video(frame, disparity, positions, mode, out, with_depth=over)
        if mode is not PictureMode.VIDEO:
            place = self._place(frame, mode)
            drawn = self._anatomy(scene, positions, place) if shows else None
            self._lay(drawn, scene, positions, place, tissue, out)
        return out

    def close(self) -> None:
        """Stop the threads; the composer must not be used after."""
        if self._owned:
            self._pool.close()

    def _place(self, frame: StereoFrame, mode: PictureMode) -> tuple[int, int, int, int]:
        """(x, y, width, height) of the anatomy in a tile.

        Over the video it takes the video's place, so that both are as large as in the pair.
        """
        width, height = self.quilt.tile
        if mode is PictureMode.OVER:
            return fitted(frame.left.size, self.quilt.tile)
        left = self._beside[0] if mode is PictureMode.BESIDE else 0
        return left, 0, width - left, height

    def _lay(
        self,
        drawn: _Drawn | None,
        scene: Scene,
        positions: NDArray[np.float64],
        place: tuple[int, int, int, int],
        tissue: NDArray[np.float32] | None,
        out: I420,
    ) -> None:
        """Write the anatomy's views, hidden by `tissue` (N, H, W) if given."""
        mode = scene.mode
        weight = round(256 * scene.anatomy_opacity) if mode is PictureMode.OVER else 256
        left, top, width, height = place

        def put(view: int, slot: int) -> None:
            x, y = self._places[view]
            there = out.crop(x + left, y + top, width, height)
            below = there
            if mode is not PictureMode.OVER:
                below = self._background.crop(0, 0, width, height)
            if drawn is None:
                if mode is not PictureMode.OVER:
                    fill(there)
                return
            layer = drawn.sheet.layer(view)
            if tissue is not None:
                # In the pixels of disparity between the two cameras, as the tissue's.
                per_w = drawn.camera.focal_px[0] * _baseline_mm(drawn.camera, positions)
                at_infinity = -per_w / drawn.camera.convergence_mm
                if slot not in self._memory or self._memory[slot].size != room_for(layer):
                    self._memory[slot] = np.empty(room_for(layer), np.uint8)
                behind = tissue[view, top : top + height, left : left + width]
                layer = hidden(layer, behind, per_w, at_infinity, self._memory[slot])
            blend(below, layer, weight, there)

        self._pool.run(put, range(self.quilt.views))

    def _positions(self, disparity: DisparityMap) -> NDArray[np.float64]:
        """Where the views stand over the video, in baselines from the left camera."""
        views = self.quilt.views
        wanted = view_positions(views, "comfort", disparity)
        span = float(wanted[-1] - wanted[0])
        if not self._span or span < TOO_WIDE * self._span or span > TOO_NARROW * self._span:
            self._span = span
        return view_positions(views, self._span)

    def _video(
        self,
        frame: StereoFrame,
        disparity: DisparityMap,
        positions: NDArray[np.float64],
        mode: PictureMode,
        out: I420,
        *,
        with_depth: bool,
    ) -> NDArray[np.float32] | None:
        """Write the video's views; their disparities (N, H, W), if asked for, until next time."""
        right = None if frame.left is frame.right else frame.right
        part = mode is PictureMode.BESIDE
        synthesiser = self._part if part else self._whole
        width, height = self.quilt.tile
        if with_depth and not self._tissue.size:
            self._tissue = np.empty((len(positions), height, width), np.float32)
        depth = self._tissue if with_depth else None
        synthesiser.synthesise(frame.left, right, disparity, positions, out, self._places, depth)
        return depth

    def _anatomy(
        self, scene: Scene, positions: NDArray[np.float64], place: tuple[int, int, int, int]
    ) -> _Drawn:
        """The anatomy's sheet for this scene, drawn only when something has changed."""
        assert self._renderer is not None
        mode = scene.mode
        viewport = place[2:]
        if mode is PictureMode.OVER:
            pair = self._renderer.camera(scene.pose, viewport)
            left, right = pair.offsets_mm
            camera = pair.with_offsets(left + positions * (right - left))
        else:
            camera = self._renderer.cone(scene.pose, viewport, self.quilt.views, self._cone_deg)
        old = self._drawn
        if (
            old is not None
            and (old.pose, old.mode, old.camera.viewport) == (scene.pose, mode, viewport)
            and np.array_equal(old.camera.offsets_mm, camera.offsets_mm)
        ):
            return old
        sheet = self._renderer.draw(camera, (self.quilt.columns, self.quilt.rows))
        self._drawn = _Drawn(scene.pose, mode, camera, sheet)
        return self._drawn


def _baseline_mm(camera: CameraRow, positions: NDArray[np.float64]) -> float:
    """The distance of the two cameras between which the row's views stand at `positions`."""
    return float(
        (camera.offsets_mm[-1] - camera.offsets_mm[0]) / max(positions[-1] - positions[0], 1e-9)
    )
