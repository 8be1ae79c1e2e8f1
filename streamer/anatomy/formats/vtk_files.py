"""STL, OBJ and VTP files, read by VTK."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyvista as pv
from numpy.typing import NDArray
from vtkmodules.vtkCommonCore import vtkLogger, vtkOutputWindow, vtkStringOutputWindow
from vtkmodules.vtkIOGeometry import vtkOBJReader, vtkSTLReader
from vtkmodules.vtkIOXML import vtkXMLPolyDataReader

from streamer.anatomy.formats.raw import FormatError, RawSurface, fans

_READERS: Final = {".stl": vtkSTLReader, ".obj": vtkOBJReader, ".vtp": vtkXMLPolyDataReader}


def read_with_vtk(path: Path) -> RawSurface:
    """The polygons and strips of the STL, OBJ or VTP file at `path`. Raises `FormatError`."""
    reader: Any = _READERS[path.suffix.lower()]()
    with _captured() as said:
        reader.SetFileName(str(path))
        reader.Update()
    surface = reader.GetOutput()
    if surface is None or "ERROR" in said.GetOutput():
        raise FormatError(_reason(said.GetOutput()))
    if surface.GetPoints() is None:
        return RawSurface(np.empty((0, 3)), np.empty((0, 3), np.int64))
    points = pv.convert_array(surface.GetPoints().GetData()).astype(np.float64)
    corners, counts = _cells(surface.GetPolys())
    faces = fans(corners, counts)
    corners, counts = _cells(surface.GetStrips())
    if len(counts):
        faces = np.concatenate([faces, _strips(corners, counts)])
    return RawSurface(points, faces)


@contextmanager
def _captured() -> Iterator[vtkStringOutputWindow]:
    """Take what VTK says as text, instead of letting it write to the terminal."""
    before, cutoff = vtkOutputWindow.GetInstance(), vtkLogger.GetCurrentVerbosityCutoff()
    window = vtkStringOutputWindow()
    vtkOutputWindow.SetInstance(window)
    vtkLogger.SetStderrVerbosity(vtkLogger.VERBOSITY_OFF)
    try:
        yield window
    finally:
        vtkOutputWindow.SetInstance(before)
        vtkLogger.SetStderrVerbosity(cutoff)


def _cells(cells: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All corners one after the other, and the number of them in each cell, checked."""
    if cells is None or cells.GetNumberOfCells() == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    corners = pv.convert_array(cells.GetConnectivityArray()).astype(np.int64)
    offsets = pv.convert_array(cells.GetOffsetsArray()).astype(np.int64)
    counts = np.diff(offsets)
    if offsets[0] != 0 or offsets[-1] != len(corners) or (counts < 0).any():
        raise FormatError("its list of polygons contradicts itself")
    return corners, counts


def _strips(corners: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    parts = []
    for start, count in zip(np.cumsum(counts) - counts, counts, strict=True):
        strip = corners[start : start + count]
        triangles = np.stack([strip[:-2], strip[1:-1], strip[2:]], axis=1)
        triangles[1::2] = triangles[1::2, ::-1]
        parts.append(triangles)
    return np.concatenate(parts)


def _reason(said: str) -> str:
    """The first complaint without VTK's own addresses."""
    for line in said.splitlines():
        if line.startswith("vtk") and ": " in line:
            return line.split(": ", 1)[1].strip().rstrip(".")
    return "VTK cannot read it"
