"""What stands in a room, as one immutable value, and the pure function that folds an event into it.

The pages hold the same fold in TypeScript: a snapshot and the events after it give the same state
on every machine.
"""

from dataclasses import dataclass

import msgspec

from streamer.room.messages import (
    Event,
    SceneChanged,
    SceneState,
    Stroke,
    StrokeBegun,
    StrokeEnded,
    StrokeExtended,
    StrokesRemoved,
)
from streamer.scene.model import PictureMode, Pose, Scene


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that stands after event `seq` (0: before the first): the scene, and strokes by age."""

    seq: int
    scene: SceneState
    strokes: tuple[Stroke, ...] = ()

    def find(self, stroke_id: str) -> Stroke | None:
        """The standing stroke of that id, or None."""
        return next((stroke for stroke in self.strokes if stroke.id == stroke_id), None)

    @property
    def points(self) -> int:
        """Points in all standing strokes."""
        return sum(len(stroke.points) for stroke in self.strokes)


def reduce(snapshot: Snapshot, event: Event) -> Snapshot:
    """The state after `event`, its `seq` one higher; `snapshot` is left as it is.

    An event about a stroke that does not stand changes nothing but `seq`.
    """
    scene, strokes = snapshot.scene, snapshot.strokes
    match event:
        case StrokeBegun(stroke=stroke):
            strokes = (*strokes, stroke)
        case StrokeExtended(id=stroke_id):
            strokes = tuple(extended(s, event) if s.id == stroke_id else s for s in strokes)
        case StrokeEnded(id=stroke_id, disparity=disparity):
            strokes = tuple(
                msgspec.structs.replace(s, done=True, disparity=disparity)
                if s.id == stroke_id
                else s
                for s in strokes
            )
        case StrokesRemoved(ids=ids):
            gone = frozenset(ids)
            strokes = tuple(s for s in strokes if s.id not in gone)
        case SceneChanged(scene=new_scene):
            scene = new_scene
    return Snapshot(snapshot.seq + 1, scene, strokes)


def extended(stroke: Stroke, event: StrokeExtended) -> Stroke:
    """`stroke` with the event's points: a pen's path grows, any other's second point moves."""
    if stroke.tool == "pen":
        points = [*stroke.points, *event.points]
    else:
        points = [stroke.points[0], event.points[-1]]
    return msgspec.structs.replace(stroke, points=points)


def scene_of(state: SceneState) -> Scene:
    """The renderer's scene for a wire scene."""
    return Scene(
        mode=PictureMode(state.mode),
        anatomy_visible=state.anatomy_visible,
        anatomy_opacity=state.anatomy_opacity,
        hide_behind=state.hide_behind,
        pose=Pose(state.pose.rotation, state.pose.shift, state.pose.zoom),
    )
