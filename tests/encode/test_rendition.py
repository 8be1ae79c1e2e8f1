"""A rendition's thread: idle while unwatched, one encode a frame, alive after a failure."""

import queue

import pytest

from streamer.clock import CaptureClock
from streamer.encode.bitstream import read_identity
from streamer.encode.rendition import EncodedFrame, Rendition, RenditionSpec
from streamer.errors import EncoderError
from streamer.frames import FrameStamp
from streamer.stages import StageTimes
from tests.encode.pictures import moving_picture

SPEC = RenditionSpec("stereo", 320, 180, 30, 1_000_000)


class Bench:
    """A rendition whose frames land in a queue."""

    def __init__(self) -> None:
        self.clock = CaptureClock()
        self.out: queue.Queue[EncodedFrame] = queue.Queue()
        self.rendition = Rendition(SPEC, self.clock, self.out.put, StageTimes())
        self.rendition.start()

    def send(self, n: int) -> EncodedFrame:
        stamp = FrameStamp(n, self.clock.origin_ns + n * 33_333_333)
        self.rendition.submit(moving_picture(320, 180, n), stamp)
        return self.out.get(timeout=10)


def test_identity_is_in_the_sei_and_in_the_rtp_timestamp() -> None:
    bench = Bench()
    bench.rendition.watched = True
    for n in range(70):
        frame = bench.send(n)
        identity = read_identity(list(frame.nal_units))
        assert identity is not None
        assert identity.frame_id == n
        assert identity.captured_ntp == bench.clock.ntp(frame.stamp.captured_ns)
        assert frame.rtp_timestamp & 63 == n & 63
        ticks = bench.clock.media_ticks(frame.stamp.captured_ns)
        assert abs(frame.rtp_timestamp - ticks) < 64
    bench.rendition.stop()


def test_nothing_is_encoded_while_nobody_watches() -> None:
    bench = Bench()
    for n in range(5):
        bench.rendition.submit(moving_picture(320, 180, n), FrameStamp(n, bench.clock.now_ns()))
    with pytest.raises(queue.Empty):
        bench.out.get(timeout=0.3)
    assert bench.rendition.encoded == 0
    bench.rendition.stop()


def test_a_failing_encoder_is_opened_anew_and_starts_with_a_keyframe() -> None:
    bench = Bench()
    bench.rendition.watched = True
    bench.send(0)
    working = bench.rendition._encoder

    class Broken:
        def encode(self, *_: object, **__: object) -> bytes:
            raise EncoderError("the test broke it")

    bench.rendition._encoder = Broken()  # type: ignore[assignment]
    bench.rendition.submit(moving_picture(320, 180, 1), FrameStamp(1, bench.clock.now_ns()))
    with pytest.raises(queue.Empty):
        bench.out.get(timeout=1)
    frame = bench.send(30)
    assert frame.keyframe
    assert bench.rendition.failures == 1
    assert bench.rendition._encoder is not working
    bench.rendition.stop()
