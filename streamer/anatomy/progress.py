"""How the import tells what it is doing: one callable, called with a stage and its share done."""

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""`progress(stage, done)`: `stage` is a phrase for a person, `done` its finished share in 0..1."""


def silent(stage: str, done: float) -> None:
    """Progress that nobody watches."""
