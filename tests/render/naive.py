"""Naive twins of the render kernels: slow, written out, one thing after the other."""

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from streamer.render.kernels.surface import Surface

# (x, y) of the four samples of a pixel, in 1/256.
SAMPLES = ((96, 32), (224, 96), (32, 160), (160, 224))


def snapped(value: float) -> int:
    """A coordinate in 1/256 pixel, the nearest."""
    return math.floor(float(value) * 256 + 0.5)


def inside(px: int, py: int, corners: list[tuple[int, int]]) -> bool:
    """Whether a point is in a triangle that turns clockwise on the screen, top-left rule."""
    for n in range(3):
        (ax, ay), (bx, by) = corners[n], corners[(n + 1) % 3]
        dx, dy = bx - ax, by - ay
        edge = dx * (py - ay) - dy * (px - ax)
        top_left = dy < 0 or (dy == 0 and dx > 0)
        if edge < 0 or (edge == 0 and not top_left):
            return False
    return True


def rasterise(
    surface: Surface, shift: float, shift_by_w: float, rows: int, columns: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """(triangle or -1, inverse depth, strength) of each sample, (rows, columns, 4)."""
    nearest = np.full((rows, columns, 4), -1, np.int64)
    depth = np.zeros((rows, columns, 4))
    strength = np.zeros((rows, columns, 4))
    for t, face in enumerate(surface.faces):
        w = [float(surface.screen[v, 2]) for v in face]
        xs = [
            snapped(surface.screen[v, 0] + shift - shift_by_w * surface.screen[v, 2]) for v in face
        ]
        ys = [snapped(surface.screen[v, 1]) for v in face]
        corners = list(zip(xs, ys, strict=True))
        area = (xs[1] - xs[0]) * (ys[2] - ys[0]) - (ys[1] - ys[0]) * (xs[2] - xs[0])
        if area == 0 or min(w) <= 0:
            continue
        if area > 0 and not surface.two_sided[surface.face_mesh[t]]:
            continue
        wound = corners if area > 0 else [corners[0], corners[2], corners[1]]
        side = 2 if area > 0 else 0
        for row in range(rows):
            for column in range(columns):
                for s, (ox, oy) in enumerate(SAMPLES):
                    px, py = column * 256 + ox, row * 256 + oy
                    if not inside(px, py, wound):
                        continue
                    parts = barycentric(px, py, corners, area)
                    here = sum(p * v for p, v in zip(parts, w, strict=True))
                    if here > depth[row, column, s]:
                        nearest[row, column, s] = t
                        depth[row, column, s] = here
                        light = [float(surface.light[v, side]) for v in face]
                        strength[row, column, s] = (
                            sum(p * v * q for p, v, q in zip(parts, w, light, strict=True)) / here
                        )
    return nearest, depth, strength


def barycentric(px: int, py: int, corners: list[tuple[int, int]], area: int) -> list[float]:
    """The three weights of a point, by areas, in exact fractions."""
    (ax, ay), (bx, by), (cx, cy) = corners
    b = Fraction((px - ax) * (cy - ay) - (py - ay) * (cx - ax), area)
    c = Fraction((bx - ax) * (py - ay) - (by - ay) * (px - ax), area)
    return [float(1 - b - c), float(b), float(c)]


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
