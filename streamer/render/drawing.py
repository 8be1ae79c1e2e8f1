"""One drawing of an anatomy for a row of views: its steps, each spread over the kernel pool."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streamer.render.camera import CameraRow
from streamer.render.clipping import clipped, lens_of
from streamer.render.detail import Detail
from streamer.render.kernels.band import Pass, Scratch, draw_band
from streamer.render.kernels.bands import (
    list_unsafe,
    measure_edges,
    measure_triangles,
    sort_into_bands,
)
from streamer.render.kernels.fill import SPARE
from streamer.render.kernels.project import light_vertices, project_vertices
from streamer.render.kernels.smooth import (
    BEYOND_PX,
    EDGE_VALUES,
    SAME_SURFACE_PX,
    gather_edges,
)
from streamer.render.kernels.spans import Window, cut_rows
from streamer.render.kernels.surface import Spans, Surface, Target
from streamer.render.layers import Sheet
from streamer.render.looks import Looks
from streamer.render.pool import KernelPool
from streamer.scene.model import Mesh, MeshState

States = Mapping[str, MeshState]
Style = tuple[tuple[float, float, float], float]  # colour and opacity

# Keys of a band: with its pieces they stay in the second-level cache, where many views read them.
BAND_KEYS: Final = 16_000
BAND_KEYS_OF_FEW: Final = 64_000  # for up to `FEW` views: less is drawn twice at the bands' rims
FEW: Final = 4
ITEMS_A_TASK: Final = 16_384
MAX_DEPTH_BITS: Final = 22  # single precision has no more to give
W_ROUNDING: Final = 5e-7  # of w, four units in the last place
LOOK_AGAIN_PX: Final = 16.0  # of parallax; then outlines are looked for again
OPAQUE: Final = 254.5 / 255  # an opacity that rounds to 255 is opaque
CLEAR: Final = 0.5 / 255  # one that rounds to 0 hides nothing, and is of no depth


@dataclass(slots=True)
class BandMemory:
    """One thread's room for a band: the pieces, the key buffers and the edges."""

    spans: tuple[Spans, Spans] = field(default_factory=lambda: (Spans.empty(0), Spans.empty(0)))
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)

    def spans_of(self, layer: int, capacity: int) -> Spans:
        """Room for at least `capacity` pieces of a pass (0 opaque, 1 glass)."""
        if self.spans[layer].key.size < capacity:
            grown = list(self.spans)
            grown[layer] = Spans.empty(capacity)
            self.spans = (grown[0], grown[1])
        return self.spans[layer]


@dataclass(slots=True)
class Workspace:
    """Memory that drawings use one after the other, and the looks of the last one's styles."""

    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    bands: list[BandMemory] = field(default_factory=list)
    styles: list[Style] = field(default_factory=list)
    looks: Looks | None = None


def _room(arrays: dict[str, NDArray[Any]], name: str, size: int, dtype: type) -> NDArray[Any]:
    """An array of at least `size` from `arrays`, made or grown where it must be."""
    array = arrays.get(name)
    if array is None or array.size < size:
        array = arrays[name] = np.empty(size + size // 8, dtype)
    return array


@dataclass(frozen=True, slots=True, eq=False)
class _Lists:
    """What each band draws: list k is `ids[starts[k]:starts[k + 1]]`; glass follows opaque."""

    starts: NDArray[np.int64]
    ids: NDArray[np.int32]

    def of(self, band: int) -> NDArray[np.int32]:
        return self.ids[self.starts[band] : self.starts[band + 1]]


class Drawing:
    """One drawing; made anew for each, on a workspace that nobody else uses meanwhile."""

    def __init__(
        self,
        meshes: Sequence[Mesh],
        detail: Detail,
        camera: CameraRow,
        tones: NDArray[np.float32],
        pool: KernelPool,
        work: Workspace,
    ) -> None:
        self._meshes = meshes
        self._detail = detail
        self._camera = camera
        self._tones = tones
        self._pool = pool
        self._work = work
        width, height = camera.viewport
        keys = BAND_KEYS_OF_FEW if camera.views <= FEW else BAND_KEYS
        self._band_rows = max(4, keys // width // 2 * 2)
        self._bands = -(-height // self._band_rows)
        a, b = camera.parallax
        self._views = np.ascontiguousarray(np.stack([a, b], -1), np.float32)

    def run(self, states: States, sheet: Sheet) -> None:
        """Draw to `sheet`, whose views and tiles are those of the camera row."""
        shown = [states.get(mesh.name, MeshState()) for mesh in self._meshes]
        surface, looks, depth = self._surface(shown)
        triangles, facing = self._sort_triangles(surface)
        edges = self._sort_edges(surface, facing)
        self._draw_bands(surface, looks, depth, triangles, edges, sheet)

    # ------------------------------------------------------------ once for all views

    def _surface(self, shown: Sequence[MeshState]) -> tuple[Surface, Looks, tuple[float, float]]:
        """Everything projected, lit and clipped; the looks; the least and the greatest w."""
        detail, camera = self._detail, self._camera
        styles: list[Style] = []
        pass_of = np.full(len(shown), -1, np.int32)
        look_of = np.zeros(len(shown), np.uint32)
        transforms = np.empty((len(shown), 4, 4))
        colours = np.zeros((len(shown), 3), np.float32)
        for n, (mesh, state) in enumerate(zip(self._meshes, shown, strict=True)):
            opacity = mesh.opacity if state.opacity is None else state.opacity
            moved = np.eye(4) if state.T_lps_mesh is None else state.T_lps_mesh
            transforms[n] = camera.T_cam_lps @ moved
            colours[n] = mesh.colour
            if state.visible and opacity > CLEAR:
                pass_of[n] = 0 if opacity >= OPAQUE else 1
                style = (mesh.colour, opacity)
                if style not in styles:
                    styles.append(style)
                look_of[n] = styles.index(style) << 8
        vertices = len(detail.points)
        screen = _room(self._work.arrays, "screen", 4 * vertices, np.float32)
        screen = screen[: 4 * vertices].reshape(-1, 4)
        backs = vertices if detail.two_sided.any() else 0
        back = _room(self._work.arrays, "back", backs, np.float32)[:backs]
        lens = lens_of(camera)
        tasks = [
            (mesh, first, min(first + ITEMS_A_TASK, int(detail.starts[mesh + 1])))
            for mesh in range(len(shown))
            for first in range(int(detail.starts[mesh]), int(detail.starts[mesh + 1]), ITEMS_A_TASK)
        ]
        ranges: list[tuple[float, float]] = []

        def project(task: tuple[int, int, int], slot: int) -> None:
            mesh, first, last = task
            points, transform = detail.points, transforms[mesh]
            ranges.append(project_vertices(points, transform, lens, first, last, screen))
            light_vertices(
                points,
                detail.normals,
                transform,
                colours[mesh],
                self._tones,
                first,
                last,
                screen,
                back,
            )

        self._pool.run(project, tasks)
        low = min((low for low, _ in ranges), default=np.inf)
        high = max((high for _, high in ranges), default=0.0)
        surface = Surface(
            screen, back, detail.faces, detail.face_mesh, pass_of, look_of, detail.two_sided
        )
        unsafe = np.empty(1024, np.int32)
        count = list_unsafe(surface, unsafe)
        if count > unsafe.size:
            unsafe = np.empty(count, np.int32)
            list_unsafe(surface, unsafe)
        if count:
            surface = clipped(
                surface, unsafe[:count], detail, camera, transforms, colours, self._tones
            )
            w = surface.screen[:, 2]
            low, high = float(w[w > 0].min(initial=np.inf)), float(w.max(initial=0.0))
        if self._work.styles != styles or self._work.looks is None:
            self._work.styles, self._work.looks = styles, Looks.of(styles)
        return surface, self._work.looks, (low, high) if low <= high else (1.0, 1.0)

    def _sort_triangles(self, surface: Surface) -> tuple[_Lists, NDArray[np.uint8]]:
        """The bands' triangles, and which way each faces."""
        facing = _room(self._work.arrays, "facing", len(surface.faces), np.uint8)
        reach = self._views[[0, -1]].ravel()

        def measure(
            first: int, last: int, bands: NDArray[np.int32], counts: NDArray[np.int32]
        ) -> None:
            size = self._camera.viewport
            rows = self._band_rows
            measure_triangles(surface, reach, size, rows, first, last, facing, bands, counts)

        return self._sorted("triangles", len(surface.faces), measure), facing

    def _sort_edges(self, surface: Surface, facing: NDArray[np.uint8]) -> _Lists:
        edges, height = self._detail.edges, self._camera.viewport[1]

        def measure(
            first: int, last: int, bands: NDArray[np.int32], counts: NDArray[np.int32]
        ) -> None:
            rows = self._band_rows
            measure_edges(edges, surface, facing, height, rows, first, last, bands, counts)

        return self._sorted("edges", len(edges), measure)

    def _sorted(
        self,
        name: str,
        count: int,
        measure: Callable[[int, int, NDArray[np.int32], NDArray[np.int32]], None],
    ) -> _Lists:
        """Counting sort by band, in parts side by side; opaque lists first, then those of glass."""
        arrays = self._work.arrays
        bands = _room(arrays, f"{name} bands", 2 * count, np.int32)[: 2 * count].reshape(-1, 2)
        parts = list(range(0, count, 2 * ITEMS_A_TASK))
        counts = np.zeros((len(parts), 2 * self._bands), np.int32)

        def measured(part: int, slot: int) -> None:
            last = min(parts[part] + 2 * ITEMS_A_TASK, count)
            measure(parts[part], last, bands, counts[part])

        self._pool.run(measured, range(len(parts)))
        ends = np.cumsum(counts.T.ravel(), dtype=np.int64)
        total = int(ends[-1]) if len(parts) else 0
        ids = _room(arrays, f"{name} ids", total, np.int32)
        begins = np.concatenate([[0], ends])
        cursors = begins[:-1].reshape(2 * self._bands, -1).T.copy()

        def sorted_part(part: int, slot: int) -> None:
            last = min(parts[part] + 2 * ITEMS_A_TASK, count)
            sort_into_bands(bands, parts[part], last, cursors[part], ids)

        self._pool.run(sorted_part, range(len(parts)))
        starts = begins[:: len(parts)] if parts else np.zeros(2 * self._bands + 1, np.int64)
        return _Lists(starts, ids)

    # ------------------------------------------------------------ band by band

    def _draw_bands(
        self,
        surface: Surface,
        looks: Looks,
        w_range: tuple[float, float],
        triangles: _Lists,
        edges: _Lists,
        sheet: Sheet,
    ) -> None:
        low, high = w_range
        w_far, steps = depth_steps(low, high, min(32 - looks.bits, MAX_DEPTH_BITS))
        # What a step to the next pixel is in depth, at the distance of convergence.
        pixel = steps / max(self._camera.focal_px) / self._camera.convergence_mm
        slack = np.array([SAME_SURFACE_PX * pixel, BEYOND_PX * pixel], np.float32)
        # Between two views that move against each other by little, little comes in sight.
        bends = self._views[:, 1]
        moves = float(bends.max() - bends.min()) * (high - low) / max(len(bends) - 1, 1)
        look_every = max(1, int(LOOK_AGAIN_PX / max(moves, 1e-6))) if len(bends) > 1 else 1
        places = np.array([sheet.place(view) for view in range(sheet.views)], np.int32)
        target = _target(sheet)
        while len(self._work.bands) < self._pool.threads:
            self._work.bands.append(BandMemory())

        def draw(band: int, slot: int) -> None:
            memory = self._work.bands[slot]
            window = self._window(band, looks.bits, w_far, steps)
            opaque = self._pass(surface, triangles.of(band), edges.of(band), window, memory, 0)
            behind = band + self._bands
            glass = self._pass(surface, triangles.of(behind), edges.of(behind), window, memory, 1)
            first = band * self._band_rows
            rows = min(self._band_rows, self._camera.viewport[1] - first)
            scratch = _scratch(memory, window, opaque, glass)
            draw_band(
                window,
                first,
                rows,
                opaque,
                glass,
                self._views,
                places,
                slack,
                look_every,
                looks.table,
                scratch,
                target,
            )

        self._pool.run(draw, range(self._bands))

    def _window(self, band: int, look_bits: int, w_far: float, steps: float) -> Window:
        """A band's rows, and one above and one below where there are any."""
        width, height = self._camera.viewport
        first = band * self._band_rows
        top = max(first - 1, 0)
        return Window(
            top,
            min(first + self._band_rows + 1, height) - top,
            width,
            width + SPARE,
            self._views[0, 0],
            self._views[0, 1],
            self._views[-1, 0],
            self._views[-1, 1],
            np.float32(w_far),
            np.float32(steps),
            look_bits,
        )

    def _pass(
        self,
        surface: Surface,
        ids: NDArray[np.int32],
        edge_ids: NDArray[np.int32],
        window: Window,
        memory: BandMemory,
        layer: int,
    ) -> Pass:
        """The pieces of a band's triangles, how many they are, and its edges."""
        spans, count = _cut(ids, surface, window, memory, layer)
        size = EDGE_VALUES * len(edge_ids)
        gathered = _room(memory.arrays, f"edges {layer}", size, np.float32)[:size]
        gathered = gathered.reshape(EDGE_VALUES, -1)
        gather_edges(edge_ids, self._detail.edges, surface, gathered)
        return Pass(spans, count, gathered)


def depth_steps(low: float, high: float, bits: int) -> tuple[float, float]:
    """(w_far, steps per w) with which w from `low` to `high` fills `bits` bits of a key.

    There is room at both ends for what rounding in single precision makes less than `low` or more
    than `high`: in a mesh that is nearly flat that is many steps, and one too many turns the
    nearest into the farthest.
    """
    room = W_ROUNDING * high
    steps = ((1 << bits) - 8) / max(high - low + 2 * room, 1e-5 * high)
    return low - room - 2 / steps, steps


def _cut(
    ids: NDArray[np.int32], surface: Surface, window: Window, memory: BandMemory, layer: int
) -> tuple[Spans, int]:
    """The pieces of a band's triangles, with more room where it was too little."""
    spans = memory.spans_of(layer, 16 * len(ids))
    while (count := int(cut_rows(ids, surface, window, spans))) < 0:
        spans = memory.spans_of(layer, 2 * spans.key.size)
    return spans, count


def _scratch(memory: BandMemory, window: Window, opaque: Pass, glass: Pass) -> Scratch:
    size = window.rows * window.stride
    glass_size = size if glass.pieces else 0
    arrays = memory.arrays
    return Scratch(
        _room(arrays, "keys", size, np.uint32),
        _room(arrays, "mixes", size, np.uint8),
        _room(arrays, "mixed", size, np.int32),
        _room(arrays, "glass keys", glass_size, np.uint32),
        _room(arrays, "glass mixes", glass_size, np.uint8),
        _room(arrays, "columns", max(opaque.pieces, glass.pieces), np.int32),
        _room(arrays, "outlines", opaque.edges.shape[1] + 1, np.int32),
        _room(arrays, "glass outlines", glass.edges.shape[1] + 1, np.int32),
    )


def _target(sheet: Sheet) -> Target:
    picture = sheet.picture
    return Target(
        picture.y,
        picture.u,
        picture.v,
        sheet.alpha,
        sheet.alpha_half,
        sheet.inverse_depth,
        sheet.spans,
    )
