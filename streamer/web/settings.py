"""What a person may set about the server's doors, with the defaults."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from streamer.web.addresses import ALL_ADDRESSES

DEFAULT_PORT: Final = 8443


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Where the server listens and how much it takes from pages.

    `host` is what it binds to; `port` 0 takes any free one. `max_viewers` counts every page that
    was let in. A page that leaves `queue_messages` or `queue_bytes` unread is closed. `tls_folder`
    is where certificates are kept, by default below the state folder.
    """

    host: str = ALL_ADDRESSES
    port: int = DEFAULT_PORT
    plain_http: bool = False
    insecure: bool = False
    max_viewers: int = 60
    hello_timeout_s: float = 5.0
    heartbeat_s: float = 5.0
    messages_per_s: float = 120.0
    messages_burst: int = 240
    queue_messages: int = 512
    queue_bytes: int = 16 * 1024 * 1024
    tls_folder: Path | None = None
