"""The command `theatron warmup`: compile every kernel once, with a progress bar."""

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


def warm_up_with_bar(console: Console | None = None, *, transient: bool = False) -> float:
    """Make every kernel ready behind a progress bar; returns the seconds that it took.

    A `transient` bar is wiped when it is full.
    """
    from streamer.render.warmup import STEPS, warm_up  # numba takes a while to import

    bar = Progress(
        TextColumn("{task.description:24}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console or Console(stderr=True),
        transient=transient,
    )
    with bar:
        task = bar.add_task("kernels", total=len(STEPS))

        def show(name: str, done: int, total: int) -> None:
            bar.update(task, description=name, completed=done, total=total)

        return warm_up(show)


@click.command()
def warmup() -> None:
    """Compile all kernels, once, with a progress bar.

    What is compiled is kept in the user's cache; later starts load it. Needed again after an update
    or on another kind of processor.
    """
    seconds = warm_up_with_bar()
    click.echo(f"All kernels are ready; it took {seconds:.1f} s.")
