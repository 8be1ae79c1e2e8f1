"""The hub: late joiners, slow readers, the laser pointer, anchors and status."""

import asyncio
import socket
from functools import partial
from typing import Any

import aiohttp
import msgspec
import pytest

from streamer.room.messages import (
    Anchor,
    AnchorNow,
    Clear,
    Hello,
    Logged,
    Ping,
    Pointer,
    Pong,
    RoomStatus,
    SourceInfo,
    Stroke,
    StrokeEnd,
    StrokeExtend,
    Undo,
    Welcome,
)
from streamer.room.state import Snapshot, reduce
from streamer.web.connection import CloseCode
from streamer.web.seams import HubCalls
from tests.room.rooms import begin
from tests.web.conftest import OpenHouse
from tests.web.doubles import House, Page


async def follow(page: Page, seq: int) -> tuple[Stroke, ...]:
    """The strokes that a page has once it has seen event `seq`: its welcome, then each event."""
    assert page.welcome is not None
    state = Snapshot(page.welcome.seq, page.welcome.scene, tuple(page.welcome.strokes))
    logged = [message for message in page.heard if isinstance(message, Logged)]
    while not logged or logged[-1].seq < seq:
        if state.seq >= seq:
            break
        logged.append(await page.hear(Logged))
    for entry in logged:
        assert entry.seq == state.seq + 1, "a gap in the log"
        state = reduce(state, entry.event)
    return state.strokes


async def test_pages_that_join_while_strokes_are_drawn_all_have_the_same(house: House) -> None:
    instructor = await house.enter("instructor")

    async def draw() -> None:
        for number in range(20):
            stroke_id = f"s{number}"
            await instructor.say(begin(stroke_id), StrokeExtend(stroke_id, [(0.1, 0.2)] * 9))
            await instructor.say(*([Undo()] if number % 3 == 0 else [StrokeEnd(stroke_id)]))
            await asyncio.sleep(0.002)

    async def join_late() -> list[Page]:
        pages = []
        for _ in range(6):
            pages.append(await house.enter())
            await asyncio.sleep(0.005)
        return pages

    _, pages = await asyncio.gather(draw(), join_late())
    await house.until(lambda: house.room.snapshot().seq == 60)
    now = house.room.snapshot()
    assert len(now.strokes) == 13
    for page in (instructor, *pages):
        assert await follow(page, 60) == now.strokes


async def test_a_page_that_does_not_read_is_closed_and_nobody_else_waits(
    open_house: OpenHouse,
) -> None:
    async with open_house(queue_bytes=256 * 1024) as house:
        other = await house.enter()
        small = partial(_socket_with_small_buffer, size=8192)
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(socket_factory=small)
        ) as session:
            connection = await session.ws_connect(f"{house.origin}/ws", ssl=house.trust)
            deaf = house.adopt(connection)
            await deaf.say(Hello(house.tokens.token("student")))
            await deaf.hear(Welcome)
            drawn = 0
            while house.server.hub.counted["closed as too slow"] == 0:
                drawn += 1
                assert drawn < 4000, "megabytes were queued for a page that does not read"
                stroke = begin(f"s{drawn}", points=[(1 / 3, 2 / 3)] * 250, done=True)
                house.room.apply("v", "instructor", stroke)
                house.room.apply("v", "instructor", Clear())
                await follow_one(other, 2 * drawn)  # whoever reads gets all of it meanwhile
            await house.until(lambda: house.server.hub.viewers == 1)
            assert await deaf.end() in (CloseCode.TOO_SLOW, 1006)
        house.room.apply("v", "instructor", begin("after"))
        await follow_one(other, 2 * drawn + 1)


async def follow_one(page: Page, seq: int) -> None:
    while (await page.hear(Logged)).seq < seq:
        pass


def _socket_with_small_buffer(info: Any, size: int) -> socket.socket:
    family, kind, protocol, _, _ = info
    small = socket.socket(family, kind, protocol)
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
    return small


async def test_delivery_may_call_the_hub(house: House) -> None:
    calls: HubCalls = house.server.hub
    calls.on_lossy("v-nobody", "")
    calls.anchor_changed()
    calls.status_changed()
    page = await house.enter()
    await page.hear(RoomStatus)


async def test_a_ping_is_answered_on_the_channel_it_came_by(house: House) -> None:
    page = await house.enter()
    await page.say(Ping(123.5))
    over_socket = await page.hear(Pong)
    house.server.hub.on_lossy(page.id, '{"type":"ping","sentMs":7.25}')
    await house.until(lambda: bool(house.delivery.lossy))
    ((viewer_id, text),) = house.delivery.lossy
    over_channel = msgspec.json.decode(text, type=Pong)
    assert (over_socket.sent_ms, over_channel.sent_ms) == (123.5, 7.25)
    assert viewer_id == page.id
    assert over_channel.server_ms >= over_socket.server_ms > 1.5e12  # Unix time, not uptime


async def test_the_pointer_goes_to_all_others(house: House) -> None:
    instructor, one, two = await house.enter("instructor"), await house.enter(), await house.enter()
    pointer = Pointer(0.25, 0.75, True, 12, disparity=0.01)
    house.server.hub.on_lossy(instructor.id, msgspec.json.encode(pointer))
    await house.until(lambda: len(house.delivery.lossy) == 2)
    assert {viewer for viewer, _ in house.delivery.lossy} == {one.id, two.id}
    for _, text in house.delivery.lossy:
        assert msgspec.json.decode(text, type=Pointer) == pointer
    await instructor.say(pointer)
    await house.until(lambda: len(house.delivery.lossy) == 4)


async def test_a_pointer_far_out_of_depth_is_put_on_the_picture(house: House) -> None:
    instructor, _ = await house.enter("instructor"), await house.enter()
    await instructor.say(Pointer(0, 0, True, 12, disparity=40.0))
    await house.until(lambda: len(house.delivery.lossy) == 1)
    assert msgspec.json.decode(house.delivery.lossy[0][1], type=Pointer).disparity == 0.0


async def test_a_student_has_no_pointer(house: House) -> None:
    student, _ = await house.enter(), await house.enter("instructor")
    pointer = Pointer(0.5, 0.5, True, 12)
    house.server.hub.on_lossy(student.id, msgspec.json.encode(pointer))
    await student.say(pointer)
    assert "may not point" in await student.hear_refusal("role")
    assert house.server.hub.counted["pointers refused"] == 2
    assert house.delivery.lossy == []


@pytest.mark.parametrize(
    ("data", "counter"),
    [
        ("", "lossy garbage"),
        (b"\xff\xfe", "lossy garbage"),
        ("\ud800", "lossy garbage"),
        ('{"type":"undo"}', "lossy garbage"),
        ('{"type":"pointer","x":9,"y":0,"on":true,"frameId":1}', "lossy garbage"),
        ('{"type":"ping","sentMs":1,"pad":"' + "x" * 600 + '"}', "lossy too large"),
    ],
)
async def test_garbage_on_the_data_channel_is_counted(
    house: House, data: str | bytes, counter: str
) -> None:
    page = await house.enter("instructor")
    house.server.hub.on_lossy("v-nobody", data)
    house.server.hub.on_lossy(page.id, data)
    house.server.hub.on_lossy(page.id, '{"type":"ping","sentMs":1}')
    await house.until(lambda: len(house.delivery.lossy) == 1)
    assert house.server.hub.counted[counter] == 1


async def test_a_flood_on_the_data_channel_is_counted(house: House) -> None:
    page = await house.enter()
    for _ in range(2000):
        house.server.hub.on_lossy(page.id, '{"type":"ping","sentMs":1}')
    await page.say(Ping(0.0))
    await page.hear(Pong)
    dropped = house.server.hub.counted["lossy too frequent"]
    assert dropped > 0
    assert dropped + len(house.delivery.lossy) == 2000


async def test_anchors_come_by_themselves_and_at_once_when_time_jumps(house: House) -> None:
    page = await house.enter()
    assert (await page.hear(AnchorNow)).anchor.frame_id == 5
    house.delivery.anchor_now = Anchor(900, 1, 2.0, 3000.0)
    await asyncio.to_thread(house.server.hub.anchor_changed)
    assert (await page.hear(AnchorNow)).anchor.frame_id == 900


async def test_no_anchor_before_the_first_frame(open_house: OpenHouse) -> None:
    house = open_house()
    house.delivery.anchor_now = None
    async with house:
        page = await house.enter()
        assert page.welcome is not None
        assert page.welcome.anchor is None
        house.server.hub.anchor_changed()
        await page.say(Ping(0.0))
        await page.hear(Pong)
        assert not any(isinstance(message, AnchorNow) for message in page.heard)


async def test_everyone_learns_who_is_here_and_how_the_source_does(house: House) -> None:
    first = await house.enter()
    second = await house.enter()
    while (await first.hear(RoomStatus)).viewers != 2:
        pass
    await second.leave()
    while (await first.hear(RoomStatus)).viewers != 1:
        pass
    house.delivery.source_now = SourceInfo("slate", "the camera was unplugged")
    await asyncio.to_thread(house.server.hub.status_changed)
    assert (await first.hear(RoomStatus)).source == house.delivery.source_now
