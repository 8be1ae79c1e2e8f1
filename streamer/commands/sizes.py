"""WIDTHxHEIGHT on the command line, for the commands that make stills."""

import re
from typing import Any, Final

import click

MOST: Final = 16384


class PixelSize(click.ParamType[tuple[int, int]]):
    """WIDTHxHEIGHT in pixels, both from `least` to 16384, and even if they must be.

    A size that is not so is refused as being `refusal`, with `advice` on how to write it.
    """

    name = "WIDTHxHEIGHT"

    def __init__(self, refusal: str, advice: str, *, least: int = 1, even: bool = False) -> None:
        self._refusal = refusal
        self._advice = advice
        self._least = least
        self._step = 2 if even else 1

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Parse, or fail with what was expected."""
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"([1-9]\d{0,4})x([1-9]\d{0,4})", str(value))
        size = (int(found[1]), int(found[2])) if found else (0, 0)
        if not all(self._least <= n <= MOST and n % self._step == 0 for n in size):
            self.fail(f"{value!r} is {self._refusal}; write it as {self._advice}.", param, ctx)
        return size
