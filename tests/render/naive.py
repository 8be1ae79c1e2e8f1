"""Naive twins of the render kernels: slow, written out, one thing after the other."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from streamer.render.kernels import project as constants
from streamer.render.kernels.surface import Surface

Vector = NDArray[np.float64]

# ------------------------------------------------------------ vertices


def projected(point: Vector, transform: Vector, lens: Vector) -> tuple[float, float, float]:
    """(x, y, w) of a point (3,), or w = 0 where it must be clipped and -1 where it is no number."""
    fx, fy, cx, cy, near = lens
    x, y, z = transform[:3, :3] @ point + transform[:3, 3]
    if not (math.isfinite(x) and math.isfinite(y) and math.isfinite(z)):
        return 0.0, 0.0, -1.0
    if z < near:
        return 0.0, 0.0, 0.0
    column, row = cx + fx * x / z, cy + fy * y / z
    if max(abs(column), abs(row)) > constants.GUARD_PX:
        return 0.0, 0.0, 0.0
    return column, row, 1 / z


def luma(
    point: Vector, normal: Vector, transform: Vector, colour: Sequence[float], back: bool
) -> float:
    """The display luma of a lit vertex, 16..235 and a half for rounding, as the eye sees it."""
    if not (np.isfinite(point).all() and np.isfinite(normal).all()):
        return 16.5
    n = transform[:3, :3] @ normal
    n = n / np.linalg.norm(n) if np.linalg.norm(n) > 0 else np.zeros(3)
    n = -n if back else n
    to_eye = -(transform[:3, :3] @ point + transform[:3, 3])
    to_eye /= np.linalg.norm(to_eye)
    light = np.array(constants.LIGHT)
    half = to_eye + light
    half /= np.linalg.norm(half)
    strength = constants.AMBIENT - constants.AMBIENT_FROM_ABOVE * n[1]
    if n.any():
        wrapped = max(n @ light + constants.WRAP, 0.0) / (1 + constants.WRAP)
        strength += constants.DIFFUSE * wrapped
    gloss = constants.GLOSS * max(n @ half, 0.0) ** 16
    red, green, blue = (srgb(c * strength + gloss) for c in colour)
    return 16.5 + 219 * (0.2126 * red + 0.7152 * green + 0.0722 * blue)


# ------------------------------------------------------------ rows and hidden surfaces


@dataclass(frozen=True)
class Row:
    """Where a triangle meets a row's centre line: (x_0, w, luma) of its two ends, front or not."""

    left: tuple[float, float, float]
    right: tuple[float, float, float]

    def seen(self, a: float, b: float) -> tuple[float, float]:
        """The columns of both ends in the view x_0 + a - b w."""
        return self.left[0] + a - b * self.left[1], self.right[0] + a - b * self.right[1]

    def pieces(self, views: Sequence[tuple[float, float]]) -> int:
        """Into how many pieces it is cut at least, no longer than a pixel in any view."""
        lengths = [right - left for left, right in (self.seen(a, b) for a, b in views)]
        return max(1, math.ceil(max(*lengths, 0.0)))


def rows_of(surface: Surface, triangle: int, row: int) -> Row | None:
    """The front's row, ends as they follow each other on a front; those of a back are swapped."""
    centre = row + 0.5
    corners = [[float(value) for value in surface.screen[v]] for v in surface.faces[triangle]]
    left = right = None
    for n in range(3):
        tail, head = corners[n], corners[(n + 1) % 3]
        if (tail[1] <= centre) == (head[1] <= centre):
            continue
        t = (centre - tail[1]) / (head[1] - tail[1])
        x, w, c = (tail[k] + t * (head[k] - tail[k]) for k in (0, 2, 3))
        # A front turns counter-clockwise as it is seen, rows growing downwards: down on the left.
        if head[1] > tail[1]:
            left = (x, w, c)
        else:
            right = (x, w, c)
    if left is None or right is None:
        return None
    return Row(left, right)


@dataclass(frozen=True)
class Nearest:
    """By pixel: the triangle in front or -1, its w, by how much w may be off, and whether that is
    sure: no edge is nearer to the centre than a hundredth and no other triangle is about as near.
    """

    triangle: NDArray[np.int64]
    w: Vector
    slack: Vector
    sure: NDArray[np.bool_]


def nearest(
    surface: Surface,
    view: tuple[float, float],
    views: Sequence[tuple[float, float]],
    rows: int,
    width: int,
) -> Nearest:
    """What each pixel centre's ray meets first in `view`, one of `views`."""
    shape = rows, width
    triangle, w = np.full(shape, -1, np.int64), np.zeros(shape)
    slack, sure = np.zeros(shape), np.ones(shape, np.bool_)
    a, b = view
    for r in range(rows):
        found = [rows_of(surface, t, r) for t in range(len(surface.faces))]
        near_row = [
            any(abs(float(surface.screen[v, 1]) - r - 0.5) < 0.01 for v in face)
            for face in surface.faces
        ]
        for column in range(width):
            centre = column + 0.5
            hits: list[tuple[float, float, int]] = []
            if any(near_row):
                sure[r, column] = False
                continue
            for t, row in enumerate(found):
                if row is None:
                    continue
                ends = row.seen(a, b)
                if min(abs(centre - ends[0]), abs(centre - ends[1])) < 0.01:
                    sure[r, column] = False
                turned = ends[0] > ends[1]
                if turned and not surface.two_sided[surface.face_mesh[t]]:
                    continue
                if not min(ends) <= centre < max(ends):
                    continue
                share = (centre - ends[0]) / (ends[1] - ends[0])
                here = row.left[1] + share * (row.right[1] - row.left[1])
                swapped = Row(row.right, row.left) if turned else row
                off = abs(row.right[1] - row.left[1]) / swapped.pieces(views)
                hits.append((here, off, t))
            if not hits:
                continue
            hits.sort(reverse=True)
            w[r, column], slack[r, column], triangle[r, column] = hits[0]
            for here, off, _ in hits[1:]:
                if hits[0][0] - here <= off + hits[0][1] + 1e-4:
                    sure[r, column] = False
    return Nearest(triangle, w, slack, sure)


# ------------------------------------------------------------ smoothing


def area_beyond(normal: tuple[float, float], offset: float, column: int, row: int) -> float:
    """The share of a pixel where normal . (x, y) < offset: the square is cut, then measured."""
    corners = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)]
    distances = [normal[0] * x + normal[1] * y - offset for x, y in corners]
    kept: list[tuple[float, float]] = []
    for n in range(4):
        m = (n + 1) % 4
        if distances[n] < 0:
            kept.append(corners[n])
        if (distances[n] < 0) != (distances[m] < 0):
            t = distances[n] / (distances[n] - distances[m])
            kept.append(
                (
                    corners[n][0] + t * (corners[m][0] - corners[n][0]),
                    corners[n][1] + t * (corners[m][1] - corners[n][1]),
                )
            )
    total = 0.0
    for n, (x, y) in enumerate(kept):
        x_next, y_next = kept[(n + 1) % len(kept)]
        total += x * y_next - x_next * y
    return abs(total) / 2


# ------------------------------------------------------------ colours


@dataclass(frozen=True)
class Pixel:
    """A colour that is not multiplied by its alpha, 0..1; and inverse depth, 0 if there is none."""

    y: float
    u: float
    v: float
    alpha: float
    w: float


NOTHING = Pixel(16.0, 128.0, 128.0, 0.0, 0.0)


def mixed(parts: Sequence[tuple[float, Pixel]], w: float) -> Pixel:
    """Pixels side by side, each with its share."""
    alpha = sum(share * pixel.alpha for share, pixel in parts)
    if alpha == 0:
        return NOTHING
    y, u, v = (
        sum(share * pixel.alpha * getattr(pixel, name) for share, pixel in parts) / alpha
        for name in ("y", "u", "v")
    )
    return Pixel(y, u, v, alpha, w)


def over(front: Pixel, behind: Pixel) -> Pixel:
    """Porter and Duff's over, for colours that are not multiplied."""
    rest = (1 - front.alpha) * behind.alpha
    return mixed([(front.alpha, opaque(front)), (rest, opaque(behind))], front.w)


def opaque(pixel: Pixel) -> Pixel:
    """The same colour at alpha 1."""
    return Pixel(pixel.y, pixel.u, pixel.v, 1.0, pixel.w)


def srgb(linear: float) -> float:
    """Linear light to display light (IEC 61966-2-1)."""
    linear = min(max(linear, 0.0), 1.0)
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055


def ycbcr(rgb: tuple[float, float, float]) -> tuple[float, float, float]:
    """Display RGB 0..1 to limited-range BT.709 Y'CbCr, not rounded."""
    r, g, b = rgb
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    return 16 + 219 * y, 128 + 224 * (b - y) / 1.8556, 128 + 224 * (r - y) / 1.5748


def blend(below: int, layer: int, alpha: int, weight: int) -> int:
    """One byte of `layer` over `below`: the share is rounded to 1/255, then the result."""
    share = math.floor(Fraction(alpha * weight, 256) + Fraction(1, 2))
    return math.floor(Fraction(below * (255 - share) + layer * share, 255) + Fraction(1, 2))
