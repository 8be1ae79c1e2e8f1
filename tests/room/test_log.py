"""The log: however it is folded, a late joiner has what everybody has."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.errors import MessageError
from streamer.room.log import EventLog
from streamer.room.messages import (
    Clear,
    Event,
    Logged,
    PoseState,
    SceneChanged,
    SceneSet,
    SceneState,
    StrokeBegun,
    StrokeEnd,
    StrokeEnded,
    StrokeExtend,
    StrokeExtended,
    StrokesRemoved,
    Undo,
)
from streamer.room.room import RoomMessage
from streamer.room.state import Snapshot, reduce
from tests.room.rooms import Depth, begin, make_room

ids = st.sampled_from(["a", "b", "c", "d"])
units = st.floats(-0.5, 1.5, width=32)
points = st.lists(st.tuples(units, units), min_size=1, max_size=3)
tools = st.sampled_from(["pen", "arrow", "circle"])
messages: st.SearchStrategy[RoomMessage] = st.one_of(
    st.builds(begin, ids, tools, points, done=st.booleans()),
    st.builds(StrokeExtend, ids, points),
    st.builds(StrokeEnd, ids),
    st.just(Undo()),
    st.just(Clear()),
    st.builds(
        SceneSet,
        mode=st.sampled_from(["video", "over", None]),
        anatomy_opacity=st.none() | st.floats(0, 1),
        pose=st.none() | st.builds(PoseState, zoom=st.floats(0.1, 10)),
    ),
)


def naive(start: SceneState, events: list[Event]) -> tuple[SceneState, list[dict[str, object]]]:
    """The fold as the pages do it: on mutable records, one event after the other."""
    scene, strokes = start, list[dict[str, object]]()
    for event in events:
        if isinstance(event, StrokeBegun):
            stroke = event.stroke
            strokes.append({f: getattr(stroke, f) for f in stroke.__struct_fields__})
        elif isinstance(event, SceneChanged):
            scene = event.scene
        elif isinstance(event, StrokesRemoved):
            strokes = [stroke for stroke in strokes if stroke["id"] not in event.ids]
        for stroke_record in strokes:
            if isinstance(event, StrokeEnded) and stroke_record["id"] == event.id:
                stroke_record |= {"done": True, "disparity": event.disparity}
            if isinstance(event, StrokeExtended) and stroke_record["id"] == event.id:
                path = stroke_record["points"]
                assert isinstance(path, list)
                keep = path if stroke_record["tool"] == "pen" else path[:1]
                stroke_record["points"] = keep + event.points
    return scene, strokes


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["v1", "v2"]), messages), max_size=60),
    st.data(),
)
def test_a_late_joiner_has_what_everybody_has(
    asked: list[tuple[str, RoomMessage]], data: st.DataObject
) -> None:
    room = make_room(Depth([0.01 * n for n in range(40)]))
    start = room.snapshot()
    heard: list[Logged] = []
    room.subscribe(heard.append)
    snapshots = [start]
    for viewer, message in asked:
        with contextlib.suppress(MessageError):
            room.apply(viewer, "instructor", message)
        snapshots.append(room.snapshot())
    scene, strokes = naive(start.scene, [logged.event for logged in heard])
    now = room.snapshot()
    assert now.scene == scene
    assert [{f: getattr(s, f) for f in s.__struct_fields__} for s in now.strokes] == strokes
    joined = data.draw(st.sampled_from(snapshots))
    for logged in heard:
        if logged.seq > joined.seq:
            joined = reduce(joined, logged.event)
    assert joined == now


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 5), st.lists(st.sampled_from(["begin", "end", "undo"]), max_size=30))
def test_the_log_is_bounded_and_loses_nothing(keep: int, kinds: list[str]) -> None:
    log = EventLog(Snapshot(0, SceneState()), keep)
    for number, kind in enumerate(kinds):
        stroke = make_stroke_event(f"s{number}")
        event: Event = stroke
        if kind == "end":
            event = StrokeEnded(f"s{number - 1}", 0.1)
        elif kind == "undo":
            event = StrokesRemoved([f"s{number - 1}"])
        logged = log.append(event, "v", number)
        assert logged.seq == number + 1
        assert len(log.tail) == min(keep, number + 1)
        folded = log.base
        for entry in log.tail:
            folded = reduce(folded, entry.logged.event)
            assert folded.seq == entry.logged.seq
        assert folded == log.now


def make_stroke_event(stroke_id: str) -> StrokeBegun:
    room = make_room()
    room.apply("v", "instructor", begin(stroke_id))
    return StrokeBegun(room.snapshot().strokes[0])


def test_a_log_keeps_something() -> None:
    with pytest.raises(ValueError, match="not 0"):
        EventLog(Snapshot(0, SceneState()), 0)
