"""The command `theatron`: a group whose commands are loaded only when they are called."""

import importlib
import sys
from typing import Final

import click

from streamer import __version__
from streamer.errors import TheatronError

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    # name: (module:attribute, one-line help shown without importing the module)
    "serve": ("streamer.commands.serve:serve", "Broadcast a video source and a CT to a room."),
    "demo": ("streamer.commands.demo:demo", "Broadcast a synthetic operation; no hardware needed."),
    "devices": ("streamer.commands.devices:devices", "List capture devices."),
    "doctor": ("streamer.commands.doctor:doctor", "Check this machine and say what to do."),
    "trust": ("streamer.commands.trust:trust", "Make tablets and phones trust this server."),
    "ct": ("streamer.commands.ct:ct", "Look at a CT series."),
    "render": ("streamer.commands.render:render", "Draw meshes or a CT as a quilt or a pair."),
    "synth": ("streamer.commands.synth:synth", "Make a quilt of views from a still stereo pair."),
    "weave": (
        "streamer.commands.weave:weave",
        "Weave a quilt for a lenticular panel, as a lossless still.",
    ),
    "warmup": (
        "streamer.commands.warmup:warmup",
        "Compile all kernels, once, with a progress bar.",
    ),
    "bench": ("benchmarks.cli:bench", "Measure this machine."),
}


class LazyGroup(click.Group):
    """A group that imports a command's module when it is run, so that start-up is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All command names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command `cmd_name`, or None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name][0].split(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="theatron")
def group() -> None:
    """Broadcast live surgery and the patient's anatomy in 3D, on a LAN, to every display."""


def main() -> None:
    """Run the command line; a user's mistake ends in one sentence and a non-zero exit."""
    try:
        group(prog_name="theatron")
    except TheatronError as error:
        click.secho(f"theatron: {error}", fg="red", err=True)
        sys.exit(error.exit_code)
