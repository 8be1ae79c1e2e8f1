"""Every kernel at work on a tiny input: calling all compiles them, or loads them from cache."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import llvmlite.binding
import numpy as np
from numpy.typing import NDArray

from calibration.lenticular import LenticularPanel
from streamer.frames import I420, FrameStamp, StereoFrame
from streamer.render.anatomy import AnatomyRenderer
from streamer.render.camera import CameraRow
from streamer.render.clipping import clipped, lens_of
from streamer.render.compose import Composer
from streamer.render.detail import Detail
from streamer.render.disparity import DisparityMap
from streamer.render.kernels.bands import (
    list_unsafe,
    measure_edges,
    measure_triangles,
    sort_into_bands,
)
from streamer.render.kernels.fill import SPARE
from streamer.render.kernels.jit import cache_folder
from streamer.render.kernels.project import light_vertices, project_vertices
from streamer.render.kernels.refine import fill_unknown, refine, steady
from streamer.render.kernels.smooth import EDGE_VALUES, gather_edges
from streamer.render.kernels.spans import Window, cut_rows
from streamer.render.kernels.surface import Spans, Surface
from streamer.render.looks import display_tones
from streamer.render.meeting import behind_tissue
from streamer.render.packing import DepthPacking, DepthRange
from streamer.render.pool import KernelPool
from streamer.render.quilt import Quilt
from streamer.render.synth import Synthesiser
from streamer.render.weave import Weaver
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
    picture = _plain(SIZE, SIZE)
    frame, scene = StereoFrame(FrameStamp(0, 0), picture, picture), Scene(mode=PictureMode.OVER)
    with KernelPool(1) as pool:
        layer = AnatomyRenderer(_anatomy(), pool).render(Pose(), (SIZE, SIZE))
        Composer((SIZE, SIZE), pool).compose(frame, scene, layer)


def _synthesise() -> None:
    width, height = 8, 2
    picture, flat = _plain(width, height), DisparityMap.plane(width, height)
    out, places = I420.empty(width, height), [(0, 0)] * 2
    depth = np.empty((2, height, width), np.float32)
    with KernelPool(1) as pool:
        Synthesiser((width, height), pool).synthesise(
            picture, picture, flat, [0.25, 0.75], out, places, depth
        )


def _depth() -> None:
    px, known = np.zeros((SIZE, 2 * SIZE), np.float32), np.ones((SIZE, 2 * SIZE), np.uint8)
    fill_unknown(px, known)
    steady(px, px.copy(), known, known, 1.0, 6.0, 0.35)
    refine(
        px,
        known,
        np.ones((2 * SIZE, 4 * SIZE), np.uint8),
        0,
        1,
        np.empty((2 * SIZE, 4 * SIZE), np.float32),
    )


def _pack() -> None:
    packing = DepthPacking((32, 4))
    eye, out = _plain(32, 4), I420.empty(*packing.size)
    packing.pack(eye, eye, DisparityMap.plane(32, 4), DepthRange(-1.0, 1.0), out)
    packing.unpack(out)


def _hide() -> None:
    with KernelPool(1) as pool:
        layer = AnatomyRenderer(_anatomy(), pool).render(Pose(), (SIZE, SIZE))
    behind_tissue(layer, np.zeros((2, SIZE, SIZE), np.float32))


def _weave() -> None:
    panel = LenticularPanel((SIZE, SIZE), 52.57, -7.2, 0.5, 324.0)
    with KernelPool(1) as pool:
        weaver = Weaver(panel, Quilt(1, 1, (SIZE, SIZE), 1.0), pool=pool)
        weaver.weave(np.zeros((SIZE, SIZE, 3), np.uint8))
        weaver.weave(_plain(SIZE, SIZE))


def _plain(width: int, height: int) -> I420:
    picture = I420.empty(width, height)
    for plane in (picture.y, picture.u, picture.v):
        plane.fill(128)
    return picture


# In the order in which a drawing needs them, so that each step compiles what is new in it.
STEPS: Final[tuple[tuple[str, Callable[[], None]], ...]] = (
    ("project and light", _project),
    ("clip", _clip),
    ("sort into bands", _sort),
    ("cut rows", _cut),
    ("fill, smooth, resolve", _draw),
    ("blend planes", _blend),
    ("warp views", _synthesise),
    ("match depth", _depth),
    ("pack depth", _pack),
    ("hide behind tissue", _hide),
    ("weave", _weave),
)


LIVE: Final = STEPS[:6]  # what every room with anatomy needs at once; the rest loads when needed


def are_compiled() -> bool:
    """Whether all kernels, as they are now, have been compiled on this kind of processor."""
    return _mark().exists()


def warm_up(
    progress: Progress | None = None,
    steps: tuple[tuple[str, Callable[[], None]], ...] = STEPS,
) -> float:
    """Make the kernels of `steps` ready and return the seconds that it took.

    `progress(name, done, total)` is called before each step and once at the end. A cold compile
    of all takes about a minute, a load from numba's cache about a second.
    """
    began = time.perf_counter()
    for done, (name, call) in enumerate(steps):
        if progress is not None:
            progress(name, done, len(steps))
        call()
    if progress is not None:
        progress("ready", len(steps), len(steps))
    if steps is STEPS and _mark().parent.is_dir():
        _mark().touch()
    return time.perf_counter() - began


def _mark() -> Path:
    """A file that is there once all has been compiled; by processor, as numba's cache is."""
    return cache_folder() / f"complete-{llvmlite.binding.get_host_cpu_name()}"
