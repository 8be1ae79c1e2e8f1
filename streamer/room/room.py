"""One broadcast's room: carries out what pages ask for, as far as their role may, and logs it."""

import logging
import math
import threading
from collections.abc import Callable, Sequence
from typing import Final

from streamer.clock import CaptureClock
from streamer.errors import AccessError, MessageError
from streamer.room.log import EventLog
from streamer.room.messages import (
    Clear,
    Event,
    Logged,
    Mode,
    Point,
    Role,
    SceneChanged,
    SceneSet,
    SceneState,
    Stroke,
    StrokeBegin,
    StrokeBegun,
    StrokeEnd,
    StrokeEnded,
    StrokeExtend,
    StrokeExtended,
    StrokesRemoved,
    Undo,
)
from streamer.room.rules import changed_scene, check_begin, check_extend, open_stroke
from streamer.room.state import Snapshot, scene_of
from streamer.room.tokens import check_room_name
from streamer.scene.model import Scene

RoomMessage = StrokeBegin | StrokeExtend | StrokeEnd | Undo | Clear | SceneSet
"""What changes a room; the instructor's only."""

DisparityAt = Callable[[int, Sequence[Point]], float | None]
"""Disparity (fraction of the picture's width) of a frame at left-view points; None: unknown."""

CapturedMsOf = Callable[[int], float | None]
"""Capture time (Unix ms) of a frame by its id; None where no such frame is known."""

MAX_DISPARITY: Final = 0.5

_log = logging.getLogger(__name__)


class Room:
    """A room's state and its log.

    `apply` and `leave` may be called from any thread, one at a time (a lock sees to it); they may
    take as long as `disparity_at` does. `scene` and `snapshot` never wait and may be read from any
    thread. Subscribers are called in order of `seq`, in the thread that applied the message: they
    must be quick and must not raise.
    """

    def __init__(
        self,
        name: str,
        clock: CaptureClock,
        has_anatomy: bool,
        initial_mode: Mode,
        disparity_at: DisparityAt,
        captured_ms_of: CapturedMsOf,
    ) -> None:
        """Raises ServerError for a bad name, MessageError for a mode that needs missing anatomy."""
        self.name = check_room_name(name)
        self._clock = clock
        self._disparity_at = disparity_at
        self._captured_ms_of = captured_ms_of
        start = changed_scene(SceneState(has_anatomy=has_anatomy), SceneSet(mode=initial_mode))
        self._log = EventLog(Snapshot(0, start))
        self._scene = scene_of(start)
        self._lock = threading.Lock()
        self._subscribers: list[Callable[[Logged], None]] = []
        self._drawing: dict[str, str] = {}  # open stroke -> the viewer who draws it
        self._refused: dict[str, int] = {}  # viewer -> refusals for want of the role

    @property
    def scene(self) -> Scene:
        """What the renderer shows now: immutable, safe to read from any thread."""
        return self._scene

    def snapshot(self) -> Snapshot:
        """All that stands now: immutable, safe to read from any thread."""
        return self._log.now

    @property
    def log(self) -> EventLog:
        """The event log, for recording; append to it only through `apply`."""
        return self._log

    def subscribe(self, subscriber: Callable[[Logged], None]) -> Callable[[], None]:
        """Call `subscriber` with every later event; the returned function ends that."""
        with self._lock:
            self._subscribers.append(subscriber)

        def unsubscribe() -> None:
            with self._lock:
                self._subscribers.remove(subscriber)

        return unsubscribe

    def apply(self, viewer_id: str, role: Role, message: RoomMessage) -> None:
        """Carry out `message`.

        Raises AccessError (and logs it) if the role may not, MessageError if the message cannot be
        carried out; the room is then as it was.
        """
        if role != "instructor":
            self._refuse(viewer_id, role, message)
        with self._lock:
            match message:
                case StrokeBegin():
                    self._begin(viewer_id, message)
                case StrokeExtend():
                    self._extend(viewer_id, message)
                case StrokeEnd():
                    open_stroke(self._log.now, message.id)
                    self._check_drawer(viewer_id, message.id)
                    self._end(viewer_id, message.id)
                case Undo():
                    newest = [stroke.id for stroke in self._log.now.strokes[-1:]]
                    self._remove(viewer_id, newest)
                case Clear():
                    self._remove(viewer_id, [stroke.id for stroke in self._log.now.strokes])
                case SceneSet():
                    scene = changed_scene(self._log.now.scene, message)
                    if scene != self._log.now.scene:
                        self._append(viewer_id, SceneChanged(scene))

    def leave(self, viewer_id: str) -> None:
        """End the strokes that this viewer left open."""
        with self._lock:
            for stroke_id in [s for s, viewer in self._drawing.items() if viewer == viewer_id]:
                self._end(viewer_id, stroke_id)
            self._refused.pop(viewer_id, None)

    def _begin(self, viewer_id: str, message: StrokeBegin) -> None:
        check_begin(self._log.now, message)
        captured_ms = self._captured_ms_of(message.frame_id)
        if captured_ms is None:
            raise MessageError(
                f"frame {message.frame_id} is not known: it has not been captured yet or is too "
                "old; draw again on the picture that is shown now"
            )
        seen = message.points if message.done else message.points[:1]
        stroke = Stroke(
            id=message.id,
            tool=message.tool,
            colour=message.colour,
            width=message.width,
            frame_id=message.frame_id,
            captured_ms=captured_ms,
            points=list(message.points),
            text=message.text,
            disparity=self._disparity(message.frame_id, seen, otherwise=0.0),
            done=message.done,
        )
        if not message.done:
            self._drawing[message.id] = viewer_id
        self._append(viewer_id, StrokeBegun(stroke))

    def _extend(self, viewer_id: str, message: StrokeExtend) -> None:
        check_extend(self._log.now, message)
        self._check_drawer(viewer_id, message.id)
        stroke = open_stroke(self._log.now, message.id)
        points = message.points if stroke.tool == "pen" else message.points[-1:]
        self._append(viewer_id, StrokeExtended(message.id, list(points)))

    def _end(self, viewer_id: str, stroke_id: str) -> None:
        stroke = open_stroke(self._log.now, stroke_id)
        del self._drawing[stroke_id]
        disparity = self._disparity(stroke.frame_id, stroke.points, otherwise=stroke.disparity)
        self._append(viewer_id, StrokeEnded(stroke_id, disparity))

    def _remove(self, viewer_id: str, ids: list[str]) -> None:
        if not ids:
            return
        for stroke_id in ids:
            self._drawing.pop(stroke_id, None)
        self._append(viewer_id, StrokesRemoved(ids))

    def _check_drawer(self, viewer_id: str, stroke_id: str) -> None:
        if self._drawing[stroke_id] != viewer_id:
            raise MessageError(f"stroke {stroke_id!r} is being drawn by another instructor's page")

    def _disparity(self, frame_id: int, points: Sequence[Point], otherwise: float) -> float:
        found = self._disparity_at(frame_id, points)
        if found is None or not math.isfinite(found):
            return otherwise
        return max(-MAX_DISPARITY, min(MAX_DISPARITY, found))

    def _append(self, viewer_id: str, event: Event) -> None:
        logged = self._log.append(event, viewer_id, self._clock.now_ns())
        if isinstance(event, SceneChanged):
            self._scene = scene_of(event.scene)
        for subscriber in self._subscribers:
            subscriber(logged)

    def _refuse(self, viewer_id: str, role: Role, message: RoomMessage) -> None:
        asked = type(message).__struct_config__.tag
        with self._lock:
            count = self._refused[viewer_id] = self._refused.get(viewer_id, 0) + 1
        if count & (count - 1) == 0:  # the 1st, 2nd, 4th, 8th...: a flood does not fill the disk
            _log.warning(
                "refused %r from viewer %s, a %s (%d so far)", asked, viewer_id, role, count
            )
        raise AccessError(
            f"a {role} may not do {asked!r}: only the instructor draws and changes the scene"
        )
