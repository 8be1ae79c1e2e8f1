"""What the pages say and send, against a server that the test plays: no video, no network."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, WebSocketRoute, sync_playwright

from streamer.room.messages import (
    Bye,
    Clear,
    Hello,
    Logged,
    Mode,
    Offer,
    Ping,
    Refused,
    RenditionName,
    RoomStatus,
    SceneChanged,
    SceneSet,
    SceneState,
    Select,
    SourceInfo,
    StrokesRemoved,
    Undo,
)
from tests.viewers.talk import TWO, Talk, offered, talk, welcoming

pytestmark = pytest.mark.e2e

ANATOMY = SceneState(has_anatomy=True)
FIELDS = [
    *TWO,
    offered("quilt:8x6", 8, 6, (384, 512)),
    offered("stereo+depth", 2, 1, (1280, 720), below=112),
]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]
        opened = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield opened
        opened.close()


def test_a_page_says_hello_and_offers_to_receive_h264(browser: Browser, dist: Path) -> None:
    with talk(browser, dist, "/watch#a-token", welcoming()) as page:
        page.wait_for(lambda: bool(page.of(Offer) and page.of(Ping)))
        assert page.heard[0] == Hello("a-token")
        (offer,) = page.of(Offer)
        assert offer.rendition == "stereo"
        assert "a=recvonly" in offer.sdp
        assert "m=application" in offer.sdp
        codecs = [line for line in offer.sdp.splitlines() if line.startswith("a=rtpmap:")]
        names = [line.split()[1] for line in codecs]
        assert names[0] == "H264/90000"
        assert set(names) == {"H264/90000", "rtx/90000"}
        first = codecs[0].partition(":")[2].split()[0]
        assert f"a=fmtp:{first} " in offer.sdp
        parameters = offer.sdp.partition(f"a=fmtp:{first} ")[2].splitlines()[0]
        assert "packetization-mode=1" in parameters
        assert "profile-level-id=42" in parameters
        page.assert_clean()


def test_an_address_without_a_token_says_so_and_asks_nothing(browser: Browser, dist: Path) -> None:
    with talk(browser, dist, "/watch", welcoming()) as page:
        page.wait_for_status("address is not complete")
        assert not page.sockets
        page.assert_clean()


def test_a_refused_token_shows_the_servers_sentence_and_is_not_tried_again(
    browser: Browser, dist: Path
) -> None:
    def refuse(opened: Talk, socket: WebSocketRoute, message: Any) -> None:
        reason = "This link expired on Monday. Ask for a new one."
        socket.send(msgspec.json.encode(Refused("token", reason)).decode())
        socket.close(code=4401, reason="token")

    with talk(browser, dist, "/watch#old", refuse) as page:
        page.wait_for_status("This link expired on Monday. Ask for a new one.")
        page.page.wait_for_timeout(1500)
        assert len(page.sockets) == 1
        page.assert_clean()


def test_a_full_room_is_said_and_tried_again(browser: Browser, dist: Path) -> None:
    def full(opened: Talk, socket: WebSocketRoute, message: Any) -> None:
        socket.send(msgspec.json.encode(Refused("full", "The room is full.")).decode())
        socket.close(code=4429, reason="full")

    with talk(browser, dist, "/watch#token", full) as page:
        page.wait_for_status("The room is full.")
        page.wait_for(lambda: len(page.sockets) >= 2)


def test_a_server_that_leaves_is_waited_for(browser: Browser, dist: Path) -> None:
    with talk(browser, dist, "/watch#token", welcoming()) as page:
        page.wait_for(lambda: bool(page.of(Offer)))
        page.say(Bye("The server is being stopped."))
        page.wait_for_status("restarting")
        page.wait_for(lambda: len(page.sockets) == 2 and len(page.of(Offer)) == 2)
        page.assert_clean()


def test_a_gap_in_the_log_makes_the_page_join_anew(browser: Browser, dist: Path) -> None:
    with talk(browser, dist, "/watch#token", welcoming(seq=7)) as page:
        page.wait_for(lambda: bool(page.of(Offer)))
        page.say(Logged(8, StrokesRemoved(["a"])))
        page.page.wait_for_timeout(300)
        assert len(page.sockets) == 1
        page.say(Logged(10, StrokesRemoved(["b"])))
        page.wait_for(lambda: len(page.sockets) == 2)


def test_garbage_from_the_server_harms_nothing(browser: Browser, dist: Path) -> None:
    with talk(browser, dist, "/watch#token", welcoming()) as page:
        page.wait_for(lambda: bool(page.of(Offer)))
        for text in ("", "{", "[]", '{"type":"event"}', '{"type":"nothing"}', '{"type":"answer"}'):
            page.sockets[-1].send(text)
        page.say(RoomStatus(5, SourceInfo("slate", "The camera was unplugged.")))
        page.wait_for_status("The camera was unplugged.")
        assert len(page.sockets) == 1
        page.assert_clean()


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("connecting", "source is being opened"),
        ("slate", "not working"),
        ("ended", "has ended"),
        ("live", "picture is coming"),
    ],
)
def test_the_source_is_spoken_of_in_a_sentence(
    browser: Browser, dist: Path, state: Any, words: str
) -> None:
    with talk(browser, dist, "/watch#token", welcoming(source=SourceInfo(state))) as page:
        page.wait_for_status(words)
        assert page.status().endswith(".")


def test_a_browser_without_h264_is_told_what_to_do(browser: Browser, dist: Path) -> None:
    without = """
    const all = RTCRtpReceiver.getCapabilities.bind(RTCRtpReceiver);
    RTCRtpReceiver.getCapabilities = (kind) => {
      const found = all(kind);
      found.codecs = found.codecs.filter(({ mimeType }) => !/h264/i.test(mimeType));
      return found;
    };
    """
    with talk(browser, dist, "/watch#token", welcoming(), script=without) as page:
        page.wait_for_status("cannot show H.264 video. Open the link in")
        assert not page.sockets


def test_what_is_chosen_is_remembered(browser: Browser, dist: Path) -> None:
    with talk(browser, dist, "/watch#token", welcoming()) as page:
        page.page.get_by_test_id("mode-anaglyph").click()
        page.page.get_by_test_id("mode-swap").click()
        page.page.reload()
        page.wait_for(lambda: len(page.sockets) == 2)
        stats = page.page.evaluate("() => theatron.stats()")
        assert (stats["mode"], stats["swap"]) == ("anaglyph", True)
        pressed = page.page.get_by_test_id("mode-anaglyph").get_attribute("aria-pressed")
        assert pressed == "true"


def test_storage_that_is_forbidden_harms_nothing(browser: Browser, dist: Path) -> None:
    forbid = """
    Object.defineProperty(window, "localStorage", { get() { throw new DOMException("no"); } });
    """
    with talk(browser, dist, "/watch#token", welcoming(), script=forbid) as page:
        page.page.get_by_test_id("mode-sbs").click()
        page.wait_for(lambda: page.page.evaluate("() => theatron.stats().mode") == "sbs")
        page.assert_clean()


def test_low_data_asks_for_one_eye_and_back(browser: Browser, dist: Path) -> None:
    with talk(browser, dist, "/watch#token", welcoming()) as page:
        page.wait_for(lambda: bool(page.of(Offer)))
        names: tuple[RenditionName, ...] = ("mono", "stereo")
        for wanted in names:
            page.page.get_by_test_id("low-data").click()
            page.wait_for_message(Select(wanted))


def test_other_renditions_are_listed_only_where_there_are_any(browser: Browser, dist: Path) -> None:
    with talk(browser, dist, "/watch#token", welcoming()) as page:
        page.wait_for(lambda: bool(page.of(Offer)))
        assert not page.page.get_by_test_id("rendition").is_visible()
    with talk(browser, dist, "/watch#token", welcoming(renditions=FIELDS)) as page:
        page.wait_for(lambda: bool(page.of(Offer)))
        listed = page.page.get_by_test_id("rendition")
        words = listed.locator("option").all_inner_texts()
        assert words == ["Two eyes", "Low data", "48 views (8 x 6)", "Two eyes with depth"]
        for wanted in ("quilt:8x6", "stereo+depth"):
            listed.select_option(wanted)
            page.wait_for_message(Select(wanted))
        page.page.get_by_test_id("low-data").click()
        page.wait_for_message(Select("mono"))
        page.page.get_by_test_id("low-data").click()
        page.wait_for(lambda: page.of(Select)[-1] == Select("stereo+depth"))
        page.assert_clean()


@pytest.mark.parametrize(
    ("asked", "begun"),
    [("quilt:8x6", "quilt:8x6"), ("stereo+depth", "stereo+depth"), ("quilt:9x9", "stereo")],
)
def test_an_address_may_ask_for_a_rendition(
    browser: Browser, dist: Path, asked: str, begun: RenditionName
) -> None:
    path = f"/watch?rendition={asked}#token"
    with talk(browser, dist, path, welcoming(renditions=FIELDS)) as page:
        page.wait_for(lambda: bool(page.of(Offer)))
        assert page.of(Offer)[0].rendition == begun
        assert page.page.get_by_test_id("rendition").input_value() == begun
        page.assert_clean()


def test_tissue_may_hide_the_anatomy_over_the_video(browser: Browser, dist: Path) -> None:
    instructor = welcoming(role="instructor", scene=ANATOMY)
    with talk(browser, dist, "/teach#token", instructor) as page:
        page.wait_for(lambda: bool(page.of(Offer)))
        toggle = page.page.get_by_test_id("hide-behind")
        assert not toggle.is_visible()
        page.say(Logged(1, SceneChanged(SceneState(mode="over", has_anatomy=True))))
        toggle.click()
        page.wait_for_message(SceneSet(hide_behind=True))
        hiding = SceneState(mode="over", has_anatomy=True, hide_behind=True)
        page.say(Logged(2, SceneChanged(hiding)))
        page.wait_for(lambda: toggle.get_attribute("aria-pressed") == "true")
        toggle.click()
        page.wait_for_message(SceneSet(hide_behind=False))
        page.assert_clean()


def test_the_instructor_sets_the_scene(browser: Browser, dist: Path) -> None:
    instructor = welcoming(role="instructor", scene=ANATOMY)
    with talk(browser, dist, "/teach#token", instructor) as page:
        page.wait_for(lambda: bool(page.of(Offer)))
        modes: tuple[Mode, ...] = ("anatomy", "beside", "over", "video")
        for mode in modes:
            page.page.get_by_test_id(f"scene-{mode}").click()
            page.wait_for_message(SceneSet(mode=mode))
        page.page.get_by_test_id("anatomy-toggle").click()
        page.wait_for_message(SceneSet(anatomy_visible=False))
        page.page.get_by_test_id("anatomy-opacity").fill("0.4")
        page.wait_for_message(SceneSet(anatomy_opacity=0.4))
        page.say(Logged(1, SceneChanged(SceneState(mode="over", has_anatomy=True))))
        over = page.page.get_by_test_id("scene-over")
        page.wait_for(lambda: over.get_attribute("aria-pressed") == "true")
        page.assert_clean()


def test_without_anatomy_its_controls_are_off(browser: Browser, dist: Path) -> None:
    with talk(browser, dist, "/teach#token", welcoming(role="instructor")) as page:
        page.wait_for(lambda: bool(page.of(Offer)))
        for name in ("scene-over", "anatomy-toggle", "reset-view", "tool-turn"):
            assert page.page.get_by_test_id(name).is_disabled(), name
        assert page.page.get_by_test_id("scene-video").is_enabled()


def test_undo_and_clear_by_button_and_by_key(browser: Browser, dist: Path) -> None:
    with talk(browser, dist, "/teach#token", welcoming(role="instructor")) as page:
        page.wait_for(lambda: bool(page.of(Offer)))
        page.page.get_by_test_id("undo").click()
        page.page.keyboard.press("Control+z")
        page.page.get_by_test_id("clear").click()
        page.wait_for(lambda: len(page.of(Undo)) == 2 and len(page.of(Clear)) == 1)
        page.page.keyboard.press("a")
        pressed = page.page.get_by_test_id("tool-arrow").get_attribute("aria-pressed")
        assert pressed == "true"


def test_a_students_link_on_the_instructors_page_only_looks(browser: Browser, dist: Path) -> None:
    with talk(browser, dist, "/teach#token", welcoming(role="student", scene=ANATOMY)) as page:
        page.wait_for(lambda: bool(page.of(Offer)))
        for name in ("tool-pen", "clear", "scene-over", "colour-green"):
            assert not page.page.get_by_test_id(name).is_visible(), name
        assert page.page.get_by_test_id("mode-2d").is_visible()


@pytest.mark.parametrize("path", ["/watch#token", "/teach#token"])
@pytest.mark.parametrize("size", [(360, 640), (844, 390), (1280, 800), (2560, 1600)])
def test_targets_are_large_and_nothing_is_clipped(
    browser: Browser, dist: Path, path: str, size: tuple[int, int]
) -> None:
    over = SceneState(mode="over", has_anatomy=True)
    instructor = welcoming(role="instructor", scene=over, renditions=FIELDS)
    with talk(browser, dist, path, instructor, size=size) as page:
        page.wait_for(lambda: bool(page.of(Offer)))
        found = page.page.evaluate(
            """() => [...document.querySelectorAll("button, select")].filter((b) => b.offsetWidth)
              .map((b) => ({ name: b.dataset.testid, width: b.offsetWidth,
                             height: b.offsetHeight, spill: b.scrollWidth - b.clientWidth }))"""
        )
        assert len(found) >= 7
        small = [one for one in found if min(one["width"], one["height"]) < 48]
        assert not small, small
        assert not [one for one in found if one["spill"] > 0]
        wide = page.page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, "the page scrolls sideways"
        page.assert_clean()
