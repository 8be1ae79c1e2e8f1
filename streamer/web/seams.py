"""The seam between the web rooms and delivery: what each asks of the other."""

from typing import Protocol

from streamer.room.messages import Anchor, RenditionInfo, RenditionName, SourceInfo


class Delivery(Protocol):
    """What the web side asks of delivery. All methods are called in the server's event loop."""

    def renditions(self) -> list[RenditionInfo]:
        """The renditions on offer, the default first."""

    async def connect(self, viewer_id: str, offer_sdp: str, rendition: RenditionName) -> str:
        """Answer a viewer's SDP offer; a second offer replaces the first peer.

        Raises TheatronError with a sentence (a browser without H.264, an SDP that is none).
        """

    async def select(self, viewer_id: str, rendition: RenditionName) -> None:
        """Switch a viewer to another rendition at its next keyframe; raises TheatronError."""

    async def disconnect(self, viewer_id: str) -> None:
        """Forget a viewer; called once for each viewer who left, connected or not."""

    def send_lossy(self, viewer_id: str, text: str) -> None:
        """Send over the viewer's data channel; dropped if it is not open or backed up."""

    def anchor(self) -> Anchor | None:
        """A recent frame's identity, or None before the first frame."""

    def source(self) -> SourceInfo:
        """How the source does."""

    def counters(self) -> dict[str, object]:
        """Figures for the room's statistics, as JSON values."""


class HubCalls(Protocol):
    """What delivery tells the web side; each may be called from any thread."""

    def on_lossy(self, viewer_id: str, data: str | bytes) -> None:
        """Something arrived on a viewer's data channel."""

    def anchor_changed(self) -> None:
        """The time line jumped: send an anchor now."""

    def status_changed(self) -> None:
        """The source changed its state."""
