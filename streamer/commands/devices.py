"""`theatron devices`: the capture devices of this machine and what `--video` takes for each."""

import json
import sys
from dataclasses import asdict
from typing import Final

import click

from streamer.capture.devices import Device, input_format, list_devices

ADVICE: Final = {
    "linux": (
        "Plug one in and look for /dev/video0. If it is there, your user may not read it: "
        "'sudo usermod -aG video $USER', then log in again."
    ),
    "win32": (
        "Plug one in, install its driver, and allow desktop apps to use the camera under "
        "Settings > Privacy > Camera."
    ),
    "darwin": (
        "Plug one in, and allow your terminal to use the camera under System Settings > "
        "Privacy & Security > Camera."
    ),
}
WITHOUT: Final = (
    "A file, a network address (rtsp://, udp://, ...) or synthetic:field needs no device."
)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def devices(as_json: bool) -> None:
    """List capture devices, each with the exact --video argument that uses it."""
    found = list_devices()
    if as_json:
        listing = {"input": input_format(), "devices": [asdict(device) for device in found]}
        click.echo(json.dumps(listing))
        return
    click.echo(report(found, sys.platform))


def report(found: list[Device], platform: str) -> str:
    """The listing as text for people on `platform` (`sys.platform`)."""
    if not found:
        advice = ADVICE.get(platform, ADVICE["linux"])
        return (
            f"No capture device was found (asked: {input_format(platform)}).\n{advice}\n{WITHOUT}"
        )
    width = max(len(device.name) for device in found)
    lines = [f"  {device.name:<{width}}  --video {quoted(device.video)}" for device in found]
    noun = "device" if len(found) == 1 else "devices"
    return "\n".join([f"{len(found)} capture {noun} ({input_format(platform)}):", *lines])


def quoted(argument: str) -> str:
    """`argument` as a shell takes it, on all three systems."""
    return f'"{argument}"' if any(c in argument for c in " ()&;'") else argument
