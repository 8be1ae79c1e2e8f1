"""The fan-out: a frame, encoded and packetised once, goes to every viewer of its rendition."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from streamer.clock import CaptureClock
from streamer.deliver.aiortc_private import check_private_parts
from streamer.deliver.packets import packetise
from streamer.deliver.peer import Peer
from streamer.encode.rendition import EncodedFrame, Rendition
from streamer.errors import MessageError
from streamer.room.messages import RenditionInfo, RenditionName
from streamer.stages import StageTimes

logger = logging.getLogger(__name__)


class Broadcaster:
    """Owns the peers. All methods but `publish` belong to the event loop's thread."""

    def __init__(
        self,
        clock: CaptureClock,
        stages: StageTimes,
        on_lossy: Callable[[str, str | bytes], None],
    ) -> None:
        """Check aiortc's private parts.

        Raises:
            ServerError: as `check_private_parts`.
        """
        check_private_parts()
        self._clock = clock
        self._stages = stages
        self._on_lossy = on_lossy
        self._loop = asyncio.get_running_loop()
        self._renditions: Mapping[RenditionName, Rendition] = {}
        self._peers: dict[str, Peer] = {}
        self._turn = 0

    def offer(self, renditions: Mapping[RenditionName, Rendition]) -> None:
        """Say what there is to watch; called once, before the first viewer."""
        self._renditions = renditions

    def renditions(self) -> list[RenditionInfo]:
        """What there is to watch."""
        return [rendition.spec.info() for rendition in self._renditions.values()]

    def publish(self, frame: EncodedFrame) -> None:
        """Take a frame from an encoder's thread: packetise it there, send it from the loop's."""
        with self._stages.measure("packetise"):
            payloads = packetise(frame.nal_units)
        try:
            self._loop.call_soon_threadsafe(self._fan_out, frame, payloads)
        except RuntimeError:
            logger.debug("a frame came after the event loop had closed")

    def _fan_out(self, frame: EncodedFrame, payloads: list[bytes]) -> None:
        with self._stages.measure("send"):
            peers = list(self._peers.values())
            self._turn += 1
            first = self._turn % max(1, len(peers))
            for peer in peers[first:] + peers[:first]:
                try:
                    peer.deliver(frame, payloads)
                except OSError as error:
                    logger.warning("viewer %s: %s", peer.viewer_id, error)
            if frame.keyframe:
                self._update_watched()  # viewers move between renditions at keyframes

    async def connect(self, viewer_id: str, offer_sdp: str, rendition: RenditionName) -> str:
        """Answer a viewer's offer; a second offer replaces the first connection.

        Raises:
            MessageError: an unknown rendition, or as `Peer.answer`.
        """
        if rendition not in self._renditions:
            raise MessageError(
                f"There is no rendition {rendition!r}; there is {', '.join(self._renditions)}."
            )
        await self.disconnect(viewer_id)
        peer = Peer(viewer_id, self._clock, self._request_keyframe, self._on_lossy)
        try:
            answer = await peer.answer(offer_sdp, rendition)
        except BaseException:
            await peer.close()
            raise
        earlier = self._peers.get(viewer_id)
        self._peers[viewer_id] = peer
        self._update_watched()
        if earlier is not None:
            await earlier.close()
        return answer

    async def select(self, viewer_id: str, rendition: RenditionName) -> None:
        """Switch a viewer to another rendition at its next keyframe.

        Raises:
            MessageError: an unknown rendition.
        """
        if rendition not in self._renditions:
            raise MessageError(
                f"There is no rendition {rendition!r}; there is {', '.join(self._renditions)}."
            )
        peer = self._peers.get(viewer_id)
        if peer is not None:
            peer.select(rendition)
            self._update_watched()

    async def disconnect(self, viewer_id: str) -> None:
        """Close a viewer's connection; an unknown viewer is none of our business."""
        peer = self._peers.pop(viewer_id, None)
        if peer is not None:
            self._update_watched()
            await peer.close()

    def send_lossy(self, viewer_id: str, text: str) -> None:
        """Send text over a viewer's unordered channel, or drop it."""
        peer = self._peers.get(viewer_id)
        if peer is not None:
            peer.send_lossy(text)

    async def close(self) -> None:
        """Close all connections."""
        peers, self._peers = list(self._peers.values()), {}
        self._update_watched()
        await asyncio.gather(*(peer.close() for peer in peers))

    def counters(self) -> dict[str, object]:
        """What the statistics show: renditions, viewers and stage times."""
        self._update_watched()
        return {
            "renditions": {name: r.counters() for name, r in self._renditions.items()},
            "viewers": {name: peer.counters() for name, peer in self._peers.items()},
            "stagesMs": self._stages.summary_ms(),
        }

    def _request_keyframe(self, rendition: RenditionName, reason: str) -> None:
        self._update_watched()
        self._renditions[rendition].broker.request(reason)

    def _update_watched(self) -> None:
        for name, rendition in self._renditions.items():
            watched = any(peer.watches(name) for peer in self._peers.values())
            if watched and not rendition.watched:
                rendition.broker.request("first-viewer")
            rendition.watched = watched
