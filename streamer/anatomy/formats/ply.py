"""PLY files (Turk 1994), ASCII and binary: vertex positions and faces; colours are passed over.

Read here and not by VTK, whose reader (9.7) ends the process on a binary file that is cut short and
takes an ASCII one that is cut short as whole.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streamer.anatomy.formats.raw import FormatError, RawSurface, fans

_TYPES: Final = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1",
    "short": "i2", "int16": "i2", "ushort": "u2", "uint16": "u2",
    "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4",
    "float": "f4", "float32": "f4", "double": "f8", "float64": "f8",
}  # fmt: skip
_ORDERS: Final = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
MAX_HEADER_BYTES: Final = 64 * 1024
CUT_SHORT: Final = "it ends before all that its header announces"


@dataclass(slots=True)
class _Property:
    name: str
    type: str
    count_type: str | None = None


@dataclass(slots=True)
class _Element:
    name: str
    count: int
    properties: list[_Property] = field(default_factory=list)


def read_ply(path: Path) -> RawSurface:
    """The surface in the PLY file at `path`. Raises `FormatError`."""
    data = path.read_bytes()
    order, elements, start = _parse_header(data)
    rows = _AsciiRows(data[start:]) if order == "" else _BinaryRows(data, start, order)
    points: NDArray[np.float64] | None = None
    faces = np.empty((0, 3), np.int64)
    for element in elements:
        if element.name == "vertex":
            points = _positions(element, rows)
        elif element.name == "face":
            faces = _triangles(element, rows)
            break
        else:
            rows.lists(element, "")
    if points is None:
        raise FormatError("it has no vertices before its faces")
    return RawSurface(points, faces)


def _parse_header(data: bytes) -> tuple[str, list[_Element], int]:
    marker = data.find(b"end_header", 0, MAX_HEADER_BYTES)
    end = data.find(b"\n", marker, MAX_HEADER_BYTES + 2)
    if not data.startswith(b"ply") or marker < 0 or end < 0:
        raise FormatError("it has no PLY header")
    order: str | None = None
    elements: list[_Element] = []
    for line in data[:marker].decode("latin-1").splitlines()[1:]:
        words = line.split()
        try:
            match words:
                case ["format", name, *_]:
                    order = _ORDERS[name]
                case ["element", name, count]:
                    elements.append(_Element(name, int(count)))
                case ["property", "list", count_type, type_, name]:
                    listed = _Property(name, _TYPES[type_], _TYPES[count_type])
                    elements[-1].properties.append(listed)
                case ["property", type_, name]:
                    elements[-1].properties.append(_Property(name, _TYPES[type_]))
        except (KeyError, ValueError, IndexError) as error:
            raise FormatError(f"its header line {line.strip()!r} makes no sense") from error
    if order is None or any(element.count < 0 for element in elements):
        raise FormatError("its header names no format")
    return order, elements, end + 1


class _AsciiRows:
    """The numbers of an ASCII body, taken in order."""

    def __init__(self, body: bytes) -> None:
        try:
            self._numbers = np.array(body.split(), np.float64)
        except ValueError as error:
            raise FormatError("its body holds something that is no number") from error
        self._at = 0

    def _take(self, count: int) -> NDArray[np.float64]:
        if count > len(self._numbers) - self._at:
            raise FormatError(CUT_SHORT)
        self._at += count
        return self._numbers[self._at - count : self._at]

    def table(self, element: _Element) -> dict[str, NDArray[Any]]:
        """The columns of an element that has no lists."""
        names = [prop.name for prop in element.properties]
        values = self._take(element.count * len(names)).reshape(element.count, len(names))
        return dict(zip(names, values.T, strict=True))

    def lists(self, element: _Element, wanted: str) -> tuple[list[int], list[NDArray[Any]]]:
        """Lengths and values of the list `wanted` of each row; the other properties are skipped."""
        counts: list[int] = []
        parts: list[NDArray[Any]] = []
        for _ in range(element.count):
            for prop in element.properties:
                count = 1 if prop.count_type is None else int(self._take(1)[0])
                values = self._take(max(count, 0))
                if prop.name == wanted:
                    counts.append(len(values))
                    parts.append(values)
        return counts, parts


class _BinaryRows:
    """The values of a binary body, taken in order."""

    def __init__(self, data: bytes, start: int, order: str) -> None:
        self._data, self._at, self._order = data, start, order

    def _take(self, dtype: np.dtype[Any], count: int) -> NDArray[Any]:
        if count * dtype.itemsize > len(self._data) - self._at:
            raise FormatError(CUT_SHORT)
        values = np.frombuffer(self._data, dtype, count, self._at)
        self._at += count * dtype.itemsize
        return values

    def table(self, element: _Element) -> dict[str, NDArray[Any]]:
        """The columns of an element that has no lists."""
        fields = [(prop.name, self._order + prop.type) for prop in element.properties]
        values = self._take(np.dtype(fields), element.count)
        return {name: values[name] for name, _ in fields}

    def lists(self, element: _Element, wanted: str) -> tuple[list[int], list[NDArray[Any]]]:
        """Lengths and values of the list `wanted` of each row; the other properties are skipped."""
        regular = self._regular(element, wanted)
        if regular is not None:
            return regular
        counts: list[int] = []
        parts: list[NDArray[Any]] = []
        for _ in range(element.count):
            for prop in element.properties:
                count = 1
                if prop.count_type is not None:
                    count = int(self._take(np.dtype(self._order + prop.count_type), 1)[0])
                values = self._take(np.dtype(self._order + prop.type), max(count, 0))
                if prop.name == wanted:
                    counts.append(len(values))
                    parts.append(values)
        return counts, parts

    def _regular(
        self, element: _Element, wanted: str
    ) -> tuple[list[int], list[NDArray[Any]]] | None:
        """All rows at once, where each row's lists are as long as the first row's."""
        start = self._at
        if element.count == 0:
            return [], []
        fields: list[Any] = []
        for index, prop in enumerate(element.properties):
            if prop.count_type is None:
                fields.append((f"v{index}", self._order + prop.type))
                self._take(np.dtype(self._order + prop.type), 1)
                continue
            count = int(self._take(np.dtype(self._order + prop.count_type), 1)[0])
            self._take(np.dtype(self._order + prop.type), max(count, 0))
            fields.append((f"n{index}", self._order + prop.count_type))
            fields.append((f"v{index}", self._order + prop.type, (max(count, 0),)))
        self._at = start
        dtype = np.dtype(fields)
        if element.count * dtype.itemsize > len(self._data) - start:
            return None
        rows = self._take(dtype, element.count)
        counted = [name for name in rows.dtype.names or () if name[0] == "n"]
        if any((rows[name] != rows[name][0]).any() for name in counted):
            self._at = start
            return None
        for index, prop in enumerate(element.properties):
            if prop.name == wanted:
                values = rows[f"v{index}"]
                return [values.shape[1]] * element.count, [values.ravel()]
        return [], []


def _positions(element: _Element, rows: _AsciiRows | _BinaryRows) -> NDArray[np.float64]:
    if any(prop.count_type is not None for prop in element.properties):
        raise FormatError("its vertices hold lists, which no mesh needs")
    columns = rows.table(element)
    if not {"x", "y", "z"} <= columns.keys():
        raise FormatError("its vertices have no x, y and z")
    return np.stack([columns[axis].astype(np.float64) for axis in "xyz"], axis=1)


def _triangles(element: _Element, rows: _AsciiRows | _BinaryRows) -> NDArray[np.int64]:
    names = [prop.name for prop in element.properties if prop.count_type is not None]
    wanted = next((name for name in ("vertex_indices", "vertex_index") if name in names), None)
    if wanted is None:
        raise FormatError("its faces have no vertex_indices")
    counts, parts = rows.lists(element, wanted)
    if not parts:
        return np.empty((0, 3), np.int64)
    return fans(np.concatenate(parts).astype(np.int64), np.array(counts, np.int64))
