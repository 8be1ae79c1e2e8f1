"""One viewer's peer connection: offer in, answer out, one shared video, one lossy channel."""

import asyncio
import logging
import re
from collections.abc import Callable
from typing import Final

from aiortc import (
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.exceptions import OperationError
from aiortc.rtcrtpparameters import RTCRtpCodecCapability

from streamer.clock import CaptureClock
from streamer.deliver.aiortc_private import MAX_BACKLOG_BYTES, SharedSender, guard_datagrams
from streamer.encode.rendition import EncodedFrame
from streamer.errors import MessageError
from streamer.room.messages import RenditionName

logger = logging.getLogger(__name__)

_MAX_CHANNEL_BACKLOG: Final = 64 * 1024
_SAME_FRAME_AGAIN: Final = 64  # ticks: the next RTP timestamp with the same frame id bits
# A browser hides its addresses behind mDNS names; it reaches us all the same, and resolving
# the names would only cost time.
_MDNS_CANDIDATE: Final = re.compile(r"^a=candidate:.*\.local .*\r?\n", re.MULTILINE)


def _h264_preferred() -> list[RTCRtpCodecCapability]:
    """H.264 and its RTX only, Constrained Baseline first: some decoders take no other."""
    codecs = [
        codec
        for codec in RTCRtpSender.getCapabilities("video").codecs
        if codec.mimeType.lower() in ("video/h264", "video/rtx")
    ]
    return sorted(codecs, key=lambda c: c.parameters.get("profile-level-id") != "42e01f")


class Peer:
    """A viewer's connection; lives on the event loop."""

    def __init__(
        self,
        viewer_id: str,
        clock: CaptureClock,
        request_keyframe: Callable[[RenditionName, str], None],
        on_lossy: Callable[[str, str | bytes], None],
    ) -> None:
        self.viewer_id = viewer_id
        self.rendition: RenditionName | None = None
        self.pending: RenditionName | None = None
        self.frames = 0
        self.skipped = 0
        self.foreign_datagrams = 0
        self.stray_datagrams = 0
        self._clock = clock
        self._request_keyframe = request_keyframe
        self._on_lossy = on_lossy
        self._last_frame_id = -1
        self._hold = False
        self._sender: SharedSender | None = None
        self._channel: RTCDataChannel | None = None
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._pc.on("datachannel", self._channel_opened)

    @property
    def state(self) -> str:
        """The peer connection's state, as W3C names it."""
        return self._pc.connectionState

    async def answer(self, offer_sdp: str, rendition: RenditionName) -> str:
        """The SDP answer, with all host candidates.

        Raises:
            MessageError: the offer does not parse, has no video, or no H.264.
        """
        self.pending = rendition
        video = self._pc.addTransceiver("video", direction="sendonly")
        video.setCodecPreferences(_h264_preferred())
        try:
            offer = RTCSessionDescription(_MDNS_CANDIDATE.sub("", offer_sdp), "offer")
            await self._pc.setRemoteDescription(offer)
        except OperationError as error:
            raise MessageError(
                "This browser does not take H.264 video, which is what Theatron sends. Use one "
                "that does, such as Chrome, Edge, Safari or Firefox (on Linux, Firefox needs its "
                "OpenH264 plug-in)."
            ) from error
        except (ValueError, IndexError, KeyError, AttributeError, AssertionError) as error:
            raise MessageError(
                f"The offer is not a session description that can be answered ({error})."
            ) from error
        if video.mid is None:
            raise MessageError("The offer has no video section; offer one recvonly video.")
        self._sender = SharedSender(video.sender, self._ready, self._wants_keyframe)
        await self._pc.setLocalDescription(await self._pc.createAnswer())
        guard_datagrams(self._pc, self._dropped)
        return self._pc.localDescription.sdp

    def select(self, rendition: RenditionName) -> None:
        """Switch to `rendition` at its next keyframe."""
        if rendition == self.rendition:
            self.pending, self._hold = None, False
        elif rendition != self.pending:
            self.pending = rendition
            self._request_keyframe(rendition, "select")

    def watches(self, rendition: RenditionName) -> bool:
        """Whether this viewer needs `rendition` to be encoded."""
        return self._sender is not None and rendition in (self.rendition, self.pending)

    def deliver(self, frame: EncodedFrame, payloads: list[bytes]) -> None:
        """Send a frame, if it belongs to what this viewer watches and it can take it."""
        sender = self._sender
        if sender is None or not sender.ready:
            return
        rtp_timestamp = frame.rtp_timestamp
        if frame.rendition == self.pending and frame.keyframe:
            if frame.stamp.frame_id < self._last_frame_id:
                self._hold = True  # the other rendition is ahead: let this one catch up
                self._request_keyframe(frame.rendition, "select")
                return
            if frame.stamp.frame_id == self._last_frame_id:
                rtp_timestamp = (rtp_timestamp + _SAME_FRAME_AGAIN) & 0xFFFF_FFFF
            self.rendition, self.pending, self._hold = frame.rendition, None, False
        elif frame.rendition != self.rendition or self._hold:
            return
        if sender.backlog_bytes() > MAX_BACKLOG_BYTES:
            # What is behind stays behind: start again at a keyframe when the socket has drained.
            self.skipped += 1
            self.rendition, self.pending = None, frame.rendition
            self._request_keyframe(frame.rendition, "backlog")
            return
        captured_ns = frame.stamp.captured_ns
        sender.send(
            payloads,
            rtp_timestamp,
            self._clock.ntp(captured_ns),
            self._clock.media_ticks(captured_ns) & 0xFFFF_FFFF,
        )
        self._last_frame_id = frame.stamp.frame_id
        self.frames += 1

    def send_lossy(self, text: str) -> None:
        """Send over the unordered channel, or drop where it is not open or backed up."""
        channel = self._channel
        if channel is None or channel.readyState != "open":
            return
        if channel.bufferedAmount < _MAX_CHANNEL_BACKLOG:
            channel.send(text)

    async def close(self) -> None:
        """Close the connection; safe to call twice."""
        self.rendition = self.pending = None
        self._sender = None
        try:
            await asyncio.wait_for(self._pc.close(), timeout=5)
        except TimeoutError:
            logger.warning("viewer %s: its connection did not close in 5 s", self.viewer_id)

    def counters(self) -> dict[str, object]:
        """What the statistics show of this viewer."""
        return {
            "state": self.state,
            "rendition": self.rendition,
            "frames": self.frames,
            "skipped": self.skipped,
            "packets": self._sender.packets if self._sender else 0,
            "retransmitted": self._sender.retransmitted if self._sender else 0,
            "foreignDatagrams": self.foreign_datagrams,
            "strayDatagrams": self.stray_datagrams,
        }

    def _ready(self) -> None:
        if self.pending is not None:
            self._request_keyframe(self.pending, "join")

    def _wants_keyframe(self) -> None:
        rendition = self.pending or self.rendition
        if rendition is not None:
            self._request_keyframe(rendition, "pli")

    def _dropped(self, stranger: bool) -> None:
        if not stranger:
            self.stray_datagrams += 1
            return
        self.foreign_datagrams += 1
        if self.foreign_datagrams == 1:
            logger.warning(
                "viewer %s: datagrams from a stranger's address are dropped",
                self.viewer_id,
            )

    def _channel_opened(self, channel: RTCDataChannel) -> None:
        if channel.label != "lossy":
            channel.close()
            return
        self._channel = channel

        @channel.on("message")
        def received(data: str | bytes) -> None:
            self._on_lossy(self.viewer_id, data)
