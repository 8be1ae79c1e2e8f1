"""How large a quilt's tiles are made: what the panel can show, within what the codec allows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from streamer.render.quilt import MAX_VIEWS, Quilt, QuiltError

NEARLY: Final = 0.96  # of the most pixels: within this, whole macroblocks and a true aspect win
MACROBLOCK: Final = 16
LEAST_TILE: Final = 16


class PictureLimit(Protocol):
    """What a codec's level allows one picture; `streamer.encode.levels.LevelAtRate` is one."""

    @property
    def name(self) -> str:
        """The limit in words."""

    @property
    def macroblocks(self) -> int:
        """Macroblocks (16x16) that a picture may have."""

    def allows(self, width: int, height: int) -> bool:
        """Whether a picture of this many pixels may be sent."""


@dataclass(frozen=True, slots=True)
class Display:
    """A light-field display: the quilt grid that its maker recommends, and its panel in pixels."""

    columns: int
    rows: int
    panel: tuple[int, int]


# Grids and panels from the maker's public pages; untested on the devices. A calibration file says
# the panel of the display at hand, and wins.
DISPLAYS: Final[dict[str, Display]] = {
    "portrait": Display(8, 6, (1536, 2048)),
    "go": Display(11, 6, (1440, 2560)),
    "16-landscape": Display(7, 7, (3840, 2160)),
    "16-portrait": Display(11, 6, (2160, 3840)),
    "32-landscape": Display(7, 7, (7680, 4320)),
    "65": Display(8, 9, (7680, 4320)),
}


@dataclass(frozen=True, slots=True)
class TileChoice:
    """The chosen quilt, the lowest of the given limits that allows it, and why, in a sentence."""

    quilt: Quilt
    limit: PictureLimit
    reason: str

    @property
    def tile(self) -> tuple[int, int]:
        """(width, height) of a tile in pixels, both even."""
        return self.quilt.tile


def choose_tile(
    columns: int, rows: int, panel: tuple[int, int], limits: Sequence[PictureLimit]
) -> TileChoice:
    """The tile for a grid of views on a panel of (width, height) pixels.

    A view gets width x height x 3 / views of the panel's subpixels; a tile of more pixels than that
    is thrown away by the weave, and costs bits. `limits`, lowest first, are the codec's levels; the
    last may not be exceeded. Of the tiles that have nearly the most pixels, one whose quilt is
    whole macroblocks is taken, then the one whose aspect is nearest to the panel's.

    Raises:
        QuiltError: even tiny tiles exceed the last limit.
    """
    if min(*panel, columns, rows) < 1 or columns * rows > MAX_VIEWS:
        raise QuiltError(
            f"{columns}x{rows} views on a panel of {panel[0]}x{panel[1]} pixels make no quilt; all"
            f" four must be positive, and the views at most {MAX_VIEWS}."
        )
    most = limits[-1]
    aspect = panel[0] / panel[1]
    subpixels = panel[0] * panel[1] * 3 // (columns * rows)
    shown = _candidates(aspect, subpixels)
    allowed = [t for t in shown if most.allows(columns * t[0], rows * t[1])]
    if not shown:
        raise QuiltError(
            f"A panel of {panel[0]}x{panel[1]} has only {subpixels} subpixels for each of"
            f" {columns * rows} views, too few for a tile of {LEAST_TILE}x{LEAST_TILE}."
            " Choose fewer views."
        )
    if not allowed:
        raise QuiltError(
            f"{columns}x{rows} views for a panel of {panel[0]}x{panel[1]} do not fit {most.name}"
            f" ({most.macroblocks:,} macroblocks a picture). Choose fewer views or a higher level."
        )
    largest = max(map(math.prod, allowed))
    good = [t for t in allowed if math.prod(t) >= NEARLY * largest]
    tile = min(good, key=lambda t: _rank(t, columns, rows, aspect))
    quilt = Quilt(columns, rows, tile, aspect)
    limit = next(limit for limit in limits if limit.allows(*quilt.size))
    bound = max(shown, key=math.prod) not in allowed
    return TileChoice(
        quilt, limit, _reason(quilt, panel, subpixels, limit, most if bound else None)
    )


def _candidates(aspect: float, pixels: int) -> list[tuple[int, int]]:
    """Even tiles of at most `pixels` pixels, one or two for each height."""
    found = []
    tallest = math.isqrt(max(1, math.floor(pixels / aspect))) + 2
    for height in range(LEAST_TILE, tallest + 1, 2):
        below = math.floor(height * aspect / 2) * 2
        for width in (below, below + 2):
            if width >= LEAST_TILE and width * height <= pixels:
                found.append((width, height))
    return found


def _rank(
    tile: tuple[int, int], columns: int, rows: int, aspect: float
) -> tuple[bool, int, float, int]:
    width, height = tile
    ragged = (columns * width) % MACROBLOCK != 0 or (rows * height) % MACROBLOCK != 0
    stretch = abs(math.log(width / height / aspect))
    return stretch > 0.01, ragged, round(stretch, 4), -width * height


def _reason(
    quilt: Quilt,
    panel: tuple[int, int],
    subpixels: int,
    limit: PictureLimit,
    bound_by: PictureLimit | None,
) -> str:
    width, height = quilt.size
    macroblocks = -(-width // MACROBLOCK) * -(-height // MACROBLOCK)
    tile = quilt.tile[0] * quilt.tile[1]
    size = f"{quilt.views} views of {quilt.tile[0]}x{quilt.tile[1]} ({tile:,} pixels)"
    show = f"the {panel[0]}x{panel[1]} panel shows {subpixels:,} subpixels a view"
    picture = f"the picture of {width}x{height} is {macroblocks:,} macroblocks"
    if bound_by is not None:
        return (
            f"{size}: {show}, but {bound_by.name} allows {bound_by.macroblocks:,} macroblocks,"
            f" and {picture}."
        )
    return f"{size}: {show}, and {picture}, which {limit.name} allows ({limit.macroblocks:,})."
