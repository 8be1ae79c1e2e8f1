"""Who may do what, told on real sockets while a real viewer goes on watching."""

import hashlib
import json
import time
import urllib.error
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from streamer.room.messages import Clear, Hello, SceneSet, StrokeBegin, StrokeExtend, Undo
from tests.e2e.pages import TheatronPage, viewer
from tests.e2e.process import ServerProcess, serve_arguments, wait_until
from tests.e2e.socketclient import Conversation, converse
from tests.e2e.videos import CodedVideo

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def watcher(browser: Browser, server: ServerProcess) -> Iterator[TheatronPage]:
    """A student who watches through all that others try."""
    with viewer(browser, server.student_url, 640, 360) as page:
        yield page.wait_for_picture()


@pytest.fixture(autouse=True)
def room_unharmed(watcher: TheatronPage, server: ServerProcess) -> Iterator[None]:
    """After each test the watcher still sees new frames, and the server made no traceback."""
    yield
    watcher.next_frames(5)
    assert watcher.stats()["connection"] == "connected"
    assert "Traceback" not in server.said


def stroke(stroke_id: str) -> StrokeBegin:
    return StrokeBegin(
        id=stroke_id,
        tool="pen",
        colour="#8cff66",
        width=0.01,
        frame_id=1,
        points=[(0.2, 0.2), (0.4, 0.4)],
        done=True,
    )


def assert_closed(conversation: Conversation, *words: str) -> None:
    """The server said why, in a sentence that holds `words`, and closed the socket."""
    assert conversation.close_code is not None, "the socket is still open"
    assert conversation.close_code >= 4000
    reasons = [message["reason"] for message in conversation.of("refused")]
    assert reasons, "closed without a word"
    for word in words:
        assert word in reasons[-1]


@pytest.mark.parametrize(
    "message",
    [stroke("forbidden"), StrokeExtend("x", [(0.1, 0.1)]), Undo(), Clear(), SceneSet(mode="video")],
    ids=lambda message: type(message).__name__,
)
def test_a_students_token_cannot_draw(
    server: ServerProcess, watcher: TheatronPage, message: StrokeBegin | Undo | Clear
) -> None:
    tag = type(message).__struct_config__.tag
    talk = converse(server, Hello(server.student_token), message, until="refused")
    assert talk.of("welcome")[0]["role"] == "student"
    refused = talk.of("refused")[0]
    assert refused["code"] == "role"
    assert "only the instructor" in refused["reason"]
    assert watcher.stats()["strokes"] == 0
    wait_until(
        lambda: any(f"refused '{tag}'" in line and "student" in line for line in server.stderr),
        f"the refusal of {tag!r} is logged",
    )


def test_a_forged_token_is_refused(server: ServerProcess) -> None:
    talk = converse(server, Hello("A" * 32))
    assert_closed(talk, "ask the instructor")
    assert not talk.of("welcome")


def test_a_token_cut_short_is_refused(server: ServerProcess) -> None:
    assert_closed(converse(server, Hello(server.student_token[:-1])), "link")


def test_a_token_of_another_room_is_refused(server: ServerProcess, small_video: CodedVideo) -> None:
    arguments = serve_arguments(small_video, "--room", "next-door")
    with ServerProcess(server.home, "serve", *arguments) as other:
        assert other.student_token != server.student_token
        assert_closed(converse(server, Hello(other.student_token)), "link")


def test_an_expired_token_is_refused_and_says_so(tmp_path: Path, small_video: CodedVideo) -> None:
    """A link of last week: its digest is on file, its time is over."""
    old = "last-weeks-token-last-weeks-token"
    grant = {
        "role": "student",
        "sha256": hashlib.sha256(old.encode()).hexdigest(),
        "expires_s": time.time() - 3600,
        "token": None,
    }
    rooms = tmp_path / "rooms"
    rooms.mkdir(parents=True)
    stored = {"room": "theatre", "grants": [grant], "version": 1}
    (rooms / "theatre.json").write_text(json.dumps(stored), encoding="utf-8")
    with ServerProcess(tmp_path, "serve", *serve_arguments(small_video)) as running:
        assert_closed(converse(running, Hello(old)), "expired")
        assert converse(running, Hello(running.student_token), until="welcome").of("welcome")


@pytest.mark.parametrize(
    "garbage",
    [
        "not json at all {",
        '{"type":"hello","token":5}',
        '{"type":"launchMissiles"}',
        "[" * 20_000,
        b"\x00\xff\x00\xff" * 100,
        '{"type":"hello","token":"' + "x" * 70_000 + '"}',
        '{"type":"hello","token":"' + "x" * 500_000 + '"}',
        "",
    ],
    ids=["text", "type", "unknown", "deep", "binary", "large", "huge", "empty"],
)
def test_garbage_instead_of_hello_closes_the_socket(
    server: ServerProcess, garbage: str | bytes
) -> None:
    talk = converse(server, garbage)
    assert talk.close_code is not None
    assert talk.close_code not in (1000, 1011)
    assert not talk.of("welcome")


@pytest.mark.parametrize("garbage", ["}{", '{"type":"strokeBegin"}', b"\x80\x81"])
def test_garbage_after_hello_closes_the_socket(server: ServerProcess, garbage: str | bytes) -> None:
    talk = converse(server, Hello(server.instructor_token), garbage)
    assert talk.of("welcome")
    assert_closed(talk)


def test_an_offer_that_is_no_sdp_is_refused(server: ServerProcess) -> None:
    offer = '{"type":"offer","sdp":"v=0 but not really"}'
    talk = converse(server, Hello(server.student_token), offer, until="refused")
    assert talk.of("refused"), talk.heard


def test_a_flood_of_messages_closes_the_socket(server: ServerProcess) -> None:
    ping = '{"type":"ping","sentMs":1}'
    talk = converse(server, Hello(server.student_token), *[ping] * 2000, listen_s=10)
    assert_closed(talk, "messages a second")


def test_a_page_of_another_origin_gets_no_socket(server: ServerProcess) -> None:
    talk = converse(server, Hello(server.student_token), origin="https://evil.example")
    assert talk.status == 403
    own = converse(server, Hello(server.student_token), origin=server.origin, until="welcome")
    assert own.of("welcome")


def test_the_statistics_are_the_instructors(server: ServerProcess) -> None:
    for headers, status in (
        ({}, 401),
        ({"Authorization": "Bearer forged"}, 401),
        ({"Authorization": f"Bearer {server.student_token}"}, 403),
    ):
        with pytest.raises(urllib.error.HTTPError) as refused:
            server.get("/api/stats", headers)
        assert refused.value.code == status
        refused.value.close()
    assert server.stats()["room"] == "theatre"


def test_a_foreign_host_name_is_not_answered(server: ServerProcess) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        server.get("/watch", {"Host": "rebound.example"})
    assert refused.value.code == 421
    refused.value.close()


def test_a_full_room_says_so(tmp_path: Path, small_video: CodedVideo, browser: Browser) -> None:
    arguments = serve_arguments(small_video, "--max-viewers", "1")
    with (
        ServerProcess(tmp_path, "serve", *arguments) as running,
        viewer(browser, running.student_url, 640, 360) as first,
    ):
        first.wait_for_picture()
        assert_closed(converse(running, Hello(running.student_token)), "full", "--max-viewers")
        with viewer(browser, running.student_url, 640, 360) as second:
            wait_until(lambda: "full" in second.status(), "the second page says that it is full")
        first.next_frames(2)


def test_a_link_without_or_with_a_wrong_key_says_so_on_the_page(
    browser: Browser, server: ServerProcess
) -> None:
    with viewer(browser, f"{server.origin}/watch", 640, 360) as page:
        wait_until(lambda: "link" in page.status().lower(), "the page asks for the link")
    with viewer(browser, f"{server.origin}/watch#forged", 640, 360) as page:
        wait_until(lambda: "ask the instructor" in page.status(), "the page gives the reason")


def test_the_page_talks_to_nobody_else(
    watcher: TheatronPage, browser: Browser, server: ServerProcess
) -> None:
    watcher.assert_quiet()
    with viewer(browser, server.instructor_url, 960, 540) as teacher:
        teacher.wait_for_picture().assert_quiet()
