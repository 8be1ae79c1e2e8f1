"""Fixtures: a house that is open, and how to open one with other settings."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from streamer.room.tokens import RoomTokens
from streamer.web.server import WebSettings
from tests.web.doubles import House

OpenHouse = Callable[..., House]


@pytest.fixture(scope="session")
def tls_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


@pytest.fixture
def open_house(tmp_path: Path, tls_folder: Path) -> OpenHouse:
    """Makes a house on loopback, to be entered with `async with`; keywords are `WebSettings`'."""

    def make(tokens: RoomTokens | None = None, **changes: Any) -> House:
        settings: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": 0,
            "tls_folder": tls_folder,
        } | changes
        tokens = tokens or RoomTokens.load_or_create("test", folder=tmp_path / "rooms")
        return House(tmp_path, WebSettings(**settings), tokens)

    return make


@pytest_asyncio.fixture
async def house(open_house: OpenHouse) -> AsyncIterator[House]:
    async with open_house() as house:
        yield house
