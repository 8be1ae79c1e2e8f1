"""The socket: who is let in, what is refused, and that nobody else notices."""

import asyncio
import logging

import aiohttp
import pytest

from streamer.room.messages import (
    MAX_MESSAGE_BYTES,
    Answer,
    Bye,
    Clear,
    Hello,
    Logged,
    Offer,
    Ping,
    Pong,
    SceneSet,
    Select,
    StrokeBegun,
    Undo,
    Welcome,
)
from streamer.room.tokens import RoomTokens
from streamer.web.connection import CloseCode
from tests.room.rooms import begin
from tests.web.conftest import OpenHouse
from tests.web.doubles import House, Page


async def still_works(house: House, *pages: Page) -> None:
    """The instructor draws, and all pages see it."""
    instructor = await house.enter("instructor")
    await instructor.say(begin("proof", done=True))
    for page in (instructor, *pages):
        while True:
            event = (await page.hear(Logged)).event
            if isinstance(event, StrokeBegun) and event.stroke.id == "proof":
                break
    await instructor.leave()


async def test_a_page_is_welcomed_with_all_that_stands(house: House) -> None:
    instructor = await house.enter("instructor")
    await instructor.say(begin("a", done=True), SceneSet(mode="over"))
    await instructor.hear(Logged)
    await instructor.hear(Logged)
    student = await house.enter()
    assert student.welcome is not None
    welcome = student.welcome
    assert (welcome.role, welcome.room, welcome.seq) == ("student", "test", 2)
    assert [stroke.id for stroke in welcome.strokes] == ["a"]
    assert (welcome.scene.mode, welcome.scene.has_anatomy) == ("over", True)
    assert welcome.renditions == house.delivery.renditions()
    assert (welcome.viewers, welcome.anchor) == (2, house.delivery.anchor_now)
    assert welcome.viewer_id != instructor.id


async def test_a_forged_token_is_turned_away(house: House) -> None:
    page = await house.knock()
    await page.say(Hello("forged-forged-forged-forged-forged"))
    assert "belongs to no one" in await page.hear_refusal("token")
    assert await page.end() == 4401
    await still_works(house)


async def test_a_token_expires_while_the_server_runs(open_house: OpenHouse) -> None:
    now_s = [1_800_000_000.0]
    tokens = RoomTokens.load_or_create("clocked", lifetime_s=60, now_s=lambda: now_s[0])
    async with open_house(tokens) as house:
        before = await house.enter()
        now_s[0] += 61
        page = await house.knock()
        await page.say(Hello(tokens.token("student")))
        reason = await page.hear_refusal("token")
        assert "expired at" in reason
        assert "ask for a new link" in reason
        assert await page.end() == CloseCode.NO_ACCESS
        await before.say(Ping(1.0))  # who is in stays in: an operation outlasts a link
        assert (await before.hear(Pong)).sent_ms == 1.0


async def test_a_link_still_works_after_a_restart(open_house: OpenHouse) -> None:
    async with open_house() as first:
        link, drawing_link = first.server.student_url, first.server.instructor_url
        await first.enter()
    async with open_house() as second:
        for old, role in ((link, "student"), (drawing_link, "instructor")):
            page = await second.knock()
            await page.say(Hello(old.partition("#")[2]))
            assert (await page.hear(Welcome)).role == role


async def test_a_student_who_draws_is_refused_and_logged(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    student, other = await house.enter(), await house.enter()
    with caplog.at_level(logging.WARNING):
        for message in (begin(), Undo(), Clear(), SceneSet(mode="over")):
            await student.say(message)
            assert "student may not" in await student.hear_refusal("role")
    assert student.id in caplog.text
    assert house.room.snapshot().seq == 0
    await still_works(house, student, other)


async def test_what_the_room_refuses_leaves_the_socket_open(house: House) -> None:
    page = await house.enter("instructor")
    await page.say(begin(frame_id=10**9))
    assert "frame 1000000000" in await page.hear_refusal("message")
    await page.say(Hello(house.tokens.token("student")))
    assert "already" in await page.hear_refusal("message")
    await page.say(begin("ok"))
    assert isinstance((await page.hear(Logged)).event, StrokeBegun)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "garbage"),
        ("not json", "garbage"),
        ("[]", "garbage"),
        ("{}", "garbage"),
        ('{"type":"fly"}', "garbage"),
        ('{"type":"welcome"}', "garbage"),
        ('{"type":"strokeEnd"}', "garbage"),
        ('{"type":"strokeEnd","id":"no spaces"}', "garbage"),
        ('{"type":"strokeEnd","id":7}', "garbage"),
        ('{"type":"ping","sentMs":NaN}', "garbage"),
        ('{"type":"ping","sentMs":1e999}', "garbage"),
        ('{"type":"undo","deep":' + "[" * 30_000, "garbage"),
        ('{"type":"offer","sdp":"' + "x" * 60_001 + '"}', "garbage"),
        ("x" * (MAX_MESSAGE_BYTES + 1), "size"),
        ("é" * (MAX_MESSAGE_BYTES // 2 + 1), "size"),
    ],
    ids=lambda value: str(value)[:40],
)
@pytest.mark.parametrize("greeted", [True, False], ids=["greeted", "stranger"])
async def test_garbage_closes_its_own_socket_only(
    house: House, text: str, code: str, greeted: bool
) -> None:
    other = await house.enter()
    page = await (house.enter("instructor") if greeted else house.knock())
    await page.say(text)
    assert "This page sent" in await page.hear_refusal(code)
    assert await page.end() == 4400
    await still_works(house, other)


async def test_binary_data_closes_the_socket(house: House) -> None:
    other, page = await house.enter(), await house.enter()
    await page.socket.send_bytes(b"\x00\xff" * 100)
    assert "binary" in await page.hear_refusal("binary")
    assert await page.end() == CloseCode.BROKEN_PROTOCOL
    await still_works(house, other)


async def test_a_message_beyond_all_bounds_closes_the_socket(house: House) -> None:
    other, page = await house.enter(), await house.enter()
    await page.say("x" * (4 * MAX_MESSAGE_BYTES))
    # 1009, or cut off while the page was still sending: what was sent back is then lost.
    assert await page.end() in (aiohttp.WSCloseCode.MESSAGE_TOO_BIG, 1006)
    await still_works(house, other)


async def test_a_flood_closes_the_socket(open_house: OpenHouse) -> None:
    async with open_house(messages_burst=50, messages_per_s=1.0) as house:
        other, page = await house.enter(), await house.enter()
        for _ in range(60):
            await page.say(Ping(0.0))
        assert "more than" in await page.hear_refusal("rate")
        assert await page.end() == CloseCode.BROKEN_PROTOCOL
        assert sum(isinstance(message, Pong) for message in page.heard) == 49  # hello was one
        await still_works(house, other)


async def test_who_says_something_else_first_is_closed(house: House) -> None:
    page = await house.knock()
    await page.say(Ping(0.0))
    assert "hello" in await page.hear_refusal("hello")
    assert await page.end() == CloseCode.BROKEN_PROTOCOL


async def test_who_says_nothing_is_closed(open_house: OpenHouse) -> None:
    async with open_house(hello_timeout_s=0.1) as house:
        page = await house.knock()
        assert "0.1 s" in await page.hear_refusal("hello")
        assert await page.end() == CloseCode.BROKEN_PROTOCOL


async def test_a_full_room_turns_students_away_but_not_the_instructor(
    open_house: OpenHouse,
) -> None:
    async with open_house(max_viewers=2) as house:
        first, _ = await house.enter(), await house.enter()
        third = await house.knock()
        await third.say(Hello(house.tokens.token("student")))
        assert "--max-viewers is 2" in await third.hear_refusal("full")
        assert await third.end() == 4429
        instructor = await house.enter("instructor")
        await instructor.leave()
        await first.leave()
        await house.until(lambda: house.server.hub.viewers == 1)
        await house.enter()


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://127.0.0.1",
        "https://127.0.0.1",
        "https://localhost:1",
    ],
)
async def test_a_page_of_another_origin_gets_no_socket(house: House, origin: str) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await house.knock(Origin=origin)
    assert caught.value.status == 403
    await still_works(house)


async def test_no_origin_is_no_browser_and_welcome(house: House) -> None:
    socket = await house.client.ws_connect(f"{house.origin}/ws", ssl=house.trust)
    page = house.adopt(socket)
    await page.say(Hello(house.tokens.token("student")), Ping(3.0))
    assert (await page.hear(Pong)).sent_ms == 3.0


async def test_an_offer_is_answered(house: House) -> None:
    page = await house.enter()
    await page.say(Offer("v=0 mine", "mono"))
    assert await page.hear(Answer) == Answer("answer to v=0 mine", "mono")
    await page.say(Select("stereo"), Ping(0.0))
    await page.hear(Pong)
    assert house.delivery.connected[page.id] == ("v=0 mine", "stereo")
    await page.leave()
    await house.until(lambda: house.delivery.left == [page.id])


async def test_an_offer_under_way_does_not_hold_up_the_rest(house: House) -> None:
    page = await house.enter()
    house.delivery.hold.clear()
    await page.say(Offer("one"), Offer("two"), Ping(5.0))
    assert "first offer" in await page.hear_refusal("busy")
    assert (await page.hear(Pong)).sent_ms == 5.0
    house.delivery.hold.set()
    assert (await page.hear(Answer)).sdp == "answer to one"


async def test_who_leaves_during_an_offer_is_forgotten(house: House) -> None:
    page = await house.enter()
    house.delivery.hold.clear()
    await page.say(Offer("one"), Ping(0.0))
    await page.hear(Pong)
    await page.leave()
    await house.until(lambda: house.delivery.left == [page.id])
    assert house.delivery.connected == {}


async def test_delivery_says_no_in_a_sentence(house: House) -> None:
    page = await house.enter()
    await page.say(Select("mono"))
    assert "send an offer first" in await page.hear_refusal("failed")


async def test_a_failure_of_ours_is_logged_and_the_room_goes_on(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    page = await house.enter()
    house.delivery.failure = ZeroDivisionError("a bug")
    with caplog.at_level(logging.ERROR):
        await page.say(Offer("v=0"))
        assert "its log says why" in await page.hear_refusal("internal")
    assert "ZeroDivisionError: a bug" in caplog.text
    await still_works(house, page)


async def test_a_page_that_leaves_while_drawing_ends_its_stroke(house: House) -> None:
    instructor = await house.enter("instructor")
    await instructor.say(begin("open"))
    await instructor.hear(Logged)
    await instructor.leave()
    await house.until(lambda: house.room.snapshot().strokes[0].done)


async def test_closing_says_goodbye_to_pages_and_strangers(open_house: OpenHouse) -> None:
    async with open_house() as house:
        page, stranger = await house.enter(), await house.knock()
        ends = asyncio.gather(page.end(), stranger.end())
        await house.server.stop()
        assert set(await ends) == {CloseCode.GOING_AWAY}
        assert any(isinstance(message, Bye) for message in page.heard)
        assert house.delivery.left == [page.id]
