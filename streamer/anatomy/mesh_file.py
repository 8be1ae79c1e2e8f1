"""Mesh files as structures: STL, PLY, OBJ, VTP and GLB to one surface in LPS millimetres.

STL, PLY, OBJ and VTP name neither frame nor unit: they are taken as LPS and millimetres, the frame
and the unit of everything that Theatron writes. GLB is metres, +Y up and +Z front by its standard:
it is taken as a patient who stands facing +Z, so that its x, y, z become L, S, A.
"""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streamer.anatomy.formats.glb import read_glb
from streamer.anatomy.formats.ply import read_ply
from streamer.anatomy.formats.raw import FormatError, RawSurface
from streamer.anatomy.formats.vtk_files import read_with_vtk
from streamer.anatomy.presets import Colour
from streamer.anatomy.surface import TRIANGLE_BUDGET
from streamer.anatomy.triangles import (
    consistently_wound,
    is_closed,
    merged,
    signed_volume_mm3,
    simplified,
    vertex_normals,
    without_degenerate,
)
from streamer.errors import AnatomyError
from streamer.scene.model import Mesh

MESH_SUFFIXES: Final = (".stl", ".ply", ".obj", ".vtp", ".glb")
SMALL_MM: Final = 2.5
MILLIMETRES_ABOVE: Final = 10.0  # no patient is so large in metres
R_LPS_GLTF: Final = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])


def read_mesh(
    path: Path, name: str, colour: Colour, triangle_budget: int = TRIANGLE_BUDGET
) -> tuple[Mesh, tuple[str, ...]]:
    """The surface in the mesh file at `path`, and notes on what was assumed or done.

    Polygons become triangles, equal points are merged, triangles without area dropped, windings
    made one and, where the surface is closed, outward. Raises `AnatomyError` for a file that cannot
    be read, holds no triangles, or coordinates that are no numbers.
    """
    raw = _checked(path, _read(path))
    size = float(np.ptp(raw.points[raw.faces.ravel()], axis=0).max())
    points, notes = _in_lps_mm(raw.points, size, path.suffix.lower() == ".glb")
    vertices, faces = merged(points, raw.faces)
    vertices, faces = without_degenerate(vertices, faces)
    if len(faces) == 0:
        raise AnatomyError(
            f"{path}: none of its {len(raw.faces)} triangles has any area; export the mesh again"
        )
    if len(faces) > triangle_budget:
        notes.append(f"{len(faces)} triangles were thinned to {triangle_budget}")
    vertices, faces = simplified(vertices, faces, triangle_budget)
    faces = consistently_wound(vertices, faces)
    if is_closed(faces) and signed_volume_mm3(vertices, faces) < 0:
        faces = np.ascontiguousarray(faces[:, ::-1])
    return Mesh(name, vertices, faces, vertex_normals(vertices, faces), colour), tuple(notes)


def _read(path: Path) -> RawSurface:
    suffix = path.suffix.lower()
    if suffix not in MESH_SUFFIXES:
        raise AnatomyError(
            f"{path}: {suffix or 'no suffix'} is no mesh format that is read; give"
            f" {', '.join(MESH_SUFFIXES)}"
        )
    try:
        if suffix == ".ply":
            return read_ply(path)
        if suffix == ".glb":
            return read_glb(path)
        return read_with_vtk(path)
    except OSError as error:
        raise AnatomyError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except FormatError as error:
        raise AnatomyError(
            f"{path}: cannot be read as {suffix[1:].upper()}: {error}; export the mesh again"
        ) from error


def _checked(path: Path, raw: RawSurface) -> RawSurface:
    if len(raw.faces) == 0:
        raise AnatomyError(
            f"{path}: holds no triangles ({len(raw.points)} points); export the surface as a mesh"
        )
    if raw.faces.min() < 0 or raw.faces.max() >= len(raw.points):
        raise AnatomyError(
            f"{path}: a triangle names point {int(raw.faces.max())}, there are {len(raw.points)};"
            " the file is damaged, export the mesh again"
        )
    bad = ~np.isfinite(raw.points[raw.faces.ravel()]).all(axis=1)
    if bad.any() or np.abs(raw.points[raw.faces.ravel()]).max() > 1e6:
        raise AnatomyError(
            f"{path}: coordinates that are no numbers, infinite or beyond a kilometre; export the"
            " mesh again"
        )
    return raw


def _in_lps_mm(
    points: NDArray[np.float64], size: float, gltf: bool
) -> tuple[NDArray[np.float32], list[str]]:
    """Points in LPS millimetres; `size` is the largest side of the surface in the file's unit."""
    notes = []
    scale = 1.0
    if gltf:
        points = points @ R_LPS_GLTF.T
        if size > MILLIMETRES_ABOVE:
            notes.append(
                f"the GLB is {size:.0f} units large, too large for metres: taken as millimetres"
            )
        else:
            scale = 1000.0
    elif size < SMALL_MM:
        notes.append(
            f"the mesh is {size:.3g} mm large; if it was meant in metres, export it in millimetres"
        )
    return (points * scale).astype(np.float32), notes
