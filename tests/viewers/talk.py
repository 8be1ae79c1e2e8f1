"""A page in Chromium whose server is the test: files from `dist`, a socket that the test speaks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlsplit

import msgspec
from playwright.sync_api import Browser, Page, Route, WebSocketRoute

from streamer.room.messages import (
    ClientMessage,
    Hello,
    RenditionInfo,
    SceneState,
    ServerMessage,
    SourceInfo,
    ViewSetKind,
    Welcome,
)
from streamer.web.doors import policy

ORIGIN: Final = "https://theatron.test"
TYPES: Final = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
NOTE_POLICY: Final = """
window.forbidden = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.forbidden.push(`${event.violatedDirective}: ${event.blockedURI}`));
"""

_decoder: Final[msgspec.json.Decoder[ClientMessage]] = msgspec.json.Decoder(ClientMessage)

Answer = Callable[["Talk", WebSocketRoute, Any], None]
"""What the test's server does with a message: given the talk, the socket and the message."""


def offered(
    name: str, columns: int, rows: int, tile: tuple[int, int], below: int = 0
) -> RenditionInfo:
    """A rendition of `columns` x `rows` views with so many rows of other things `below` them."""
    kind = cast("ViewSetKind", name.partition(":")[0])
    width, height = columns * tile[0], rows * tile[1] + below
    return RenditionInfo(name, width, height, kind, columns, rows, *tile)


TWO: Final = [offered("stereo", 2, 1, (1280, 720)), offered("mono", 1, 1, (1280, 720))]


def welcome(**changes: Any) -> Welcome:
    """A student's welcome to a room with a live source, with `changes`."""
    plain: dict[str, Any] = {
        "viewer_id": "v1",
        "role": "student",
        "room": "theatre",
        "version": "0",
        "seq": 0,
        "scene": SceneState(),
        "strokes": [],
        "renditions": TWO,
        "source": SourceInfo("live"),
        "viewers": 1,
    }
    return Welcome(**{**plain, **changes})


@dataclass
class Talk:
    """All that went between one page and the test."""

    page: Page
    sockets: list[WebSocketRoute] = field(default_factory=list)
    heard: list[ClientMessage] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def say(self, message: ServerMessage) -> None:
        """Send a message over the newest socket."""
        self.sockets[-1].send(msgspec.json.encode(message).decode())

    def of(self, kind: type[msgspec.Struct]) -> list[Any]:
        """What the page has sent of a kind."""
        return [message for message in self.heard if isinstance(message, kind)]

    def wait_for(self, holds: Callable[[], bool], timeout_ms: int = 10_000) -> None:
        """Let the page go on until `holds`; fails with what was heard."""
        for _ in range(timeout_ms // 50):
            if holds():
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"heard {self.heard}, status {self.status()!r}, {self.complaints}")

    def wait_for_message(self, message: ClientMessage) -> None:
        """Wait until the page has sent exactly this."""
        self.wait_for(lambda: message in self.heard)

    def status(self) -> str:
        """The page's status line."""
        return self.page.get_by_test_id("status").inner_text()

    def wait_for_status(self, words: str) -> None:
        """Wait until the status line holds `words`."""
        self.wait_for(lambda: words in self.status())

    def assert_clean(self) -> None:
        """Nothing was asked of anybody else, nothing forbidden, nothing thrown."""
        assert not self.complaints, self.complaints
        assert not self.page.evaluate("() => window.forbidden")
        assert all(url.startswith(ORIGIN) for url in self.requests), self.requests


@contextmanager
def talk(
    browser: Browser,
    dist: Path,
    path: str,
    answer: Answer,
    size: tuple[int, int] = (1280, 800),
    script: str = "",
) -> Iterator[Talk]:
    """Open `path` (such as "/watch#token") in a page of its own; `script` runs before it."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    opened = Talk(page)

    def serve(route: Route) -> None:
        asked = urlsplit(route.request.url).path
        file = dist / (f"{asked[1:]}.html" if asked in ("/watch", "/teach") else asked[1:])
        headers = {"content-security-policy": policy("")}
        headers["content-type"] = TYPES.get(file.suffix, "image/svg+xml")
        route.fulfill(status=200, body=file.read_bytes(), headers=headers)

    def connect(socket: WebSocketRoute) -> None:
        opened.sockets.append(socket)

        def take(text: str | bytes) -> None:
            message = _decoder.decode(text)
            opened.heard.append(message)
            answer(opened, socket, message)

        socket.on_message(take)

    page.add_init_script(NOTE_POLICY + script)
    page.on("request", lambda request: opened.requests.append(request.url))
    page.on("pageerror", lambda error: opened.complaints.append(str(error)))
    page.route("**/*", serve)
    page.route_web_socket("**/ws", connect)
    page.goto(ORIGIN + path)
    try:
        yield opened
    finally:
        context.close()


def welcoming(**changes: Any) -> Answer:
    """A server that welcomes every page and leaves its offers unanswered."""

    def answer(opened: Talk, socket: WebSocketRoute, message: Any) -> None:
        if isinstance(message, Hello):
            socket.send(msgspec.json.encode(welcome(**changes)).decode())

    return answer
