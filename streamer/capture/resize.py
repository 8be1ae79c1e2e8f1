"""Bringing I420 pictures to another size, plane by plane, shape kept."""

from typing import Final

import cv2

from streamer.frames import I420, Plane

BLACK_LUMA: Final = 16
NEUTRAL_CHROMA: Final = 128
SHAPE_TOLERANCE: Final = 0.02
"""Shapes that differ by less are stretched: bars of a few pixels help nobody."""


def fill(picture: I420, luma: int = BLACK_LUMA) -> None:
    """Paint a picture one grey, in place."""
    picture.y[:] = luma
    picture.u[:] = NEUTRAL_CHROMA
    picture.v[:] = NEUTRAL_CHROMA


def stretch_into(source: I420, target: I420) -> None:
    """Scale `source` to all of `target`, in place, whatever their shapes."""
    for plane, into in zip(
        (source.y, source.u, source.v), (target.y, target.u, target.v), strict=True
    ):
        _resize(plane, into)


def fit_into(source: I420, target: I420) -> None:
    """Scale `source` into `target`, in place, shape kept, black bars where the shapes differ."""
    width, height = target.size
    x, y, w, h = inner_rectangle(source.size, (width, height))
    if (w, h) != (width, height):
        fill(target)
    stretch_into(source, target.crop(x, y, w, h))


def inner_rectangle(source: tuple[int, int], target: tuple[int, int]) -> tuple[int, int, int, int]:
    """The largest even (x, y, width, height) in `target`, centred, with the shape of `source`."""
    width, height = target
    ratio = (source[0] * height) / (source[1] * width)
    if abs(ratio - 1) <= SHAPE_TOLERANCE:
        return 0, 0, width, height
    if ratio > 1:
        inner = max(2, round(height / ratio / 2) * 2)
        return 0, (height - inner) // 4 * 2, width, inner
    inner = max(2, round(width * ratio / 2) * 2)
    return (width - inner) // 4 * 2, 0, inner, height


def _resize(plane: Plane, into: Plane) -> None:
    rows, columns = into.shape
    if plane.shape == into.shape:
        into[:] = plane
        return
    shrinks = rows <= plane.shape[0] and columns <= plane.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    cv2.resize(plane, (columns, rows), dst=into, interpolation=how)
