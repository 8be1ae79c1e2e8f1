"""What a message must satisfy beyond its types, given what stands in the room."""

import math
from typing import Final

from streamer.errors import MessageError
from streamer.room.messages import (
    MAX_POINTS_PER_STROKE,
    MAX_STROKES,
    PoseState,
    SceneSet,
    SceneState,
    Stroke,
    StrokeBegin,
    StrokeExtend,
)
from streamer.room.state import Snapshot

# All strokes together: bounds the room's memory and a late joiner's first message (about 4 MB).
MAX_POINTS_STANDING: Final = 100_000
MAX_SHIFT: Final = 2.0
ZOOM_RANGE: Final = (0.05, 20.0)

_POINTS_NEEDED: Final = {"pen": 1, "arrow": 2, "circle": 2, "text": 1}


def check_begin(now: Snapshot, message: StrokeBegin) -> None:
    """Raises MessageError unless the stroke may begin."""
    if now.find(message.id):
        raise MessageError(
            f"stroke {message.id!r} already stands: give each stroke an id of its own"
        )
    if len(now.strokes) >= MAX_STROKES:
        raise MessageError(
            f"{MAX_STROKES} strokes stand, the most a room holds: clear or undo some"
        )
    count = len(message.points)
    if message.tool != "pen" and count > _POINTS_NEEDED[message.tool]:
        raise MessageError(
            f"a stroke of tool {message.tool!r} has {_POINTS_NEEDED[message.tool]} point(s), "
            f"not {count}"
        )
    if message.done and count < _POINTS_NEEDED[message.tool]:
        raise MessageError(f"a complete {message.tool} has two points, not {count}")
    if (message.tool == "text") != bool(message.text.strip()):
        raise MessageError(
            f"tool {message.tool!r} with the text {message.text!r}: "
            "a text stroke needs a text, any other has none"
        )
    _check_room_for(now, count)


def check_extend(now: Snapshot, message: StrokeExtend) -> None:
    """Raises MessageError unless the stroke stands, is open and takes these points."""
    stroke = open_stroke(now, message.id)
    if stroke.tool == "text":
        raise MessageError(f"stroke {message.id!r} is a text: it has one point and takes no more")
    if stroke.tool != "pen":
        return
    if len(stroke.points) + len(message.points) > MAX_POINTS_PER_STROKE:
        raise MessageError(
            f"stroke {message.id!r} would have {len(stroke.points) + len(message.points)} points, "
            f"more than {MAX_POINTS_PER_STROKE}: lift the pen and begin another"
        )
    _check_room_for(now, len(message.points))


def open_stroke(now: Snapshot, stroke_id: str) -> Stroke:
    """The stroke of that id; raises MessageError if none stands or it is complete."""
    stroke = now.find(stroke_id)
    if stroke is None:
        raise MessageError(f"no stroke {stroke_id!r} stands: it was removed, or never begun")
    if stroke.done:
        raise MessageError(f"stroke {stroke_id!r} has ended: begin another")
    return stroke


def changed_scene(scene: SceneState, message: SceneSet) -> SceneState:
    """`scene` with what the message names; raises MessageError for what cannot be shown."""
    mode = scene.mode if message.mode is None else message.mode
    if mode != "video" and not scene.has_anatomy:
        raise MessageError(
            f"picture mode {mode!r} needs anatomy and this room has none: start it with --ct PATH"
        )
    return SceneState(
        mode=mode,
        anatomy_visible=(
            scene.anatomy_visible if message.anatomy_visible is None else message.anatomy_visible
        ),
        anatomy_opacity=(
            scene.anatomy_opacity if message.anatomy_opacity is None else message.anatomy_opacity
        ),
        hide_behind=scene.hide_behind if message.hide_behind is None else message.hide_behind,
        pose=scene.pose if message.pose is None else _unit_pose(message.pose),
        has_anatomy=scene.has_anatomy,
    )


def _unit_pose(pose: PoseState) -> PoseState:
    """`pose` with its quaternion at unit length; raises MessageError where it cannot be shown."""
    length = math.hypot(*pose.rotation)
    if not (math.isfinite(length) and length > 1e-6):
        raise MessageError(f"rotation {pose.rotation} is no rotation: send a unit quaternion")
    if not all(abs(part) <= MAX_SHIFT for part in pose.shift):
        raise MessageError(f"shift {pose.shift} is out of sight: stay within +-{MAX_SHIFT}")
    if not ZOOM_RANGE[0] <= pose.zoom <= ZOOM_RANGE[1]:
        raise MessageError(f"zoom {pose.zoom} is not within {ZOOM_RANGE[0]} to {ZOOM_RANGE[1]}")
    x, y, z, w = (part / length for part in pose.rotation)
    return PoseState((x, y, z, w), pose.shift, pose.zoom)


def _check_room_for(now: Snapshot, count: int) -> None:
    if now.points + count > MAX_POINTS_STANDING:
        raise MessageError(
            f"all strokes together would have {now.points + count} points, "
            f"more than {MAX_POINTS_STANDING}: clear or undo some"
        )
