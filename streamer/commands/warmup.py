"""The command `theatron warmup`: compile every kernel once, with a progress bar."""

from collections.abc import Callable

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


def warm_up_for_room(*, has_anatomy: bool) -> None:
    """Compile all kernels, or, where they are compiled, load those that a room needs at once."""
    from streamer.render.warmup import LIVE, are_compiled

    if not are_compiled():
        warm_up_with_bar(transient=True)
    elif has_anatomy:
        warm_up_with_bar(LIVE, transient=True)


def warm_up_with_bar(
    steps: tuple[tuple[str, Callable[[], None]], ...] | None = None,
    console: Console | None = None,
    *,
    transient: bool = False,
) -> float:
    """Make every kernel, or those of `steps`, ready behind a progress bar; returns the seconds.

    A `transient` bar is wiped when it is full.
    """
    from streamer.render.warmup import STEPS, warm_up  # numba takes a while to import

    steps = steps or STEPS
    bar = Progress(
        TextColumn("{task.description:24}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console or Console(stderr=True),
        transient=transient,
    )
    with bar:
        task = bar.add_task("kernels", total=len(steps))

        def show(name: str, done: int, total: int) -> None:
            bar.update(task, description=name, completed=done, total=total)

        return warm_up(show, steps)


@click.command()
def warmup() -> None:
    """Compile all kernels, once, with a progress bar.

    What is compiled is kept in the user's cache; later starts load it. Needed again after an update
    or on another kind of processor.
    """
    from streamer.render.kernels.jit import forget_old_caches

    seconds = warm_up_with_bar()
    forget_old_caches()
    click.echo(f"All kernels are ready; it took {seconds:.1f} s.")
