"""A page's socket without a browser: says what a test tells it to, in a thread of its own loop."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import aiohttp
import msgspec

from tests.e2e.process import ServerProcess

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
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    headers = {} if origin is None else {"Origin": origin}
    async with aiohttp.ClientSession() as session:
        try:
            socket = await session.ws_connect(server.socket_url, ssl=trusting, headers=headers)
        except aiohttp.WSServerHandshakeError as error:
            conversation.status = error.status
            return conversation
        async with socket:
            try:
                async with asyncio.timeout(listen_s):
                    for message in messages:
                        await _say(socket, message)
                    async for heard in socket:
                        if heard.type is aiohttp.WSMsgType.TEXT:
                            message = heard.json()
                            conversation.heard.append(message)
                            if message["type"] == until:
                                break
                            reply = answer(message) if answer is not None else None
                            if reply is not None:
                                await _say(socket, reply)
            except (TimeoutError, ConnectionError):
                pass
            conversation.close_code = socket.close_code
    return conversation


async def _say(socket: aiohttp.ClientWebSocketResponse, message: str | bytes | Any) -> None:
    if isinstance(message, bytes):
        await socket.send_bytes(message)
    elif isinstance(message, str):
        await socket.send_str(message)
    else:
        await socket.send_str(msgspec.json.encode(message).decode())
