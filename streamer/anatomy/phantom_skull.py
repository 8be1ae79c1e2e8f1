"""A human head of implicit shapes: skull, jaw with its canals, teeth, air spaces and soft tissue.

LPS millimetres about the middle of the line between the ear canals, on the Frankfurt plane; the
measures are a textbook adult's (cranium 185 x 142 x 140 mm, face 130 mm wide at the cheek arches).
The right lower first molar is missing, so that left and right can be told.
"""

from typing import Any, Final

import numpy as np

from streamer.anatomy.phantom_shapes import (
    Body,
    Field,
    Grid,
    Point,
    add,
    cut,
    ellipsoid,
    plate,
    rounded_box,
    smooth_min,
    tube,
)

VAULT_MM: Final = 6.5
CANAL_RADIUS_MM: Final = 1.7
CANAL_PATH: Final[tuple[Point, ...]] = (
    (42.0, -24.0, -38.0),
    (43.5, -27.0, -46.0),
    (43.5, -34.0, -60.0),
    (40.0, -47.0, -70.0),
    (34.0, -60.0, -75.0),
    (28.0, -71.0, -76.0),
    (31.0, -77.0, -74.0),
    (35.0, -80.0, -73.0),
)
"""The left mandibular canal, from its foramen on the inside of the ramus to the mental foramen."""

# Crown widths (mesiodistal) from the midline, central incisor to second molar.
UPPER_WIDTHS: Final = (8.5, 6.7, 7.6, 7.0, 6.8, 10.3, 9.6)
LOWER_WIDTHS: Final = (5.4, 5.9, 6.9, 7.0, 7.1, 11.0, 10.4)
_DEPTHS: Final = (3.3, 3.2, 4.0, 4.4, 4.5, 5.4, 5.2)  # half of the crown from cheek to tongue
_HEIGHTS: Final = (10.0, 9.0, 10.0, 8.5, 8.0, 7.5, 7.0)
_FLOOR_Y: Final = (-110.0, -62.0, -45.0, -25.0, 0.0, 22.0, 110.0)
_FLOOR_Z: Final = (36.0, 37.0, 22.0, -1.0, -10.0, -27.0, -32.0)
UPPER_ARCH: Final = (-52.0, 26.5, 41.5)  # centre y, half width, length
LOWER_ARCH: Final = (-52.0, 25.5, 38.5)
OCCLUSION_Z: Final = -51.0
FREEWAY_MM: Final = 2.4


def braincase(grid: Grid) -> Field:
    """The outside of the cranium without the face."""
    field = grid.empty()
    add(field, grid, ellipsoid((0, 12, 50), (71, 80, 68)), 24)
    add(field, grid, ellipsoid((0, -32, 46), (57, 64, 60)), 24)
    add(field, grid, ellipsoid((0, 42, 22), (57, 52, 50)), 20)
    add(field, grid, ellipsoid((50, -4, 14), (18, 34, 20)), 16)
    _, y, z = grid.coordinates(grid.box((-999, -999, -999), (999, 999, 999)))
    floor = np.interp(y, _FLOOR_Y, _FLOOR_Z).astype(np.float32)
    under = (floor - z) * np.float32(0.8)
    return -smooth_min(-field, np.broadcast_to(-under, field.shape), 12)


def skull(grid: Grid, brain: Field) -> Field:
    """The cranium and the upper face, without teeth; `brain` is the distance to `braincase`."""
    field = np.maximum(brain, -(brain + np.float32(VAULT_MM)))
    for body, blend in _upper_face():
        add(field, grid, body, blend)
    for body, blend in _openings():
        cut(field, grid, body, blend)
    # The walls of the orbit and of the nose are thin bone that the cuts took away.
    _add_wall(field, grid, _orbit(1.0), -92.0, 0.5)
    _add_wall(field, grid, ellipsoid((0, -62, -4), (12.5, 36, 17.5)), -80.0, 0.0)
    _add_wall(field, grid, ellipsoid((29, -67, -17), (11, 15, 13)), -999.0, 0.0)
    add(field, grid, tube([(0, -89, -23), (0, -97, -21.5)], [3.5, 1.2]), 3)
    add(field, grid, rounded_box((0, -66, -6), (0.9, 24, 18), 0.5))
    for height, reach in ((-14.0, 8.8), (-2.0, 10.8)):
        add(field, grid, tube([(reach, -82, height), (reach, -50, height + 3)], [2.0, 2.0]), 1)
    # The brain's own room stays free of all that the face added.
    return -smooth_min(-field, brain + np.float32(VAULT_MM - 2.5), 2.0)


def mandible(grid: Grid) -> Field:
    """The lower jaw without teeth and canals."""
    field = grid.empty()
    body = [(0, -87, -79), (14, -85, -79), (26, -73, -77.5), (36, -54, -74), (44, -32, -68)]
    add(field, grid, tube(body, [5.8, 6.0, 5.8, 5.6, 5.0], (1, 1, 2.05)), 3)
    outline = [
        (-15, -59), (-9, -34), (-6, -10), (-14, -8), (-18, -19), (-25, -24), (-32, -19),
        (-38, -10), (-40, -26), (-39, -44), (-44, -60), (-36, -77), (-23, -73),
    ]  # fmt: skip
    add(field, grid, plate(outline, lambda z: 46.5 + (z + 40) * np.float32(0.09), 2.6), 7)
    add(field, grid, tube([(50, -13, -20), (50, -11, -9)], [4.0, 3.5]), 5)
    add(field, grid, ellipsoid((50, -11, -7.5), (9.5, 5, 4.5)), 5)
    add(field, grid, ellipsoid((0, -89, -88), (11, 6.5, 6)), 9)
    add(field, grid, ellipsoid((12, -87, -90), (7, 5, 4.5)), 8)
    arch = arch_path(LOWER_ARCH, OCCLUSION_Z - FREEWAY_MM / 2 - 12.5)
    add(field, grid, tube(arch, [4.6] * len(arch), (1, 1, 1.5)), 6)
    return field


def canals(grid: Grid) -> Field:
    """The mandibular canal, with both of its foramina."""
    field = grid.empty()
    add(field, grid, tube(CANAL_PATH, [CANAL_RADIUS_MM] * (len(CANAL_PATH) - 2) + [1.9, 2.4]))
    return field


def air_spaces(grid: Grid) -> Field:
    """Nose, throat, mouth, maxillary and frontal sinuses, ear canals."""
    field = grid.empty()
    for body in (
        ellipsoid((0, -62, -4), (12, 36, 17)),
        ellipsoid((0, -94, -11), (10, 22, 12)),
        tube([(0, -30, -8), (0, -20, -30), (0, -14, -110)], [9, 9, 9]),
        ellipsoid((0, -56, -46), (15, 24, 5)),
        ellipsoid((29, -67, -17), (10, 14, 12)),
        ellipsoid((8, -88, 36), (7, 3, 6)),
        tube([(50, 2, 2), (85, 4, 0)], [2.6, 3.4]),
    ):
        add(field, grid, body)
    return field


def soft_tissue(grid: Grid, brain: Field) -> Field:
    """The outside of the head and the neck."""
    field = brain - np.float32(6.0)
    for body, blend in (
        (ellipsoid((0, -46, -22), (66, 60, 60)), 20),
        (ellipsoid((0, -60, -62), (50, 44, 42)), 16),
        (tube([(0, -96, 22), (0, -112, -14)], [6, 12]), 12),
        (ellipsoid((0, -96, -48), (25, 12, 18)), 14),
        (ellipsoid((0, -94, -84), (20, 12, 13)), 14),
        (tube([(0, 12, -20), (0, 22, -140)], [50, 54], (1.1, 1, 1)), 22),
        (ellipsoid((76, 6, 2), (7, 14, 28)), 6),
    ):
        add(field, grid, body, blend)
    return field


def arch_path(arch: tuple[float, float, float], z: float) -> list[Point]:
    """Points along the left half of a dental arch, from the midline to behind the last molar."""
    centre, half, length = arch
    angles = np.linspace(0, np.pi / 2, 12)
    return [(float(half * np.sin(a)), float(centre - length * np.cos(a)), z) for a in angles] + [
        (half + 1.0, centre + 9.0, z)
    ]


def teeth(arch: tuple[float, float, float], upper: bool) -> list[tuple[Body, Body]]:
    """(crown, root) of the seven left teeth of one jaw."""
    path = np.array(arch_path(arch, 0.0))
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    lengths = np.concatenate([[0], np.cumsum(steps)])
    widths = UPPER_WIDTHS if upper else LOWER_WIDTHS
    sign = 1.0 if upper else -1.0
    edge = OCCLUSION_Z + sign * FREEWAY_MM / 2
    found = []
    reached = 0.0
    for width, depth, height in zip(widths, _DEPTHS, _HEIGHTS, strict=True):
        middle = reached + width / 2
        reached += width
        x, y = (float(np.interp(middle, lengths, path[:, axis])) for axis in (0, 1))
        ahead = [float(np.interp(middle + 1, lengths, path[:, axis])) for axis in (0, 1)]
        turn = float(np.arctan2(ahead[1] - y, ahead[0] - x))
        half = (width / 2 - 0.15, depth, height / 2)
        crown = rounded_box((x, y, edge + sign * height / 2), half, 2.0, turn)
        neck, tip = edge + sign * (height - 2), edge + sign * (height + 12)
        root = tube([(x, y, neck), (x * 0.96, y + 1.5, tip)], [min(width / 2, depth) - 0.4, 1.2])
        found.append((crown, root))
    return found


def _upper_face() -> list[tuple[Body, float]]:
    arch = arch_path(UPPER_ARCH, OCCLUSION_Z + FREEWAY_MM / 2 + 11.5)
    rim = [
        (14, -88, 10), (15, -91, 26), (24, -90, 35), (36, -85, 37.5), (46, -77, 32),
        (50.5, -70, 20), (49.5, -69, 5), (42, -75, -3), (31, -82, -4), (20, -86, 1), (14, -88, 10),
    ]  # fmt: skip
    return [
        (ellipsoid((0, -60, -18), (30, 32, 24)), 8),
        (tube(arch, [5.4] * len(arch), (1, 1, 1.5)), 8),
        (tube(rim, [3.6] * len(rim)), 4),
        (tube([(0, -90, 31), (20, -93, 38)], [6, 3.5]), 8),
        (tube([(15, -88, 14), (17, -86, -12), (20, -88, -32)], [4.0, 4.5, 6.0]), 6),
        (tube([(3, -90, 29), (3.5, -98, 14), (3.5, -103, 6)], [4.2, 3.4, 2.4]), 5),
        (ellipsoid((46, -68, -9), (10.5, 9, 9.5)), 7),
        (tube([(44, -67, -12), (31, -66, -28)], [8, 7]), 10),
        (tube([(52, -62, -9), (62, -46, -7), (65, -28, -4), (62, -10, 0), (56, 0, 4)],
              [5.0, 3.6, 3.2, 3.8, 5.0], (0.75, 1, 1.15)), 4),
        (tube([(51, -67, 0), (51.5, -65, 18), (47, -70, 34)], [5.5, 5.0, 5.5]), 7),
        (tube([(30, -40, 12), (46, -57, 14)], [11, 7.5]), 8),
        (tube([(17, -40, -4), (18, -38, -34)], [5.0, 4.0], (1, 1.6, 1)), 6),
        (tube([(54, 14, 0), (52, 8, -26)], [11, 5], (0.9, 1.2, 1)), 8),
        (tube([(0, -38, 4), (0, -8, -16)], [13, 10], (1.2, 1, 1)), 10),
        (tube([(20, 14, -27), (18, 4, -29)], [4.5, 4.5], (1, 1.5, 1)), 6),
    ]  # fmt: skip


def _openings() -> list[tuple[Body, float]]:
    return [
        (_orbit(), 2.0),
        (ellipsoid((0, -96, -10), (12.0, 26, 13.5)), 1.5),
        (ellipsoid((0, -100, 3), (7, 22, 12)), 2.0),
        (ellipsoid((0, -62, -4), (12.5, 36, 17.5)), 1.0),
        (ellipsoid((29, -67, -17), (10.5, 14.5, 12.5)), 1.0),
        (ellipsoid((8, -88, 36), (7, 3, 6)), 1.0),
        (ellipsoid((0, -52, -46), (20, 34, 13.5)), 4.0),
        (tube([(0, 14, -60), (0, 14, 0)], [15, 15], (1, 1.2, 1)), 4.0),
        (tube([(45, 1, 3), (80, 3, 1)], [3.2, 4.5]), 2.0),
        (tube([(31, -90, -10), (31, -76, -9)], [2.0, 1.6]), 1.0),
    ]


def _orbit(grow_mm: float = 0.0) -> Body:
    path = [(36, -100, 17), (33, -76, 17), (16, -42, 19)]
    return tube(path, [20.0 + grow_mm, 18.5 + grow_mm, 5.0 + grow_mm], (1, 1, 0.88))


def _add_wall(field: Field, grid: Grid, body: Body, front_y: float, sweep: float) -> None:
    """Add 2 mm around `body`, behind a plane at `front_y` that is swept back to the side."""

    def shell(x: Field, y: Field, z: Field) -> Any:
        behind = np.float32(front_y) + np.float32(sweep) * x - y
        return np.maximum(np.abs(body.distance(x, y, z)) - np.float32(1.0), behind)

    add(field, grid, Body(shell, body.low, body.high))
