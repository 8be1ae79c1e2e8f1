"""A frame keeps its identity to the student's eye: for one viewer and for many, in one encode."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser

from calibration import framecode
from tests.e2e.load import OthersShare
from tests.e2e.pages import TheatronPage, to_rgb, viewer
from tests.e2e.process import ServerProcess, serve_arguments, wait_until
from tests.e2e.videos import CodedVideo, coded_video

pytestmark = pytest.mark.e2e

FRAMES = 320
PANE = (320, 180)
CELL_PX = PANE[0] / framecode.GEOMETRY.cells_across
CORNER = (round(18 * CELL_PX), round(4 * CELL_PX))

# For each newly presented frame, in side by side: the id that the page reports, and the corner of
# each eye's picture in which the code stands.
COLLECT = """
([paneWidth, width, height]) => {
  window.collected = [];
  theatron.onFrame = ({ frameId }) => {
    const corner = (left) => toBase64(readStage(left, 0, width, height));
    collected.push({ frameId, left: corner(0), right: corner(paneWidth) });
  };
}
"""
TAKE = "() => { theatron.onFrame = null; return window.collected; }"
COUNT = "() => { window.collected = []; theatron.onFrame = (s) => collected.push(s.frameId); }"


@dataclass(frozen=True, slots=True)
class Seen:
    """One presented frame: the id that the page reports, and the codes in its pictures."""

    frame_id: int
    left: int | None
    right: int | None

    def true_to(self, video: CodedVideo) -> bool:
        """Whether both eyes' pictures are those of the reported id."""
        wanted = self.frame_id % video.frames
        return self.left == wanted and self.right == wanted


def begin(page: TheatronPage) -> None:
    """Begin to collect what `page` presents; each half of its window must hold one eye exactly."""
    page.mode("sbs")
    assert page.shown().rgb.shape == (PANE[1], 2 * PANE[0], 3)
    page.page.evaluate(COLLECT, [PANE[0], *CORNER])


def end(page: TheatronPage) -> list[Seen]:
    """What was presented since `begin`, in order."""
    found: list[dict[str, Any]] = page.page.evaluate(TAKE)
    return [Seen(one["frameId"], code_in(one["left"]), code_in(one["right"])) for one in found]


def code_in(corner: str) -> int | None:
    """The number in the corner of an eye's picture."""
    width, height = CORNER
    picture = np.zeros((height, PANE[0], 3), np.uint8)
    picture[:, :width] = to_rgb(corner, width, height)
    return framecode.read(picture)


def assert_true(seen: list[Seen], video: CodedVideo) -> None:
    """For 99 % of the frames the reported id is the code in both eyes' very pictures."""
    false = [one for one in seen if not one.true_to(video)]
    assert len(false) <= len(seen) // 100, f"{len(false)} of {len(seen)}, such as {false[:10]}"


@pytest.fixture(scope="module")
def video_720p(tmp_path_factory: pytest.TempPathFactory) -> CodedVideo:
    return coded_video(tmp_path_factory.mktemp("video") / "720p.mp4", 6, eye=(1280, 720))


@pytest.fixture(scope="module")
def server_720p(
    video_720p: CodedVideo, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    home = tmp_path_factory.mktemp("home")
    with ServerProcess(home, "serve", *serve_arguments(video_720p)) as running:
        yield running


@pytest.fixture(scope="module")
def alone(browser: Browser, server_720p: ServerProcess) -> Iterator[TheatronPage]:
    """The one student of a room with 720p an eye."""
    with viewer(browser, server_720p.student_url, 2 * PANE[0], PANE[1]) as page:
        yield page.wait_for_picture()


def test_720p_an_eye_keeps_its_identity(alone: TheatronPage, video_720p: CodedVideo) -> None:
    begin(alone)
    alone.next_frames(FRAMES)
    seen, stats = end(alone), alone.stats()
    assert (stats["renditionWidth"], stats["renditionHeight"]) == (2560, 720)
    assert len(seen) >= FRAMES
    assert_true(seen, video_720p)
    ids = [one.frame_id for one in seen]
    assert ids == sorted(set(ids)), "an id came twice or went back"


def covered_in_ten_seconds(page: TheatronPage) -> float:
    """The share of the frames captured in the next ten seconds that `page` presents."""
    page.page.evaluate(COUNT)
    page.next_frames(30)
    begun: int = page.stats()["frameId"]
    wait_until(lambda: page.stats()["frameId"] >= begun + 300, "ten seconds have passed")
    ids: list[int] = [one for one in page.page.evaluate(TAKE) if one > begun]
    return len(ids) / (ids[-1] - begun)


def test_720p_an_eye_is_held_at_30_a_second(
    alone: TheatronPage, server_720p: ServerProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nearly every frame is presented, where two cores are ours; the best of three tries counts."""
    for _ in range(3):
        with OthersShare([os.getpid(), server_720p.pid]) as others:
            covered = covered_in_ten_seconds(alone)
        encode_ms = server_720p.stats()["delivery"]["stagesMs"]["encode-stereo"]
        with capsys.disabled():
            print(
                f"\n720p an eye, {os.cpu_count()} cores, others took {others.share:.0%} of them: "
                f"{covered:.1%} of frames presented, latency "
                f"{alone.stats()['latencyMs']:.0f} ms, encode {encode_ms}"
            )
        if covered >= 0.95:
            return
    if others.share > 0.1 or (os.cpu_count() or 1) < 2:
        pytest.skip(f"other programs took {others.share:.0%} of this machine meanwhile")
    pytest.fail(f"only {covered:.1%} of 30 frames a second were presented")


@pytest.fixture(scope="module")
def three(browser: Browser, server: ServerProcess) -> Iterator[list[TheatronPage]]:
    """Three students of one room, who joined one after the other."""
    with ExitStack() as stack:
        pages = []
        for _ in range(3):
            page = stack.enter_context(viewer(browser, server.student_url, 2 * PANE[0], PANE[1]))
            pages.append(page.wait_for_picture())
        yield pages


def test_more_viewers_see_the_same_frames(
    three: list[TheatronPage], small_video: CodedVideo
) -> None:
    for page in three:
        begin(page)
    three[-1].next_frames(90)
    seen = [end(page) for page in three]
    for each in seen:
        assert_true(each, small_video)
    together = set.intersection(*({one.frame_id for one in each} for each in seen))
    assert len(together) >= 30, [len(each) for each in seen]


def test_more_viewers_cost_no_further_encode(
    three: list[TheatronPage], server: ServerProcess
) -> None:
    """From the server's counters: what is encoded is what was composed, once, for all three."""
    wait_until(lambda: server.stats()["hub"]["viewers"] == 3, "all three are counted")
    before = server.stats()["delivery"]
    three[0].next_frames(60)
    after = server.stats()["delivery"]

    def grown(*path: str) -> int:
        old: Any = before
        new: Any = after
        for name in path:
            old, new = old[name], new[name]
        return int(new) - int(old)

    encoded = grown("renditions", "stereo", "encoded")
    assert encoded >= 60 // 2
    assert encoded <= grown("compose", "composed") + 3
    assert encoded <= grown("capture", "captured") + 3
    assert grown("renditions", "mono", "encoded") == 0, "nobody watches it"
    assert len(after["viewers"]) == 3
    for name in after["viewers"]:
        sent = grown("viewers", name, "frames") + grown("viewers", name, "skipped")
        assert abs(sent - encoded) <= 5, f"viewer {name} got {sent} of {encoded} encoded frames"
