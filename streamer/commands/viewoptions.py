"""The options of `serve` and `demo` that say which view sets are offered, and for what display."""

import functools
from collections.abc import Callable
from typing import Any

import click

from streamer.commands.options import EyeSize
from streamer.render.tile_choice import DISPLAYS
from streamer.render.viewset import ViewSet, ViewSetError
from streamer.viewsets import LightFieldSettings

Command = Callable[..., Any]


class ViewSetName(click.ParamType[ViewSet]):
    """`stereo`, `stereo+depth` or `quilt:COLUMNSxROWS`."""

    name = "VIEWSET"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> ViewSet:
        """Parse, or fail with what was expected."""
        if isinstance(value, ViewSet):
            return value
        try:
            return ViewSet.parse(str(value))
        except ViewSetError as error:
            self.fail(str(error), param, ctx)


def view_options(command: Command) -> Command:
    """Give `command` the options; it is called with them as one `light_field`."""

    @functools.wraps(command)
    def function(
        *,
        view_set: tuple[ViewSet, ...],
        display: str,
        tile: tuple[int, int] | None,
        cone: float,
        mono_depth: float,
        **others: object,
    ) -> Any:
        distinct = tuple(dict.fromkeys(view_set))
        light_field = LightFieldSettings(distinct, display, tile, cone, mono_depth / 100)
        return command(light_field=light_field, **others)

    decorated: Command = function
    for option in reversed(
        [
            click.option(
                "--view-set",
                type=ViewSetName(),
                multiple=True,
                help="Offer these views too: stereo+depth, or a quilt such as quilt:8x6. May be"
                " repeated; each is made only while watched.",
            ),
            click.option(
                "--display",
                type=click.Choice(sorted(DISPLAYS)),
                default="portrait",
                show_default=True,
                help="The light-field display for which a quilt's tiles are sized.",
            ),
            click.option("--tile", type=EyeSize(), help="Size of a quilt's tiles instead."),
            click.option(
                "--cone",
                type=click.FloatRange(0, 120, max_open=True),
                default=35.0,
                show_default=True,
                help="The display's view cone in degrees.",
            ),
            click.option(
                "--mono-depth",
                type=click.FloatRange(-6, 6),
                default=0.0,
                show_default=True,
                help="Where mono video lies: its disparity, in % of the width; before the screen"
                " if positive.",
            ),
        ]
    ):
        decorated = option(decorated)
    return decorated
