"""The fan-out, end to end: x264 in, stock aiortc peers out, over real UDP, DTLS and SRTP."""

import asyncio
import socket
from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio
from aiortc.rtp import RtcpSrPacket

from streamer.errors import MessageError
from tests.deliver.viewers import Studio, Viewer
from tests.encode.pictures import moving_picture


@pytest_asyncio.fixture
async def studio() -> AsyncIterator[Studio]:
    studio = Studio()
    yield studio
    await studio.close()


def frame_id(studio: Studio, pts: int) -> int:
    """Which frame an RTP timestamp names, found by the capture times that the test kept."""
    by_rtp = {
        studio.clock.rtp_timestamp(stamp.captured_ns, n): n for n, stamp in studio.sent.items()
    }
    return by_rtp[pts & 0xFFFF_FFFF]


async def test_viewers_share_one_encode_and_see_the_frame_that_the_timestamp_names(
    studio: Studio,
) -> None:
    viewers = [Viewer(studio, f"v{i}") for i in range(3)]
    for viewer in viewers:
        await viewer.join()
    for viewer in viewers:
        await viewer.seen(40)
    stereo, mono = studio.renditions["stereo"], studio.renditions["mono"]
    assert stereo.encoded <= len(studio.sent)
    assert mono.encoded == 0
    for viewer in viewers:
        for frame in viewer.frames[:40]:
            assert frame.pts is not None
            n = frame_id(studio, frame.pts)
            luma = frame.to_ndarray(format="gray").astype(int)
            errors = {m: np.abs(luma - moving_picture(320, 180, m).y).mean() for m in (n - 1, n)}
            assert errors[n] < errors[n - 1]
        await viewer.leave()


async def test_sender_reports_pair_the_timestamp_with_the_time_of_capture(studio: Studio) -> None:
    viewer = Viewer(studio, "v")
    await viewer.join()
    await viewer.seen(5)
    async with asyncio.timeout(5):
        while not any(isinstance(packet, RtcpSrPacket) for packet in viewer.rtcp):
            await asyncio.sleep(0.05)
    report = next(p for p in viewer.rtcp if isinstance(p, RtcpSrPacket)).sender_info
    captured = {studio.clock.ntp(s.captured_ns): s.captured_ns for s in studio.sent.values()}
    assert report.ntp_timestamp in captured
    ticks = studio.clock.media_ticks(captured[report.ntp_timestamp])
    assert report.rtp_timestamp == ticks & 0xFFFF_FFFF
    await viewer.leave()


async def test_a_burst_of_joins_costs_few_keyframes(studio: Studio) -> None:
    first = Viewer(studio, "first")
    await first.join()
    await first.seen(10)
    before = studio.renditions["stereo"].keyframes
    crowd = [Viewer(studio, f"c{i}") for i in range(5)]
    await asyncio.gather(*(viewer.join() for viewer in crowd))
    await asyncio.gather(*(viewer.seen(5) for viewer in crowd))
    assert studio.renditions["stereo"].keyframes - before <= 3
    for viewer in [first, *crowd]:
        await viewer.leave()


async def test_a_viewer_moves_to_another_rendition_and_back(studio: Studio) -> None:
    viewer = Viewer(studio, "v")
    await viewer.join()
    await viewer.seen(5)
    for rendition, width in (("mono", 160), ("stereo", 320)):
        await studio.broadcaster.select("v", rendition)
        async with asyncio.timeout(10):
            while viewer.frames[-1].width != width:
                await asyncio.sleep(0.02)
    watched = {name: r.watched for name, r in studio.renditions.items()}
    assert watched == {"stereo": True, "mono": False}
    times = [frame.pts or 0 for frame in viewer.frames]
    assert times == sorted(times)
    await viewer.leave()


async def test_lost_packets_are_sent_again(studio: Studio) -> None:
    viewer = Viewer(studio, "v")
    await viewer.join()
    await viewer.seen(5)
    peer = studio.broadcaster._peers["v"]
    assert peer._sender is not None
    send, count = peer._sender._protect_and_send, 0

    def lossy_send(packet: bytes) -> None:
        nonlocal count
        count += 1
        if count % 20 or count > 200:
            send(packet)

    vars(peer._sender)["_protect_and_send"] = lossy_send
    have = len(viewer.frames)
    await viewer.seen(have + 60)
    assert peer._sender.retransmitted >= 5
    await viewer.leave()


async def test_datagrams_from_elsewhere_are_dropped(studio: Studio) -> None:
    viewer = Viewer(studio, "v")
    await viewer.join()
    await viewer.seen(5)
    peer = studio.broadcaster._peers["v"]
    assert peer._sender is not None
    host, port = peer._sender._pair().local_addr
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as s:
        for first_byte in (22, 128, 255):  # DTLS, RTP, nothing that is known
            s.sendto(bytes([first_byte]) + b"\xfe\xfd" + bytes(40), (host, port))
        s.sendto(b"", (host, port))
    have = len(viewer.frames)
    await viewer.seen(have + 15)
    assert peer.foreign_datagrams == 4
    await viewer.leave()


async def test_the_lossy_channel_carries_both_ways(studio: Studio) -> None:
    viewer = Viewer(studio, "v")
    await viewer.join()
    async with asyncio.timeout(10):
        while viewer.channel.readyState != "open":
            await asyncio.sleep(0.02)
        viewer.channel.send("to the room")
        while not studio.lossy or not viewer.messages:
            studio.broadcaster.send_lossy("v", "to the viewer")
            await asyncio.sleep(0.02)
    assert studio.lossy[0] == ("v", "to the room")
    assert viewer.messages[0] == "to the viewer"
    await viewer.leave()


OFFER_WITHOUT_H264 = """v=0
o=- 1 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
m=video 9 UDP/TLS/RTP/SAVPF 96
c=IN IP4 0.0.0.0
a=ice-ufrag:abcd
a=ice-pwd:abcdefghijklmnopqrstuvwx
a=fingerprint:sha-256 {fingerprint}
a=setup:actpass
a=mid:0
a=recvonly
a=rtcp-mux
a=rtpmap:96 VP8/90000
""".replace("\n", "\r\n").format(fingerprint=":".join(["AB"] * 32))


async def test_a_browser_without_h264_is_told_so(studio: Studio) -> None:
    with pytest.raises(MessageError, match=r"H\.264"):
        await studio.broadcaster.connect("v", OFFER_WITHOUT_H264, "stereo")
    assert studio.broadcaster.counters()["viewers"] == {}


@pytest.mark.parametrize("sdp", ["", "garbage", "v=0\r\nm=video", OFFER_WITHOUT_H264[:150]])
async def test_a_broken_offer_is_refused_in_a_sentence(studio: Studio, sdp: str) -> None:
    with pytest.raises(MessageError):
        await studio.broadcaster.connect("v", sdp, "stereo")


async def test_an_unknown_rendition_is_refused_by_name(studio: Studio) -> None:
    with pytest.raises(MessageError, match="'quilt'"):
        await studio.broadcaster.connect("v", OFFER_WITHOUT_H264, "quilt")


async def test_a_viewer_who_leaves_stops_the_encoder(studio: Studio) -> None:
    viewer = Viewer(studio, "v")
    await viewer.join()
    await viewer.seen(3)
    await studio.broadcaster.disconnect("v")
    assert not studio.renditions["stereo"].watched
    await viewer.leave()
