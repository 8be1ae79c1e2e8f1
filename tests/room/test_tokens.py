"""Tokens: random, kept over a restart, expired told apart from forged."""

import json
import os
import stat
from pathlib import Path

import pytest

from streamer.errors import AccessError, ServerError
from streamer.room.tokens import RoomTokens, check_room_name

HOUR_S = 3600.0


class Clock:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.now_s = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def load(folder: Path, clock: Clock, hours: float = 12, renew: bool = False) -> RoomTokens:
    return RoomTokens.load_or_create(
        "or-1", lifetime_s=hours * HOUR_S, renew=renew, folder=folder, now_s=clock
    )


def test_each_token_gives_its_role(tmp_path: Path, clock: Clock) -> None:
    tokens = load(tmp_path, clock)
    assert tokens.check(tokens.token("instructor")) == "instructor"
    assert tokens.check(tokens.token("student")) == "student"
    assert tokens.token("student") != tokens.token("instructor")


def test_a_token_carries_at_least_128_bits(tmp_path: Path, clock: Clock) -> None:
    assert len(load(tmp_path, clock).token("student")) * 6 >= 128


@pytest.mark.parametrize("forged", ["", "x", "x" * 32, "\ud800", "é" * 20])
def test_a_forged_token_is_called_so(tmp_path: Path, clock: Clock, forged: str) -> None:
    with pytest.raises(AccessError, match="belongs to no one"):
        load(tmp_path, clock).check(forged)


def test_a_token_cut_short_or_of_another_room_is_forged(tmp_path: Path, clock: Clock) -> None:
    tokens = load(tmp_path, clock)
    other = RoomTokens.load_or_create("or-2", folder=tmp_path, now_s=clock)
    for token in (tokens.token("student")[:-1], other.token("student")):
        with pytest.raises(AccessError, match="belongs to no one"):
            tokens.check(token)


def test_tokens_survive_a_restart(tmp_path: Path, clock: Clock) -> None:
    before = load(tmp_path, clock)
    clock.now_s += 5 * HOUR_S
    after = load(tmp_path, clock)
    assert after.token("student") == before.token("student")
    assert after.token("instructor") == before.token("instructor")
    assert after.expires_s("student") == before.expires_s("student")


def test_expiry_is_checked_while_the_server_runs(tmp_path: Path, clock: Clock) -> None:
    tokens = load(tmp_path, clock)
    token = tokens.token("student")
    clock.now_s += 12 * HOUR_S - 1
    assert tokens.check(token) == "student"
    clock.now_s += 1
    with pytest.raises(AccessError, match=r"expired at 20\d\d-.*ask for a new link"):
        tokens.check(token)


def test_an_expired_token_is_told_so_after_a_restart(tmp_path: Path, clock: Clock) -> None:
    old = load(tmp_path, clock).token("student")
    clock.now_s += 13 * HOUR_S
    tokens = load(tmp_path, clock)
    assert tokens.token("student") != old
    assert tokens.check(tokens.token("student")) == "student"
    with pytest.raises(AccessError, match="expired at"):
        tokens.check(old)


def test_an_expired_token_is_kept_as_a_digest_only(tmp_path: Path, clock: Clock) -> None:
    old = load(tmp_path, clock).token("student")
    clock.now_s += 13 * HOUR_S
    load(tmp_path, clock)
    assert old not in (tmp_path / "or-1.json").read_text()


def test_expired_tokens_are_forgotten_after_a_month(tmp_path: Path, clock: Clock) -> None:
    old = load(tmp_path, clock).token("student")
    clock.now_s += 40 * 24 * HOUR_S
    with pytest.raises(AccessError, match="belongs to no one"):
        load(tmp_path, clock).check(old)
    assert len(json.loads((tmp_path / "or-1.json").read_text())["grants"]) == 2


def test_links_about_to_expire_are_replaced_and_still_work(tmp_path: Path, clock: Clock) -> None:
    old = load(tmp_path, clock).token("student")
    clock.now_s += 10 * HOUR_S
    tokens = load(tmp_path, clock)
    assert tokens.token("student") != old
    assert tokens.check(old) == "student"
    clock.now_s += 2 * HOUR_S
    with pytest.raises(AccessError, match="expired"):
        tokens.check(old)
    assert tokens.check(tokens.token("student")) == "student"


def test_new_links_end_the_old_at_once(tmp_path: Path, clock: Clock) -> None:
    old = load(tmp_path, clock).token("instructor")
    tokens = load(tmp_path, clock, renew=True)
    assert tokens.token("instructor") != old
    with pytest.raises(AccessError, match="expired"):
        tokens.check(old)


def test_a_shorter_lifetime_binds_stored_tokens(tmp_path: Path, clock: Clock) -> None:
    token = load(tmp_path, clock).token("student")
    tokens = load(tmp_path, clock, hours=1)
    assert tokens.token("student") == token
    clock.now_s += HOUR_S
    with pytest.raises(AccessError, match="expired"):
        tokens.check(token)


@pytest.mark.skipif(os.name != "posix", reason="Windows has access lists, not modes")
def test_only_the_owner_reads_the_file(tmp_path: Path, clock: Clock) -> None:
    load(tmp_path / "rooms", clock)
    assert stat.S_IMODE((tmp_path / "rooms" / "or-1.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "rooms").stat().st_mode) == 0o700


def test_the_state_folder_is_the_default(state_home: Path) -> None:
    RoomTokens.load_or_create("theatre")
    assert [path.name for path in (state_home / "rooms").iterdir()] == ["theatre.json"]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"room": "or-1", "grants": [{}]}', b"\xff"]
)
def test_a_damaged_file_is_said_in_a_sentence(tmp_path: Path, clock: Clock, content: bytes) -> None:
    (tmp_path / "or-1.json").write_bytes(content)
    with pytest.raises(ServerError, match=r"or-1\.json are damaged .*delete the file"):
        load(tmp_path, clock)


def test_a_folder_in_the_way_is_said_in_a_sentence(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "or-1.json").mkdir()
    with pytest.raises(ServerError, match="cannot be read"):
        load(tmp_path, clock)
    (tmp_path / "file").write_text("")
    with pytest.raises(ServerError, match=r"cannot be (read|written)"):
        load(tmp_path / "file" / "rooms", clock)


@pytest.mark.parametrize("name", ["", "a b", "../x", "x" * 41, "name\n", "théâtre", "CON", "lpt1"])
def test_a_bad_room_name_is_quoted(name: str) -> None:
    with pytest.raises(ServerError) as caught:
        check_room_name(name)
    assert repr(name) in str(caught.value)


@pytest.mark.parametrize("name", ["a", "OR_2-left", "x" * 40, "console"])
def test_a_good_room_name_is_kept(name: str) -> None:
    assert check_room_name(name) == name


@pytest.mark.parametrize("hours", [0, -1, float("nan")])
def test_a_lifetime_must_be_positive(tmp_path: Path, clock: Clock, hours: float) -> None:
    with pytest.raises(ServerError, match="more than 0"):
        load(tmp_path, clock, hours=hours)
