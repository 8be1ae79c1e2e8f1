"""The life of one socket: its `Hello`, then each message carried out or refused, then its end."""

import asyncio
import logging
from typing import Final

import msgspec
from aiohttp import WSMessage, WSMsgType, web

from streamer.errors import AccessError, MessageError, TheatronError
from streamer.room.messages import (
    MAX_MESSAGE_BYTES,
    Answer,
    ClientMessage,
    Hello,
    Offer,
    Ping,
    Pointer,
    Refused,
    Select,
)
from streamer.room.tokens import RoomTokens
from streamer.web.bucket import TokenBucket
from streamer.web.connection import CloseCode, Connection
from streamer.web.hub import Hub, Viewer
from streamer.web.settings import WebSettings

# Beyond this aiohttp closes with 1009 before the page can be told why.
HARD_MESSAGE_BYTES: Final = 2 * MAX_MESSAGE_BYTES
MAX_STRANGERS: Final = 64
CONNECT_TIMEOUT_S: Final = 15.0

_decoder: Final[msgspec.json.Decoder[ClientMessage]] = msgspec.json.Decoder(ClientMessage)
_log = logging.getLogger(__name__)


class BrokenProtocol(Exception):  # noqa: N818  (it ends a session; it is no error of ours)
    """The page broke the protocol: it is told `reason` (and the word `why`), then closed."""

    def __init__(self, why: str, reason: str) -> None:
        super().__init__(reason)
        self.why = why
        self.reason = reason


class Sessions:
    """Serves `/ws`: one `serve` for each socket, whatever comes over it."""

    def __init__(self, hub: Hub, tokens: RoomTokens, settings: WebSettings) -> None:
        self._hub = hub
        self._tokens = tokens
        self._settings = settings
        self._strangers: set[Connection] = set()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Upgrade the request to a socket and see it through to its end."""
        if len(self._strangers) >= MAX_STRANGERS:
            text = "Too many pages knock at once; try again in a few seconds.\n"
            return web.Response(status=503, text=text, headers={"Retry-After": "5"})
        settings = self._settings
        socket = web.WebSocketResponse(
            heartbeat=settings.heartbeat_s,
            max_msg_size=HARD_MESSAGE_BYTES,
            compress=False,
            timeout=1.0,
        )
        await socket.prepare(request)
        connection = Connection(
            socket, request.transport, settings.queue_messages, settings.queue_bytes
        )
        self._hub.counted["sockets"] += 1
        self._strangers.add(connection)
        bucket = TokenBucket(settings.messages_per_s, settings.messages_burst)
        viewer: Viewer | None = None
        try:
            viewer = await self._greet(connection, bucket)
            if viewer is not None:
                await self._attend(viewer, bucket)
        except BrokenProtocol as broken:
            self._hub.counted[f"closed: {broken.why}"] += 1
            await connection.refuse(CloseCode.BROKEN_PROTOCOL, broken.why, broken.reason)
        finally:
            self._strangers.discard(connection)
            await connection.close(CloseCode.GOING_AWAY, "", flush=False)
            if viewer is not None:
                await self._leave(viewer)
        return socket

    async def dismiss_strangers(self, reason: str) -> None:
        """Close the sockets that have not said `Hello` yet."""
        leaving = [c.close(CloseCode.GOING_AWAY, reason) for c in self._strangers]
        await asyncio.gather(*leaving)

    async def _greet(self, connection: Connection, bucket: TokenBucket) -> Viewer | None:
        """Wait for `Hello` and let the page in; None where it left or was refused."""
        try:
            message = await self._receive(connection, bucket, self._settings.hello_timeout_s)
        except TimeoutError as error:
            seconds = f"{self._settings.hello_timeout_s:g} s"
            raise BrokenProtocol(
                "hello", f"This page did not say hello within {seconds}."
            ) from error
        if message is None or connection.closing:
            return None
        if not isinstance(message, Hello):
            raise BrokenProtocol("hello", "A page must say hello with its token first.")
        try:
            role = self._tokens.check(message.token)
        except AccessError as error:
            self._hub.counted["tokens refused"] += 1
            _log.warning("a page was not let in: %s", error)
            await connection.refuse(CloseCode.NO_ACCESS, "token", str(error))
            return None
        if not self._hub.has_room_for(role):
            self._hub.counted["room full"] += 1
            reason = (
                f"The room is full: {self._hub.viewers} pages are in, --max-viewers is "
                f"{self._settings.max_viewers}. Wait until one leaves, or ask the instructor."
            )
            await connection.refuse(CloseCode.ROOM_FULL, "full", reason)
            return None
        self._strangers.discard(connection)
        return self._hub.enter(role, connection)

    async def _attend(self, viewer: Viewer, bucket: TokenBucket) -> None:
        """Carry out what the page asks until it leaves; an offer does not hold up the rest."""
        offers: set[asyncio.Task[None]] = set()
        try:
            while (message := await self._receive(viewer.connection, bucket)) is not None:
                if not isinstance(message, Offer):
                    await self._refusing(viewer, message)
                elif offers:
                    reason = "The page's first offer is still being answered."
                    self._hub.send(viewer, Refused("busy", reason))
                else:
                    task = asyncio.create_task(self._refusing(viewer, message))
                    offers.add(task)
                    task.add_done_callback(offers.discard)
        finally:
            for task in list(offers):
                task.cancel()
            await asyncio.gather(*offers, return_exceptions=True)

    async def _leave(self, viewer: Viewer) -> None:
        try:
            await self._hub.leave(viewer)
        except Exception:
            _log.exception("viewer %s could not be seen off", viewer.id)

    async def _refusing(self, viewer: Viewer, message: ClientMessage) -> None:
        """Carry out one message; what goes wrong is told to its page, and the room goes on."""
        try:
            await self._carry_out(viewer, message)
        except AccessError as error:
            self._hub.counted["refused: role"] += 1
            self._hub.send(viewer, Refused("role", str(error)))
        except MessageError as error:
            self._hub.counted["refused: message"] += 1
            self._hub.send(viewer, Refused("message", str(error)))
        except TheatronError as error:
            self._hub.counted["refused: other"] += 1
            self._hub.send(viewer, Refused("failed", str(error)))
        except Exception:
            self._hub.counted["failures"] += 1
            _log.exception("a message of viewer %s could not be carried out", viewer.id)
            reason = "The server failed at this; its log says why. The room goes on."
            self._hub.send(viewer, Refused("internal", reason))

    async def _carry_out(self, viewer: Viewer, message: ClientMessage) -> None:
        hub = self._hub
        match message:
            case Ping():
                hub.send(viewer, hub.pong(message))
            case Pointer():
                if not hub.point(viewer, message):
                    raise AccessError("a student may not point: only the instructor has a pointer")
            case Offer():
                await self._answer(viewer, message)
            case Select():
                await hub.delivery.select(viewer.id, message.rendition)
            case Hello():
                raise MessageError("this page has said hello already")
            case _:
                await hub.apply(viewer, message)

    async def _answer(self, viewer: Viewer, offer: Offer) -> None:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                sdp = await self._hub.delivery.connect(viewer.id, offer.sdp, offer.rendition)
        except TimeoutError as error:
            raise MessageError(
                f"the offer was not answered within {CONNECT_TIMEOUT_S:g} s: reload the page"
            ) from error
        self._hub.send(viewer, Answer(sdp, offer.rendition))

    async def _receive(
        self, connection: Connection, bucket: TokenBucket, timeout_s: float | None = None
    ) -> ClientMessage | None:
        """The page's next message, None once it has left; raises BrokenProtocol or TimeoutError."""
        message = await connection.socket.receive(timeout_s)
        if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            return None
        if not bucket.take():
            rate = f"{self._settings.messages_per_s:g} messages a second"
            raise BrokenProtocol("rate", f"This page sent more than {rate}; reload it.")
        return _decoded(message)


def _decoded(message: WSMessage) -> ClientMessage:
    if message.type is not WSMsgType.TEXT:
        raise BrokenProtocol("binary", "This page sent binary data; the server takes JSON text.")
    text: str = message.data
    size = len(text.encode())
    if size > MAX_MESSAGE_BYTES:
        reason = f"This page sent {size} bytes at once; the most is {MAX_MESSAGE_BYTES}."
        raise BrokenProtocol("size", reason)
    try:
        return _decoder.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        reason = f"This page sent what the server does not understand ({error}); reload it."
        raise BrokenProtocol("garbage", reason) from error
