"""A frame keeps its identity to the student's eye: for one viewer and for many, in one encode."""

import base64
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser

from calibration import framecode
from tests.e2e.pages import TheatronPage, viewer
from tests.e2e.process import ServerProcess, serve_arguments, wait_until
from tests.e2e.videos import CodedVideo, coded_video

pytestmark = pytest.mark.e2e

FRAMES = 320

# For each newly presented frame, in side by side: the id that the page reports, and the green of
# the corner of each eye's picture in which the code stands.
COLLECT = """
([paneWidth, cornerWidth, cornerHeight]) => {
  window.collected = [];
  theatron.onFrame = (stats) => {
    const { width, data, frameId } = theatron.pixels();
    const corner = (left) => {
      const green = new Uint8Array(cornerWidth * cornerHeight);
      for (let y = 0, i = 0; y < cornerHeight; y++)
        for (let x = 0; x < cornerWidth; x++) green[i++] = data[4 * (y * width + left + x) + 1];
      return toBase64(green);
    };
    collected.push({ id: stats.frameId, pixelsId: frameId,
                     left: corner(0), right: corner(paneWidth) });
  };
}
"""
TAKE = "() => { theatron.onFrame = null; return window.collected; }"


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


class Collector:
    """Collects what a page presents, in a window of which each half holds one eye exactly."""

    def __init__(self, page: TheatronPage, pane: tuple[int, int]) -> None:
        self.page = page
        self.pane = pane
        cell = pane[0] / framecode.GEOMETRY.cells_across
        self.corner = (round(18 * cell), round(4 * cell))
        page.mode("sbs")
        width, height = page.shown().rgb.shape[1::-1]
        assert (width, height) == (2 * pane[0], pane[1])
        page.page.evaluate(COLLECT, [pane[0], *self.corner])

    def take(self) -> list[Seen]:
        """End collecting; what was presented meanwhile, in order."""
        found: list[dict[str, Any]] = self.page.page.evaluate(TAKE)
        assert all(one["id"] == one["pixelsId"] for one in found)
        return [Seen(one["id"], self._code(one["left"]), self._code(one["right"])) for one in found]

    def _code(self, corner: str) -> int | None:
        width, height = self.corner
        picture = np.zeros((height, self.pane[0]), np.uint8)
        green = np.frombuffer(base64.b64decode(corner), np.uint8)
        picture[:, :width] = green.reshape(height, width)
        return framecode.read(picture)


@pytest.fixture(scope="module")
def video_720p(tmp_path_factory: pytest.TempPathFactory) -> CodedVideo:
    return coded_video(tmp_path_factory.mktemp("video") / "720p.mp4", 6, eye=(1280, 720))


def test_720p_an_eye_keeps_its_identity_for_one_viewer(
    browser: Browser,
    video_720p: CodedVideo,
    tmp_path_factory: pytest.TempPathFactory,
    record_property: Any,
) -> None:
    home = tmp_path_factory.mktemp("home")
    with (
        ServerProcess(home, "serve", *serve_arguments(video_720p)) as server,
        viewer(browser, server.student_url, 1280, 360) as page,
    ):
        page.wait_for_picture()
        collector = Collector(page, (640, 360))
        page.next_frames(FRAMES)
        seen, stats = collector.take(), page.stats()
        assert stats["renditionWidth"] == 2560
        assert stats["renditionHeight"] == 720
        counters = server.stats()["delivery"]
    assert len(seen) >= FRAMES
    false = [one for one in seen if not one.true_to(video_720p)]
    assert len(false) <= len(seen) // 100, f"{len(false)} of {len(seen)}: {false[:10]}"
    ids = [one.frame_id for one in seen]
    assert ids == sorted(set(ids)), "an id came twice or went back"
    covered = len(ids) / (ids[-1] - ids[0] + 1)
    report = (
        f"720p an eye, one viewer: {len(seen)} frames, {len(false)} with a false id, "
        f"{100 * covered:.1f} % of ids presented, {stats['fps']:.1f} fps, "
        f"latency {stats['latencyMs']:.0f} ms, stages {counters['stagesMs']}"
    )
    print(report)
    record_property("identity", report)
    assert covered >= 0.95, report


@pytest.fixture(scope="module")
def three(browser: Browser, server: ServerProcess) -> Iterator[list[TheatronPage]]:
    """Three students of one room, who joined one after the other."""
    with ExitStack() as stack:
        pages = []
        for _ in range(3):
            page = stack.enter_context(viewer(browser, server.student_url, 640, 180))
            pages.append(page.wait_for_picture())
        yield pages


def test_more_viewers_see_the_same_frames(
    three: list[TheatronPage], small_video: CodedVideo
) -> None:
    collectors = [Collector(page, (320, 180)) for page in three]
    three[-1].next_frames(120)
    seen = [collector.take() for collector in collectors]
    for each in seen:
        false = [one for one in each if not one.true_to(small_video)]
        assert len(false) <= len(each) // 100, f"{len(false)} of {len(each)}: {false[:10]}"
    together = set.intersection(*({one.frame_id for one in each} for each in seen))
    assert len(together) >= 60, [len(each) for each in seen]


def test_more_viewers_cost_no_further_encode(
    three: list[TheatronPage], server: ServerProcess
) -> None:
    """From the server's counters: what is encoded is what was composed, once, for all three."""
    wait_until(lambda: server.stats()["hub"]["viewers"] == 3, "all three are counted")
    before = server.stats()["delivery"]
    three[0].next_frames(90)
    after = server.stats()["delivery"]

    def grown(*path: str) -> int:
        old: Any = before
        new: Any = after
        for name in path:
            old, new = old[name], new[name]
        return int(new) - int(old)

    encoded = grown("renditions", "stereo", "encoded")
    assert encoded >= 60
    assert encoded <= grown("compose", "composed") + 3
    assert encoded <= grown("capture", "captured") + 3
    assert grown("renditions", "mono", "encoded") == 0, "nobody watches it"
    assert len(after["viewers"]) == 3
    for name in after["viewers"]:
        sent = grown("viewers", name, "frames") + grown("viewers", name, "skipped")
        assert abs(sent - encoded) <= 5, f"viewer {name} got {sent} of {encoded} encoded frames"
