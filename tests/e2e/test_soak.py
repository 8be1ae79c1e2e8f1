"""What `make soak` makes of its samples."""

from tests.e2e.soak import GROWTH_MIB, Sample, complaints


def samples(memory_mib: list[float], presented: list[int]) -> list[Sample]:
    return [
        Sample(30.0 * number, memory, count, count, 40.0)
        for number, (memory, count) in enumerate(zip(memory_mib, presented, strict=True))
    ]


def test_a_steady_room_is_not_complained_of() -> None:
    assert complaints(samples([100, 180, 200, 201, 202], [0, 900, 1800, 2700, 3600])) == []


def test_memory_that_grows_after_the_first_minute_is_told() -> None:
    grown = samples([100, 180, 200, 220, 201 + GROWTH_MIB], [0, 9, 18, 27, 36])
    assert "grew by 49 MiB" in complaints(grown)[0]


def test_a_picture_that_stands_still_is_told() -> None:
    still = samples([100, 180, 200, 201], [0, 900, 900, 1800])
    assert complaints(still) == ["no picture between 30 and 60 s"]
