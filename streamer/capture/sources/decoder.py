"""FFmpeg's demuxer and decoder as readers of pictures, recorded or live."""

import os
from collections.abc import Callable, Iterator
from typing import Final

import av
import av.error
from av.codec.context import Flags, ThreadType
from av.container import InputContainer
from av.video.stream import VideoStream

from streamer.capture.planes import PlaneReader
from streamer.capture.sources.base import Picture, PictureFormat, Wait
from streamer.capture.sources.explain import PermanentSourceError, explain
from streamer.errors import SourceError

DEFAULT_FPS: Final = 30.0
MAX_FPS: Final = 240.0
MAX_DECODER_THREADS: Final = 4
STORED_WAIT_NS: Final = 3_000_000
STORED_FOR_NS: Final = 2_000_000_000
REBASE_NS: Final = 1_000_000_000


def open_container(
    address: str,
    name: str,
    what: str,
    *,
    input_format: str | None = None,
    options: dict[str, str] | None = None,
    timeouts_s: tuple[float, float] | None = None,
) -> InputContainer:
    """Open `address` with FFmpeg; raises SourceError that calls it `name`, a `what`.

    `timeouts_s` limits (opening, waiting for a packet).
    """
    try:
        container = av.open(
            address, "r", format=input_format, options=options or {}, timeout=timeouts_s
        )
    except av.error.ProtocolNotFoundError as error:
        raise PermanentSourceError(
            f"{what} {name!r}: the FFmpeg in this installation (PyAV {av.__version__}) was built "
            "without that protocol; let a gateway turn it into rtsp:// or udp:// and give that"
        ) from error
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise SourceError(explain(error, name, what)) from error
    return container


def video_stream(container: InputContainer, name: str, what: str) -> VideoStream:
    """The container's best video stream; raises SourceError (and closes it) where none decodes."""
    stream = next((s for s in container.streams.video if s.codec_context is not None), None)
    # FFmpeg draws text files with escape sequences as video: never what a user means.
    if stream is None or container.format.name == "tty":
        kinds = sorted({s.type for s in container.streams})
        held = f"only {' and '.join(kinds)}" if kinds else "no stream at all"
        container.close()
        raise PermanentSourceError(
            f"{what} {name!r} has no video that can be decoded, {held}; give one with a picture"
        )
    return stream


def picture_format(stream: VideoStream) -> PictureFormat:
    """Size and nominal rate of a stream; 30 a second where it does not say."""
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate and 1 <= rate <= MAX_FPS:
            return PictureFormat(stream.width, stream.height, float(rate))
    return PictureFormat(stream.width, stream.height, DEFAULT_FPS)


class RecordedReader:
    """Reads a file's pictures with their presentation times, as quickly as they are asked for."""

    def __init__(self, container: InputContainer, name: str) -> None:
        self._container = container
        self._name = name
        self._stream = video_stream(container, name, "file")
        self._planes = PlaneReader()
        context = self._stream.codec_context
        context.thread_type = ThreadType.AUTO
        context.thread_count = min(MAX_DECODER_THREADS, os.cpu_count() or 1)
        self.format = picture_format(self._stream)

    def pictures(self) -> Iterator[Picture]:
        """All pictures from the first; times never go back, missing ones follow the rate.

        A damaged stretch is passed over; raises SourceError where not one picture decodes.
        """
        period_ns = self.format.period_ns
        first_pts: int | None = None
        time_ns, count = -period_ns, 0
        for frame in self._frames():
            base = frame.time_base
            if frame.pts is None or base is None:
                time_ns += period_ns
            else:
                first_pts = frame.pts if first_pts is None else first_pts
                due_ns = round((frame.pts - first_pts) * base * 1_000_000_000)
                time_ns = due_ns if due_ns > time_ns else time_ns + period_ns
            duration_ns = round(frame.duration * base * 1_000_000_000) if base else 0
            count += 1
            yield Picture(self._planes.read(frame), time_ns, duration_ns or period_ns)
        if count == 0:
            raise SourceError(
                f"file {self._name!r} has a video stream but not one picture of it decodes; it is "
                "damaged or cut off, try another copy"
            )

    def _frames(self) -> Iterator[av.VideoFrame]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.error.FFmpegError:
                return  # cut off: what came before stands
            try:
                yield from packet.decode()
            except av.error.FFmpegError:
                continue

    def close(self) -> None:
        """Close the file."""
        self._container.close()


class LiveReader:
    """Reads a device's or network stream's pictures, stamped when their packet arrives.

    A stream that is read faster than it was made (a file over HTTP, HLS segments) is held to its
    own times, `wait` being how. What the demuxer had stored while it looked for the stream's
    parameters comes out marked late.
    """

    def __init__(
        self,
        container: InputContainer,
        name: str,
        what: str,
        now_ns: Callable[[], int],
        wait: Wait,
    ) -> None:
        self._container, self._name, self._what = container, name, what
        self._now_ns, self._wait = now_ns, wait
        self._stream = video_stream(container, name, what)
        self._planes = PlaneReader()
        context = self._stream.codec_context
        # Frame threads would keep back as many pictures as there are threads.
        context.thread_type = ThreadType.SLICE
        context.flags |= Flags.low_delay
        self._stored_ahead = bool(container.duration) or container.format.name in ("hls", "dash")
        self.format = picture_format(self._stream)

    def pictures(self) -> Iterator[Picture]:
        """Pictures as they come; ends where the sender ends, raises SourceError where it fails."""
        opened_ns = asked_ns = self._now_ns()
        pacer = _Pacer(self._now_ns, self._wait) if self._stored_ahead else None
        stored = pacer is None
        try:
            for packet in self._container.demux(self._stream):
                arrived_ns = self._now_ns()
                if arrived_ns - asked_ns > STORED_WAIT_NS or arrived_ns - opened_ns > STORED_FOR_NS:
                    stored = False
                for frame in self._decode(packet):
                    if pacer is not None:
                        arrived_ns = pacer.hold(frame)
                    planes = self._planes.read(frame)
                    yield Picture(planes, arrived_ns, self.format.period_ns, stored)
                asked_ns = self._now_ns()
        except (av.error.FFmpegError, OSError) as error:
            raise SourceError(explain(error, self._name, self._what)) from error

    @staticmethod
    def _decode(packet: "av.Packet[VideoStream]") -> list[av.VideoFrame]:
        try:
            return packet.decode()
        except av.error.FFmpegError:
            return []  # lost or damaged packets: the next keyframe mends it

    def close(self) -> None:
        """Close the device or connection."""
        self._container.close()


class _Pacer:
    """Holds pictures that come early to their own times."""

    def __init__(self, now_ns: Callable[[], int], wait: Wait) -> None:
        self._now_ns, self._wait = now_ns, wait
        self._base_ns: int | None = None

    def hold(self, frame: av.VideoFrame) -> int:
        """Wait until `frame` is due and return that time on the capture clock."""
        now_ns = self._now_ns()
        if frame.pts is None or frame.time_base is None:
            return now_ns
        time_ns = round(frame.pts * frame.time_base * 1_000_000_000)
        if self._base_ns is None or abs(self._base_ns + time_ns - now_ns) > REBASE_NS:
            self._base_ns = now_ns - time_ns
        due_ns = self._base_ns + time_ns
        if due_ns > now_ns:
            self._wait((due_ns - now_ns) / 1e9)
        return due_ns
