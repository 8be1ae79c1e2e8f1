"""A room's delivery side with a real encoder, and real aiortc peers as its viewers."""

import asyncio
from typing import Any

import av
from aiortc import RTCConfiguration, RTCDataChannel, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

from streamer.clock import CaptureClock
from streamer.deliver.broadcaster import Broadcaster
from streamer.encode.rendition import Rendition, RenditionSpec
from streamer.frames import FrameStamp
from streamer.room.messages import RenditionName
from streamer.stages import StageTimes
from tests.encode.pictures import moving_picture

SIZES: dict[RenditionName, tuple[int, int]] = {"stereo": (320, 180), "mono": (160, 180)}
LAYOUTS: dict[RenditionName, Any] = {"stereo": {}, "mono": {"kind": "mono", "columns": 1}}
FRAME_S = 1 / 30


class Studio:
    """Encodes a moving picture at 30 frames a second and broadcasts it."""

    def __init__(self) -> None:
        self.clock = CaptureClock()
        self.lossy: list[tuple[str, str | bytes]] = []
        stages = StageTimes()
        self.broadcaster = Broadcaster(self.clock, stages, lambda *m: self.lossy.append(m))
        self.renditions = {
            name: Rendition(
                RenditionSpec(name, *size, 30, 1_000_000, **LAYOUTS[name]),
                self.clock,
                self.broadcaster.publish,
                stages,
            )
            for name, size in SIZES.items()
        }
        self.broadcaster.offer(self.renditions)
        self.sent: dict[int, FrameStamp] = {}
        self._task = asyncio.create_task(self._film())

    async def _film(self) -> None:
        for rendition in self.renditions.values():
            rendition.start()
        n = 0
        while True:
            stamp = FrameStamp(n, self.clock.now_ns())
            self.sent[n] = stamp
            for name, rendition in self.renditions.items():
                rendition.submit(moving_picture(*SIZES[name], n), stamp)
            n += 1
            await asyncio.sleep(FRAME_S)

    async def close(self) -> None:
        self._task.cancel()
        await self.broadcaster.close()
        for rendition in self.renditions.values():
            await asyncio.to_thread(rendition.stop)


class AsItIs:
    """In place of aiortc's mapper, which lets each receiver's time begin at 0."""

    def map(self, timestamp: int) -> int:
        return timestamp


class Viewer:
    """A peer that is not ours: offers, receives and decodes with stock aiortc."""

    def __init__(self, studio: Studio, name: str) -> None:
        self.studio, self.name = studio, name
        self.frames: list[av.VideoFrame] = []
        self.messages: list[str | bytes] = []
        self.rtcp: list[Any] = []
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.transceiver = self.pc.addTransceiver("video", direction="recvonly")
        self.channel: RTCDataChannel = self.pc.createDataChannel(
            "lossy", ordered=False, maxRetransmits=0
        )
        self.channel.on("message", self.messages.append)
        self._tasks: list[asyncio.Task[None]] = []

    async def join(self, rendition: RenditionName = "stereo") -> None:
        await self.pc.setLocalDescription(await self.pc.createOffer())
        # As the pages do: an offer without candidates; the server learns them from the checks.
        sdp = "".join(
            line
            for line in self.pc.localDescription.sdp.splitlines(keepends=True)
            if not line.startswith(("a=candidate", "a=end-of-candidates"))
        )
        answer = await self.studio.broadcaster.connect(self.name, sdp, rendition)
        await self.pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        receiver = self.transceiver.receiver
        handle = receiver._handle_rtcp_packet

        async def tapped(packet: Any) -> None:
            self.rtcp.append(packet)
            await handle(packet)

        vars(receiver)["_handle_rtcp_packet"] = tapped
        vars(receiver)["_RTCRtpReceiver__timestamp_mapper"] = AsItIs()
        self._tasks.append(asyncio.create_task(self._watch()))

    async def _watch(self) -> None:
        try:
            while True:
                frame = await self.transceiver.receiver.track.recv()
                assert isinstance(frame, av.VideoFrame)
                self.frames.append(frame)
        except MediaStreamError:
            pass

    async def seen(self, count: int, timeout_s: float = 20) -> list[av.VideoFrame]:
        """Wait until `count` frames have been decoded."""
        async with asyncio.timeout(timeout_s):
            while len(self.frames) < count:
                await asyncio.sleep(0.02)
        return self.frames

    async def leave(self) -> None:
        await self.pc.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
