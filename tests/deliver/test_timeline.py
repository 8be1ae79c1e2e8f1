"""The time line's anchors, read by a twin of the page's arithmetic."""

from hypothesis import given
from hypothesis import strategies as st

from streamer.clock import CaptureClock
from streamer.deliver.timeline import Timeline
from streamer.frames import FrameStamp
from streamer.room.messages import Anchor

FRAME_NS = 33_333_333


def named(anchor: Anchor, rtp_timestamp: int) -> int:
    """The frame id that a page finds for an RTP timestamp."""
    behind = (rtp_timestamp - anchor.rtp_timestamp + 2**31) % 2**32 - 2**31
    guess = anchor.frame_id + behind / anchor.ticks_per_frame
    low = rtp_timestamp & 63
    return round((guess - low) / 64) * 64 + low


def clock_near_wrap() -> CaptureClock:
    # RTP timestamps wrap after 13 hours; start shortly before.
    return CaptureClock(unix_offset_ns=1_700_000_000_000_000_000, origin_ns=-47_721_000_000_000)


@given(
    jitter=st.lists(st.integers(-9_000_000, 9_000_000), min_size=120, max_size=120),
    step=st.integers(1, 3),
    behind=st.integers(0, 60),
)
def test_pages_name_every_frame(jitter: list[int], step: int, behind: int) -> None:
    clock = clock_near_wrap()
    timeline = Timeline(clock, 30)
    sent: list[tuple[FrameStamp, Anchor]] = []
    for n, off in enumerate(jitter):
        stamp = FrameStamp(n * step, n * step * FRAME_NS + off)
        timeline.note(stamp)
        anchor = timeline.anchor()
        assert anchor is not None
        sent.append((stamp, anchor))
    for i, (stamp, _) in enumerate(sent):
        anchor = sent[max(20, i - behind)][1]  # an old anchor, as in a page
        rtp = clock.rtp_timestamp(stamp.captured_ns, stamp.frame_id)
        assert named(anchor, rtp) == stamp.frame_id


def test_a_pause_of_the_source_calls_for_a_fresh_anchor() -> None:
    timeline = Timeline(CaptureClock(), 30)
    assert timeline.note(FrameStamp(0, 0))
    assert not any(timeline.note(FrameStamp(n, n * FRAME_NS)) for n in range(1, 100))
    assert timeline.note(FrameStamp(100, 100 * FRAME_NS + 3_000_000_000))
    assert not timeline.note(FrameStamp(101, 101 * FRAME_NS + 3_000_000_000))


def test_capture_times_of_recent_frames_are_known() -> None:
    clock = CaptureClock()
    timeline = Timeline(clock, 30)
    for n in range(2000):
        timeline.note(FrameStamp(n, n * FRAME_NS))
    assert timeline.captured_ms(1999) == clock.unix_ms(1999 * FRAME_NS)
    assert timeline.captured_ms(3) is None
