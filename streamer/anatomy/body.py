"""What belongs to the body and what does not: head rest, table and specks are left out."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from streamer.anatomy.presets import Preset
from streamer.anatomy.volume import Volume
from streamer.errors import AnatomyError

CELL_MM: Final = 1.5
SOFT_HU: Final = -150  # fat and denser
EMBEDDED: Final = 0.5  # share of a structure's surroundings that is tissue; head rests have 0.1
BELOW_HU: Final = 200  # how far under the threshold removed tissue is set
_RINGS: Final = (1, 3)  # surroundings: cells this far away, past the partial volume of the edge


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """The part of a volume that holds a structure, with one voxel of room on each side.

    `hu` (slices, rows, columns) int16, parts outside the body set below the threshold;
    `first_index` (3,) the index in the volume of its first voxel (-1 where room was added).
    """

    hu: NDArray[np.int16]
    first_index: tuple[int, int, int]
    notes: tuple[str, ...]


def body_piece(volume: Volume, preset: Preset) -> Piece:
    """The structure of `preset` in `volume`, without head rest, table and small islands.

    Parts are told apart on cells of about 1.5 mm. A part counts as inside the body where most of
    what surrounds it is soft tissue; where no part is (a dry specimen) all parts stay. Raises
    `AnatomyError` where nothing of the structure is there.
    """
    factors = tuple(max(1, round(CELL_MM / step)) for step in volume.spacing_mm)
    voxels = _count_cells(volume.hu, preset.low_hu, factors)
    numbered, count = ndimage.label(voxels > 0)
    labels = np.asarray(numbered, np.int32)
    if count == 0:
        raise AnatomyError(
            f"the CT holds no {preset.name}: no voxel reaches {preset.low_hu} HU, its range is"
            f" {volume.hu.min()} to {volume.hu.max()} HU; check that it is the right series"
        )
    size_mm3 = np.bincount(labels.ravel(), voxels.ravel(), count + 1) * np.prod(volume.spacing_mm)
    size_mm3[0] = 0.0
    large = np.flatnonzero(size_mm3 >= preset.island_mm3)
    if len(large) == 0:
        large = np.array([size_mm3.argmax()])
    coarse = volume.hu[tuple(slice(f // 2, None, f) for f in factors)]
    boxes = ndimage.find_objects(labels)
    inside = [
        label
        for label in large
        if _embedded(labels, coarse, int(label), boxes[label - 1]) >= EMBEDDED
    ]
    kept = inside or list(large)
    keep = np.zeros(count + 1, bool)
    keep[kept] = True
    notes = []
    if len(kept) < len(large):
        notes.append(
            f"{len(large) - len(kept)} part(s) outside the body (head rest, table) were removed"
        )
    return _cut_out(volume, preset, labels, keep, factors, tuple(notes))


def _count_cells(
    hu: NDArray[np.int16], low_hu: int, factors: tuple[int, ...]
) -> NDArray[np.uint16]:
    """How many voxels of each cell of `factors` voxels reach `low_hu`."""
    shape = tuple(-(-size // factor) for size, factor in zip(hu.shape, factors, strict=True))
    cells = np.zeros(shape, np.uint16)
    depth, down, across = factors
    for k in range(hu.shape[0]):
        reached = (hu[k] >= low_hu).astype(np.uint16)
        rows = np.add.reduceat(reached, np.arange(0, hu.shape[1], down), axis=0)
        cells[k // depth] += np.add.reduceat(rows, np.arange(0, hu.shape[2], across), axis=1)
    return cells


def _embedded(
    labels: NDArray[np.int32],
    coarse: NDArray[np.int16],
    label: int,
    box: tuple[slice, ...],
) -> float:
    """The share of soft tissue in what surrounds the part `label`."""
    near, far = _RINGS
    wide = tuple(slice(max(side.start - far, 0), side.stop + far) for side in box)
    here = labels[wide]
    part = here == label
    ring = ndimage.binary_dilation(part, iterations=far)
    ring &= ~ndimage.binary_dilation(part, iterations=near) & (here == 0)
    around = coarse[wide]
    # The last cell of an axis may have no voxel at its middle.
    ring = ring[tuple(slice(0, size) for size in around.shape)]
    if not ring.any():
        return 1.0
    return float((around[ring] > SOFT_HU).mean())


def _cut_out(
    volume: Volume,
    preset: Preset,
    labels: NDArray[np.int32],
    keep: NDArray[np.bool_],
    factors: tuple[int, ...],
    notes: tuple[str, ...],
) -> Piece:
    kept_cells = keep[labels]
    low, high = [], []
    for axis in range(3):
        used = np.flatnonzero(kept_cells.any(axis=tuple({0, 1, 2} - {axis})))
        low.append(max(int(used[0]) * factors[axis] - 1, 0))
        high.append(min((int(used[-1]) + 1) * factors[axis] + 1, volume.hu.shape[axis]))
    floor = np.int16(preset.low_hu - BELOW_HU)
    hu = np.full([stop - start + 2 for start, stop in zip(low, high, strict=True)], floor, np.int16)
    drop = (labels > 0) & ~kept_cells
    for k in range(low[0], high[0]):
        picture = volume.hu[k, low[1] : high[1], low[2] : high[2]].copy()
        mask = drop[k // factors[0]]
        if mask.any():
            fine = mask.repeat(factors[1], axis=0).repeat(factors[2], axis=1)
            picture[fine[low[1] : high[1], low[2] : high[2]]] = floor
        hu[k - low[0] + 1, 1:-1, 1:-1] = picture
    return Piece(hu, (low[0] - 1, low[1] - 1, low[2] - 1), notes)
