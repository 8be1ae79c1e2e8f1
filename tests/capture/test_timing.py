"""When pictures are due, how many are kept, and who may be told: all with hand-made clocks."""

import itertools
import threading

import pytest

from streamer.capture.layout import Pair
from streamer.capture.outlet import Outlet
from streamer.capture.rate import RateLimiter, RateMeter
from streamer.capture.status import InputState, combine
from streamer.capture.timeline import SLIP_PERIODS, Timeline
from streamer.frames import I420, StereoFrame

PERIOD_NS = 40_000_000
START_NS = 1_000_000_000_000


def test_capture_time_is_the_schedule_not_the_decoding() -> None:
    line = Timeline(START_NS)
    for number, jitter_ns in enumerate((0, 3_000_000, 39_000_000)):
        due_ns = START_NS + number * PERIOD_NS
        verdict = line.judge(number * PERIOD_NS, PERIOD_NS, due_ns + jitter_ns, newest=False)
        assert verdict.captured_ns == due_ns
        assert not verdict.late


def test_more_than_a_period_late_is_dropped_while_newer_ones_wait() -> None:
    line = Timeline(START_NS)
    now_ns = START_NS + 2 * PERIOD_NS + PERIOD_NS + 1
    assert line.judge(2 * PERIOD_NS, PERIOD_NS, now_ns, newest=False).late
    assert line.due_ns(0) == START_NS


def test_a_slow_decoder_slows_the_play_instead_of_freezing_it() -> None:
    line = Timeline(START_NS)
    now_ns = START_NS + 5 * PERIOD_NS
    verdict = line.judge(2 * PERIOD_NS, PERIOD_NS, now_ns, newest=True)
    assert not verdict.late
    assert verdict.captured_ns == now_ns
    assert line.due_ns(3 * PERIOD_NS) == now_ns + PERIOD_NS


def test_after_a_long_stall_play_goes_on_from_now() -> None:
    line = Timeline(START_NS)
    now_ns = START_NS + (SLIP_PERIODS + 1) * PERIOD_NS
    assert not line.judge(0, PERIOD_NS, now_ns, newest=False).late
    assert line.due_ns(PERIOD_NS) == now_ns + PERIOD_NS


def test_a_pass_begins_for_both_where_the_longer_ended() -> None:
    line, never = Timeline(START_NS, inputs=2), threading.Event()
    began: list[int] = []
    shorter = threading.Thread(target=lambda: began.append(line.end_pass(0, 700, never)))
    shorter.start()
    began.append(line.end_pass(0, 900, never))
    shorter.join()
    assert began == [900, 900]


def test_waiting_for_the_other_input_can_be_stopped() -> None:
    stopping = threading.Event()
    stopping.set()
    assert Timeline(START_NS, inputs=2).end_pass(0, 700, stopping) == 700


@pytest.mark.parametrize(("source_fps", "wanted"), [(30, 15), (30, 20), (60, 25), (30, 30)])
def test_a_limited_rate_is_reached_and_even(source_fps: int, wanted: int) -> None:
    period_ns = 1_000_000_000 // source_fps
    limiter = RateLimiter(wanted, period_ns)
    kept = [n for n in range(10 * source_fps) if limiter.admit(n * period_ns)]
    assert abs(len(kept) - 10 * wanted) <= 1
    gaps = {b - a for a, b in itertools.pairwise(kept)}
    assert max(gaps) - min(gaps) <= 1


def test_a_limit_above_the_source_keeps_all_despite_jitter() -> None:
    limiter = RateLimiter(30, PERIOD_NS)
    times = [n * PERIOD_NS + (-1) ** n * 6_000_000 for n in range(50)]
    assert all(limiter.admit(t) for t in times)


def test_the_limit_recovers_after_a_gap() -> None:
    limiter = RateLimiter(10, PERIOD_NS)
    assert limiter.admit(0)
    assert limiter.admit(5_000_000_000)
    assert not limiter.admit(5_040_000_000)


def test_measured_rate() -> None:
    meter = RateMeter()
    for number in range(100):
        meter.add(number * PERIOD_NS)
    assert meter.fps(100 * PERIOD_NS) == pytest.approx(25)
    assert meter.fps(100 * PERIOD_NS + 3_000_000_000) == 0


@pytest.fixture
def pair() -> Pair:
    picture = I420.empty(16, 16)
    return Pair(picture, picture)


def test_the_outlet_numbers_every_picture_and_keeps_order(pair: Pair) -> None:
    frames: list[StereoFrame] = []
    outlet = Outlet(frames.append, None, PERIOD_NS)
    assert outlet.number(5, late=False) is None  # not begun
    outlet.begin()
    first = outlet.number(10, late=False)
    assert outlet.number(20, late=True) is None
    third = outlet.number(30, late=False)
    assert first is not None
    assert third is not None
    outlet.deliver(third, pair)
    outlet.deliver(first, pair)  # overtaken
    outlet.stand_in(40, pair)
    outlet.stand_in(35, pair)  # time does not go back
    outlet.close()
    outlet.stand_in(50, pair)
    assert [(f.stamp.frame_id, f.stamp.captured_ns, f.live) for f in frames] == [
        (2, 30, True),
        (3, 40, False),
    ]
    counts = outlet.counts()
    assert (counts.captured, counts.late) == (3, 2)


def test_a_consumers_fault_does_not_end_the_source(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(frame: StereoFrame) -> None:
        raise ValueError("too square")

    outlet = Outlet(refuse, None, PERIOD_NS)
    outlet.begin()
    for captured_ns in (1, 2):
        stamp = outlet.number(captured_ns, late=False)
        assert stamp is not None
        outlet.deliver(stamp, pair)
    assert "too square" in caplog.text
    assert outlet.last_captured_ns == 2


def test_the_worst_input_speaks_for_the_room() -> None:
    lost = InputState("slate", "unplugged")
    assert combine([InputState("live"), lost], ["left", "right"]) == ("slate", "right: unplugged")
    assert combine([lost], ["left"]) == ("slate", "unplugged")
    assert combine([InputState("live"), InputState()], ["l", "r"]) == ("connecting", "")
    assert combine([InputState("live")] * 2, ["l", "r"]) == ("live", "")
