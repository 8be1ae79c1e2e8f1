"""Triangles that reach behind the camera or far out: cut to what can be projected."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from streamer.render.camera import CameraRow
from streamer.render.detail import Detail
from streamer.render.kernels.clip import MAX_CORNERS, MAX_PIECES, clip_triangles
from streamer.render.kernels.project import GUARD_PX, light_vertices, project_vertices
from streamer.render.kernels.surface import Surface


def clipped(
    surface: Surface,
    unsafe: NDArray[np.int32],
    detail: Detail,
    camera: CameraRow,
    transforms: NDArray[np.float64],
    colours: NDArray[np.float32],
    tones: NDArray[np.float32],
) -> Surface:
    """`surface` and, appended, what remains of its `unsafe` triangles in the guard frame.

    `transforms` (M, 4, 4) and `colours` (M, 3) are by mesh.
    """
    parts: list[tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32], int]] = []
    owners = detail.face_mesh[unsafe]
    for mesh in np.unique(owners):
        ids = np.ascontiguousarray(unsafe[owners == mesh])
        corners = np.empty((len(ids) * MAX_CORNERS, 6), np.float32)
        faces = np.empty((len(ids) * MAX_PIECES, 3), np.int32)
        parents = np.empty(len(ids) * MAX_PIECES, np.int32)
        vertices, triangles = clip_triangles(
            ids,
            detail.faces,
            detail.points,
            detail.normals,
            transforms[mesh],
            _guard_planes(camera),
            corners,
            faces,
            parents,
        )
        # The corners are in camera space: project them as they are, a hair past the planes.
        lens = lens_of(camera)
        lens[4] *= 0.999
        positions = np.ascontiguousarray(corners[:vertices, :3])
        turned = np.ascontiguousarray(corners[:vertices, 3:])
        screen = np.empty((vertices, 4), np.float32)
        back = np.empty(vertices, np.float32)
        project_vertices(positions, np.eye(4), lens, 0, vertices, screen)
        light_vertices(
            positions, turned, np.eye(4), colours[mesh], tones, 0, vertices, screen, back
        )
        parts.append((screen, back, faces[:triangles], int(mesh)))
    # Cut open, the inside shows: backs are lit after all.
    whole_back = surface.back
    if whole_back.size == 0:
        whole_back = np.empty(len(surface.screen), np.float32)
        for mesh, (first, last) in enumerate(pairwise(detail.starts.tolist())):
            light_vertices(
                detail.points,
                detail.normals,
                transforms[mesh],
                colours[mesh],
                tones,
                first,
                last,
                surface.screen,
                whole_back,
            )
    offset = len(surface.screen)
    all_faces, all_meshes = [surface.faces], [surface.face_mesh]
    for screen, _, faces, mesh in parts:
        all_faces.append(faces + np.int32(offset))
        all_meshes.append(np.full(len(faces), mesh, np.int32))
        offset += len(screen)
    return surface._replace(
        screen=np.concatenate([surface.screen, *(part[0] for part in parts)]),
        back=np.concatenate([whole_back, *(part[1] for part in parts)]),
        faces=np.concatenate(all_faces),
        face_mesh=np.concatenate(all_meshes),
        two_sided=np.ones_like(surface.two_sided),
    )


def lens_of(camera: CameraRow) -> NDArray[np.float64]:
    """(fx, fy, cx, cy, near), as the kernels take them."""
    return np.array([*camera.focal_px, *camera.principal_px, camera.near_mm])


def _guard_planes(camera: CameraRow) -> NDArray[np.float64]:
    """The near plane and a frame a little inside `GUARD_PX`, (5, 4), in camera space."""
    (fx, fy), (cx, cy) = camera.focal_px, camera.principal_px
    limit = 0.99 * GUARD_PX
    return np.array(
        [
            [0.0, 0.0, 1.0, -camera.near_mm],
            [fx, 0.0, limit + cx, 0.0],
            [-fx, 0.0, limit - cx, 0.0],
            [0.0, fy, limit + cy, 0.0],
            [0.0, -fy, limit - cy, 0.0],
        ]
    )
