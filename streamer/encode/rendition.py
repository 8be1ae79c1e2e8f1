"""A rendition: one view set at one size and rate, encoded once for all who watch it."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from streamer.clock import CaptureClock
from streamer.encode.bitstream import NAL_IDR, identity_sei, nal_type, split_nal_units
from streamer.encode.broker import KeyframeBroker
from streamer.encode.h264 import H264Encoder
from streamer.errors import EncoderError
from streamer.frames import I420, FrameStamp
from streamer.room.messages import RenditionInfo, RenditionName, ViewSetKind
from streamer.slot import LatestSlot
from streamer.stages import StageTimes

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RenditionSpec:
    """What is encoded: `width` x `height` of the coded picture, both eyes for `stereo`.

    Its views are `columns` x `rows` tiles of `tile` (width, height), which without `tile` fill the
    picture; see `RenditionInfo`.
    """

    name: RenditionName
    width: int
    height: int
    fps: float
    bitrate_bps: int
    kind: ViewSetKind = "stereo"
    columns: int = 2
    rows: int = 1
    tile: tuple[int, int] | None = None

    def info(self) -> RenditionInfo:
        """What pages learn of it."""
        tile = self.tile or (self.width // self.columns, self.height // self.rows)
        return RenditionInfo(
            name=self.name,
            width=self.width,
            height=self.height,
            kind=self.kind,
            columns=self.columns,
            rows=self.rows,
            tile_width=tile[0],
            tile_height=tile[1],
        )


@dataclass(frozen=True, slots=True)
class EncodedFrame:
    """One access unit with its identity; the identity SEI stands before the first slice."""

    rendition: RenditionName
    stamp: FrameStamp
    rtp_timestamp: int
    keyframe: bool
    nal_units: tuple[bytes, ...]


class Rendition:
    """An encoder with a thread of its own, fed through a slot of one, idle while unwatched."""

    def __init__(
        self,
        spec: RenditionSpec,
        clock: CaptureClock,
        on_encoded: Callable[[EncodedFrame], None],
        stages: StageTimes,
    ) -> None:
        """Open the encoder.

        `on_encoded` is called in the encoder's thread.

        Raises:
            EncoderError: as `H264Encoder`.
        """
        self.spec = spec
        self.broker = KeyframeBroker(clock.now_ns)
        self.watched = False
        self.encoded = 0
        self.keyframes = 0
        self.bytes = 0
        self.failures = 0
        self._clock = clock
        self._on_encoded = on_encoded
        self._stages = stages
        self._slot: LatestSlot[tuple[I420, FrameStamp]] = LatestSlot()
        self._encoder = self._open()
        self._thread = threading.Thread(target=self._run, name=f"encode-{spec.name}", daemon=True)

    def start(self) -> None:
        """Start encoding whatever is submitted while `watched`."""
        self._thread.start()

    def submit(self, picture: I420, stamp: FrameStamp) -> None:
        """Hand over the newest picture; it must not be written to until it is encoded."""
        if self.watched:
            self._slot.put((picture, stamp))

    def stop(self) -> None:
        """Stop the thread."""
        self._slot.close()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def counters(self) -> dict[str, object]:
        """What the statistics show of this rendition."""
        return {
            "width": self.spec.width,
            "height": self.spec.height,
            "bitrateBps": self.spec.bitrate_bps,
            "watched": self.watched,
            "encoded": self.encoded,
            "keyframes": self.keyframes,
            "bytes": self.bytes,
            "droppedBeforeEncoder": self._slot.dropped,
            "encoderFailures": self.failures,
            "keyframeRequests": dict(self.broker.requests),
        }

    def _open(self) -> H264Encoder:
        spec = self.spec
        return H264Encoder(spec.width, spec.height, spec.fps, spec.bitrate_bps)

    def _run(self) -> None:
        while not self._slot.closed:
            work = self._slot.get()
            if work is None:
                continue
            try:
                self._encode(*work)
            except EncoderError as error:
                self._recover(error)

    def _encode(self, picture: I420, stamp: FrameStamp) -> None:
        pts = self._clock.media_ticks(stamp.captured_ns)
        with self._stages.measure(f"encode-{self.spec.name}"):
            access_unit = self._encoder.encode(picture, pts, keyframe=self.broker.take())
        units = split_nal_units(access_unit)
        keyframe = any(nal_type(unit) == NAL_IDR for unit in units)
        sei = identity_sei(stamp.frame_id, self._clock.ntp(stamp.captured_ns))
        # H.264 7.4.1.2.3: SEI stands before the first slice; decoders want SPS and PPS first.
        first_slice = next(i for i, unit in enumerate(units) if nal_type(unit) in (1, NAL_IDR))
        units.insert(first_slice, sei)
        self.encoded += 1
        self.keyframes += keyframe
        self.bytes += len(access_unit)
        self._on_encoded(
            EncodedFrame(
                rendition=self.spec.name,
                stamp=stamp,
                rtp_timestamp=self._clock.rtp_timestamp(stamp.captured_ns, stamp.frame_id),
                keyframe=keyframe,
                nal_units=tuple(units),
            )
        )

    def _recover(self, error: EncoderError) -> None:
        """Open the encoder anew; a frame is lost, the room is not."""
        self.failures += 1
        if self.failures <= 3 or self.failures % 300 == 0:
            logger.warning("%s: %s Opening it anew.", self.spec.name, error)
        try:
            self._encoder = self._open()
        except EncoderError as again:
            logger.error("%s: %s", self.spec.name, again)
        self.broker.request("recovery")
