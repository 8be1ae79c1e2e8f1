"""The command `theatron bench`: a group whose benchmarks are loaded only when they are called."""

import importlib
from typing import Final

import click

BENCHMARKS: Final[dict[str, tuple[str, str]]] = {
    # name: (module:attribute, one-line help shown without importing the module)
    "frame": (
        "benchmarks.frame:frame",
        "What one frame costs: mesh, compose, encode; with rivals.",
    ),
    "render": (
        "benchmarks.render:render",
        "Light fields and pairs of a mesh and of video; with rivals.",
    ),
    "views": (
        "benchmarks.views_quality:views",
        "How good views from video are, beside plain ways.",
    ),
}


class BenchmarkGroup(click.Group):
    """A group that imports a benchmark when it is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All benchmarks, in the order of the table."""
        return list(BENCHMARKS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the benchmark `cmd_name`, or None where there is none."""
        if cmd_name not in BENCHMARKS:
            return None
        module, attribute = BENCHMARKS[cmd_name][0].split(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the benchmarks without importing them."""
        with formatter.section("Benchmarks"):
            formatter.write_dl([(name, text) for name, (_, text) in BENCHMARKS.items()])


@click.command(cls=BenchmarkGroup)
def bench() -> None:
    """Measure this machine, each time with a rival in the same run."""
