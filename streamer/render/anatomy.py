"""The mesh renderer: anatomy, pose and viewport in, one shaded layer with depth an eye out."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from streamer.render.camera import LEFT, RIGHT, StereoCamera
from streamer.render.kernels.clip import MAX_CORNERS, MAX_PIECES, clip_triangles
from streamer.render.kernels.geometry import (
    GUARD_PX,
    list_unsafe,
    measure_triangles,
    project_vertices,
    sort_into_bands,
)
from streamer.render.kernels.raster import MESH_BITS, SAMPLES, rasterise
from streamer.render.kernels.shade import TONES, light_vertices, resolve
from streamer.render.kernels.surface import Surface, Target
from streamer.render.layers import Layer, StereoLayer
from streamer.render.pool import KernelPool
from streamer.scene.model import Anatomy, Mesh, Pose

BAND_ROWS: Final = 32  # 8 to 32 cost alike to a tenth: triangles on a border are drawn twice
VERTICES_A_TASK: Final = 16_384
MAX_MESHES: Final = 1 << MESH_BITS
SAME_SURFACE_PX: Final = 4.0  # samples this many pixels' pitch apart in depth are one surface

Task = tuple[Layer, float, int]


class AnatomyRenderer:
    """Draws an anatomy for two eyes. Immutable after construction; `render` is thread-safe.

    `pool` is where the kernels run; without one the renderer has its own.
    Raises ValueError for arrays whose shapes do not fit each other or faces that name no vertex.
    """

    def __init__(self, anatomy: Anatomy, pool: KernelPool | None = None) -> None:
        self._pool = pool or KernelPool(name="anatomy")
        self._points, self._normals, self._faces, self._face_mesh = _joined(anatomy)
        self._colours = np.array(
            [(*mesh.colour, mesh.opacity) for mesh in anatomy.meshes], np.float32
        ).reshape(-1, 4)
        self._opacity = np.ascontiguousarray(self._colours[:, 3])
        self._two_sided = np.array([not is_closed(mesh) for mesh in anatomy.meshes], np.bool_)
        self.centre_mm, self.radius_mm = _bounding_sphere(self._points)
        self._tones = _display_tones()

    @property
    def triangles(self) -> int:
        """Triangles in all meshes."""
        return len(self._faces)

    def camera(self, pose: Pose, viewport: tuple[int, int]) -> StereoCamera:
        """The camera with which `render` draws this pose; raises as `StereoCamera.fit`."""
        return StereoCamera.fit(self.centre_mm, self.radius_mm, pose, viewport)

    def render(self, pose: Pose, viewport: tuple[int, int]) -> StereoLayer:
        """Draw the anatomy for both eyes, each `viewport` (width, height), even, in size.

        The layers are fresh and nobody else's. Raises ValueError as `StereoCamera.fit`.
        """
        return self.render_with(self.camera(pose, viewport), pose)

    def render_with(self, camera: StereoCamera, pose: Pose) -> StereoLayer:
        """Draw with a given camera; `pose` is only noted in the result."""
        width, height = camera.viewport
        a, b = camera.parallax
        lens = np.array([camera.focal_px, *camera.principal_px, camera.near_mm])
        surface = self._project(camera, lens)
        starts, ids = _bands(surface, np.array([a, b]), width, height)
        scratch = [
            np.empty((BAND_ROWS, width, SAMPLES), np.uint64) for _ in range(self._pool.threads)
        ]

        def draw(task: Task, slot: int) -> None:
            layer, eye, band = task
            first = band * BAND_ROWS
            last = min(first + BAND_ROWS, height)
            keys = scratch[slot][: last - first]
            triangles = ids[starts[band] : starts[band + 1]]
            rasterise(surface, triangles, eye * a, eye * b, first, keys)
            out = _rows_of(layer, first, last)
            resolve(keys, self._colours, self._tones, SAME_SURFACE_PX / camera.focal_px, out)

        left, right = Layer.empty(width, height), Layer.empty(width, height)
        bands = range(len(starts) - 1)
        tasks: list[Task] = [(left, LEFT, n) for n in bands] + [(right, RIGHT, n) for n in bands]
        self._pool.run(draw, tasks)
        return StereoLayer(left, right, pose, camera)

    def _project(self, camera: StereoCamera, lens: NDArray[np.float64]) -> Surface:
        """The anatomy as the raster kernels take it, clipped where it must be."""
        screen = np.empty_like(self._points)
        light = np.empty((len(self._points), 4), np.float32)
        transform = np.ascontiguousarray(camera.T_cam_lps, np.float64)

        def project(first: int, slot: int) -> None:
            last = min(first + VERTICES_A_TASK, len(self._points))
            project_vertices(self._points, transform, lens, first, last, screen)
            light_vertices(self._points, self._normals, transform, first, last, light)

        self._pool.run(project, range(0, len(self._points), VERTICES_A_TASK))
        surface = Surface(
            screen, light, self._faces, self._face_mesh, self._opacity, self._two_sided
        )
        unsafe = np.empty(1024, np.int32)
        count = list_unsafe(surface, unsafe)
        if count == 0:
            return surface
        if count > unsafe.size:
            unsafe = np.empty(count, np.int32)
            list_unsafe(surface, unsafe)
        return self._with_clipped(surface, unsafe[:count], camera, transform, lens)

    def _with_clipped(
        self,
        surface: Surface,
        unsafe: NDArray[np.int32],
        camera: StereoCamera,
        transform: NDArray[np.float64],
        lens: NDArray[np.float64],
    ) -> Surface:
        """`surface` and, appended, what remains of its `unsafe` triangles in the guard frame."""
        corners = np.empty((len(unsafe) * MAX_CORNERS, 6), np.float32)
        faces = np.empty((len(unsafe) * MAX_PIECES, 3), np.int32)
        parents = np.empty(len(unsafe) * MAX_PIECES, np.int32)
        planes = _guard_planes(camera)
        vertices, triangles = clip_triangles(
            unsafe,
            self._faces,
            self._points,
            self._normals,
            transform,
            planes,
            corners,
            faces,
            parents,
        )
        # The new corners are in camera space: project them as they are, a hair past the planes.
        lens = lens.copy()
        lens[3] *= 0.999
        positions = np.ascontiguousarray(corners[:vertices, :3])
        turned = np.ascontiguousarray(corners[:vertices, 3:])
        screen = np.empty_like(positions)
        light = np.empty((vertices, 4), np.float32)
        project_vertices(positions, np.eye(4), lens, 0, vertices, screen)
        light_vertices(positions, turned, np.eye(4), 0, vertices, light)
        return Surface(
            np.concatenate([surface.screen, screen]),
            np.concatenate([surface.light, light]),
            np.concatenate([surface.faces, faces[:triangles] + np.int32(len(surface.screen))]),
            np.concatenate([surface.face_mesh, surface.face_mesh[parents[:triangles]]]),
            surface.opacity,
            np.ones_like(surface.two_sided),  # cut open, the inside shows
        )

    def close(self) -> None:
        """Stop the kernel threads; the renderer must not be used after."""
        self._pool.close()


def _joined(
    anatomy: Anatomy,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32], NDArray[np.int32]]:
    """All meshes in one: points, normals, faces, and the mesh of each face."""
    if len(anatomy.meshes) > MAX_MESHES:
        raise ValueError(f"{len(anatomy.meshes)} meshes are more than the {MAX_MESHES} of a scene")
    points: list[NDArray[np.float32]] = [np.empty((0, 3), np.float32)]
    normals: list[NDArray[np.float32]] = [np.empty((0, 3), np.float32)]
    faces: list[NDArray[np.int32]] = [np.empty((0, 3), np.int32)]
    face_mesh: list[NDArray[np.int32]] = [np.empty(0, np.int32)]
    offset = 0
    for number, mesh in enumerate(anatomy.meshes):
        count = len(mesh.vertices_mm)
        if mesh.vertices_mm.shape != (count, 3) or mesh.normals.shape != (count, 3):
            raise ValueError(
                f"mesh {mesh.name!r} needs vertices and normals of the same shape (N, 3), not "
                f"{mesh.vertices_mm.shape} and {mesh.normals.shape}"
            )
        if mesh.faces.ndim != 2 or mesh.faces.shape[1] != 3:
            raise ValueError(f"mesh {mesh.name!r} needs faces (M, 3), not {mesh.faces.shape}")
        if mesh.faces.size and not 0 <= mesh.faces.min() <= mesh.faces.max() < count:
            raise ValueError(
                f"mesh {mesh.name!r} has {count} vertices, but its faces name vertices "
                f"{mesh.faces.min()} to {mesh.faces.max()}"
            )
        points.append(mesh.vertices_mm.astype(np.float32))
        normals.append(mesh.normals.astype(np.float32))
        faces.append((mesh.faces + offset).astype(np.int32))
        face_mesh.append(np.full(len(mesh.faces), number, np.int32))
        offset += count
    # Contiguous, whatever the order of what came in: the kernels are compiled for that alone.
    return (
        np.ascontiguousarray(np.concatenate(points)),
        np.ascontiguousarray(np.concatenate(normals)),
        np.ascontiguousarray(np.concatenate(faces)),
        np.concatenate(face_mesh),
    )


def is_closed(mesh: Mesh) -> bool:
    """Whether a mesh has an inside that cannot be seen: then the backs of its faces are not drawn.

    True where each directed edge stands beside exactly one that runs the other way, and all
    vertices are finite. Faces that name a vertex twice do not count.
    """
    if not np.isfinite(mesh.vertices_mm).all():
        return False
    a, b, c = mesh.faces.astype(np.int64).T
    proper = (a != b) & (b != c) & (c != a)
    tail = np.concatenate([a[proper], b[proper], c[proper]])
    head = np.concatenate([b[proper], c[proper], a[proper]])
    count = len(mesh.vertices_mm)
    edges = np.sort(tail * count + head)
    reverse = np.sort(head * count + tail)
    return bool(len(edges) and (edges[1:] != edges[:-1]).all() and (edges == reverse).all())


def _bounding_sphere(points: NDArray[np.float32]) -> tuple[NDArray[np.float64], float]:
    """Centre (3,) of the finite points' bounding box, and the greatest distance from it."""
    finite = points[np.isfinite(points).all(axis=1)].astype(np.float64)
    if len(finite) == 0:
        return np.zeros(3), 1.0
    centre = (finite.min(axis=0) + finite.max(axis=0)) / 2
    return centre, float(np.sqrt(((finite - centre) ** 2).sum(axis=1).max()))


def _display_tones() -> NDArray[np.float32]:
    """Linear light 0..1 to display light 0..1 (the sRGB curve, IEC 61966-2-1), (TONES,)."""
    linear = np.linspace(0.0, 1.0, TONES)
    curve = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return curve.astype(np.float32)


def _guard_planes(camera: StereoCamera) -> NDArray[np.float64]:
    """The near plane and a frame a little inside `GUARD_PX`, (5, 4), in camera space."""
    cx, cy = camera.principal_px
    f, limit = camera.focal_px, 0.99 * GUARD_PX
    return np.array(
        [
            [0.0, 0.0, 1.0, -camera.near_mm],
            [f, 0.0, limit + cx, 0.0],
            [-f, 0.0, limit - cx, 0.0],
            [0.0, f, limit + cy, 0.0],
            [0.0, -f, limit - cy, 0.0],
        ]
    )


def _bands(
    surface: Surface, parallax: NDArray[np.float64], width: int, height: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Where each band's list of triangles starts, (bands + 1,), and the lists, end to end."""
    touched = np.empty((len(surface.faces), 2), np.int32)
    counts = np.zeros(-(-height // BAND_ROWS) + 1, np.int64)
    measure_triangles(surface, parallax, width, height, BAND_ROWS, touched, counts)
    starts = np.cumsum(counts)
    ids = np.empty(starts[-1], np.int32)
    sort_into_bands(touched, starts, ids)
    return starts, ids


def _rows_of(layer: Layer, first: int, last: int) -> Target:
    """Rows [first, last), both even, of a layer, as the kernels take them."""
    rows, half = slice(first, last), slice(first // 2, last // 2)
    picture = layer.picture
    return Target(
        picture.y[rows],
        picture.u[half],
        picture.v[half],
        layer.alpha[rows],
        layer.alpha_half[half],
        layer.inverse_depth[rows],
        layer.spans[half],
    )
