"""Light fields as served: idle while unwatched, right in Chromium; mistakes end in a sentence."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser

from benchmarks.meshes import sphere
from streamer.anatomy.triangles import poly_data
from streamer.room.messages import Hello, SceneSet
from tests.e2e.pages import Shown, TheatronPage, viewer
from tests.e2e.process import ServerProcess, run_to_end, serve_arguments, wait_until
from tests.e2e.socketclient import converse
from tests.e2e.videos import CodedVideo, Picture

pytestmark = pytest.mark.e2e


def test_all_renditions_are_on_offer_and_none_is_made_unwatched(
    tmp_path: Path, small_video: CodedVideo
) -> None:
    offered = ("--view-set", "quilt:4x2", "--tile", "96x128", "--view-set", "stereo+depth")
    with ServerProcess(tmp_path, "serve", *serve_arguments(small_video, *offered)) as server:
        said = converse(server, Hello(server.student_token), until="welcome")
        sizes = {
            one["name"]: (one["kind"], one["width"], one["height"], one["tileWidth"])
            for one in said.of("welcome")[0]["renditions"]
        }
        assert sizes == {
            "stereo": ("stereo", 1280, 360, 640),
            "mono": ("mono", 640, 360, 640),
            "quilt:4x2": ("quilt", 384, 256, 96),
            "stereo+depth": ("stereo+depth", 1280, 360 + 48 + 16, 640),
        }
        wait_until(
            lambda: server.stats()["delivery"]["compose"]["composed"] > 10, "frames are composed"
        )
        delivery = server.stats()["delivery"]
        assert [one["encoded"] for one in delivery["renditions"].values()] == [0] * 4
        assert delivery["lightField"]["depthMaps"] == 0


def test_pages_show_the_quilt_and_the_pair_with_depth_each_made_while_watched(
    tmp_path: Path, small_video: CodedVideo, browser: Browser
) -> None:
    mesh = sphere(2_000)
    poly_data(mesh.vertices_mm, mesh.faces).save(tmp_path / "ball.ply")
    offered = ["--ct", str(tmp_path / "ball.ply"), "--mode", "video", "--bitrate", "16M"]
    offered += ["--view-set", "quilt:4x2", "--tile", "320x180", "--view-set", "stereo+depth"]
    with ServerProcess(tmp_path, "serve", *serve_arguments(small_video, *offered)) as server:
        asked = server.student_url.replace("#", "?rendition=stereo%2Bdepth#")
        with viewer(browser, asked, 640, 360) as page:
            shows(page, "stereo+depth", 1280, 360 + 48 + 16)
            shown = page.shown()
            left, _ = small_video.rgb(shown.frame_id % small_video.frames)
            assert difference(shown, left) < 4.0
            wait_until(lambda: delivery(server)["lightField"]["depthMaps"] > 2, "depth is matched")

            page.press("rendition")
            page.page.get_by_test_id("rendition").select_option("quilt:4x2")
            shows(page, "quilt:4x2", 4 * 320, 2 * 180)
            shown = page.shown()
            # A view from between the eyes, of a quarter of the pixels, enlarged by the page: the
            # left picture, moved.
            left, right = small_video.rgb(shown.frame_id % small_video.frames)
            assert moved_difference(shown.rgb, enlarged(left, (320, 180))) < 6.0
            assert moved_difference(shown.rgb, enlarged(right[::-1], (320, 180))) > 12.0
            wait_until(lambda: idle(server, "stereo+depth"), "nobody watches stereo+depth")
            page.assert_quiet()

            teach = Hello(server.instructor_token)
            before = delivery(server)["lightField"]["viewSets"]["quilt:4x2"]["failures"]
            converse(server, teach, SceneSet(mode="over", hide_behind=True), listen_s=2.0)
            page.next_frames(3)
            after = delivery(server)["lightField"]["viewSets"]["quilt:4x2"]["failures"]
            assert before == after == 0
        wait_until(lambda: idle(server, "quilt:4x2"), "nobody watches the quilt")


def shows(page: TheatronPage, name: str, width: int, height: int) -> None:
    """Wait until the page presents frames of a rendition, which must be of this size."""
    page.wait_for(f"theatron.stats().rendition === '{name}' && theatron.stats().fps > 0")
    page.next_frames(2)
    stats = page.stats()
    assert (stats["renditionWidth"], stats["renditionHeight"]) == (width, height)


def delivery(server: ServerProcess) -> dict[str, Any]:
    """The server's own counters."""
    counters = server.stats()["delivery"]
    assert isinstance(counters, dict)
    return counters


def idle(server: ServerProcess, name: str) -> bool:
    """Whether a rendition is unwatched, and was not encoded for half a second."""
    before = delivery(server)["renditions"][name]
    wait_until(lambda: delivery(server)["compose"]["composed"] > 0, "frames are composed")
    again = delivery(server)["renditions"][name]
    return not again["watched"] and before["encoded"] == again["encoded"]


def enlarged(picture: Picture, through: tuple[int, int]) -> Picture:
    """A picture that has been as small as `through` (width, height)."""
    size = picture.shape[1], picture.shape[0]
    small = cv2.resize(picture, through, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def moved_difference(shown: Picture, picture: Picture) -> float:
    """The least mean absolute difference over moves of up to 40 columns, less the borders."""
    moves = (np.roll(picture, move, axis=1) for move in range(-40, 41))
    inner = np.s_[60:-60, 60:-60]
    return min(float(np.abs(shown[inner].astype(np.int16) - one[inner]).mean()) for one in moves)


def difference(shown: Shown, picture: Picture) -> float:
    """Mean absolute difference in 8-bit levels."""
    assert shown.rgb.shape == picture.shape
    return float(np.abs(shown.rgb.astype(np.int16) - picture).mean())


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--view-set", "quilt:0x6"),
        ("--view-set", "foo"),
        ("--tile", "63x10"),
        ("--display", "nokia"),
    ],
)
def test_a_mistake_is_refused_by_its_name(tmp_path: Path, option: str, value: str) -> None:
    ended = run_to_end(tmp_path, "serve", "--video", "v.mp4", option, value)
    ended.assert_refused(option, value)
