"""Quilts: many views as tiles of one picture, in Looking Glass's order and with its file names.

View 0 is the leftmost camera and the BOTTOM-left tile; views go to the right, then upwards, and the
last is the top-right tile. A file's name ends in `_qs{columns}x{rows}a{aspect}`, where the aspect
is that of the display and not always exactly that of a tile.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from streamer.errors import TheatronError
from streamer.frames import I420

Picture = TypeVar("Picture", NDArray[np.uint8], I420)
MAX_VIEWS: Final = 65536

_GRID: Final = re.compile(r"([1-9]\d{0,3})x([1-9]\d{0,3})")
_NAME: Final = re.compile(r"_qs(\d{1,4})x(\d{1,4})a(\d*\.\d+|\d+)", re.IGNORECASE)


class QuiltError(TheatronError):
    """A quilt whose name, size or grid does not fit together."""

    exit_code = 10


def parse_grid(text: str) -> tuple[int, int]:
    """(columns, rows) of "8x6".

    Raises:
        QuiltError: it is not so written.
    """
    found = _GRID.fullmatch(text.strip())
    if not found or int(found[1]) * int(found[2]) > MAX_VIEWS:
        raise QuiltError(
            f"{text!r} is not a grid of views; write columns x rows, such as 8x6"
            f" (at most {MAX_VIEWS} views)."
        )
    return int(found[1]), int(found[2])


@dataclass(frozen=True, slots=True)
class Quilt:
    """A grid of `columns` x `rows` tiles of `tile` (width, height) pixels each.

    `aspect` is the display's width over its height: the tile is stretched to it.
    """

    columns: int
    rows: int
    tile: tuple[int, int]
    aspect: float

    def __post_init__(self) -> None:
        if self.columns < 1 or self.rows < 1 or self.columns * self.rows > MAX_VIEWS:
            raise QuiltError(f"A quilt has 1 to {MAX_VIEWS} views, not {self.columns}x{self.rows}.")
        if min(self.tile) < 1:
            raise QuiltError(f"A tile has a positive size, not {_by(self.tile)}.")
        if not (math.isfinite(self.aspect) and self.aspect > 0):
            raise QuiltError(f"A display's aspect is a positive number, not {self.aspect}.")

    @classmethod
    def of_picture(
        cls,
        columns: int,
        rows: int,
        picture_size: tuple[int, int],
        aspect: float | None = None,
    ) -> "Quilt":
        """The quilt of that grid in a picture of (width, height) pixels.

        Without `aspect` the display's is taken to be the tile's.

        Raises:
            QuiltError: the picture does not divide into the grid.
        """
        width, height = picture_size
        if columns < 1 or rows < 1 or width % columns or height % rows or not (width and height):
            raise QuiltError(
                f"A picture of {width}x{height} does not divide into {columns}x{rows} tiles. Name"
                f" the grid it was made with, or crop it to a width that is a multiple of"
                f" {columns} and a height that is one of {rows}."
            )
        tile = width // columns, height // rows
        return cls(columns, rows, tile, aspect if aspect is not None else tile[0] / tile[1])

    @classmethod
    def of_name(cls, path: Path | str, picture_size: tuple[int, int]) -> "Quilt":
        """The quilt that a file's name says its picture, of (width, height) pixels, is.

        Raises:
            QuiltError: the name does not say, or the picture does not divide so.
        """
        name = Path(path).name
        found = _NAME.findall(name)
        if not found:
            raise QuiltError(
                f"{name!r} does not say how many views it holds: its name has no part such as"
                " _qs8x6a0.75 (8 columns, 6 rows, aspect 0.75). Rename it, or name the grid."
            )
        columns, rows, aspect = found[-1]
        if not (int(columns) and int(rows) and float(aspect)):
            raise QuiltError(
                f"{name!r} says {columns}x{rows} views of aspect {aspect}; none of these may be 0."
            )
        try:
            return cls.of_picture(int(columns), int(rows), picture_size, float(aspect))
        except QuiltError as error:
            raise QuiltError(f"{name}: {error}") from None

    @property
    def views(self) -> int:
        """How many views there are."""
        return self.columns * self.rows

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the whole picture in pixels."""
        return self.columns * self.tile[0], self.rows * self.tile[1]

    @property
    def suffix(self) -> str:
        """What a file's name ends in before its extension, such as `_qs8x6a0.75`."""
        aspect = f"{self.aspect:.6f}".rstrip("0").rstrip(".")
        if float(aspect) == 0:
            aspect = np.format_float_positional(self.aspect)
        return f"_qs{self.columns}x{self.rows}a{aspect}"

    def place(self, view: int) -> tuple[int, int]:
        """(x, y) of the top-left pixel of a view's tile, y counted downwards as in arrays."""
        if not 0 <= view < self.views:
            raise IndexError(f"a quilt of {self.views} views has no view {view}")
        row, column = divmod(view, self.columns)
        return column * self.tile[0], (self.rows - 1 - row) * self.tile[1]

    def tiles(self, picture: Picture) -> list[Picture]:
        """The tiles of a whole picture, view 0 first, as views of its memory (no copy).

        `picture` is an array (H, W) or (H, W, C) uint8, or I420, whose tiles must be even.

        Raises:
            QuiltError: the picture has another size, or is I420 and its tiles are odd.
        """
        if size_of(picture) != self.size:
            raise QuiltError(
                f"The picture is {_by(size_of(picture))}, but {self.columns}x{self.rows} tiles of"
                f" {_by(self.tile)} are {_by(self.size)}."
            )
        width, height = self.tile
        places = [self.place(view) for view in range(self.views)]
        if isinstance(picture, I420):
            self._check_even()
            return [picture.crop(x, y, width, height) for x, y in places]
        return [picture[y : y + height, x : x + width] for x, y in places]

    def split(self, picture: Picture) -> list[Picture]:
        """The tiles as pictures of their own, view 0 first: `tiles`, copied."""
        return [_copy(tile) for tile in self.tiles(picture)]

    def assemble(self, views: Sequence[Picture]) -> Picture:
        """One picture of all views, view 0 first; the opposite of `split`.

        Raises:
            QuiltError: there are too few or too many, or one is not of the tile's size.
        """
        if len(views) != self.views:
            raise QuiltError(
                f"{self.columns}x{self.rows} tiles need {self.views} views, not {len(views)}."
            )
        for view, picture in enumerate(views):
            if size_of(picture) != self.tile:
                raise QuiltError(
                    f"View {view} is {_by(size_of(picture))}, but a tile is {_by(self.tile)}."
                )
        whole = self._empty_like(views[0])
        for place, picture in zip(self.tiles(whole), views, strict=True):
            _write(picture, place)
        return whole

    def _empty_like(self, tile: Picture) -> Picture:
        width, height = self.size
        if isinstance(tile, I420):
            self._check_even()
            return I420.empty(width, height)
        return np.empty((height, width, *tile.shape[2:]), np.uint8)

    def _check_even(self) -> None:
        if self.tile[0] % 2 or self.tile[1] % 2:
            raise QuiltError(
                f"Tiles of {_by(self.tile)} cannot be cut from 4:2:0 planes; they must be even."
            )


def size_of(picture: NDArray[np.uint8] | I420) -> tuple[int, int]:
    """(width, height) of a picture in pixels."""
    if isinstance(picture, I420):
        return picture.size
    return picture.shape[1], picture.shape[0]


def _copy(picture: Picture) -> Picture:
    if isinstance(picture, I420):
        return I420(picture.y.copy(), picture.u.copy(), picture.v.copy())
    return picture.copy()


def _write(picture: Picture, place: Picture) -> None:
    if isinstance(picture, I420):
        place.y[:], place.u[:], place.v[:] = picture.y, picture.u, picture.v
    else:
        place[:] = picture


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
