"""One page's socket: what goes out is queued, bounded, and written by a task of its own."""

import asyncio
from collections import deque
from enum import IntEnum
from typing import Final

import msgspec
from aiohttp import web

from streamer.room.messages import Refused, ServerMessage

CLOSE_S: Final = 2.0
_REASON_BYTES: Final = 120  # RFC 6455, section 5.5: 125 with the code
_encoder: Final = msgspec.json.Encoder()


class CloseCode(IntEnum):
    """Why the server closed a socket (RFC 6455, section 7.4.2: 4000 and up are ours)."""

    GOING_AWAY = 1001
    BROKEN_PROTOCOL = 4400
    NO_ACCESS = 4401
    TOO_SLOW = 4408
    ROOM_FULL = 4429


def encode(message: ServerMessage) -> str:
    """A message as it goes over the wire."""
    return _encoder.encode(message).decode()


class Connection:
    """Sends to one page without ever waiting for it.

    `send` only queues. A page that leaves more than `max_messages` or `max_bytes` unread is
    overrun: `send` then gives False, and the owner closes it.
    """

    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport | None,
        max_messages: int,
        max_bytes: int,
    ) -> None:
        """`socket` is prepared; must be called in the event loop."""
        self.socket = socket
        self._transport = transport
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._queue: deque[str] = deque()
        self._queued_chars = 0
        self._wake = asyncio.Event()
        self._closing = False
        self._writer = asyncio.create_task(self._write(), name="socket writer")

    @property
    def closing(self) -> bool:
        """Whether `close` was called: what is sent from now on is ignored."""
        return self._closing

    def send(self, text: str) -> bool:
        """Queue `text`; False if the page is overrun, and the text is dropped."""
        if self._closing:
            return True
        if (
            len(self._queue) >= self._max_messages
            or self._queued_chars + len(text) > self._max_bytes
        ):
            return False
        self._queue.append(text)
        self._queued_chars += len(text)
        self._wake.set()
        return True

    async def refuse(self, code: CloseCode, why: str, reason: str) -> None:
        """Say why in a sentence (`Refused`, its code being `why`), then close with `code`."""
        self.send(encode(Refused(why, reason)))
        await self.close(code, reason)

    async def close(self, code: CloseCode, reason: str, *, flush: bool = True) -> None:
        """Send what is queued (with `flush`), then the code; cut the line after two seconds."""
        if self._closing:
            return
        self._closing = True
        self._wake.set()
        if not flush:
            self._queue.clear()
        clipped = reason.encode()[:_REASON_BYTES].decode(errors="ignore").encode()
        clean = False
        try:
            async with asyncio.timeout(CLOSE_S):
                if flush:
                    await asyncio.wait([self._writer])
                else:
                    self._writer.cancel()
                await self.socket.close(code=code, message=clipped)
                clean = True
        except TimeoutError:
            pass
        finally:
            self._writer.cancel()
            if not clean and self._transport is not None:
                self._transport.abort()

    async def _write(self) -> None:
        try:
            while True:
                while self._queue:
                    text = self._queue.popleft()
                    self._queued_chars -= len(text)
                    await self.socket.send_str(text)
                if self._closing:
                    return
                self._wake.clear()
                await self._wake.wait()
        except ConnectionError:
            self._queue.clear()  # the reader notices that the line is gone
