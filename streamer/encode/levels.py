"""H.264 levels: how large a picture, how many a second and how many bits each level allows."""

import math
from dataclasses import dataclass
from typing import Final

from streamer.encode.h264 import macroblocks


@dataclass(frozen=True, slots=True)
class Level:
    """One row of Table A-1 of ITU-T H.264.

    `max_frame_mbs` is MaxFS, macroblocks (16x16) a picture; `max_mbs_per_s` is MaxMBPS;
    `max_kbps` is MaxBR for the Baseline, Main and Extended profiles, 1000 bits a second.
    """

    name: str
    max_mbs_per_s: int
    max_frame_mbs: int
    max_kbps: int

    @property
    def max_side_mbs(self) -> int:
        """Macroblocks that a side of the picture may have: sqrt(8 MaxFS) (A.3.1 f and g)."""
        return math.isqrt(8 * self.max_frame_mbs)

    def picture_mbs(self, fps: float) -> int:
        """Macroblocks that one of `fps` pictures a second may have."""
        return min(self.max_frame_mbs, math.floor(self.max_mbs_per_s / fps))

    def allows(self, width: int, height: int, fps: float, bitrate_bps: int = 0) -> bool:
        """Whether pictures of `width` x `height` pixels, `fps` a second, stay within this level."""
        return (
            macroblocks(width, height) <= self.picture_mbs(fps)
            and -(-max(width, height) // 16) <= self.max_side_mbs
            and bitrate_bps <= 1000 * self.max_kbps
        )

    def at(self, fps: float) -> "LevelAtRate":
        """This level's limits for one picture, at a fixed rate."""
        return LevelAtRate(self, fps)


@dataclass(frozen=True, slots=True)
class LevelAtRate:
    """What `level` allows a picture when `fps` of them are sent a second."""

    level: Level
    fps: float

    @property
    def name(self) -> str:
        """The limit in words, as in "H.264 level 5.2 at 30 frames a second"."""
        return f"H.264 level {self.level.name} at {self.fps:g} frames a second"

    @property
    def macroblocks(self) -> int:
        """Macroblocks that a picture may have."""
        return self.level.picture_mbs(self.fps)

    def allows(self, width: int, height: int) -> bool:
        """Whether a picture of `width` x `height` pixels may be sent."""
        return self.level.allows(width, height, self.fps)


LEVELS: Final[tuple[Level, ...]] = (
    Level("1", 1_485, 99, 64),
    Level("1b", 1_485, 99, 128),
    Level("1.1", 3_000, 396, 192),
    Level("1.2", 6_000, 396, 384),
    Level("1.3", 11_880, 396, 768),
    Level("2", 11_880, 396, 2_000),
    Level("2.1", 19_800, 792, 4_000),
    Level("2.2", 20_250, 1_620, 4_000),
    Level("3", 40_500, 1_620, 10_000),
    Level("3.1", 108_000, 3_600, 14_000),
    Level("3.2", 216_000, 5_120, 20_000),
    Level("4", 245_760, 8_192, 20_000),
    Level("4.1", 245_760, 8_192, 50_000),
    Level("4.2", 522_240, 8_704, 50_000),
    Level("5", 589_824, 22_080, 135_000),
    Level("5.1", 983_040, 36_864, 240_000),
    Level("5.2", 2_073_600, 36_864, 240_000),
    Level("6", 4_177_920, 139_264, 240_000),
    Level("6.1", 8_355_840, 139_264, 480_000),
    Level("6.2", 16_711_680, 139_264, 800_000),
)


def level_named(name: str) -> Level:
    """The level called `name`, such as "5.2"; "5.0" is "5".

    Raises ValueError where the standard has no such level.
    """
    wanted = name.removesuffix(".0")
    for level in LEVELS:
        if level.name == wanted:
            return level
    known = ", ".join(level.name for level in LEVELS)
    raise ValueError(f"H.264 has no level {name!r}; it has {known}")


def levels_at(fps: float, up_to: str = "5.2") -> tuple[LevelAtRate, ...]:
    """The levels from the lowest to the one named `up_to`, for pictures sent `fps` a second.

    Raises ValueError for an unknown level or a rate that is not positive.
    """
    if not (math.isfinite(fps) and fps > 0):
        raise ValueError(f"a rate is a positive number of frames a second, not {fps}")
    highest = LEVELS.index(level_named(up_to))
    return tuple(level.at(fps) for level in LEVELS[: highest + 1])


def lowest_level(width: int, height: int, fps: float, bitrate_bps: int = 0) -> Level | None:
    """The lowest level that allows such a stream; None where none does."""
    for level in LEVELS:
        if level.allows(width, height, fps, bitrate_bps):
            return level
    return None
