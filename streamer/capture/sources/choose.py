"""From what the user typed to a source."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from streamer.capture.settings import CaptureSettings, Layout
from streamer.capture.sources.base import Source
from streamer.capture.sources.device import DeviceSource, looks_like_device
from streamer.capture.sources.file import FileSource
from streamer.capture.sources.network import SCHEMES, NetworkSource
from streamer.capture.sources.synthetic import PREFIX, SyntheticSource
from streamer.errors import SourceError


def choose_source(video: str, settings: CaptureSettings, now_ns: Callable[[], int]) -> Source:
    """The source that `video` names; raises SourceError where it can be none."""
    source = _choose(video, settings, now_ns)
    if settings.loop and not source.recorded:
        raise SourceError(
            f"{source.name!r} is live and cannot be looped; leave out the loop option, or give a "
            "file"
        )
    if settings.video_right is not None and source.side_by_side:
        raise SourceError(f"{source.name!r} holds both eyes already; leave out the second input")
    return source


def _choose(video: str, settings: CaptureSettings, now_ns: Callable[[], int]) -> Source:
    if video.startswith(PREFIX):
        return SyntheticSource(video, settings.eye_size, settings.fps)
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]+(?=://)", video)
    if scheme is not None:
        if urlsplit(video).scheme not in SCHEMES:
            raise SourceError(
                f"the protocol {scheme[0]!r} is not one of those that can be received: "
                f"{', '.join(SCHEMES)}"
            )
        return NetworkSource(video, now_ns)
    if not Path(video).is_file() and looks_like_device(video):
        return DeviceSource(video, now_ns, size=_device_size(settings), fps=settings.fps)
    return FileSource(video)


def _device_size(settings: CaptureSettings) -> tuple[int, int] | None:
    """The picture to ask of a device so that each eye needs no scaling."""
    if settings.eye_size is None:
        return None
    width, height = settings.eye_size
    across = 2 if settings.layout is Layout.SBS else 1
    down = 2 if settings.layout is Layout.TB else 1
    return width * across, height * down
