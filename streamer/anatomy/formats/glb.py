"""GLB files (glTF 2.0, binary): the triangles of the scene, node transforms applied.

Read here because a corrupt file must be refused and not read out of bounds, and because only the
positions are wanted: materials, textures, skins and animations are passed over. Units and axes
stay glTF's own here (metres, +Y up, +Z front).
"""

import json
import struct
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streamer.anatomy.formats.raw import FormatError, RawSurface

_COMPONENTS: Final = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS: Final = {"SCALAR": 1, "VEC3": 3}
_READABLE: Final = frozenset(
    {"KHR_mesh_quantization", "KHR_texture_transform", "KHR_lights_punctual"}
)
_JSON, _BIN = 0x4E4F534A, 0x004E4942
TRIANGLES, STRIP, FAN = 4, 5, 6
MAX_DEPTH: Final = 64
MAX_INSTANCES: Final = 10_000

Json = dict[str, Any]


def read_glb(path: Path) -> RawSurface:
    """The surface of all meshes in the scene of the GLB file at `path`. Raises `FormatError`."""
    try:
        return _read(path.read_bytes())
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise FormatError("its description and its data do not fit together") from error


def _read(data: bytes) -> RawSurface:
    document, binary = _chunks(data)
    needed = {str(name) for name in document.get("extensionsRequired", [])}
    unknown = needed - _READABLE - {name for name in needed if name.startswith("KHR_materials_")}
    if unknown:
        raise FormatError(
            f"it needs {', '.join(sorted(unknown))}, which is not read; export it uncompressed"
        )
    points: list[NDArray[np.float64]] = []
    faces: list[NDArray[np.int64]] = []
    used = 0
    for mesh, T_scene_mesh in _instances(document):
        for primitive in document["meshes"][mesh]["primitives"]:
            part = _primitive(document, binary, primitive)
            if part is None:
                continue
            corners, triangles = part
            if np.linalg.det(T_scene_mesh[:3, :3]) < 0:  # a mirror turns the winding (glTF 3.7.4)
                triangles = triangles[:, ::-1]
            points.append(corners @ T_scene_mesh[:3, :3].T + T_scene_mesh[:3, 3])
            faces.append(triangles + used)
            used += len(corners)
    if not points:
        return RawSurface(np.empty((0, 3)), np.empty((0, 3), np.int64))
    return RawSurface(np.concatenate(points), np.concatenate(faces))


def _chunks(data: bytes) -> tuple[Json, bytes]:
    if len(data) < 20 or data[:4] != b"glTF":
        raise FormatError("it has no GLB header")
    version, length = struct.unpack_from("<II", data, 4)
    if version != 2:
        raise FormatError(f"it is glTF version {version}, version 2 is read")
    if length > len(data):
        raise FormatError(f"it is cut short: {len(data)} of {length} bytes")
    document: Json | None = None
    binary = b""
    at = 12
    while at + 8 <= length:
        size, kind = struct.unpack_from("<II", data, at)
        chunk = data[at + 8 : at + 8 + size]
        if len(chunk) < size:
            raise FormatError("one of its chunks is cut short")
        if kind == _JSON and document is None:
            document = json.loads(chunk)
        elif kind == _BIN and not binary:
            binary = chunk
        at += 8 + size
    if not isinstance(document, dict):
        raise FormatError("it has no description of a scene")
    return document, binary


def _instances(document: Json) -> list[tuple[int, NDArray[np.float64]]]:
    """Each mesh that the scene shows, and its transform `T_scene_mesh` (4, 4)."""
    nodes: list[Json] = document.get("nodes", [])
    scenes: list[Json] = document.get("scenes", [])
    if scenes:
        roots = list(scenes[int(document.get("scene", 0))].get("nodes", []))
    else:
        children = {child for node in nodes for child in node.get("children", [])}
        roots = [index for index in range(len(nodes)) if index not in children]
    found: list[tuple[int, NDArray[np.float64]]] = []
    waiting = [(int(root), np.eye(4), 0) for root in roots]
    while waiting:
        index, T_scene_parent, depth = waiting.pop()
        if depth > MAX_DEPTH or len(found) > MAX_INSTANCES:
            raise FormatError("its nodes form a circle or repeat without end")
        node = nodes[index]
        T_scene_node = T_scene_parent @ _local(node)
        if "mesh" in node:
            found.append((int(node["mesh"]), T_scene_node))
        waiting += [(int(child), T_scene_node, depth + 1) for child in node.get("children", [])]
    return found


def _local(node: Json) -> NDArray[np.float64]:
    """A node's own transform: `matrix`, column by column, or translation, rotation and scale."""
    if "matrix" in node:
        return np.array(node["matrix"], np.float64).reshape(4, 4).T
    x, y, z, w = (float(part) for part in node.get("rotation", (0, 0, 0, 1)))
    rotation = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    T = np.eye(4)
    T[:3, :3] = rotation * np.array(node.get("scale", (1, 1, 1)), np.float64).reshape(3)
    T[:3, 3] = np.array(node.get("translation", (0, 0, 0)), np.float64).reshape(3)
    return T


def _primitive(
    document: Json, binary: bytes, primitive: Json
) -> tuple[NDArray[np.float64], NDArray[np.int64]] | None:
    mode = int(primitive.get("mode", TRIANGLES))
    if mode not in (TRIANGLES, STRIP, FAN) or "POSITION" not in primitive["attributes"]:
        return None
    points = _accessor(document, binary, int(primitive["attributes"]["POSITION"]), "VEC3")
    if "indices" in primitive:
        indices = _accessor(document, binary, int(primitive["indices"]), "SCALAR")
        order = indices.ravel().astype(np.int64)
    else:
        order = np.arange(len(points), dtype=np.int64)
    if mode == TRIANGLES:
        return points, order[: len(order) // 3 * 3].reshape(-1, 3)
    if mode == FAN:
        return points, np.stack(
            [np.full(max(len(order) - 2, 0), order[0]), order[1:-1], order[2:]], axis=1
        )
    triangles = np.stack([order[:-2], order[1:-1], order[2:]], axis=1)
    triangles[1::2] = triangles[1::2, ::-1]
    return points, triangles


def _accessor(document: Json, binary: bytes, index: int, kind: str) -> NDArray[np.float64]:
    accessor: Json = document["accessors"][index]
    if accessor["type"] != kind or "sparse" in accessor or "bufferView" not in accessor:
        raise FormatError("it stores positions in a way that is not read (sparse or without data)")
    view: Json = document["bufferViews"][int(accessor["bufferView"])]
    buffer = int(view["buffer"])
    if buffer != 0 or "uri" in document["buffers"][0]:
        raise FormatError("its data lie in another file; export one self-contained .glb")
    dtype = np.dtype(_COMPONENTS[int(accessor["componentType"])])
    count, width = int(accessor["count"]), _WIDTHS[kind]
    stride = int(view.get("byteStride", dtype.itemsize * width))
    start = int(view.get("byteOffset", 0)) + int(accessor.get("byteOffset", 0))
    end = start + stride * (count - 1) + dtype.itemsize * width
    if min(count, start, stride) < 0 or (count and end > len(binary)):
        raise FormatError("it is cut short: its data end before its triangles do")
    values = np.ndarray((count, width), dtype, binary, start, (stride, dtype.itemsize))
    numbers = values.astype(np.float64)
    if accessor.get("normalized") and dtype.kind in "iu":
        numbers = np.maximum(numbers / np.iinfo(dtype).max, -1.0)
    return numbers
