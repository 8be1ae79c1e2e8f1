"""A delivery without peers, a small bundle of pages, and a page's end of the socket."""

import asyncio
import ssl
from asyncio.trsock import TransportSocket
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar

import aiohttp
import msgspec

from streamer.clock import CaptureClock
from streamer.errors import EncoderError
from streamer.room.messages import (
    Anchor,
    Hello,
    Refused,
    RenditionInfo,
    RenditionName,
    Role,
    ServerMessage,
    SourceInfo,
    Welcome,
    Wire,
)
from streamer.room.room import Room
from streamer.room.tokens import RoomTokens
from streamer.web.pages import Pages
from streamer.web.server import WebServer, WebSettings
from tests.room.rooms import Depth, make_room

PATIENCE_S = 20.0  # a guard against hanging, never a measure
M = TypeVar("M", bound=Wire)
_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(ServerMessage)


class FakeDelivery:
    """The web side's seam to delivery, in memory."""

    def __init__(self) -> None:
        self.connected: dict[str, tuple[str, RenditionName]] = {}
        self.left: list[str] = []
        self.lossy: list[tuple[str, str]] = []
        self.anchor_now: Anchor | None = Anchor(5, 450_000, 1e12, 3000.0)
        self.source_now = SourceInfo("live")
        self.failure: Exception | None = None
        self.hold = asyncio.Event()
        self.hold.set()

    def renditions(self) -> list[RenditionInfo]:
        return [
            RenditionInfo("stereo", 2560, 720, "stereo", 2, 1, 1280, 720),
            RenditionInfo("mono", 1280, 720, "mono", 1, 1, 1280, 720),
        ]

    async def connect(self, viewer_id: str, offer_sdp: str, rendition: RenditionName) -> str:
        await self.hold.wait()
        if self.failure is not None:
            raise self.failure
        self.connected[viewer_id] = (offer_sdp, rendition)
        return f"answer to {offer_sdp}"

    async def select(self, viewer_id: str, rendition: RenditionName) -> None:
        if viewer_id not in self.connected:
            raise EncoderError(f"viewer {viewer_id} has no peer yet: send an offer first")
        self.connected[viewer_id] = (self.connected[viewer_id][0], rendition)

    async def disconnect(self, viewer_id: str) -> None:
        self.left.append(viewer_id)

    def send_lossy(self, viewer_id: str, text: str) -> None:
        self.lossy.append((viewer_id, text))

    def anchor(self) -> Anchor | None:
        return self.anchor_now

    def source(self) -> SourceInfo:
        return self.source_now

    def counters(self) -> dict[str, object]:
        return {"encoded": 7}


class Page:
    """A page's end of a socket: says messages, and waits for those of the server."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.line: TransportSocket = socket.get_extra_info("socket")
        self.heard: list[Wire] = []
        self.welcome: Welcome | None = None

    @property
    def id(self) -> str:
        assert self.welcome is not None
        return self.welcome.viewer_id

    async def say(self, *messages: Wire | str) -> None:
        for message in messages:
            text = message if isinstance(message, str) else msgspec.json.encode(message).decode()
            await self.socket.send_str(text)

    async def hear(self, kind: type[M]) -> M:
        """The next message of that kind; others before it are kept in `heard`."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message = _decoder.decode(await self.socket.receive_str())
                self.heard.append(message)
                if isinstance(message, kind):
                    return message

    async def hear_refusal(self, code: str) -> str:
        refused = await self.hear(Refused)
        assert refused.code == code, refused
        return refused.reason

    async def end(self) -> int | None:
        """Read until the server has closed; its close code."""
        async with asyncio.timeout(PATIENCE_S):
            while not self.socket.closed:
                message = await self.socket.receive()
                if message.type is aiohttp.WSMsgType.TEXT:
                    self.heard.append(_decoder.decode(message.data))
        return self.socket.close_code

    async def leave(self) -> None:
        await self.socket.close()


class House:
    """A running web server with a fake delivery, and the clients that visit it."""

    def __init__(self, home: Path, settings: WebSettings, tokens: RoomTokens) -> None:
        self.depth = Depth()
        self.room: Room = make_room(self.depth)
        self.delivery = FakeDelivery()
        self.tokens = tokens
        self.settings = settings
        self.server = WebServer(
            self.room, tokens, self.delivery, CaptureClock(), settings, Pages(bundle(home))
        )
        self.client = aiohttp.ClientSession()
        self._pages: list[Page] = []  # a socket that nobody holds closes itself

    async def __aenter__(self) -> Self:
        await self.server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(page.leave() for page in self._pages))
        await self.client.close()
        await self.server.stop()
        lines = [page.line for page in self._pages]
        await self.until(lambda: all(line.fileno() == -1 for line in lines))

    @property
    def scheme(self) -> str:
        return "http" if self.settings.plain_http else "https"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server.port}"

    @property
    def trust(self) -> ssl.SSLContext | bool:
        """What a client needs to trust the server: its CA, and nothing else."""
        if self.settings.plain_http:
            return True
        assert self.settings.tls_folder is not None
        return ssl.create_default_context(cafile=str(self.settings.tls_folder / "ca.crt"))

    async def get(self, path: str, **headers: str) -> tuple[aiohttp.ClientResponse, bytes]:
        """GET a path; header names with `_` for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.client.get(
            self.origin + path, headers=named, ssl=self.trust, allow_redirects=False
        ) as response:
            return response, await response.read()

    async def knock(self, **headers: str) -> Page:
        """Open a socket and say nothing yet."""
        named = {"Origin": self.origin} | headers
        socket = await self.client.ws_connect(
            f"{self.origin}/ws", headers=named, ssl=self.trust, max_msg_size=0
        )
        return self.adopt(socket)

    def adopt(self, socket: aiohttp.ClientWebSocketResponse) -> Page:
        """A page on a socket that a test opened by itself; the house waits for its end too."""
        self._pages.append(Page(socket))
        return self._pages[-1]

    async def enter(self, role: Role = "student") -> Page:
        """Open a socket and be let in."""
        page = await self.knock()
        await page.say(Hello(self.tokens.token(role)))
        page.welcome = await page.hear(Welcome)
        return page

    async def until(self, truth: Callable[[], bool]) -> None:
        """Wait until `truth()` holds."""
        async with asyncio.timeout(PATIENCE_S):
            while not truth():
                await asyncio.sleep(0.01)


def bundle(home: Path) -> Path:
    """A built bundle as esbuild leaves it, in small."""
    dist = home / "dist"
    (dist / "assets").mkdir(parents=True, exist_ok=True)
    for page in ("watch", "teach"):
        html = f'<!doctype html><title>{page}</title><script src="/assets/x-QW3RTY2A.js"></script>'
        (dist / f"{page}.html").write_text(html)
    (dist / "assets" / "x-QW3RTY2A.js").write_text("export const answer = 42;\n" * 100)
    (dist / "assets" / "stereo-anaglyph.js").write_text("let plain;\n")
    (dist / "assets" / "theatron.webmanifest").write_text("{}")
    (dist / "icon.svg").write_text("<svg/>")
    (dist / ".built-from").write_text("a digest")
    return dist
