"""One room, wired: capture -> scene -> render -> encode -> deliver; the only file that knows all.

Three kinds of thread meet here. Capture calls `_frame_captured`; the compose thread takes the
newest frame, reads the room's scene and hands the picture to the renditions, each of which encodes
in a thread of its own; the event loop sends, and holds the room. Between them lie slots of one.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from streamer.capture.capture import Capture
from streamer.capture.settings import CaptureSettings
from streamer.capture.status import CaptureStatus
from streamer.clock import CaptureClock
from streamer.deliver.broadcaster import Broadcaster
from streamer.deliver.timeline import Timeline
from streamer.encode.rendition import Rendition, RenditionSpec
from streamer.frames import StereoFrame
from streamer.render.anatomy import AnatomyRenderer
from streamer.render.compose import Composer
from streamer.render.layers import StereoLayer
from streamer.render.matching import DisparityProbe
from streamer.render.meeting import TissueFinder
from streamer.render.worker import AnatomyWorker
from streamer.room.messages import Anchor, Mode, Point, RenditionName, SourceInfo
from streamer.room.room import Room
from streamer.room.tokens import RoomTokens
from streamer.scene.model import Anatomy, PictureMode, Scene
from streamer.slot import LatestSlot
from streamer.stages import StageTimes
from streamer.viewsets import LightField, LightFieldSettings, Moment
from streamer.web.server import WebServer, WebSettings

logger = logging.getLogger(__name__)

# x264's fastest preset on a moving operating field; 7.5 Mb/s for 2 x 1280x720 at 30 frames/s.
_BITS_PER_PIXEL = 0.136


@dataclass(frozen=True, slots=True)
class RoomSettings:
    """What `serve` was asked for. `bitrate_bps` is that of the stereo rendition; None chooses."""

    room: str
    capture: CaptureSettings
    web: WebSettings
    bitrate_bps: int | None = None
    mode: Mode | None = None
    light_field: LightFieldSettings = field(default_factory=LightFieldSettings)
    token_lifetime_s: float = 12 * 3600
    new_links: bool = False


def rendition_specs(
    eye_size: tuple[int, int], fps: float, bitrate_bps: int | None
) -> dict[RenditionName, RenditionSpec]:
    """The renditions of a room: the pair side by side at full size, and the left eye alone."""
    width, height = eye_size
    stereo_bps = bitrate_bps or round(2 * width * height * fps * _BITS_PER_PIXEL)
    return {
        "stereo": RenditionSpec("stereo", 2 * width, height, fps, stereo_bps),
        "mono": RenditionSpec(
            "mono", width, height, fps, max(200_000, stereo_bps // 2), "mono", 1, 1
        ),
    }


class Delivery:
    """What the web room needs to know of the rest: the broadcaster, the time line, the source."""

    def __init__(
        self, broadcaster: Broadcaster, timeline: Timeline, source: Callable[[], SourceInfo]
    ) -> None:
        self.renditions = broadcaster.renditions
        self.connect = broadcaster.connect
        self.select = broadcaster.select
        self.disconnect = broadcaster.disconnect
        self.send_lossy = broadcaster.send_lossy
        self._broadcaster = broadcaster
        self._timeline = timeline
        self._source = source
        self.more_counters: Callable[[], dict[str, object]] = dict

    def anchor(self) -> Anchor | None:
        """The newest frame, as an anchor."""
        return self._timeline.anchor()

    def source(self) -> SourceInfo:
        """How the source does."""
        return self._source()

    def counters(self) -> dict[str, object]:
        """Everything that is counted in this room."""
        return {**self._broadcaster.counters(), **self.more_counters()}


class Pipeline:
    """A room that runs: build it on the event loop, `start` it, `stop` it."""

    def __init__(self, settings: RoomSettings, anatomy: Anatomy | None) -> None:
        """Open the source and everything behind it.

        Raises:
            SourceError, EncoderError, ServerError, AccessError: each in a sentence.
        """
        self.clock = CaptureClock()
        self.stages = StageTimes()
        self._frames: LatestSlot[StereoFrame] = LatestSlot()
        self._composed = 0
        self._compose_failures = 0
        self._capture = Capture(
            settings.capture, self.clock, self._frame_captured, self._source_changed
        )
        self._capture.open()
        eye_size, fps = self._capture.eye_size, self._capture.fps
        self._timeline = Timeline(self.clock, fps)
        self._composer = Composer(eye_size)
        self._probe = DisparityProbe(eye_size)
        self._renderer = AnatomyRenderer(anatomy) if anatomy else None
        if self._renderer is not None:
            self._renderer.build_levels_soon()
        self._worker = AnatomyWorker(self._renderer) if self._renderer else None
        specs = rendition_specs(eye_size, fps, settings.bitrate_bps)
        stereo_bps = specs["stereo"].bitrate_bps
        self._light_field = LightField(
            settings.light_field, eye_size, fps, stereo_bps, self._renderer
        )
        self.choices = tuple(self._light_field.reasons)
        self._tissue: TissueFinder | None = None
        self.room = Room(
            name=settings.room,
            clock=self.clock,
            has_anatomy=anatomy is not None,
            initial_mode=settings.mode or ("beside" if anatomy else "video"),
            disparity_at=self._disparity_at,
            captured_ms_of=self._timeline.captured_ms,
        )
        self._broadcaster = Broadcaster(self.clock, self.stages, self._lossy_received)
        for spec in self._light_field.specs:
            specs[spec.name] = spec
        self._renditions = {
            name: Rendition(spec, self.clock, self._broadcaster.publish, self.stages)
            for name, spec in specs.items()
        }
        self._broadcaster.offer(self._renditions)
        delivery = Delivery(self._broadcaster, self._timeline, self._source_info)
        delivery.more_counters = self._counters
        tokens = RoomTokens.load_or_create(
            settings.room, lifetime_s=settings.token_lifetime_s, renew=settings.new_links
        )
        self.web = WebServer(self.room, tokens, delivery, self.clock, settings.web)
        self._thread = threading.Thread(target=self._compose_all, name="compose", daemon=True)

    async def start(self) -> None:
        """Open the doors, then let frames flow.

        Raises:
            ServerError: the port is in use, the pages are not built, ...
        """
        await self.web.start()
        for rendition in self._renditions.values():
            rendition.start()
        wanted = [self._renditions[spec.name] for spec in self._light_field.specs]
        self._light_field.feed(wanted, self.stages)
        self._thread.start()
        self._capture.start()

    async def stop(self) -> None:
        """Stop in the order of the house: no new frames, then no one to send them to."""
        await asyncio.to_thread(self._capture.stop)
        self._frames.close()
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join, 5)
        await asyncio.to_thread(self._light_field.stop)
        if self._tissue is not None:
            self._tissue.close()
        if self._worker is not None:
            await asyncio.to_thread(self._worker.close)
        if self._renderer is not None:
            self._renderer.close()
        self._composer.close()
        await self.web.stop()
        await self._broadcaster.close()
        for rendition in self._renditions.values():
            await asyncio.to_thread(rendition.stop)

    # ------------------------------------------------------------ the capture thread

    def _frame_captured(self, frame: StereoFrame) -> None:
        self._frames.put(frame)

    def _source_changed(self, status: CaptureStatus) -> None:
        if status.reason:
            logger.warning("source: %s: %s", status.state, status.reason)
        self.web.hub.status_changed()

    # ------------------------------------------------------------ the compose thread

    def _compose_all(self) -> None:
        while not self._frames.closed:
            frame = self._frames.get()
            if frame is None:
                continue
            try:
                self._compose(frame)
            except Exception:
                # One frame is lost; the room goes on, and the log says why.
                self._compose_failures += 1
                if self._compose_failures <= 3:
                    logger.exception("a frame could not be composed")

    def _compose(self, frame: StereoFrame) -> None:
        scene = self.room.scene
        with self.stages.measure("compose"):
            layer = self._layer(scene)
            picture = self._composer.compose(frame, scene, layer, self._hiding(frame, scene, layer))
        with self.stages.measure("remember"):
            self._probe.remember(frame.stamp, picture)
        if self._timeline.note(frame.stamp):
            self.web.hub.anchor_changed()
        for name, eyes in (("stereo", 2), ("mono", 1)):
            if self._renditions[name].watched:
                width, height = self._capture.eye_size
                shown = picture if eyes == 2 else picture.crop(0, 0, width, height)
                self._renditions[name].submit(shown, frame.stamp)
        if self._light_field.watched:
            self._light_field.submit(Moment(frame, scene, picture, layer))
        self._composed += 1

    def _layer(self, scene: Scene) -> StereoLayer | None:
        """The newest drawing of the anatomy, if the scene shows it; a newer one is asked for."""
        viewport = self._composer.viewport_for(scene.mode)
        if self._worker is None or not scene.anatomy_visible or viewport is None:
            return None
        self._worker.request(scene.pose, viewport)
        return self._worker.latest(viewport)

    def _hiding(
        self, frame: StereoFrame, scene: Scene, layer: StereoLayer | None
    ) -> NDArray[np.float32] | None:
        """The disparity of the tissue, (2, H, W), where it may hide the anatomy."""
        if layer is None or scene.mode is not PictureMode.OVER or not scene.hide_behind:
            return None
        if self._tissue is None:
            self._tissue = TissueFinder(self._capture.eye_size)
        return self._tissue.find(frame, self._light_field.depth.of(frame))

    # ------------------------------------------------------------ the event loop

    def _lossy_received(self, viewer_id: str, data: str | bytes) -> None:
        self.web.hub.on_lossy(viewer_id, data)

    def _disparity_at(self, frame_id: int, points: Sequence[Point]) -> float | None:
        return self._probe.disparity_at(frame_id, points)

    def _source_info(self) -> SourceInfo:
        status = self._capture.status
        return SourceInfo(state=status.state, reason=status.reason)

    def _counters(self) -> dict[str, object]:
        status = self._capture.status
        worker = self._worker
        return {
            "capture": {
                "state": status.state,
                "reason": status.reason,
                "captured": status.captured,
                "dropped": status.dropped,
                "fps": status.fps,
            },
            "compose": {
                "composed": self._composed,
                "dropped": self._frames.dropped,
                "failures": self._compose_failures,
            },
            "lightField": self._light_field.counters(),
            "anatomy": {"failure": str(worker.failure) if worker and worker.failure else ""},
        }
