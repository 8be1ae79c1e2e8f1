"""H.264's levels: the table's corners, and which level a stream needs."""

import itertools

import pytest

from streamer.encode.levels import LEVELS, level_named, levels_at, lowest_level


@pytest.mark.parametrize(
    ("width", "height", "fps", "expected"),
    [
        (176, 144, 15, "1"),
        (1280, 720, 30, "3.1"),
        (1920, 1080, 30, "4"),  # 8160 macroblocks; MaxMBPS 245,760 is 30.1 of them a second
        (1920, 1080, 60, "4.2"),
        (3840, 2160, 30, "5.1"),
        (3840, 2160, 60, "5.2"),
        (3072, 3072, 30, "5.2"),  # 36,864 macroblocks, the whole of MaxFS
        (3072, 3072, 26, "5.1"),
        (3088, 3072, 10, "6"),
        (3360, 3360, 30, "6"),  # 44,100: a Portrait quilt at full size
        (8688, 16, 1, "5.1"),  # 543 macroblocks wide, sqrt(8 x 36,864)
        (8704, 16, 1, "6"),
    ],
)
def test_the_lowest_level_of_a_stream(width: int, height: int, fps: float, expected: str) -> None:
    level = lowest_level(width, height, fps)
    assert level is not None
    assert level.name == expected


def test_bits_count_too_and_some_streams_have_no_level() -> None:
    level = lowest_level(1920, 1080, 30, 30_000_000)
    assert level is not None
    assert level.name == "4.1"
    assert lowest_level(32768, 32768, 30) is None


def test_each_level_allows_what_those_below_it_allow() -> None:
    for lower, higher in itertools.pairwise(LEVELS):
        assert higher.max_mbs_per_s >= lower.max_mbs_per_s
        assert higher.max_frame_mbs >= lower.max_frame_mbs
        assert higher.max_kbps >= lower.max_kbps


def test_a_level_at_a_rate() -> None:
    *below, last = levels_at(30, up_to="5.1")
    assert below[-1].level.name == "5"
    assert last.macroblocks == 32768  # 983,040 / 30: the rate binds, not the frame size
    assert last.allows(2880, 2880)
    assert not last.allows(3072, 3072)
    assert last.name == "H.264 level 5.1 at 30 frames a second"


def test_what_is_no_level_or_rate_is_quoted() -> None:
    assert level_named("5.0") is level_named("5")
    with pytest.raises(ValueError, match=r"no level '5\.3'"):
        level_named("5.3")
    with pytest.raises(ValueError, match=r"not 0"):
        levels_at(0)
