"""Renditions beside the pair: their sizes, and the threads that make their pictures."""

import logging
import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from streamer.encode.levels import levels_at
from streamer.encode.rendition import Rendition, RenditionSpec
from streamer.frames import I420, FrameStamp, StereoFrame
from streamer.render.anatomy import AnatomyRenderer
from streamer.render.depth import DepthWorker
from streamer.render.depthpicture import DepthComposer, packing_for
from streamer.render.disparity import SURE, DisparityMap
from streamer.render.layers import StereoLayer
from streamer.render.lightfield import QuiltComposer
from streamer.render.quilt import Quilt, QuiltError
from streamer.render.tile_choice import DISPLAYS, choose_tile
from streamer.render.viewset import ViewSet
from streamer.scene.model import PictureMode, Scene
from streamer.slot import LatestSlot
from streamer.stages import StageTimes

logger = logging.getLogger(__name__)

# A quilt's views are alike: it needs fewer bits a pixel than a pair.
QUILT_BITS_PER_PIXEL: Final = 0.06
DEPTH_SHARE: Final = 1.15  # of the pair's rate; the strip of depth costs little
HIGHEST_LEVEL: Final = "5.2"


@dataclass(frozen=True, slots=True)
class LightFieldSettings:
    """Which view sets the room offers beside `stereo`, and for what display.

    `tile` (width, height) is a quilt's; None chooses it for `display`, a name of
    `streamer.render.tile_choice.DISPLAYS`. `cone_deg` is the display's view cone; `mono_depth` the
    disparity, as a share of the width, at which mono video lies.
    """

    view_sets: tuple[ViewSet, ...] = ()
    display: str = "portrait"
    tile: tuple[int, int] | None = None
    cone_deg: float = 35.0
    mono_depth: float = 0.0


@dataclass(frozen=True, slots=True)
class Moment:
    """All that a view set's picture is made of, from one frame."""

    frame: StereoFrame
    scene: Scene
    picture: I420
    layer: StereoLayer | None


class VideoDepth:
    """The disparity of the newest frames' left pictures; matching starts when first needed.

    Thread-safe: every rendition's thread asks for it.
    """

    def __init__(self, mono_depth: float) -> None:
        self._mono_depth = mono_depth
        self._worker: DepthWorker | None = None
        self._submitted: FrameStamp | None = None
        self._lock = threading.Lock()

    def of(self, frame: StereoFrame) -> DisparityMap:
        """The newest map there is for `frame`, which is handed on to be matched.

        A plane where the source is mono, and until the first map is ready.
        """
        width = frame.left.size[0]
        if frame.left is frame.right:
            return plane_of(frame, self._mono_depth * width, SURE)
        with self._lock:
            worker = self._worker = self._worker or DepthWorker()
            if self._submitted != frame.stamp:  # else another rendition was quicker
                self._submitted = frame.stamp
                worker.submit(frame)
        latest = worker.latest
        if latest is not None and latest[0].width == width:
            return latest[0]
        return plane_of(frame, 0.0, 0)

    @property
    def matched(self) -> int:
        """Maps made so far."""
        return self._worker.matched if self._worker else 0

    def close(self) -> None:
        """Stop the thread, if there is one."""
        if self._worker is not None:
            self._worker.close()


def plane_of(frame: StereoFrame, disparity_px: float, confidence: int) -> DisparityMap:
    """A plane of the shape of `frame`'s eyes, in as few pixels as have that shape."""
    width, height = frame.left.size
    shrink = math.gcd(width, height)
    shape = height // shrink, width // shrink
    return DisparityMap(
        np.full(shape, disparity_px, np.float32), np.full(shape, confidence, np.uint8), width
    )


class ViewSetStage:
    """Makes a rendition's pictures on a thread of its own, newest first, while it is watched."""

    def __init__(
        self, rendition: Rendition, compose: Callable[[Moment], I420], stages: StageTimes
    ) -> None:
        self.rendition = rendition
        self.failures = 0
        self._compose = compose
        self._stages = stages
        self._slot: LatestSlot[Moment] = LatestSlot()
        name = rendition.spec.name
        self._thread = threading.Thread(target=self._run, name=f"views-{name}", daemon=True)

    def start(self) -> None:
        """Start making pictures of what is submitted."""
        self._thread.start()

    def submit(self, moment: Moment) -> None:
        """Hand over the newest moment; it is left alone while nobody watches."""
        if self.rendition.watched:
            self._slot.put(moment)

    def stop(self) -> None:
        """Stop the thread, waiting for a picture that has begun."""
        self._slot.close()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def counters(self) -> dict[str, object]:
        """What the statistics show."""
        return {"dropped": self._slot.dropped, "failures": self.failures}

    def _run(self) -> None:
        while not self._slot.closed:
            moment = self._slot.get()
            if moment is None:
                continue
            try:
                with self._stages.measure(f"views-{self.rendition.spec.name}"):
                    picture = self._compose(moment)
            except Exception:
                # One picture is lost; the room goes on, and the log says why.
                self.failures += 1
                if self.failures <= 3:
                    logger.exception("a picture of %s failed", self.rendition.spec.name)
            else:
                self.rendition.submit(picture, moment.frame.stamp)


def quilt_for(view_set: ViewSet, settings: LightFieldSettings, fps: float) -> tuple[Quilt, str]:
    """The quilt of a view set, and why its tile has that size, in a sentence.

    Raises:
        QuiltError: the tile given, or any tile, is more than H.264 allows.
    """
    columns, rows = view_set.columns, view_set.rows
    limits = levels_at(fps, up_to=HIGHEST_LEVEL)
    if settings.tile is not None:
        width, height = settings.tile
        quilt = Quilt(columns, rows, settings.tile, width / height)
        if not limits[-1].allows(*quilt.size):
            raise QuiltError(
                f"{view_set.name} with tiles of {width}x{height} makes a picture of "
                f"{quilt.size[0]}x{quilt.size[1]}, more than {limits[-1].name} allows "
                f"({limits[-1].macroblocks:,} macroblocks). Give a smaller --tile, or none: then "
                "the largest that fits is chosen."
            )
        return quilt, f"{columns * rows} views of {width}x{height}, as asked for."
    panel = DISPLAYS[settings.display].panel
    choice = choose_tile(columns, rows, panel, limits)
    return choice.quilt, choice.reason


def spec_for(
    view_set: ViewSet, quilt: Quilt | None, eye_size: tuple[int, int], fps: float, stereo_bps: int
) -> RenditionSpec:
    """What is encoded for a view set; `quilt` where it is one."""
    if quilt is not None:
        width, height = quilt.size
        bits = max(stereo_bps, round(width * height * fps * QUILT_BITS_PER_PIXEL))
        columns, rows = quilt.columns, quilt.rows
        return RenditionSpec(
            view_set.name, width, height, fps, bits, "quilt", columns, rows, quilt.tile
        )
    packing = packing_for(eye_size)
    width, height = packing.size
    bits = round(stereo_bps * DEPTH_SHARE)
    return RenditionSpec(view_set.name, width, height, fps, bits, "stereo+depth", 2, 1, packing.eye)


class LightField:
    """The view sets of a room beside `stereo` and `mono`; build it, give it the renditions."""

    def __init__(
        self,
        settings: LightFieldSettings,
        eye_size: tuple[int, int],
        fps: float,
        stereo_bps: int,
        renderer: AnatomyRenderer | None,
    ) -> None:
        """Choose the sizes.

        Raises:
            QuiltError: no tile fits what H.264 allows.
        """
        self.depth = VideoDepth(settings.mono_depth)
        self._settings = settings
        self._eye_size = eye_size
        self._renderer = renderer
        self._quilts: dict[str, Quilt] = {}
        self._composers: list[QuiltComposer] = []
        self.specs: list[RenditionSpec] = []
        self.reasons: list[str] = []
        self.stages: list[ViewSetStage] = []
        for view_set in settings.view_sets:
            if view_set.kind == "stereo":
                continue
            quilt = None
            if view_set.kind == "quilt":
                quilt, reason = quilt_for(view_set, settings, fps)
                self._quilts[view_set.name] = quilt
                self.reasons.append(f"{view_set.name}: {reason}")
            self.specs.append(spec_for(view_set, quilt, eye_size, fps, stereo_bps))

    @property
    def watched(self) -> bool:
        """Whether anybody watches one of them."""
        return any(stage.rendition.watched for stage in self.stages)

    def feed(self, renditions: Sequence[Rendition], times: StageTimes) -> None:
        """Take the renditions of `specs`, in their order, and start making their pictures."""
        for rendition in renditions:
            quilt = self._quilts.get(rendition.spec.name)
            compose = self._quilt_maker(quilt) if quilt else self._depth_maker()
            self.stages.append(ViewSetStage(rendition, compose, times))
        for stage in self.stages:
            stage.start()

    def submit(self, moment: Moment) -> None:
        """Hand the newest moment to all."""
        for stage in self.stages:
            stage.submit(moment)

    def stop(self) -> None:
        """Stop all threads."""
        for stage in self.stages:
            stage.stop()
        for composer in self._composers:
            composer.close()
        self.depth.close()

    def counters(self) -> dict[str, object]:
        """What the statistics show."""
        made = {stage.rendition.spec.name: stage.counters() for stage in self.stages}
        return {"depthMaps": self.depth.matched, "viewSets": made}

    def _quilt_maker(self, quilt: Quilt) -> Callable[[Moment], I420]:
        composer = QuiltComposer(quilt, self._renderer, self._settings.cone_deg)
        self._composers.append(composer)
        return lambda moment: composer.compose(moment.frame, moment.scene, self._depth_of(moment))

    def _depth_maker(self) -> Callable[[Moment], I420]:
        composer = DepthComposer(self._eye_size)
        return lambda moment: composer.compose(
            moment.picture, moment.scene, moment.layer, self._depth_of(moment)
        )

    def _depth_of(self, moment: Moment) -> DisparityMap:
        """The video's disparity; nothing is matched where the video is not shown."""
        if moment.scene.mode is PictureMode.ANATOMY:
            return plane_of(moment.frame, 0.0, SURE)
        return self.depth.of(moment.frame)
