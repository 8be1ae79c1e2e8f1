"""The structures that a CT is turned into, by Hounsfield units, and the colours of meshes."""

from dataclasses import dataclass
from typing import Final

Colour = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Preset:
    """A structure by threshold: all tissue of `low_hu` or more; `colour` is linear RGB in 0..1.

    Surfaces that enclose less than `island_mm3`, or parts smaller than that, are left out.
    """

    name: str
    low_hu: int
    colour: Colour
    island_mm3: float = 100.0


BONE: Final = Preset("bone", 226, (0.89, 0.85, 0.76))
"""The only structure that the room shows unasked: the skin of a head is a recognisable face."""

PALETTE: Final[tuple[Colour, ...]] = (
    BONE.colour,
    (0.16, 0.50, 0.73),
    (0.80, 0.30, 0.16),
    (0.25, 0.62, 0.28),
    (0.86, 0.62, 0.10),
    (0.48, 0.27, 0.64),
    (0.15, 0.60, 0.58),
    (0.75, 0.33, 0.50),
)
"""Linear RGB; told apart also by the common kinds of colour blindness, by lightness."""


def palette_colour(index: int) -> Colour:
    """The colour of structure `index`, counted from 0; they repeat after the last."""
    return PALETTE[index % len(PALETTE)]
