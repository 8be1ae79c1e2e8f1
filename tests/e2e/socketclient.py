"""A page's socket without a browser: says what a test tells it to, in a thread of its own loop."""

import asyncio
import threading
from asyncio.trsock import TransportSocket
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import aiohttp
import msgspec

from tests.e2e.process import ServerProcess, believing_anyone

T = TypeVar("T")
Answer = Callable[[dict[str, Any]], msgspec.Struct | None]


def apart(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in another thread: Playwright keeps a loop running in this one."""
    results: list[T] = []
    failures: list[BaseException] = []

    def body() -> None:
        try:
            results.append(asyncio.run(work))
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join(60)
    assert not thread.is_alive(), "the socket's conversation does not end"
    if failures:
        raise failures[0]
    return results[0]


class Conversation:
    """What was said on one socket: the server's messages, and how it closed."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.close_code: int | None = None
        self.status = 101

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The messages of one type."""
        return [message for message in self.heard if message["type"] == kind]


def converse(
    server: ServerProcess,
    *messages: str | bytes | msgspec.Struct,
    origin: str | None = None,
    listen_s: float = 3.0,
    until: str | None = None,
    answer: Answer | None = None,
) -> Conversation:
    """Say `messages`, then listen until the server closes, says `until`, or `listen_s` passes.

    `answer` is given each message that is heard; what it gives back, if anything, is said.
    """
    return apart(_converse(server, messages, origin, listen_s, until, answer))


async def _converse(
    server: ServerProcess,
    messages: tuple[str | bytes | msgspec.Struct, ...],
    origin: str | None,
    listen_s: float,
    until: str | None,
    answer: Answer | None,
) -> Conversation:
    conversation = Conversation()
    headers = {} if origin is None else {"Origin": origin}
    line: TransportSocket | None = None
    async with aiohttp.ClientSession() as session:
        try:
            socket = await session.ws_connect(
                server.socket_url, ssl=believing_anyone(), headers=headers
            )
        except aiohttp.WSServerHandshakeError as error:
            conversation.status = error.status
            return conversation
        line = socket.get_extra_info("socket")
        async with socket:
            try:
                async with asyncio.timeout(listen_s):
                    for message in messages:
                        await _say(socket, message)
                    await _listen(socket, conversation, until, answer)
            except (TimeoutError, ConnectionError):
                pass
            conversation.close_code = socket.close_code
    async with asyncio.timeout(10):  # TLS takes its leave: the loop must live that long
        while line is not None and line.fileno() != -1:
            await asyncio.sleep(0.01)
    return conversation


async def _listen(
    socket: aiohttp.ClientWebSocketResponse,
    conversation: Conversation,
    until: str | None,
    answer: Answer | None,
) -> None:
    async for heard in socket:
        if heard.type is not aiohttp.WSMsgType.TEXT:
            continue
        message: dict[str, Any] = heard.json()
        conversation.heard.append(message)
        if message["type"] == until:
            return
        reply = answer(message) if answer is not None else None
        if reply is not None:
            await _say(socket, reply)


async def _say(socket: aiohttp.ClientWebSocketResponse, message: str | bytes | Any) -> None:
    if isinstance(message, bytes):
        await socket.send_bytes(message)
    elif isinstance(message, str):
        await socket.send_str(message)
    else:
        await socket.send_str(msgspec.json.encode(message).decode())
