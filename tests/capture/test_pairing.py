"""Matching two inputs by time: nearest partners, bounded waiting, honest counts."""

import random

from hypothesis import given
from hypothesis import strategies as st

from streamer.capture.pairing import QUEUE, PairMatcher, Side

PERIOD_NS = 33_333_333
MS = 1_000_000


def run(events: list[tuple[Side, int]]) -> tuple[list[tuple[int, int]], PairMatcher[int]]:
    """Offer times as their own values; the pairs, and the matcher."""
    matcher = PairMatcher[int](PERIOD_NS)
    pairs = [pair for side, time_ns in events for pair in matcher.offer(side, time_ns, time_ns)]
    return pairs, matcher


def woven(left: list[int], right: list[int]) -> list[tuple[Side, int]]:
    """Both inputs in order of arrival."""
    events: list[tuple[Side, int]] = [("left", t) for t in left]
    events += [("right", t) for t in right]
    return sorted(events, key=lambda event: event[1])


def test_an_offset_start_costs_the_lonely_pictures_only() -> None:
    left = [n * PERIOD_NS for n in range(20)]
    right = [n * PERIOD_NS + 9 * MS for n in range(5, 20)]
    pairs, matcher = run(woven(left, right))
    assert pairs == list(zip(left[5:], right, strict=True))
    assert matcher.dropped == 5


def test_a_right_input_that_is_ahead_pairs_with_the_nearest() -> None:
    left = [n * PERIOD_NS for n in range(10)]
    right = [n * PERIOD_NS - 12 * MS for n in range(10)]
    pairs, matcher = run(woven(left, right))
    assert pairs == list(zip(left, right, strict=True))
    assert matcher.dropped == 0


def test_a_missing_picture_drops_its_partner_only() -> None:
    left = [n * PERIOD_NS for n in range(10)]
    right = [n * PERIOD_NS + 2 * MS for n in range(10) if n != 4]
    pairs, matcher = run(woven(left, right))
    assert [pair[0] for pair in pairs] == [t for t in left if t != left[4]]
    assert matcher.dropped == 1


def test_the_nearer_of_two_waiting_is_taken() -> None:
    pairs, matcher = run([("left", 0), ("left", 14 * MS), ("right", 15 * MS)])
    assert pairs == [(14 * MS, 15 * MS)]
    assert matcher.dropped == 1


def test_more_than_half_a_period_is_no_pair() -> None:
    pairs, matcher = run([("left", 0), ("right", PERIOD_NS // 2 + 1)])
    assert pairs == []
    assert matcher.dropped == 1


def test_a_lost_side_holds_at_most_a_few() -> None:
    pairs, matcher = run([("left", n * PERIOD_NS) for n in range(100)])
    assert pairs == []
    assert matcher.dropped == 100 - QUEUE


@given(
    offset_ms=st.floats(-12, 12),
    jitter_ms=st.floats(0, 2),
    lost=st.sets(st.integers(0, 59), max_size=20),
    seed=st.integers(0, 1000),
)
def test_pairs_are_true_whatever_is_lost(
    offset_ms: float, jitter_ms: float, lost: set[int], seed: int
) -> None:
    noise = random.Random(seed)

    def time_of(index: int, side_ms: float) -> int:
        return round(index * PERIOD_NS + (side_ms + noise.uniform(0, jitter_ms)) * MS)

    left = {time_of(n, 0): n for n in range(30) if n not in lost}
    right = {time_of(n, offset_ms): n for n in range(30) if n + 30 not in lost}
    pairs, matcher = run(woven(list(left), list(right)))
    matched = [(left[a], right[b]) for a, b in pairs]
    assert all(a == b for a, b in matched)
    both = set(left.values()) & set(right.values())
    assert {a for a, _ in matched} == both
    assert 2 * len(pairs) + matcher.dropped <= len(left) + len(right)
