"""Every kernel at work on a tiny input: calling all compiles them, or loads them from cache."""

import time
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streamer.frames import I420, FrameStamp, StereoFrame
from streamer.render.anatomy import AnatomyRenderer
from streamer.render.camera import CameraRow
from streamer.render.clipping import clipped, lens_of
from streamer.render.compose import Composer
from streamer.render.detail import Detail
from streamer.render.kernels.bands import (
    list_unsafe,
    measure_edges,
    measure_triangles,
    sort_into_bands,
)
from streamer.render.kernels.fill import SPARE
from streamer.render.kernels.project import light_vertices, project_vertices
from streamer.render.kernels.smooth import EDGE_VALUES, gather_edges
from streamer.render.kernels.spans import Window, cut_rows
from streamer.render.kernels.surface import Spans, Surface
from streamer.render.looks import display_tones
from streamer.render.pool import KernelPool
from streamer.scene.model import Anatomy, Mesh, PictureMode, Pose, Scene

Progress = Callable[[str, int, int], None]

SIZE: Final = 16


def _mesh(name: str, reach_mm: float, opacity: float) -> Mesh:
    """A square of two triangles, open; with a reach beyond the camera it has to be clipped."""
    points = np.array([[-9, -9, -9], [9, -9, -9], [9, reach_mm, 9], [-9, reach_mm, 9]], np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    return Mesh(name, points, faces, np.ones_like(points), opacity=opacity)


def _anatomy() -> Anatomy:
    """An opaque mesh, glass over it, and an opaque one that reaches behind the camera."""
    return Anatomy((_mesh("bone", 9, 1.0), _mesh("skin", 9, 0.5), _mesh("bed", -999, 1.0)))


def _camera(views: int = 1) -> CameraRow:
    return CameraRow.cone(np.zeros(3), 20.0, Pose(), (SIZE, SIZE), views, 10.0)


def _projected() -> tuple[Detail, Surface]:
    """The anatomy as it is after projection."""
    detail, camera = Detail.of(_anatomy().meshes), _camera()
    count = len(detail.points)
    screen, back = np.empty((count, 4), np.float32), np.empty(count, np.float32)
    project_vertices(detail.points, camera.T_cam_lps, lens_of(camera), 0, count, screen)
    light_vertices(
        detail.points,
        detail.normals,
        camera.T_cam_lps,
        np.ones(3, np.float32),
        display_tones(),
        0,
        count,
        screen,
        back,
    )
    passes, looks = np.array([0, 1, 0], np.int32), np.zeros(3, np.uint32)
    return detail, Surface(
        screen, back, detail.faces, detail.face_mesh, passes, looks, detail.two_sided
    )


def _project() -> None:
    _projected()


def _clip() -> None:
    detail, surface = _projected()
    unsafe = np.empty(len(detail.faces), np.int32)
    count = list_unsafe(surface, unsafe)
    transforms, colours = np.stack([_camera().T_cam_lps] * 3), np.ones((3, 3), np.float32)
    clipped(surface, unsafe[:count], detail, _camera(), transforms, colours, display_tones())


def _sort() -> None:
    detail, surface = _projected()
    count = len(detail.faces)
    facing, counts = np.empty(count, np.uint8), np.zeros(2, np.int32)
    bands = np.empty((count, 2), np.int32)
    reach, size = np.zeros(4, np.float32), (SIZE, SIZE)
    measure_triangles(surface, reach, size, SIZE, 0, count, facing, bands, counts)
    cursor, ids = np.concatenate([[0], np.cumsum(counts)[:-1]]), np.empty(counts.sum(), np.int32)
    sort_into_bands(bands, 0, count, cursor, ids)
    count = len(detail.edges)
    bands = np.empty((count, 2), np.int32)
    measure_edges(detail.edges, surface, facing, SIZE, SIZE, 0, count, bands, counts)


def _cut() -> None:
    detail, surface = _projected()
    none, one = np.float32(0.0), np.float32(1.0)
    window = Window(0, SIZE, SIZE, SIZE + SPARE, none, none, none, none, none, one, 9)
    ids: NDArray[np.int32] = np.zeros(1, np.int32)
    cut_rows(ids, surface, window, Spans.empty(SIZE * SIZE))
    gather_edges(ids, detail.edges, surface, np.empty((EDGE_VALUES, 1), np.float32))


def _draw() -> None:
    with KernelPool(1) as pool:
        AnatomyRenderer(_anatomy(), pool).draw(_camera(2))


def _blend() -> None:
    picture = I420.empty(SIZE, SIZE)
    for plane in (picture.y, picture.u, picture.v):
        plane.fill(128)
    frame, scene = StereoFrame(FrameStamp(0, 0), picture, picture), Scene(mode=PictureMode.OVER)
    with KernelPool(1) as pool:
        layer = AnatomyRenderer(_anatomy(), pool).render(Pose(), (SIZE, SIZE))
        Composer((SIZE, SIZE), pool).compose(frame, scene, layer)


# In the order in which a drawing needs them, so that each step compiles what is new in it.
STEPS: Final[tuple[tuple[str, Callable[[], None]], ...]] = (
    ("project and light", _project),
    ("clip", _clip),
    ("sort into bands", _sort),
    ("cut rows", _cut),
    ("fill, smooth, resolve", _draw),
    ("blend planes", _blend),
)


def warm_up(progress: Progress | None = None) -> float:
    """Make every kernel ready and return the seconds that it took.

    `progress(name, done, total)` is called before each step and once at the end. A cold compile
    of all takes about half a minute, a load from numba's cache well under a second.
    """
    began = time.perf_counter()
    for done, (name, call) in enumerate(STEPS):
        if progress is not None:
            progress(name, done, len(STEPS))
        call()
    if progress is not None:
        progress("ready", len(STEPS), len(STEPS))
    return time.perf_counter() - began
