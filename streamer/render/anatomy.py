"""The mesh renderer: anatomy and a row of cameras in, a sheet of shaded layers with depth out."""

import threading
from collections.abc import Sequence
from typing import Final

import numpy as np

from streamer.render.camera import CameraRow
from streamer.render.detail import Detail, bounding_sphere, coarser_details
from streamer.render.drawing import Drawing, States, Workspace
from streamer.render.layers import Sheet, StereoLayer
from streamer.render.looks import display_tones
from streamer.render.memory import Recycler
from streamer.render.pool import KernelPool
from streamer.scene.model import Anatomy, Pose

# By how much a level of detail may move a surface, in the mean: on the screen, and in disparity
# between the outermost views. Three times the first, and shading shows where triangles were joined.
MAX_ERROR_PX: Final = 0.2
MAX_DISPARITY_ERROR_PX: Final = 0.07


class AnatomyRenderer:
    """Draws an anatomy for a row of views. `render` and `draw` are thread-safe.

    `pool` is where the kernels run; without one the renderer has its own. Coarser levels of detail
    are there once `build_levels` has been called; until then all is drawn at full detail.
    Raises ValueError for arrays whose shapes do not fit each other or faces that name no vertex.
    """

    def __init__(self, anatomy: Anatomy, pool: KernelPool | None = None) -> None:
        self._pool = pool or KernelPool(name="anatomy")
        self._anatomy = anatomy
        self._levels = [Detail.of(anatomy.meshes)]
        self._tones = display_tones()
        self._memory = Recycler()
        self._workspaces: list[Workspace] = []
        self._closing = threading.Event()
        self._builder: threading.Thread | None = None
        self.centre_mm, self.radius_mm = bounding_sphere(self._levels[0].points)

    @property
    def triangles(self) -> int:
        """Triangles in all meshes, at full detail."""
        return len(self._levels[0].faces)

    def build_levels(self) -> None:
        """Make the coarser levels of detail; about a second for 200,000 triangles."""
        self._levels = self._levels[:1]
        for level in coarser_details(self._anatomy, self._levels[0]):
            self._levels = [*self._levels, level]
            if self._closing.is_set():
                return

    def build_levels_soon(self) -> None:
        """Make them on a thread of its own, so that nobody waits for them."""
        self._builder = threading.Thread(target=self.build_levels, name="levels", daemon=True)
        self._builder.start()

    def camera(self, pose: Pose, viewport: tuple[int, int]) -> CameraRow:
        """The two eyes with which `render` draws this pose; raises as `CameraRow.stereo`."""
        return CameraRow.stereo(self.centre_mm, self.radius_mm, pose, viewport)

    def cone(self, pose: Pose, viewport: tuple[int, int], views: int, cone_deg: float) -> CameraRow:
        """`views` cameras over a cone of `cone_deg`; raises as `CameraRow.cone`."""
        return CameraRow.cone(self.centre_mm, self.radius_mm, pose, viewport, views, cone_deg)

    def render(
        self, pose: Pose, viewport: tuple[int, int], states: States | None = None
    ) -> StereoLayer:
        """Draw the anatomy for both eyes, each `viewport` (width, height), even, in size.

        Raises ValueError as `CameraRow.stereo`.
        """
        camera = self.camera(pose, viewport)
        sheet = self.draw(camera, (2, 1), states)
        return StereoLayer(sheet.layer(0), sheet.layer(1), pose, camera)

    def draw(
        self,
        camera: CameraRow,
        grid: tuple[int, int] | None = None,
        states: States | None = None,
        into: Sheet | None = None,
    ) -> Sheet:
        """Draw all views of a row to the tiles of a sheet of `grid` (columns, rows).

        The sheet is nobody else's, or `into`, whose views and tiles must be those of the row.
        `states` are by the meshes' names; those not named are shown as they are.
        """
        sheet = into or Sheet.empty(grid or (camera.views, 1), camera.viewport, self._memory)
        if sheet.views != camera.views or sheet.tile != camera.viewport:
            raise ValueError(
                f"{camera.views} views of {camera.viewport} do not fit a sheet of {sheet.views} "
                f"tiles of {sheet.tile}"
            )
        try:
            work = self._workspaces.pop()
        except IndexError:
            work = Workspace()
        detail = self._detail_for(camera)
        drawing = Drawing(self._anatomy.meshes, detail, camera, self._tones, self._pool, work)
        drawing.run(states or {}, sheet)
        self._workspaces.append(work)
        return sheet

    def draw_eyes(self, cameras: Sequence[CameraRow], states: States | None = None) -> list[Sheet]:
        """Draw any cameras, one sheet each: eyes that do not stand level, real intrinsics."""
        return [self.draw(camera, None, states) for camera in cameras]

    def close(self) -> None:
        """Stop all threads; the renderer must not be used after."""
        self._closing.set()
        if self._builder is not None:
            self._builder.join()  # a native thread must not outlive the interpreter
        self._pool.close()

    def _detail_for(self, camera: CameraRow) -> Detail:
        """The coarsest level that moves nothing by more than it may."""
        at = camera.T_cam_lps[:3, :3] @ self.centre_mm + camera.T_cam_lps[:3, 3]
        distance = max(float(np.linalg.norm(at)), camera.near_mm)
        bends = camera.parallax[1]
        span = float(bends.max() - bends.min())
        px_per_mm = max(camera.focal_px) / distance
        disparity_px_per_mm = span / distance**2
        good = [
            level
            for level in self._levels
            if level.error_mm * px_per_mm <= MAX_ERROR_PX
            and level.error_mm * disparity_px_per_mm <= MAX_DISPARITY_ERROR_PX
        ]
        return good[-1] if good else self._levels[0]
