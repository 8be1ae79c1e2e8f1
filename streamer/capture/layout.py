"""Splitting a source's picture into the left and the right eye's, as its layout says."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from streamer.capture.resize import fit_into, stretch_into
from streamer.capture.settings import Layout
from streamer.errors import SourceError
from streamer.frames import I420, Plane

NARROWEST, WIDEST = 0.8, 3.0
"""Width over height of an eye's picture; beyond it the layout named is not the picture's."""

DIVISORS: Final[dict[Layout, tuple[int, int]]] = {
    Layout.MONO: (2, 2),
    Layout.SBS: (4, 2),
    Layout.SBS_HALF: (4, 2),
    Layout.TB: (2, 4),
    Layout.TB_HALF: (2, 4),
    Layout.ROWS: (2, 2),
}
"""What width and height must divide by, so that both eyes get whole chroma samples."""


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """The left and right picture; `packed`, where present, holds both side by side."""

    left: I420
    right: I420
    packed: I420 | None = None


def native_eye_size(layout: Layout, width: int, height: int) -> tuple[int, int]:
    """Even (width, height) of one eye in a source picture of `width` x `height`.

    Raises SourceError where a picture of that size cannot hold a pair in that layout.
    """
    across, down = DIVISORS[layout]
    if layout is not Layout.MONO and (width % across or height % down):
        raise SourceError(
            f"a picture of {width}x{height} cannot be split as {layout.value!r}: its width must "
            f"divide by {across} and its height by {down}; check the layout or the device's size"
        )
    eye = {
        Layout.SBS: (width // 2, height),
        Layout.TB: (width, height // 2),
    }.get(layout, (width & ~1, height & ~1))
    if layout is not Layout.MONO and not NARROWEST <= eye[0] / eye[1] <= WIDEST:
        raise SourceError(
            f"the layout {layout.value!r} does not fit a picture of {width}x{height}: each eye "
            f"would be {eye[0]}x{eye[1]}, {eye[0] / eye[1]:.2f} times as wide as high, where "
            f"{NARROWEST:g} to {WIDEST:g} is expected; {_advice(width / height)}"
        )
    return eye


def _advice(ratio: float) -> str:
    if ratio > WIDEST:
        return "a picture so wide is usually 'sbs'"
    if ratio < NARROWEST * 1.2:
        return "a picture so high is usually 'tb'"
    return "a picture of that shape is 'mono', 'sbs-half', 'tb-half' or 'rows'"


class Splitter:
    """Splits pictures of one layout into pairs of one eye size.

    Full layouts at their own size are views of the source's planes, `sbs` with `packed`; whatever
    has to be scaled is scaled straight into one new packed picture.
    """

    def __init__(self, layout: Layout, eye_size: tuple[int, int]) -> None:
        self.layout, self.eye_size = layout, eye_size

    def split(self, picture: I420) -> Pair:
        """The pair in `picture`; raises SourceError where its size does not fit the layout."""
        eye = native_eye_size(self.layout, *picture.size)
        if self.layout is Layout.MONO:
            one = fitted(picture, self.eye_size)
            return Pair(one, one)
        left, right = _halves(self.layout, picture)
        if left.size == eye == self.eye_size:
            return Pair(left, right, picture if self.layout is Layout.SBS else None)
        return self._scaled(left, right, eye)

    def _scaled(self, left: I420, right: I420, eye: tuple[int, int]) -> Pair:
        width, height = self.eye_size
        packed = I420.empty(2 * width, height)
        into = packed.crop(0, 0, width, height), packed.crop(width, 0, width, height)
        for half, side, target in zip((left, right), (0, 1), into, strict=True):
            if self.layout is Layout.ROWS:
                fit_into(_whole_rows(half, side), target)
            elif half.size == eye:
                fit_into(half, target)
            else:
                _unsqueeze_into(half, eye, target)
        return Pair(*into, packed)


def fitted(picture: I420, size: tuple[int, int]) -> I420:
    """`picture` itself where it has that size, else a copy scaled to it."""
    if picture.size == size:
        return picture
    scaled = I420.empty(*size)
    fit_into(picture, scaled)
    return scaled


def _halves(layout: Layout, picture: I420) -> tuple[I420, I420]:
    width, height = picture.size
    if layout in (Layout.SBS, Layout.SBS_HALF):
        half = width // 2
        return picture.crop(0, 0, half, height), picture.crop(half, 0, half, height)
    if layout in (Layout.TB, Layout.TB_HALF):
        half = height // 2
        return picture.crop(0, 0, width, half), picture.crop(0, half, width, half)
    # One chroma row covers a left and a right row: the eyes share what 4:2:0 has mixed.
    return (
        I420(picture.y[0::2], picture.u, picture.v),
        I420(picture.y[1::2], picture.u, picture.v),
    )


def _unsqueeze_into(half: I420, eye: tuple[int, int], target: I420) -> None:
    if eye[0] * target.size[1] == eye[1] * target.size[0]:
        stretch_into(half, target)
        return
    whole = I420.empty(*eye)
    stretch_into(half, whole)
    fit_into(whole, target)


def _whole_rows(half: I420, first_row: int) -> I420:
    """An eye of a row-interleaved picture at full height, each row left where it was shown."""
    return I420(_fill_rows(half.y, first_row), half.u, half.v)


def _fill_rows(rows: Plane, first_row: int) -> Plane:
    # cv2.resize would centre both eyes alike and so shift one against the other by a row.
    between = cv2.addWeighted(rows[:-1], 0.5, rows[1:], 0.5, 0.0)
    whole = np.repeat(rows, 2, axis=0)
    if first_row == 0:
        whole[1:-1:2] = between
    else:
        whole[2::2] = between
    return whole
