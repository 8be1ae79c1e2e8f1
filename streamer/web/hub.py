"""Who is in the room: lets pages in, and carries the room's and delivery's news to all of them."""

import asyncio
import contextlib
import secrets
from collections import Counter
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import msgspec

from streamer import __version__
from streamer.clock import CaptureClock
from streamer.room.messages import (
    AnchorNow,
    Bye,
    Logged,
    Ping,
    Pointer,
    Pong,
    Role,
    RoomStatus,
    ServerMessage,
    Welcome,
)
from streamer.room.room import MAX_DISPARITY, Room, RoomMessage
from streamer.web.bucket import TokenBucket
from streamer.web.connection import CloseCode, Connection, encode
from streamer.web.seams import Delivery

ANCHOR_EVERY_S: Final = 1.0
STATUS_AFTER_S: Final = 0.1  # a class that joins at once makes one message, not one each
MAX_LOSSY_BYTES: Final = 512
LOSSY_PER_S: Final = 240.0
LOSSY_BURST: Final = 480
MAX_INSTRUCTORS_BEYOND: Final = 4  # a full room does not lock out who holds it

_lossy: Final = msgspec.json.Decoder(Ping | Pointer)


@dataclass(eq=False, slots=True)
class Viewer:
    """One page that was let in, and the last event that it has."""

    id: str
    role: Role
    connection: Connection
    seq: int
    lossy_bucket: TokenBucket = field(default_factory=lambda: TokenBucket(LOSSY_PER_S, LOSSY_BURST))


class Hub:
    """The viewers of one room. Its methods belong to the event loop, but for those of `HubCalls`.

    The room's own work runs in one thread, in the order asked: looking up a stroke's depth takes
    milliseconds that the event loop does not have.
    """

    def __init__(
        self, room: Room, delivery: Delivery, clock: CaptureClock, max_viewers: int
    ) -> None:
        self.room = room
        self.delivery = delivery
        self.counted: Counter[str] = Counter()
        self._clock = clock
        self._max_viewers = max_viewers
        self._viewers: dict[str, Viewer] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._room_thread = ThreadPoolExecutor(1, thread_name_prefix="room")
        self._tasks: set[asyncio.Task[None]] = set()
        self._status_due: asyncio.TimerHandle | None = None
        self._unsubscribe: Callable[[], None] | None = None

    # ------------------------------------------------------------ life

    def start(self) -> None:
        """Begin to carry the room's events; call in the event loop that serves the pages."""
        self._loop = asyncio.get_running_loop()
        self._unsubscribe = self.room.subscribe(
            lambda logged: self._from_any_thread(lambda: self._spread(logged))
        )
        self._keep(self._send_anchors())

    async def say_goodbye(self, reason: str) -> None:
        """Tell all pages that the room closes, and close them."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self._send_all(encode(Bye(reason)))
        leaving = [
            viewer.connection.close(CloseCode.GOING_AWAY, reason)
            for viewer in self._viewers.values()
        ]
        await asyncio.gather(*leaving)

    async def stop(self) -> None:
        """End every task; call when the last page has left."""
        if self._status_due is not None:
            self._status_due.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self._room_thread.shutdown)

    # ------------------------------------------------------------ viewers

    @property
    def viewers(self) -> int:
        """Pages that are in."""
        return len(self._viewers)

    def has_room_for(self, role: Role) -> bool:
        """Whether one more may enter; an instructor also when the room is full of students."""
        if len(self._viewers) < self._max_viewers:
            return True
        beyond = len(self._viewers) - self._max_viewers
        return role == "instructor" and beyond < MAX_INSTRUCTORS_BEYOND

    def enter(self, role: Role, connection: Connection) -> Viewer:
        """Let a page in: it gets all that stands, then every later event."""
        now = self.room.snapshot()  # in one step of the loop with what follows: no event is missed
        viewer = Viewer(f"v{secrets.token_hex(5)}", role, connection, now.seq)
        self._viewers[viewer.id] = viewer
        self.counted["entered"] += 1
        self.send(
            viewer,
            Welcome(
                viewer_id=viewer.id,
                role=role,
                room=self.room.name,
                version=__version__,
                seq=now.seq,
                scene=now.scene,
                strokes=list(now.strokes),
                renditions=self.delivery.renditions(),
                source=self.delivery.source(),
                viewers=len(self._viewers),
                anchor=self.delivery.anchor(),
            ),
        )
        self._status_soon()
        return viewer

    async def leave(self, viewer: Viewer) -> None:
        """Forget a page: its open strokes end, its peer is closed."""
        if self._viewers.pop(viewer.id, None) is None:
            return
        self._status_soon()
        try:
            await self._in_room_thread(lambda: self.room.leave(viewer.id))
        finally:
            await self.delivery.disconnect(viewer.id)

    async def apply(self, viewer: Viewer, message: RoomMessage) -> None:
        """Have the room carry out a message; raises AccessError or MessageError as `Room.apply`."""
        await self._in_room_thread(lambda: self.room.apply(viewer.id, viewer.role, message))

    def send(self, viewer: Viewer, message: ServerMessage) -> None:
        """Queue a message for one page."""
        self._send_text(viewer, encode(message))

    def pong(self, ping: Ping) -> Pong:
        """The answer to a clock probe."""
        return Pong(ping.sent_ms, self._clock.unix_ms(self._clock.now_ns()))

    def point(self, viewer: Viewer, pointer: Pointer) -> bool:
        """Relay the instructor's laser pointer to all others; False (and counted) for a student."""
        if viewer.role != "instructor":
            self.counted["pointers refused"] += 1
            return False
        if abs(pointer.disparity) > MAX_DISPARITY:
            pointer = msgspec.structs.replace(pointer, disparity=0.0)
        text = encode(pointer)
        for other in self._viewers.values():
            if other is not viewer:
                self.delivery.send_lossy(other.id, text)
        return True

    def counters(self) -> dict[str, object]:
        """Figures for the statistics."""
        roles = Counter(viewer.role for viewer in self._viewers.values())
        return {
            "viewers": len(self._viewers),
            "instructors": roles["instructor"],
            "students": roles["student"],
            "strokes": len(self.room.snapshot().strokes),
            "events": self.room.snapshot().seq,
            "counted": dict(self.counted),
        }

    # ------------------------------------------------------------ HubCalls

    def on_lossy(self, viewer_id: str, data: str | bytes) -> None:
        """Take what came over a data channel; what is no `Ping` or `Pointer` is dropped."""
        self._from_any_thread(lambda: self._lossy(viewer_id, data))

    def anchor_changed(self) -> None:
        """Send everyone a fresh anchor at once."""
        self._from_any_thread(self._send_anchor)

    def status_changed(self) -> None:
        """Send everyone how the source does, soon."""
        self._from_any_thread(self._status_soon)

    # ------------------------------------------------------------ within

    def _lossy(self, viewer_id: str, data: str | bytes) -> None:
        viewer = self._viewers.get(viewer_id)
        if viewer is None:
            return
        if not viewer.lossy_bucket.take():
            self.counted["lossy too frequent"] += 1
            return
        if len(data) > MAX_LOSSY_BYTES:
            self.counted["lossy too large"] += 1
            return
        try:
            message = _lossy.decode(data)
        except (msgspec.MsgspecError, UnicodeError):
            self.counted["lossy garbage"] += 1
            return
        if isinstance(message, Ping):
            self.delivery.send_lossy(viewer.id, encode(self.pong(message)))
        else:
            self.point(viewer, message)

    def _spread(self, logged: Logged) -> None:
        text = encode(logged)
        for viewer in list(self._viewers.values()):
            if logged.seq > viewer.seq:
                viewer.seq = logged.seq
                self._send_text(viewer, text)

    def _send_all(self, text: str) -> None:
        for viewer in list(self._viewers.values()):
            self._send_text(viewer, text)

    def _send_text(self, viewer: Viewer, text: str) -> None:
        if not viewer.connection.send(text):
            self.counted["closed as too slow"] += 1
            reason = "This page did not read what it was sent; reconnect."
            self._keep(viewer.connection.close(CloseCode.TOO_SLOW, reason, flush=False))

    async def _send_anchors(self) -> None:
        while True:
            self._send_anchor()
            await asyncio.sleep(ANCHOR_EVERY_S)

    def _send_anchor(self) -> None:
        anchor = self.delivery.anchor()
        if anchor is not None:
            self._send_all(encode(AnchorNow(anchor)))

    def _status_soon(self) -> None:
        if self._status_due is None and self._loop is not None:
            self._status_due = self._loop.call_later(STATUS_AFTER_S, self._send_status)

    def _send_status(self) -> None:
        self._status_due = None
        self._send_all(encode(RoomStatus(len(self._viewers), self.delivery.source())))

    def _from_any_thread(self, call: Callable[[], None]) -> None:
        if self._loop is None:
            return  # nobody is in yet
        with contextlib.suppress(RuntimeError):  # the loop has closed: nobody is in any more
            self._loop.call_soon_threadsafe(call)

    async def _in_room_thread(self, work: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._room_thread, work)

    def _keep(self, coroutine: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
