"""`theatron doctor`: check this machine and say what to do."""

import dataclasses
import json
from typing import Final

import click
from rich.console import Console
from rich.table import Table

from streamer.commands.machine import Check, Status, run_checks
from streamer.web.settings import DEFAULT_PORT

_STYLES: Final = {Status.OK: "green", Status.WARN: "yellow", Status.FAIL: "bold red"}


@click.command()
@click.option(
    "--port",
    default=DEFAULT_PORT,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="The TCP port that will be served.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def doctor(context: click.Context, port: int, as_json: bool) -> None:
    """Check this machine and say what to do.

    Looks at ports, certificate, codecs, encoders, cores and what else a room needs. The exit status
    is 1 where something keeps a room from opening.
    """
    checks = run_checks(port)
    failed = any(check.status is Status.FAIL for check in checks)
    if as_json:
        report = {"ok": not failed, "checks": [dataclasses.asdict(check) for check in checks]}
        click.echo(json.dumps(report))
    else:
        Console().print(_table(checks))
        click.echo(_verdict(checks))
    context.exit(1 if failed else 0)


def _table(checks: list[Check]) -> Table:
    table = Table(show_lines=True)
    for heading in ("", "check", "found", "what to do"):
        table.add_column(heading, overflow="fold")
    for check in checks:
        status = f"[{_STYLES[check.status]}]{check.status.value}[/]"
        table.add_row(status, check.name, _plain(check.found), _plain(check.advice))
    return table


def _plain(text: str) -> str:
    """`text` without rich's markup: an address in brackets is no style."""
    return text.replace("[", r"\[")


def _verdict(checks: list[Check]) -> str:
    failed = [check.name for check in checks if check.status is Status.FAIL]
    if failed:
        return f"No room can be opened until this is seen to: {', '.join(failed)}."
    warned = [check.name for check in checks if check.status is Status.WARN]
    if warned:
        return f"A room can be opened. Better after a look at: {', '.join(warned)}."
    return "A room can be opened."
