"""The option types and options that `serve` and `demo` share."""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from streamer.web.addresses import ALL_ADDRESSES
from streamer.web.settings import DEFAULT_PORT, WebSettings

Command = Callable[..., Any]


class EyeSize(click.ParamType[tuple[int, int]]):
    """WIDTHxHEIGHT of one eye's picture, both even."""

    name = "WIDTHxHEIGHT"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Parse, or fail with what was expected."""
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"(\d{2,5})x(\d{2,5})", str(value))
        if not found:
            self.fail(f"{value!r} is not a size; write it as 1280x720.", param, ctx)
        width, height = int(found[1]), int(found[2])
        if width % 2 or height % 2 or not (64 <= width <= 4096 and 64 <= height <= 4096):
            self.fail(
                f"{value!r}: width and height must be even and between 64 and 4096.", param, ctx
            )
        return width, height


class Bitrate(click.ParamType[int]):
    """Bits a second: 8M, 7.5M, 800k or a plain number."""

    name = "BITRATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Parse, or fail with what was expected."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?)([kKmM]?)", str(value))
        if not found:
            self.fail(f"{value!r} is not a bit rate; write it as 8M or 800k.", param, ctx)
        bits = round(float(found[1]) * {"": 1, "k": 1e3, "m": 1e6}[found[2].lower()])
        if not 100_000 <= bits <= 200_000_000:
            self.fail(f"{value!r} is not between 100k and 200M bit/s.", param, ctx)
        return bits


@dataclass(frozen=True, slots=True)
class Doors:
    """What the shared options say: where and for whom the room opens, and how it is announced."""

    web: WebSettings
    new_links: bool
    token_lifetime_s: float
    as_json: bool
    verbose: bool


def door_options(command: Command) -> Command:
    """Give `command` the shared options; it is called with them as one `doors`."""

    @functools.wraps(command)
    def function(
        *,
        host: str,
        port: int,
        max_viewers: int,
        plain_http: bool,
        insecure: bool,
        new_links: bool,
        link_hours: float,
        as_json: bool,
        verbose: bool,
        **others: object,
    ) -> Any:
        web = WebSettings(
            host=host,
            port=port,
            max_viewers=max_viewers,
            plain_http=plain_http,
            insecure=insecure,
        )
        doors = Doors(web, new_links, link_hours * 3600, as_json, verbose)
        return command(doors=doors, **others)

    decorated: Command = function
    for option in reversed(
        [
            click.option(
                "--host",
                default=ALL_ADDRESSES,
                show_default=True,
                help="Address to serve on.",
            ),
            click.option(
                "--port",
                default=DEFAULT_PORT,
                show_default=True,
                type=click.IntRange(0, 65535),
                help="TCP port; 0 takes any free one.",
            ),
            click.option(
                "--max-viewers",
                default=60,
                show_default=True,
                type=click.IntRange(1, 1000),
                help="How many pages may watch at once.",
            ),
            click.option(
                "--plain-http",
                is_flag=True,
                help="Serve without TLS; on loopback only, unless --insecure is said too.",
            ),
            click.option(
                "--insecure",
                is_flag=True,
                help="Allow --plain-http on the network (not for patients).",
            ),
            click.option(
                "--new-links", is_flag=True, help="Make new links; earlier ones stop working."
            ),
            click.option(
                "--link-hours",
                default=12.0,
                show_default=True,
                type=click.FloatRange(0.01, 24 * 30),
                help="How long new links are valid.",
            ),
            click.option(
                "--json", "as_json", is_flag=True, help="Print one JSON line with the addresses."
            ),
            click.option("-v", "--verbose", is_flag=True, help="Log more."),
        ]
    ):
        decorated = option(decorated)
    return decorated
