"""Renditions beside the pair: sizes, depth when needed, and threads that outlive a failure."""

import threading
from collections.abc import Iterator

import pytest

from streamer.clock import CaptureClock
from streamer.encode.rendition import Rendition, RenditionSpec
from streamer.frames import I420, FrameStamp, StereoFrame
from streamer.render.quilt import QuiltError
from streamer.render.viewset import ViewSet, ViewSetError
from streamer.scene.model import Scene
from streamer.stages import StageTimes
from streamer.viewsets import (
    LightFieldSettings,
    Moment,
    VideoDepth,
    ViewSetStage,
    quilt_for,
    spec_for,
)
from tests.e2e.process import wait_until
from tests.render.scenes import noise_picture, packed_frame

QUILT = ViewSet.parse("quilt:4x2")


@pytest.mark.parametrize("text", ["quilt:0x6", "quilt:1x1", "quilt:12x12", "quilt", "mono", ""])
def test_what_is_no_view_set_is_refused_by_name(text: str) -> None:
    with pytest.raises(ViewSetError, match="quilt:8x6") as caught:
        ViewSet.parse(text)
    assert repr(text) in str(caught.value)


def test_a_tile_is_taken_as_given_within_what_h264_allows() -> None:
    quilt, _ = quilt_for(QUILT, LightFieldSettings(tile=(96, 128)), 30)
    assert quilt.size == (384, 256)
    with pytest.raises(QuiltError, match=r"4000x4000.*--tile"):
        quilt_for(QUILT, LightFieldSettings(tile=(4000, 4000)), 30)


def test_a_displays_tile_is_chosen_with_its_reason() -> None:
    tall, why_tall = quilt_for(QUILT, LightFieldSettings(display="portrait"), 30)
    wide, why_wide = quilt_for(QUILT, LightFieldSettings(display="16-landscape"), 30)
    assert tall.tile[0] < tall.tile[1]
    assert wide.tile[0] > wide.tile[1]
    assert "1536x2048" in why_tall
    assert "3840x2160" in why_wide


def test_specs_say_grid_and_tile() -> None:
    quilt, _ = quilt_for(QUILT, LightFieldSettings(tile=(96, 128)), 30)
    info = spec_for(QUILT, quilt, (640, 360), 30, 1_000_000).info()
    assert (info.name, info.kind, info.columns, info.rows) == ("quilt:4x2", "quilt", 4, 2)
    assert (info.width, info.height, info.tile_width, info.tile_height) == (384, 256, 96, 128)
    depth = spec_for(ViewSet.parse("stereo+depth"), None, (854, 480), 30, 1_000_000)
    assert (depth.width, depth.tile) == (2 * 832, (832, 480))


def test_mono_video_is_a_plane_of_its_own_shape_and_is_never_matched() -> None:
    depth = VideoDepth(0.02)
    picture = noise_picture(128, 96)
    found = depth.of(StereoFrame(FrameStamp(0, 0), picture, picture))
    assert found.px.shape == (3, 4)
    assert found.width == 128
    assert found.px == pytest.approx(0.02 * 128)
    assert (found.confidence == 255).all()
    assert depth.matched == 0
    assert "depth" not in {thread.name for thread in threading.enumerate()}
    depth.close()


def test_matching_starts_when_asked_and_a_frame_is_matched_once() -> None:
    depth = VideoDepth(0.02)
    frame = packed_frame(128, 96)
    first = depth.of(frame)
    assert (first.confidence == 0).all(), "nothing is known yet"
    wait_until(lambda: depth.matched, "the frame is matched")
    for _ in range(3):
        assert depth.of(frame).px.shape != first.px.shape
    other = depth.of(packed_frame(64, 48, seed=1))
    assert other.width == 64, "the map of a frame of another width is used"
    wait_until(lambda: depth.matched == 2, "the second frame is matched")
    depth.close()
    assert depth.matched == 2


class Bench:
    """A rendition that takes pictures, and a stage whose composing a test steers."""

    def __init__(self) -> None:
        spec = RenditionSpec("quilt:4x2", 64, 64, 30, 500_000, "quilt", 4, 2)
        self.rendition = Rendition(spec, CaptureClock(), lambda frame: None, StageTimes())
        self.composed: list[int] = []
        self.begun, self.go = threading.Event(), threading.Event()
        self.go.set()
        self.fail = False
        self.stage = ViewSetStage(self.rendition, self.compose, StageTimes())
        self.rendition.start()
        self.stage.start()

    def compose(self, moment: Moment) -> I420:
        self.begun.set()
        assert self.go.wait(10)
        if self.fail:
            raise RuntimeError("the test broke it")
        self.composed.append(moment.frame.stamp.frame_id)
        return moment.picture

    def send(self, n: int) -> None:
        frame = packed_frame(32, 64, seed=n)
        assert frame.packed is not None
        self.stage.submit(Moment(frame, Scene(), frame.packed, None))


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.go.set()
    made.stage.stop()
    made.rendition.stop()
    assert not made.stage._thread.is_alive()


def test_unwatched_nothing_is_made(bench: Bench) -> None:
    bench.send(0)
    bench.rendition.watched = True
    bench.send(1)
    wait_until(lambda: bench.rendition.encoded, "the second is encoded")
    assert bench.composed == [1]


def test_the_newest_wins(bench: Bench) -> None:
    bench.rendition.watched = True
    bench.go.clear()
    bench.send(0)
    assert bench.begun.wait(10)
    for n in (1, 2, 3):
        bench.send(n)
    bench.go.set()
    wait_until(lambda: len(bench.composed) == 2, "two are made")
    assert bench.composed == [0, 3]
    assert bench.stage.counters() == {"dropped": 2, "failures": 0}


def test_a_failure_is_logged_and_counted_and_the_next_one_works(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.rendition.watched = bench.fail = True
    bench.send(0)
    wait_until(lambda: bench.stage.failures, "it has failed")
    bench.fail = False
    bench.send(1)
    wait_until(lambda: bench.composed == [1], "the next one is made")
    assert bench.stage.counters()["failures"] == 1
    assert "quilt:4x2 failed" in caplog.text
    assert "the test broke it" in caplog.text
