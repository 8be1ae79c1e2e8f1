"""What the instructor draws lies on its frame, in both eyes of every student's picture."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser

from streamer.room.messages import Hello, StrokeBegin
from tests.e2e.pages import TheatronPage, viewer
from tests.e2e.process import ServerProcess, wait_until
from tests.e2e.socketclient import converse
from tests.e2e.videos import DISPARITY_PX, Picture

pytestmark = pytest.mark.e2e

WINDOW = (640, 180)
SHIFT_PX = DISPARITY_PX * 320 / 640
GREEN = "#8cff66"
# The picture's own colours end at 220: nothing in it is so green, nothing so white.
LEAST_GREEN, MOST_RED = 235, 175
LEAST_WHITE = 240

# Notes of each presented frame its id, and the colour at one point of each eye's picture.
SAMPLE = """
([left, right]) => {
  window.sampled = [];
  theatron.onFrame = ({ frameId }) => {
    const colour = ([x, y]) => Array.from(readStage(x, y, 1, 1)).slice(0, 3);
    sampled.push([frameId, colour(left), colour(right)]);
  };
}
"""
TAKE = "() => { theatron.onFrame = null; return window.sampled; }"


@pytest.fixture(scope="module")
def teacher(browser: Browser, server: ServerProcess) -> Iterator[TheatronPage]:
    with viewer(browser, server.instructor_url, 800, 560) as page:
        yield page.wait_for_picture()


@pytest.fixture(scope="module")
def students(browser: Browser, server: ServerProcess) -> Iterator[list[TheatronPage]]:
    """Two students, both in side by side, each eye 320x180."""
    with ExitStack() as stack:
        pages = []
        for _ in range(2):
            page = stack.enter_context(viewer(browser, server.student_url, *WINDOW))
            page.wait_for_picture().mode("sbs")
            pages.append(page)
        yield pages


@pytest.fixture(autouse=True)
def clear_board(teacher: TheatronPage, students: list[TheatronPage]) -> Iterator[None]:
    yield
    teacher.press("clear")
    for page in (teacher, *students):
        page.wait_for("theatron.stats().strokes === 0")


def green(picture: Picture) -> NDArray[np.bool_]:
    """Where the ink of the first colour lies."""
    return (picture[..., 1] > LEAST_GREEN) & (picture[..., 0] < MOST_RED)


def columns(mask: NDArray[np.bool_]) -> tuple[int, int]:
    """First and last column in which anything is set."""
    found = np.flatnonzero(mask.any(axis=0))
    return int(found[0]), int(found[-1])


def assert_ink_in_both_eyes(page: TheatronPage, row: int, first: int, last: int) -> None:
    """A line from column `first` to `last` of the left eye, and as deep as the picture there."""
    seen: list[tuple[int, int]] = []

    def lies_right() -> bool:
        masks = [green(eye[row - 6 : row + 6]) for eye in page.shown().halves()]
        seen[:] = [columns(mask) for mask in masks if mask.any()]
        if len(seen) < 2:
            return False
        left, right = seen
        near = all(abs(a - b) < 6 for a, b in zip(left, (first, last), strict=True))
        return near and all(abs(a - b - SHIFT_PX) <= 2 for a, b in zip(left, right, strict=True))

    try:
        wait_until(lies_right, "the line lies in both eyes")
    except AssertionError:
        message = f"the line spans {seen}, wanted {first, last} and {SHIFT_PX} px less at the right"
        raise AssertionError(message) from None


def assert_shown_on_its_frame(page: TheatronPage, presented: list[int]) -> None:
    """The newest stroke was first seen on its frame, or on the next one that was presented.

    Where the picture stood still after the stroke had come (the page waits 150 ms, more than two
    frames of this video), it is drawn over the frame that stood, which must not be an earlier one
    than its own.
    """
    timing: dict[str, Any] = page.stats()["strokeFrames"][-1]
    shown, frame = timing["shownOnFrame"], timing["frameId"]
    arrived = timing["receivedAtFrame"]
    late = arrived is not None and arrived >= frame
    earliest = arrived + 1 if late else frame
    wanted = next((one for one in presented if one >= earliest), None)
    if late and shown == arrived and (wanted is None or wanted - arrived > 2):
        return
    assert shown == wanted, f"{timing}, presented {[p for p in presented if p >= frame - 3][:12]}"


def test_a_stroke_by_mouse_is_seen_by_two_students_in_both_eyes(
    teacher: TheatronPage, students: list[TheatronPage]
) -> None:
    for page in students:
        page.page.evaluate(
            "() => { window.ids = []; theatron.onFrame = s => ids.push(s.frameId); }"
        )
    teacher.press("tool-pen")
    teacher.press("colour-green")
    teacher.press("width-thick")
    teacher.drag((0.3, 0.5), (0.5, 0.5), (0.7, 0.5))
    teacher.wait_for("theatron.stats().strokes === 1")
    for page in students:
        page.wait_for("theatron.stats().strokes === 1")
        page.next_frames(3)
        assert_ink_in_both_eyes(page, 90, 96, 224)
        assert_shown_on_its_frame(page, page.page.evaluate("() => window.ids"))
    assert green(teacher.shown().rgb).any(), "the instructor does not see what was drawn"


def draw_on_the_newest_frame(server: ServerProcess, **stroke: Any) -> int:
    """Draw, as the instructor, on the frame that the server announces: nobody has seen it yet."""
    drawn: list[int] = []

    def on(message: dict[str, Any]) -> msgspec.Struct | None:
        if message["type"] != "anchor" or drawn:
            return None
        drawn.append(message["anchor"]["frameId"])
        return StrokeBegin(frame_id=drawn[0], done=True, **stroke)

    talk = converse(server, Hello(server.instructor_token), until="event", answer=on, listen_s=10)
    assert drawn, talk.heard
    assert talk.of("event"), talk.heard
    return drawn[0]


def test_a_stroke_appears_on_the_very_frame_on_which_it_was_drawn(
    server: ServerProcess, students: list[TheatronPage]
) -> None:
    in_left, in_right = (160, 90), (320 + 160 - round(SHIFT_PX), 90)
    for page in students:
        page.page.evaluate(SAMPLE, [in_left, in_right])
    frame = draw_on_the_newest_frame(
        server,
        id="on-its-frame",
        tool="pen",
        colour=GREEN,
        width=0.02,
        points=[(0.5, 0.4), (0.5, 0.5), (0.5, 0.6)],
    )
    for page in students:
        page.wait_for("theatron.stats().strokes === 1")
        page.next_frames(5)
        sampled = page.page.evaluate(TAKE)
        ids = [one[0] for one in sampled]
        assert_shown_on_its_frame(page, ids)
        shown = page.stats()["strokeFrames"][-1]["shownOnFrame"]
        assert shown >= frame
        for frame_id, left, right in sampled:
            inked = [bool(green(np.array(colour, np.uint8))) for colour in (left, right)]
            assert inked == [frame_id >= shown] * 2, (frame_id, shown, left, right)


def test_a_late_joiner_sees_what_stands(
    teacher: TheatronPage, browser: Browser, server: ServerProcess
) -> None:
    teacher.press("tool-pen")
    teacher.drag((0.25, 0.75), (0.5, 0.75))
    teacher.wait_for("theatron.stats().strokes === 1")
    with viewer(browser, server.student_url, *WINDOW) as late:
        late.wait_for_picture().mode("sbs")
        assert late.stats()["strokes"] == 1
        assert_ink_in_both_eyes(late, 135, 80, 160)


def write(teacher: TheatronPage) -> None:
    teacher.press("tool-text")
    teacher.page.mouse.click(*teacher.at(0.2, 0.4))
    field = teacher.page.get_by_test_id("text-field")
    field.fill("facial nerve")
    field.press("Enter")


TOOLS: dict[str, Callable[[TheatronPage], None]] = {
    "pen": lambda page: page.drag((0.2, 0.3), (0.3, 0.5), (0.4, 0.3)),
    "arrow": lambda page: page.drag((0.2, 0.6), (0.5, 0.6)),
    "circle": lambda page: page.drag((0.6, 0.5), (0.7, 0.5)),
    "text": write,
}


def test_every_tool_undo_and_clear(teacher: TheatronPage, students: list[TheatronPage]) -> None:
    inked = [0]
    for count, (tool, draw) in enumerate(TOOLS.items(), start=1):
        teacher.press(f"tool-{tool}")
        draw(teacher)
        for page in (teacher, *students):
            page.wait_for(f"theatron.stats().strokes === {count}")
        students[0].next_frames(3)
        inked.append(int(green(students[0].shown().rgb).sum()))
        assert inked[-1] > inked[-2] + 20, f"nothing of {tool} is seen: {inked}"
    teacher.press("undo")
    for page in (teacher, *students):
        page.wait_for("theatron.stats().strokes === 3")
    students[0].next_frames(2)
    assert int(green(students[0].shown().rgb).sum()) < inked[-1] - 20
    teacher.press("clear")
    for page in (teacher, *students):
        page.wait_for("theatron.stats().strokes === 0")
    students[0].next_frames(2)
    assert not green(students[0].shown().rgb).any()


def test_a_finger_draws(
    browser: Browser, server: ServerProcess, students: list[TheatronPage]
) -> None:
    """A tap with the pen tool makes a dot."""
    context = browser.new_context(
        ignore_https_errors=True, has_touch=True, viewport={"width": 800, "height": 560}
    )
    page = TheatronPage.open(context, server.instructor_url).wait_for_picture()
    page.press("width-thick")
    page.page.touchscreen.tap(*page.at(0.5, 0.5))
    for student in students:
        student.wait_for("theatron.stats().strokes === 1")
    assert green(page.shown().rgb).any()
    context.close()


def test_the_laser_pointer_is_seen_while_it_is_held(
    teacher: TheatronPage, students: list[TheatronPage]
) -> None:
    def bright(page: TheatronPage) -> bool:
        left = page.shown().halves()[0]
        return bool((left[86:95, 156:165].min(axis=2) > LEAST_WHITE).any())

    teacher.press("tool-pointer")
    teacher.page.mouse.move(*teacher.at(0.5, 0.5), steps=4)
    wait_until(lambda: all(bright(page) for page in students), "both see the dot")
    teacher.press("tool-pen")
    wait_until(lambda: not any(bright(page) for page in students), "the dot is gone")


def test_a_students_link_cannot_draw_on_the_instructors_page(
    browser: Browser, server: ServerProcess, students: list[TheatronPage]
) -> None:
    refused_before = server.stats()["hub"]["counted"].get("refused: role", 0)
    url = f"{server.origin}/teach#{server.student_token}"
    with viewer(browser, url, 800, 560) as cheat:
        cheat.wait_for_picture()
        cheat.drag((0.2, 0.2), (0.8, 0.8))
        message = (
            '{"type":"strokeBegin","id":"cheat","tool":"pen","colour":"#8cff66",'
            '"width":0.02,"frameId":1,"points":[[0.5,0.5]],"done":true}'
        )
        talk = converse(server, Hello(server.student_token), message, until="refused")
        assert talk.of("refused")[0]["code"] == "role"
    assert server.stats()["hub"]["counted"]["refused: role"] > refused_before
    for page in students:
        page.next_frames(3)
        assert page.stats()["strokes"] == 0
        assert not green(page.shown().rgb).any()
