"""A structure's surface out of a CT volume: contour, smoothing, fewer triangles, patient space."""

from typing import Final

import numpy as np
import pyvista as pv
from numpy.typing import NDArray

from streamer.anatomy.body import Piece, body_piece
from streamer.anatomy.presets import Preset
from streamer.anatomy.progress import Progress, silent
from streamer.anatomy.triangles import (
    Faces,
    Points,
    poly_data,
    signed_volume_mm3,
    simplified,
    vertex_normals,
    without_islands,
)
from streamer.anatomy.volume import Volume
from streamer.errors import AnatomyError
from streamer.scene.model import Mesh

TRIANGLE_BUDGET: Final = 150_000
RAW_PER_BUDGET: Final = 4.0  # contoured triangles for one that is kept: more cost time, not shape
PASS_BAND: Final = 0.07
STAGES: Final = ("finding structures", "drawing the surface", "smoothing", "thinning triangles")


def extract_surface(
    volume: Volume,
    preset: Preset,
    triangle_budget: int = TRIANGLE_BUDGET,
    progress: Progress = silent,
) -> tuple[Mesh, tuple[str, ...]]:
    """The surface of `preset` in LPS millimetres, and notes; at most `triangle_budget` triangles.

    Flying edges (Schroeder et al. 2015) on the volume without head rest and islands, averaged down
    first where it is much finer than the budget can show; windowed-sinc smoothing (Taubin 1996),
    which does not shrink, stronger where slices are far apart; quadric decimation. The surface is
    closed where the volume ends. Raises `AnatomyError` where the structure is not there.
    """
    progress(STAGES[0], 0.0)
    piece = body_piece(volume, preset)
    progress(STAGES[0], 1.0)
    progress(STAGES[1], 0.0)
    factors = _bin_factors(piece.hu, preset.low_hu, volume.spacing_mm, triangle_budget)
    points, faces = _contour(_binned(piece.hu, factors), preset.low_hu)
    if len(faces) == 0:
        raise AnatomyError(
            f"the CT holds no {preset.name} of more than a voxel at {preset.low_hu} HU; check that"
            " it is the right series"
        )
    edge_mm = np.array(volume.spacing_mm) * factors
    points *= edge_mm.astype(np.float32)[::-1]
    # A sphere of the smallest volume kept has this area.
    points, faces = without_islands(points, faces, 4.836 * preset.island_mm3 ** (2 / 3))
    progress(STAGES[1], 1.0)
    progress(STAGES[2], 0.0)
    points = _smoothed(points, faces, volume.slice_gap_mm / float(edge_mm.min()))
    progress(STAGES[2], 1.0)
    progress(STAGES[3], 0.0)
    points, faces = simplified(points, faces, triangle_budget)
    points = _to_lps(points, volume, piece, factors)
    if signed_volume_mm3(points, faces) < 0:
        faces = np.ascontiguousarray(faces[:, ::-1])
    mesh = Mesh(preset.name, points, faces, vertex_normals(points, faces), preset.colour)
    progress(STAGES[3], 1.0)
    return mesh, piece.notes


def _bin_factors(
    hu: NDArray[np.int16], low_hu: int, spacing_mm: tuple[float, float, float], budget: int
) -> tuple[int, int, int]:
    """Voxels to average along each axis, so that the contour has a few times the budget.

    Flying edges puts a point on each grid edge that crosses the threshold, and two triangles for
    each point.
    """
    crossings = 0
    above = hu[0] >= low_hu
    for k in range(len(hu)):
        before, above = above, hu[k] >= low_hu
        crossings += int(np.count_nonzero(before != above))
        crossings += int(np.count_nonzero(above[1:] != above[:-1]))
        crossings += int(np.count_nonzero(above[:, 1:] != above[:, :-1]))
    coarser = np.sqrt(max(2 * crossings / (RAW_PER_BUDGET * budget), 1.0))
    edge = min(spacing_mm) * round(float(coarser))
    depth, down, across = (max(1, round(edge / step)) for step in spacing_mm)
    return depth, down, across


def _binned(hu: NDArray[np.int16], factors: tuple[int, int, int]) -> NDArray[np.int16]:
    """Means of blocks of `factors` voxels; the rest of an axis repeats its last voxel."""
    if factors == (1, 1, 1):
        return hu
    depth, down, across = factors
    rest = [(0, -size % factor) for size, factor in zip(hu.shape, factors, strict=True)]
    padded = np.pad(hu, rest, mode="edge")
    shape = [size // factor for size, factor in zip(padded.shape, factors, strict=True)]
    out = np.empty(shape, np.int16)
    for k in range(shape[0]):
        total = padded[k * depth : (k + 1) * depth].sum(axis=0, dtype=np.int32)
        rows = sum(total[i::down] for i in range(down))
        out[k] = sum(rows[:, i::across] for i in range(across)) // (depth * down * across)
    return out


def _contour(hu: NDArray[np.int16], low_hu: int) -> tuple[Points, Faces]:
    """Points (N, 3) in (column, row, slice) indices and faces (M, 3)."""
    grid = pv.ImageData(dimensions=hu.shape[::-1])
    grid.point_data["hu"] = hu.ravel()
    # Values are whole: half a unit below the threshold, no voxel lies on the surface.
    surface = grid.contour(
        [low_hu - 0.5],
        scalars="hu",
        method="flying_edges",
        compute_normals=False,
        compute_scalars=False,
    )
    return (
        np.array(surface.points, np.float32).reshape(-1, 3),
        np.asarray(surface.regular_faces, np.int32).reshape(-1, 3),
    )


def _smoothed(points: Points, faces: Faces, gap_in_edges: float) -> Points:
    """Smoothed so that steps from slice to slice go: `gap_in_edges` is how long those are."""
    wide = max(gap_in_edges, 1.0)
    pass_band = PASS_BAND / wide**0.6
    surface = poly_data(points, faces)
    smooth = surface.smooth_taubin(n_iter=round(25 * min(wide**0.4, 2.0)), pass_band=pass_band)
    return np.array(smooth.points, np.float32)


def _to_lps(points: Points, volume: Volume, piece: Piece, factors: tuple[int, int, int]) -> Points:
    """From millimetres along (columns, rows, slices) of the averaged piece to patient space."""
    steps = np.array(volume.spacing_mm)
    centre = (np.array(factors) - 1) / 2 * steps
    along = points[:, ::-1].astype(np.float64) + centre + np.array(piece.first_index) * steps
    return volume.lps_mm(along / steps).astype(np.float32)
