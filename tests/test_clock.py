"""Time conversions."""

from hypothesis import given
from hypothesis import strategies as st

from streamer.clock import CaptureClock

CLOCK = CaptureClock(unix_offset_ns=1_700_000_000_123_456_789, origin_ns=5_000_000_000)


def test_ntp_is_unix_time_since_1900() -> None:
    captured_ns = 7_376_543_211  # with the offset: a whole half second
    ntp = CLOCK.ntp(captured_ns)
    assert ntp >> 32 == 1_700_000_007 + 2_208_988_800
    assert ntp & 0xFFFF_FFFF == 1 << 31


@given(st.integers(5_000_000_000, 10**16), st.integers(0, 2**40))
def test_the_rtp_timestamp_holds_the_id_and_the_time(captured_ns: int, frame_id: int) -> None:
    rtp = CLOCK.rtp_timestamp(captured_ns, frame_id)
    assert rtp & 63 == frame_id & 63
    ticks = CLOCK.media_ticks(captured_ns)
    assert abs((rtp - ticks + 2**31) % 2**32 - 2**31) < 64


@given(st.integers(10**10, 10**15), st.integers(4_000_000, 10**9), st.integers(0, 10**6))
def test_the_rtp_timestamp_rises_from_frame_to_frame(
    captured_ns: int, gap_ns: int, frame_id: int
) -> None:
    first = CLOCK.rtp_timestamp(captured_ns, frame_id)
    second = CLOCK.rtp_timestamp(captured_ns + gap_ns, frame_id + 1)
    assert 0 < (second - first) % 2**32 < 2**31
