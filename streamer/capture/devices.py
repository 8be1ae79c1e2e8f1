"""Capture devices as FFmpeg sees them, on Linux, Windows and macOS."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
import av.error

INPUT_FORMATS: Final = {"linux": "v4l2", "win32": "dshow", "darwin": "avfoundation"}


@dataclass(frozen=True, slots=True)
class Device:
    """One capture device: its human name, and the string that `--video` takes for it."""

    name: str
    video: str


def input_format(platform: str = sys.platform) -> str:
    """FFmpeg's input format for capture devices on `platform`."""
    return INPUT_FORMATS.get(platform, "v4l2")


def list_devices(platform: str = sys.platform) -> list[Device]:
    """The capture devices of this machine; empty where there are none or none may be seen."""
    wanted = input_format(platform)
    try:
        found = av.enumerate_input_devices(wanted)
    except (av.error.FFmpegError, OSError, ValueError):
        return from_sysfs() if wanted == "v4l2" else []
    devices = [
        Device(d.description or d.name, _video_string(wanted, d.name, d.description))
        for d in found
        if "video" in d.media_types or not d.media_types
    ]
    return sorted(devices, key=lambda device: device.video)


def _video_string(wanted: str, name: str, description: str) -> str:
    if wanted == "dshow":
        # The name is a long moniker path; people know the description, and dshow takes both.
        return f"video={description or name}"
    return name


def from_sysfs(
    dev: Path = Path("/dev"), sysfs: Path = Path("/sys/class/video4linux")
) -> list[Device]:
    """The video nodes in `dev` with their names from `sysfs`: Linux, where FFmpeg cannot list."""
    devices = []
    for node in sorted(dev.glob("video[0-9]*"), key=lambda p: int(p.name[5:])):
        label = sysfs / node.name / "name"
        try:
            name = label.read_text(encoding="utf-8").strip()
        except OSError:
            name = node.name
        devices.append(Device(name, str(node)))
    return devices
