"""The guard of aiortc's private parts: passes on the pinned version, fails loudly on another."""

import aiortc
import pytest
from aiortc import RTCRtpSender

from streamer.deliver.aiortc_private import check_private_parts
from streamer.errors import ServerError


def test_the_installed_aiortc_has_all_parts() -> None:
    check_private_parts()


def test_another_version_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aiortc, "__version__", "1.17.0")
    with pytest.raises(ServerError, match=r"1\.17\.0"):
        check_private_parts()


def test_a_part_that_has_moved_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async def send(self: RTCRtpSender, parameters: object) -> None:
        """A sender that no longer calls what we shadow."""

    monkeypatch.setattr(RTCRtpSender, "send", send)
    with pytest.raises(ServerError, match="_run_rtp"):
        check_private_parts()
