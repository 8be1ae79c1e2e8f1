"""The room: what each role may do, what a message must satisfy, and what becomes of it."""

import logging
import math

import pytest

from streamer.errors import AccessError, MessageError, ServerError
from streamer.room.messages import (
    MAX_POINTS_PER_STROKE,
    MAX_STROKES,
    Clear,
    Logged,
    PoseState,
    SceneChanged,
    SceneSet,
    StrokeBegun,
    StrokeEnd,
    StrokeEnded,
    StrokeExtend,
    StrokeExtended,
    StrokesRemoved,
    Undo,
)
from streamer.room.room import Room, RoomMessage
from streamer.room.rules import MAX_POINTS_STANDING
from streamer.scene.model import PictureMode
from tests.room.rooms import INSTRUCTOR, NEWEST_FRAME, STUDENT, Depth, begin, make_room


def do(room: Room, *messages: RoomMessage, viewer: str = INSTRUCTOR) -> None:
    for message in messages:
        room.apply(viewer, "instructor", message)


def refused(room: Room, message: RoomMessage, match: str, viewer: str = INSTRUCTOR) -> None:
    """`message` is refused with a sentence, and the room is as it was."""
    before = room.snapshot()
    with pytest.raises(MessageError, match=match):
        room.apply(viewer, "instructor", message)
    assert room.snapshot() == before


def test_a_stroke_from_begin_to_end() -> None:
    depth = Depth([0.02, 0.03])
    room = make_room(depth)
    do(room, begin(points=[(0.1, 0.2)]), StrokeExtend("s1", [(0.2, 0.3), (0.3, 0.4)]))
    (stroke,) = room.snapshot().strokes
    assert stroke.points == [(0.1, 0.2), (0.2, 0.3), (0.3, 0.4)]
    assert (stroke.frame_id, stroke.captured_ms) == (7, 1e12 + 7 * 33.0)
    assert (stroke.disparity, stroke.done) == (0.02, False)
    do(room, StrokeEnd("s1"))
    (stroke,) = room.snapshot().strokes
    assert (stroke.disparity, stroke.done) == (0.03, True)
    assert depth.asked == [
        (7, [(0.1, 0.2)]),
        (7, [(0.1, 0.2), (0.2, 0.3), (0.3, 0.4)]),
    ]


def test_a_stroke_said_at_once_is_measured_over_all_points() -> None:
    depth = Depth([0.04])
    room = make_room(depth)
    do(room, begin(points=[(0.1, 0.2), (0.3, 0.4)], done=True))
    (stroke,) = room.snapshot().strokes
    assert (stroke.disparity, stroke.done) == (0.04, True)
    assert depth.asked == [(7, [(0.1, 0.2), (0.3, 0.4)])]


def test_an_unknown_depth_leaves_the_one_before() -> None:
    room = make_room(Depth([0.02, None, math.nan]))
    do(room, begin("a"), StrokeEnd("a"), begin("b", done=True))
    assert [stroke.disparity for stroke in room.snapshot().strokes] == [0.02, 0.0]


def test_a_wild_depth_is_held_within_half_a_picture() -> None:
    room = make_room(Depth([3.0, -3.0]))
    do(room, begin("a", done=True), begin("b", done=True))
    assert [stroke.disparity for stroke in room.snapshot().strokes] == [0.5, -0.5]


@pytest.mark.parametrize("tool", ["arrow", "circle"])
def test_the_second_point_of_arrow_and_circle_moves(tool: str) -> None:
    room = make_room()
    do(room, begin(tool=tool))  # type: ignore[arg-type]
    do(room, StrokeExtend("s1", [(0.6, 0.6)]), StrokeExtend("s1", [(0.7, 0.7), (0.8, 0.8)]))
    assert room.snapshot().strokes[0].points == [(0.5, 0.5), (0.8, 0.8)]


def test_undo_takes_the_newest_and_clear_takes_all() -> None:
    room = make_room()
    do(room, begin("a"), begin("b"), begin("c"), Undo())
    assert [stroke.id for stroke in room.snapshot().strokes] == ["a", "b"]
    refused(room, StrokeExtend("c", [(0.1, 0.1)]), "'c' stands")
    do(room, Clear())
    assert room.snapshot().strokes == ()


def test_undo_and_clear_of_nothing_make_no_event() -> None:
    room = make_room()
    do(room, Undo(), Clear(), SceneSet(), SceneSet(mode="video"))
    assert room.snapshot().seq == 0


def test_subscribers_get_each_event_with_its_number() -> None:
    room = make_room()
    heard: list[Logged] = []
    unsubscribe = room.subscribe(heard.append)
    do(room, begin(), StrokeExtend("s1", [(0.1, 0.1)]), StrokeEnd("s1"), Undo())
    do(room, SceneSet(mode="over"))
    assert [logged.seq for logged in heard] == [1, 2, 3, 4, 5]
    kinds = [StrokeBegun, StrokeExtended, StrokeEnded, StrokesRemoved, SceneChanged]
    assert [type(logged.event) for logged in heard] == kinds
    unsubscribe()
    do(room, begin("later"))
    assert len(heard) == 5


MESSAGES: list[RoomMessage] = [
    begin(),
    StrokeExtend("standing", [(0.1, 0.1)]),
    StrokeEnd("standing"),
    Undo(),
    Clear(),
    SceneSet(mode="anatomy"),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_student_may_change_nothing_and_is_logged(
    message: RoomMessage, caplog: pytest.LogCaptureFixture
) -> None:
    room = make_room()
    do(room, begin("standing"))
    before = room.snapshot()
    with caplog.at_level(logging.WARNING), pytest.raises(AccessError, match="student may not"):
        room.apply(STUDENT, "student", message)
    assert room.snapshot() is before
    assert STUDENT in caplog.text


def test_a_student_who_floods_does_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    room = make_room()
    for _ in range(1000):
        with pytest.raises(AccessError):
            room.apply(STUDENT, "student", Undo())
    assert len(caplog.records) == 10  # 1, 2, 4, ... 512


@pytest.mark.parametrize(
    ("message", "match"),
    [
        (begin("s0"), "'s0' already stands"),
        (begin(frame_id=NEWEST_FRAME + 1), f"frame {NEWEST_FRAME + 1} is not known"),
        (begin(tool="arrow", points=[(0, 0)] * 3), "2 point"),
        (begin(tool="circle", points=[(0, 0)], done=True), "two points, not 1"),
        (begin(tool="text", points=[(0, 0)] * 2, text="x"), "1 point"),
        (begin(tool="text"), "needs a text"),
        (begin(tool="text", text="  "), "needs a text"),
        (begin(tool="pen", text="hello"), "'hello'"),
        (StrokeExtend("nobody", [(0, 0)]), "'nobody' stands"),
        (StrokeExtend("s0", [(0, 0)]), "'s0' has ended"),
        (StrokeExtend("label", [(0, 0)]), "is a text"),
        (StrokeEnd("nobody"), "'nobody' stands"),
        (StrokeEnd("s0"), "'s0' has ended"),
        (SceneSet(pose=PoseState(rotation=(0, 0, 0, 0))), "rotation"),
        (SceneSet(pose=PoseState(rotation=(math.inf, 0, 0, 1))), "rotation"),
        (SceneSet(pose=PoseState(shift=(9.0, 0))), "shift"),
        (SceneSet(pose=PoseState(zoom=0.0)), "zoom"),
        (SceneSet(pose=PoseState(zoom=math.nan)), "zoom"),
    ],
)
def test_what_cannot_be_carried_out_is_refused(message: RoomMessage, match: str) -> None:
    room = make_room()
    do(room, begin("s0", done=True), begin("label", "text", text="nerve"))
    refused(room, message, match)


def test_a_room_holds_so_many_strokes() -> None:
    room = make_room()
    for number in range(MAX_STROKES):
        do(room, begin(f"s{number}", done=True))
    refused(room, begin("one-more"), f"{MAX_STROKES} strokes stand")
    do(room, Undo(), begin("one-more"))


def test_a_stroke_holds_so_many_points() -> None:
    room = make_room()
    do(room, begin())
    chunk = [(0.5, 0.5)] * 256
    for _ in range(MAX_POINTS_PER_STROKE // 256 - 1):
        do(room, StrokeExtend("s1", chunk))
    refused(room, StrokeExtend("s1", chunk), "lift the pen")
    do(room, StrokeExtend("s1", chunk[:-1]), StrokeEnd("s1"))


def test_all_strokes_together_hold_so_many_points() -> None:
    room = make_room()
    per_stroke = 4000
    chunk = [(0.5, 0.5)] * 250
    for number in range(MAX_POINTS_STANDING // per_stroke):
        do(room, begin(f"s{number}", points=chunk))
        for _ in range(per_stroke // 250 - 1):
            do(room, StrokeExtend(f"s{number}", chunk))
    refused(room, begin("one-more"), f"more than {MAX_POINTS_STANDING}")
    refused(room, StrokeExtend("s0", [(0.1, 0.1)]), "would have")


def test_two_instructors_do_not_draw_one_stroke() -> None:
    room = make_room()
    do(room, begin(), viewer="v-one")
    refused(room, StrokeExtend("s1", [(0, 0)]), "another instructor", viewer="v-two")
    refused(room, StrokeEnd("s1"), "another instructor", viewer="v-two")
    do(room, StrokeEnd("s1"), viewer="v-one")


def test_who_leaves_ends_the_strokes_left_open() -> None:
    room = make_room(Depth([0.0, 0.0, 0.01]))
    do(room, begin("mine"), viewer="v-one")
    do(room, begin("theirs"), viewer="v-two")
    room.leave("v-one")
    room.leave("v-nobody")
    done = {stroke.id: stroke.done for stroke in room.snapshot().strokes}
    assert done == {"mine": True, "theirs": False}
    assert room.snapshot().find("mine") is not None
    assert [entry.viewer_id for entry in room.log.tail] == ["v-one", "v-two", "v-one"]


def test_the_scene_follows() -> None:
    room = make_room()
    do(room, SceneSet(mode="over", anatomy_opacity=0.5))
    do(room, SceneSet(anatomy_visible=False, pose=PoseState((0, 0, 2, 0), (0.1, 0), 2)))
    scene = room.scene
    assert scene.mode is PictureMode.OVER
    assert (scene.anatomy_opacity, scene.anatomy_visible) == (0.5, False)
    assert list(scene.pose.rotation) == [0, 0, 1, 0]  # at unit length
    assert (list(scene.pose.shift), scene.pose.zoom) == ([0.1, 0], 2)


def test_a_room_without_anatomy_shows_video_only() -> None:
    room = make_room(has_anatomy=False)
    refused(room, SceneSet(mode="beside"), "'beside' needs anatomy")
    with pytest.raises(MessageError, match="needs anatomy"):
        make_room(has_anatomy=False, mode="over")
    assert make_room(mode="beside").scene.mode is PictureMode.BESIDE


def test_a_room_has_a_proper_name() -> None:
    with pytest.raises(ServerError, match="'no/name'"):
        Room("no/name", make_room()._clock, False, "video", Depth(), lambda _: None)
