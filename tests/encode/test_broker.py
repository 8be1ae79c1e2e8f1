"""The keyframe broker, with a clock of the test's own."""

from streamer.encode.broker import MIN_INTERVAL_NS, KeyframeBroker


class Clock:
    def __init__(self) -> None:
        self.ns = 10**12

    def __call__(self) -> int:
        return self.ns


def test_the_first_frame_is_a_keyframe_and_the_next_is_not() -> None:
    broker = KeyframeBroker(Clock())
    assert broker.take()
    assert not broker.take()


def test_a_burst_of_requests_costs_one_keyframe() -> None:
    clock = Clock()
    broker = KeyframeBroker(clock)
    broker.take()
    clock.ns += MIN_INTERVAL_NS
    for reason in ["join"] * 20 + ["pli"] * 5:
        broker.request(reason)
    assert [broker.take() for _ in range(30)].count(True) == 1
    assert broker.requests == {"join": 20, "pli": 5}
    assert broker.granted == 2


def test_a_request_soon_after_a_keyframe_waits_and_is_not_forgotten() -> None:
    clock = Clock()
    broker = KeyframeBroker(clock)
    broker.take()
    clock.ns += MIN_INTERVAL_NS // 2
    broker.request("pli")
    assert not broker.take()
    clock.ns += MIN_INTERVAL_NS // 2
    assert broker.take()
