"""Who may enter a room, and as what: random tokens with an expiry, kept over a restart."""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

import msgspec

from streamer.errors import AccessError, ServerError
from streamer.paths import state_dir
from streamer.room.messages import Role
from streamer.room.private import write_private

ROLES: Final[tuple[Role, ...]] = ("instructor", "student")
DEFAULT_LIFETIME_S: Final = 12 * 3600.0
TOKEN_BYTES: Final = 24  # 192 bits
RENEW_BELOW: Final = 0.25  # of the lifetime: links printed at start must be worth printing
KEEP_EXPIRED_S: Final = 30 * 24 * 3600.0
KEEP_EXPIRED: Final = 64

_ROOM_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
# Files of these names cannot be made on Windows, whatever their extension.
_DEVICE_NAME: Final = re.compile(r"con|prn|aux|nul|com\d|lpt\d", re.IGNORECASE)


def check_room_name(name: str) -> str:
    """`name` if it may name a room (and a file); raises ServerError otherwise."""
    if not _ROOM_NAME.fullmatch(name) or _DEVICE_NAME.fullmatch(name):
        raise ServerError(
            f"{name!r} cannot name a room: use 1 to 40 letters, digits, '-' or '_' "
            "(and not a device name of Windows), for example --room theatre-2"
        )
    return name


class Grant(msgspec.Struct, frozen=True):
    """One token: its role, its digest, when it ends (Unix seconds).

    `token` itself is kept only while it is current, so that its link can be printed again.
    """

    role: Role
    sha256: str
    expires_s: float
    token: str | None = None


class _File(msgspec.Struct, frozen=True):
    """What a room's file holds."""

    room: str
    grants: list[Grant]
    version: Literal[1] = 1


class RoomTokens:
    """The tokens of one room: made, printed again after a restart, and checked."""

    def __init__(
        self, room: str, grants: Sequence[Grant], now_s: Callable[[], float] = time.time
    ) -> None:
        self.room = room
        self._grants = tuple(grants)
        self._now_s = now_s

    @classmethod
    def load_or_create(
        cls,
        room: str,
        *,
        lifetime_s: float = DEFAULT_LIFETIME_S,
        renew: bool = False,
        folder: Path | None = None,
        now_s: Callable[[], float] = time.time,
    ) -> "RoomTokens":
        """The room's tokens from its file in `folder`, written back where they changed.

        Tokens that still have a quarter of `lifetime_s` are kept, so that pages reconnect after a
        restart; otherwise new ones are made, and the old stay valid until they expire. With `renew`
        the old expire at once. Expired tokens are remembered by digest for a month: their holder is
        told so, and not taken for a forger.

        Raises ServerError for a bad room name, a lifetime not above 0, or a file that is damaged
        or cannot be written.
        """
        check_room_name(room)
        if not lifetime_s > 0:
            raise ServerError(f"a link cannot live {lifetime_s:g} s: give more than 0 seconds")
        path = (folder or state_dir() / "rooms") / f"{room}.json"
        now = now_s()
        stored = _read(path)
        grants = _renewed(
            [_aged(g, now, 0.0 if renew else lifetime_s) for g in stored], now, lifetime_s
        )
        if grants != stored:
            _write(path, _File(room, grants))
        return cls(room, grants, now_s)

    def token(self, role: Role) -> str:
        """The current token of `role`."""
        token = self._current(role).token
        assert token is not None
        return token

    def expires_s(self, role: Role) -> float:
        """When the current token of `role` ends, in Unix seconds."""
        return self._current(role).expires_s

    def check(self, token: str) -> Role:
        """The role that `token` gives now; raises AccessError if it is forged or has expired."""
        digest = _digest(token)
        found: Grant | None = None
        for grant in self._grants:  # all of them: the time taken tells nothing
            if hmac.compare_digest(grant.sha256, digest):
                found = grant
        if found is None:
            raise AccessError(
                "this link's token belongs to no one in this room: it was mistyped, cut short or "
                "made up; ask the instructor for the link"
            )
        if self._now_s() >= found.expires_s:
            raise AccessError(
                f"this link expired at {_local_time(found.expires_s)}: ask for a new link"
            )
        return found.role

    def _current(self, role: Role) -> Grant:
        return max(
            (grant for grant in self._grants if grant.role == role and grant.token),
            key=lambda grant: grant.expires_s,
        )


def _read(path: Path) -> list[Grant]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ServerError(
            f"the room's tokens in {path} cannot be read ({error.strerror}): "
            "make the file readable, or delete it and hand out new links"
        ) from error
    try:
        return msgspec.json.decode(content, type=_File).grants
    except msgspec.MsgspecError as error:
        raise ServerError(
            f"the room's tokens in {path} are damaged ({error}): "
            "delete the file, start again and hand out the new links"
        ) from error


def _write(path: Path, content: _File) -> None:
    try:
        write_private(path, msgspec.json.format(msgspec.json.encode(content)))
    except OSError as error:
        raise ServerError(
            f"the room's tokens cannot be written to {path} ({error.strerror}): "
            "make the folder writable or point THEATRON_HOME elsewhere"
        ) from error


def _aged(grant: Grant, now: float, lifetime_s: float) -> Grant:
    """A stored grant today: a shorter lifetime binds it too; once expired its token goes."""
    expires_s = min(grant.expires_s, now + lifetime_s)
    return Grant(grant.role, grant.sha256, expires_s, grant.token if expires_s > now else None)


def _renewed(grants: list[Grant], now: float, lifetime_s: float) -> list[Grant]:
    """`grants` with a new one for each role that needs it, without those long expired."""
    made = []
    for role in ROLES:
        left = [g.expires_s - now for g in grants if g.role == role and g.token]
        if max(left, default=0.0) < RENEW_BELOW * lifetime_s:
            token = secrets.token_urlsafe(TOKEN_BYTES)
            made.append(Grant(role, _digest(token), now + lifetime_s, token))
    valid = [grant for grant in grants if grant.expires_s > now]
    expired = [g for g in grants if now - KEEP_EXPIRED_S < g.expires_s <= now]
    return sorted(expired, key=lambda g: g.expires_s)[-KEEP_EXPIRED:] + valid + made


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _local_time(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s).astimezone().strftime("%Y-%m-%d %H:%M %Z")
