"""What `--ct` names, one path or several, as the anatomy of a room."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from streamer.anatomy.importer import read_volume
from streamer.anatomy.intake import is_zip
from streamer.anatomy.mesh_file import MESH_SUFFIXES, read_mesh
from streamer.anatomy.presets import BONE, palette_colour
from streamer.anatomy.progress import Progress, silent
from streamer.anatomy.surface import extract_surface
from streamer.errors import AnatomyError
from streamer.scene.model import Anatomy, Mesh

_LOG: Final = logging.getLogger(__name__)

_WORDS: Final = """
airway aneurysm aorta artery bone brain canal cranium crown dentin enamel face femur
fibula fragment graft guide heart hip implant jaw kidney knee lesion liver lung mandible
maxilla molar muscle nerve orbit pelvis plan plate ramus rib sinus skin skull spine spleen
teeth tibia tooth tumor tumour vein vertebra vessel zygoma
"""
STRUCTURES: Final = frozenset(_WORDS.split())
"""Words that a mesh's file name may hand on as the structure's name; all others, which may be a
patient's name, are dropped."""


@dataclass(frozen=True, slots=True, eq=False)
class Import:
    """The anatomy, and what was found, assumed and done on the way: sentences that name nobody."""

    anatomy: Anatomy
    notes: tuple[str, ...]


def load_anatomy(paths: Sequence[Path], progress: Progress | None = None) -> Anatomy:
    """The anatomy at `paths`, notes going to the log; see `import_anatomy`."""
    imported = import_anatomy(paths, progress)
    for note in imported.notes:
        _LOG.info("%s", note)
    return imported.anatomy


def import_anatomy(paths: Sequence[Path], progress: Progress | None = None) -> Import:
    """One structure for each of `paths`: a CT's bone (folder or zip) or a mesh file's surface.

    All lie in LPS millimetres, each in its own colour and with its own name. `progress` is called
    with each stage and its share done. Raises `AnatomyError` with the reason where one of them
    cannot be used.
    """
    watch = progress or silent
    meshes: list[Mesh] = []
    notes: list[str] = []
    for index, path in enumerate(paths):
        mesh, said = _import_one(path, index, watch)
        meshes.append(replace(mesh, name=_distinct(mesh.name, meshes)))
        notes += [f"{meshes[-1].name}: {note}" for note in said]
    if not meshes:
        raise AnatomyError("no anatomy was named; give a CT folder, a zip or a mesh file")
    return Import(Anatomy(tuple(meshes)), tuple(notes))


def _import_one(path: Path, index: int, progress: Progress) -> tuple[Mesh, tuple[str, ...]]:
    colour = palette_colour(index)
    if path.is_dir() or is_zip(path):
        volume = read_volume(path, progress=progress)
        try:
            mesh, said = extract_surface(volume, replace(BONE, colour=colour), progress=progress)
        except AnatomyError as error:
            raise AnatomyError(f"{path}: {error}") from error
        return mesh, (*volume.notes, *said)
    if not path.exists():
        raise AnatomyError(
            f"{path}: no such file or folder; give a CT folder, a zip or a mesh file"
        )
    if path.suffix.lower() not in MESH_SUFFIXES:
        raise AnatomyError(
            f"{path}: is neither a CT nor a mesh; give the folder or zip of a CT series, or a file"
            f" that ends in {', '.join(MESH_SUFFIXES)}"
        )
    progress("reading the mesh", 0.0)
    mesh, said = read_mesh(path, structure_name(path), colour)
    progress("reading the mesh", 1.0)
    return mesh, said


def structure_name(path: Path) -> str:
    """A name for the structure in the mesh file at `path`, of anatomical words only."""
    words = [word for word in re.split(r"[^a-z]+", path.stem.lower()) if word in STRUCTURES]
    return " ".join(dict.fromkeys(words)) or "surface"


def _distinct(name: str, meshes: Sequence[Mesh]) -> str:
    taken = {mesh.name for mesh in meshes}
    number = 2
    distinct = name
    while distinct in taken:
        distinct = f"{name} {number}"
        number += 1
    return distinct
