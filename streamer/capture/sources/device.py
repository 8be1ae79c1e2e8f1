"""Capture devices (camera, frame grabber) as a source, by FFmpeg's v4l2, dshow or avfoundation."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from streamer.capture.devices import input_format, list_devices
from streamer.capture.sources.base import Wait
from streamer.capture.sources.decoder import LiveReader, open_container
from streamer.errors import SourceError

HINT: Final = "run 'theatron devices' to see what is connected"
SLOW_FPS: Final = 20.0
OPEN_TIMEOUT_S: Final = 10.0


def looks_like_device(name: str, platform: str = sys.platform) -> bool:
    """Whether `name` reads as a device: `/dev/video0`, `0`, `video=USB Camera`, a listed name."""
    if re.fullmatch(r"\d{1,2}", name) or name.startswith(("/dev/", "video=")):
        return True
    return platform != "linux" and any(name == d.name for d in list_devices(platform))


def ffmpeg_name(name: str, platform: str = sys.platform) -> str:
    """`name` as FFmpeg's input for `platform` wants it; raises SourceError where it cannot be."""
    wanted = input_format(platform)
    if wanted == "v4l2":
        return f"/dev/video{name}" if name.isdigit() else name.removeprefix("video=")
    if wanted == "avfoundation":
        return f"{name.removeprefix('video=')}:none"
    if name.isdigit():
        devices = list_devices(platform)
        if int(name) >= len(devices):
            raise SourceError(f"no capture device number {name}: {len(devices)} found; {HINT}")
        return devices[int(name)].video
    return name if name.startswith("video=") else f"video={name}"


class DeviceSource:
    """One capture device, asked for a size and rate and taken as it is where it refuses them."""

    recorded, patient, side_by_side = False, False, False

    def __init__(
        self,
        name: str,
        now_ns: Callable[[], int],
        *,
        size: tuple[int, int] | None = None,
        fps: float | None = None,
    ) -> None:
        self.name = name
        self._now_ns, self._size, self._fps = now_ns, size, fps

    def open(self, wait: Wait) -> LiveReader:
        """Open the device; raises SourceError that says why it cannot be and what to do."""
        wanted = input_format()
        address = ffmpeg_name(self.name)
        if wanted == "v4l2" and not Path(address).exists():
            raise SourceError(f"no capture device {self.name!r}; {HINT}")
        asked = self._asked(wanted)
        taken = asked
        try:
            reader = self._open(address, wanted, asked, wait)
        except SourceError as error:
            if not asked:
                raise SourceError(f"{error}; {HINT}") from error
            try:
                taken = {}
                reader = self._open(address, wanted, taken, wait)
            except SourceError as plain:
                raise SourceError(f"{plain}; {HINT}") from plain
        if wanted == "v4l2" and reader.format.fps < SLOW_FPS <= (self._fps or 30.0):
            # USB 2 carries raw HD at 5 to 10 a second; the same camera's MJPEG is at full rate.
            reader.close()
            try:
                reader = self._open(address, wanted, asked | {"input_format": "mjpeg"}, wait)
            except SourceError:
                reader = self._open(address, wanted, taken, wait)
        return reader

    def _asked(self, wanted: str) -> dict[str, str]:
        asked = {}
        if self._size is not None:
            asked["video_size"] = f"{self._size[0]}x{self._size[1]}"
        # Without it avfoundation asks for 29.97, which most cameras refuse.
        if self._fps is not None or wanted == "avfoundation":
            asked["framerate"] = f"{self._fps or 30:g}"
        return asked

    def _open(self, address: str, wanted: str, asked: dict[str, str], wait: Wait) -> LiveReader:
        options = dict(asked)
        if wanted == "dshow":
            options["rtbufsize"] = "64M"
        container = open_container(
            address,
            self.name,
            "capture device",
            input_format=wanted,
            options=options,
            timeouts_s=(OPEN_TIMEOUT_S, OPEN_TIMEOUT_S),
        )
        return LiveReader(container, self.name, "capture device", self._now_ns, wait)
