"""Every kernel with a tiny real input: calling them all compiles them, or loads them from cache."""

import time
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streamer.render.kernels.blend import blend_plane
from streamer.render.kernels.clip import MAX_CORNERS, MAX_PIECES, clip_triangles
from streamer.render.kernels.geometry import (
    list_unsafe,
    measure_triangles,
    project_vertices,
    sort_into_bands,
)
from streamer.render.kernels.raster import SAMPLES, rasterise
from streamer.render.kernels.shade import TONES, light_vertices, resolve
from streamer.render.kernels.surface import Surface, Target

Progress = Callable[[str, int, int], None]

SIZE: Final = 4


def _corners() -> NDArray[np.float32]:
    return np.array([[-1, -1, 4], [1, -1, 4], [0, 1, 4]], np.float32)


def _lens() -> NDArray[np.float64]:
    return np.array([4.0, 2.0, 2.0, 0.1])


def _surface() -> Surface:
    screen = np.array([[0, 0, 0.25], [4, 0, 0.25], [0, 4, 0.25]], np.float32)
    light = np.full((3, 4), 0.5, np.float32)
    faces = np.array([[0, 2, 1]], np.int32)
    one = np.ones(1, np.float32)
    return Surface(screen, light, faces, np.zeros(1, np.int32), one, np.ones(1, np.bool_))


def _keys() -> NDArray[np.uint64]:
    return np.zeros((SIZE, SIZE, SAMPLES), np.uint64)


def _project() -> None:
    points = _corners()
    project_vertices(points, np.eye(4), _lens(), 0, 3, np.empty_like(points))


def _light() -> None:
    points = _corners()
    light_vertices(points, points, np.eye(4), 0, 3, np.empty((3, 4), np.float32))


def _list_unsafe() -> None:
    list_unsafe(_surface(), np.empty(1, np.int32))


def _clip() -> None:
    points = _corners()
    clip_triangles(
        np.zeros(1, np.int32),
        np.array([[0, 1, 2]], np.int32),
        points,
        points,
        np.eye(4),
        np.array([[0.0, 0.0, 1.0, -0.1]]),
        np.empty((MAX_CORNERS, 6), np.float32),
        np.empty((MAX_PIECES, 3), np.int32),
        np.empty(MAX_PIECES, np.int32),
    )


def _measure() -> None:
    parallax, bands, counts = np.zeros(2), np.empty((1, 2), np.int32), np.zeros(2, np.int64)
    measure_triangles(_surface(), parallax, SIZE, SIZE, SIZE, bands, counts)


def _sort() -> None:
    bands, starts = np.array([[0, 1]], np.int32), np.array([0, 1], np.int64)
    sort_into_bands(bands, starts, np.empty(1, np.int32))


def _rasterise() -> None:
    rasterise(_surface(), np.zeros(1, np.int32), 0.0, 0.0, 0, _keys())


def _resolve() -> None:
    half = SIZE // 2
    out = Target(
        np.empty((SIZE, SIZE), np.uint8),
        np.empty((half, half), np.uint8),
        np.empty((half, half), np.uint8),
        np.empty((SIZE, SIZE), np.uint8),
        np.empty((half, half), np.uint8),
        np.empty((SIZE, SIZE), np.float32),
        np.empty((half, 2), np.int32),
    )
    colours, tones = np.ones((1, 4), np.float32), np.zeros(TONES, np.float32)
    resolve(_keys(), colours, tones, 1.0, out)


def _blend() -> None:
    below = np.zeros(SIZE * SIZE, np.uint8)
    below.flags.writeable = False
    spans = np.zeros((SIZE // 2, 2), np.int32)
    blend_plane(below, SIZE, below, below, SIZE, spans, 1, 256, np.empty(SIZE * SIZE, np.uint8), 4)


STEPS: Final[tuple[tuple[str, Callable[[], None]], ...]] = (
    ("project vertices", _project),
    ("light vertices", _light),
    ("find triangles to clip", _list_unsafe),
    ("clip triangles", _clip),
    ("measure triangles", _measure),
    ("sort into bands", _sort),
    ("rasterise", _rasterise),
    ("resolve samples", _resolve),
    ("blend planes", _blend),
)


def warm_up(progress: Progress | None = None) -> float:
    """Make every kernel ready and return the seconds that it took.

    `progress(name, done, total)` is called before each kernel and once at the end. A cold compile
    of all takes about ten seconds, a load from numba's cache well under one.
    """
    began = time.perf_counter()
    for done, (name, call) in enumerate(STEPS):
        if progress is not None:
            progress(name, done, len(STEPS))
        call()
    if progress is not None:
        progress("ready", len(STEPS), len(STEPS))
    return time.perf_counter() - began
