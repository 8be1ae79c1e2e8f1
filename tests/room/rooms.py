"""Makes rooms, strokes and messages for the tests."""

from collections.abc import Sequence

from streamer.clock import CaptureClock
from streamer.room.messages import Mode, Point, StrokeBegin, Tool
from streamer.room.room import Room

INSTRUCTOR = "v-instructor"
STUDENT = "v-student"
NEWEST_FRAME = 1000


class Depth:
    """Answers as the disparity probe does, and remembers what it was asked."""

    def __init__(self, answers: Sequence[float | None] = ()) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[int, list[Point]]] = []

    def __call__(self, frame_id: int, points: Sequence[Point]) -> float | None:
        self.asked.append((frame_id, list(points)))
        return self.answers.pop(0) if self.answers else None


def captured_ms(frame_id: int) -> float | None:
    """Frames up to the newest are known."""
    return 1e12 + frame_id * 33.0 if frame_id <= NEWEST_FRAME else None


def make_room(
    depth: Depth | None = None, *, has_anatomy: bool = True, mode: Mode = "video"
) -> Room:
    return Room("test", CaptureClock(), has_anatomy, mode, depth or Depth(), captured_ms)


def begin(
    stroke_id: str = "s1",
    tool: Tool = "pen",
    points: Sequence[Point] = ((0.5, 0.5),),
    *,
    text: str = "",
    done: bool = False,
    frame_id: int = 7,
) -> StrokeBegin:
    return StrokeBegin(
        id=stroke_id,
        tool=tool,
        colour="#ff0000",
        width=0.01,
        frame_id=frame_id,
        points=list(points),
        text=text,
        done=done,
    )
