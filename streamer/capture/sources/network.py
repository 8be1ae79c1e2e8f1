"""Network streams as a source: RTSP, RTMP, SRT, UDP and HTTP, by FFmpeg."""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from streamer.capture.sources.base import Wait
from streamer.capture.sources.decoder import LiveReader, open_container
from streamer.capture.sources.explain import shown_address
from streamer.errors import SourceError

SCHEMES: Final = ("rtsp", "rtsps", "rtmp", "rtmps", "srt", "udp", "rtp", "tcp", "http", "https")

OPEN_TIMEOUT_S: Final = 10.0
"""A camera with one keyframe in ten seconds can still be joined."""
SILENCE_S: Final = 2.0
"""A stream that is silent for so long is taken as lost."""

COMMON: Final = {"analyzeduration": "1000000", "probesize": "2000000", "flags": "low_delay"}
OPTIONS: Final[dict[str, dict[str, str]]] = {
    # TCP first: a camera's UDP packets of one keyframe overrun small socket buffers.
    "rtsp": {"rtsp_flags": "prefer_tcp", "max_delay": "100000"},
    "rtsps": {"rtsp_flags": "prefer_tcp", "max_delay": "100000"},
    "rtmp": {"rtmp_live": "live"},
    "rtmps": {"rtmp_live": "live"},
    "udp": {"overrun_nonfatal": "1", "fifo_size": "20000", "buffer_size": "4000000"},
    "rtp": {"buffer_size": "4000000", "max_delay": "100000"},
}


class NetworkSource:
    """One address; it need not answer when the room opens."""

    recorded, patient, side_by_side = False, True, False

    def __init__(self, address: str, now_ns: Callable[[], int]) -> None:
        parts = urlsplit(address)
        try:
            port = parts.port
        except ValueError:
            port = -1
        self.name = shown_address(address)
        if (not parts.hostname and not port) or port == -1:
            raise SourceError(
                f"the address {self.name!r} names no host or no possible port; write it like "
                "rtsp://192.168.1.20:554/stream or udp://0.0.0.0:5000"
            )
        self._address, self._scheme, self._now_ns = address, parts.scheme, now_ns

    def open(self, wait: Wait) -> LiveReader:
        """Connect; blocks for up to ten seconds; raises SourceError that says what happened."""
        container = open_container(
            self._address,
            self.name,
            "address",
            options=COMMON | OPTIONS.get(self._scheme, {}),
            timeouts_s=(OPEN_TIMEOUT_S, SILENCE_S),
        )
        return LiveReader(container, self.name, "address", self._now_ns, wait)
