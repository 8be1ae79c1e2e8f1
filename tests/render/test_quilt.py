"""Quilts: the order of views, names both ways, tiles without a copy, and how they are chosen."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.encode.levels import levels_at
from streamer.frames import I420
from streamer.render.quilt import Quilt, QuiltError, parse_grid
from streamer.render.tile_choice import DISPLAYS, choose_tile

quilts = st.builds(
    Quilt,
    st.integers(1, 12),
    st.integers(1, 12),
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.floats(0.1, 9),
)
EVEN = Quilt(3, 2, (4, 2), 0.75)


def test_view_0_is_bottom_left_and_the_last_is_top_right() -> None:
    quilt = Quilt(8, 6, (420, 560), 0.75)
    assert quilt.views == 48
    assert quilt.size == (3360, 3360)
    assert quilt.place(0) == (0, 2800)
    assert quilt.place(7) == (2940, 2800)
    assert quilt.place(8) == (0, 2240)
    assert quilt.place(47) == (2940, 0)
    with pytest.raises(IndexError, match="no view 48"):
        quilt.place(48)


@given(quilts)
def test_splitting_and_assembling_are_opposites(quilt: Quilt) -> None:
    width, height = quilt.size
    for shape in ((height, width, 3), (height, width)):
        picture = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
        views = quilt.split(picture)
        assert len(views) == quilt.views
        np.testing.assert_array_equal(quilt.assemble(views), picture)
        for view, tile in enumerate(views):
            x, y = quilt.place(view)
            np.testing.assert_array_equal(
                tile, picture[y : y + quilt.tile[1], x : x + quilt.tile[0]]
            )


def test_tiles_are_the_picture_and_parts_are_copies() -> None:
    picture = np.zeros((4, 12, 3), np.uint8)
    copies = EVEN.split(picture)
    for view, tile in enumerate(EVEN.tiles(picture)):
        tile[:] = view
    assert picture[:, ::4, 0].tolist() == [[3, 4, 5], [3, 4, 5], [0, 1, 2], [0, 1, 2]]
    assert not any(copy.any() for copy in copies)


def test_planes_are_tiled_as_pictures_are() -> None:
    whole = I420.empty(12, 4)
    for view, tile in enumerate(EVEN.tiles(whole)):
        tile.y[:], tile.u[:], tile.v[:] = view, 10 + view, 20 + view
    assert whole.y[::2, ::4].tolist() == [[3, 4, 5], [0, 1, 2]]
    assert whole.u[:, ::2].tolist() == [[13, 14, 15], [10, 11, 12]]
    again = EVEN.assemble(EVEN.split(whole))
    for plane, expected in ((again.y, whole.y), (again.u, whole.u), (again.v, whole.v)):
        np.testing.assert_array_equal(plane, expected)


def test_what_does_not_fit_is_said_with_its_numbers() -> None:
    with pytest.raises(QuiltError, match="picture is 12x6, but 3x2 tiles of 4x2 are 12x4"):
        EVEN.tiles(np.zeros((6, 12, 3), np.uint8))
    with pytest.raises(QuiltError, match="need 6 views, not 5"):
        EVEN.assemble([np.zeros((2, 4, 3), np.uint8)] * 5)
    with pytest.raises(QuiltError, match="View 0 is 2x4, but a tile is 4x2"):
        EVEN.assemble([np.zeros((4, 2, 3), np.uint8)] * 6)
    odd = Quilt(2, 2, (3, 2), 1.0)
    with pytest.raises(QuiltError, match="3x2 cannot be cut"):
        odd.tiles(I420.empty(6, 4))
    for columns, rows, tile, aspect in (
        (0, 1, (1, 1), 1.0),
        (300, 300, (1, 1), 1.0),
        (1, 1, (0, 1), 1.0),
        (1, 1, (1, 1), float("nan")),
    ):
        with pytest.raises(QuiltError):
            Quilt(columns, rows, tile, aspect)


@given(quilts)
def test_a_name_says_all_and_is_read_back(quilt: Quilt) -> None:
    read = Quilt.of_name(f"skull{quilt.suffix}.png", quilt.size)
    assert (read.columns, read.rows, read.tile) == (quilt.columns, quilt.rows, quilt.tile)
    assert read.aspect == pytest.approx(quilt.aspect, abs=1e-6)


def test_names_by_convention() -> None:
    assert Quilt(8, 6, (420, 560), 0.75).suffix == "_qs8x6a0.75"
    assert Quilt(7, 7, (857, 857), 16 / 9).suffix == "_qs7x7a1.777778"
    assert Quilt(1, 1, (8, 8), 1.0).suffix == "_qs1x1a1"
    assert Quilt(1, 1, (8, 8), 1e-9).suffix == "_qs1x1a0.000000001"
    read = Quilt.of_name("Schädel_qs5x9a1.6_qs8x6a0.75 (1).jpg", (3360, 3360))
    assert (read.columns, read.rows, read.aspect) == (8, 6, 0.75)
    assert Quilt.of_name("a_QS2X1A.75.png", (4, 4)).aspect == 0.75
    assert Quilt.of_name("a_qs7x7a1.77778.png", (5999, 5999)).tile == (857, 857)


@pytest.mark.parametrize(
    ("name", "size", "expected"),
    [
        ("skull.png", (3360, 3360), "'skull.png' does not say how many views"),
        ("skull_qs8x6.png", (3360, 3360), "does not say"),
        ("skull_qs0x6a1.png", (3360, 3360), "says 0x6 views"),
        ("skull_qs8x6a0.0.png", (3360, 3360), "of aspect 0.0"),
        ("q_qs8x9a1.png", (8192, 8192), "8192x8192 does not divide into 8x9 tiles"),
        ("q_qs8x6a1.png", (0, 0), "0x0 does not divide"),
    ],
)
def test_names_that_do_not_fit(name: str, size: tuple[int, int], expected: str) -> None:
    with pytest.raises(QuiltError, match=re.escape(expected)):
        Quilt.of_name(name, size)


def test_grids_are_parsed_or_quoted() -> None:
    assert parse_grid("8x6") == (8, 6)
    for wrong in ("8", "8x", "x6", "0x6", "-8x6", "8x6x2", "8*6", "8.5x6", "9999x9999", ""):
        with pytest.raises(QuiltError, match=re.escape(repr(wrong))):
            parse_grid(wrong)


def test_the_panels_own_size_is_taken_where_the_level_allows_it() -> None:
    """1536 x 2048 x 3 / 48 subpixels a view are 384x512; 3072x3072 is all that level 5.2 allows."""
    choice = choose_tile(8, 6, (1536, 2048), levels_at(30, up_to="6.2"))
    assert choice.tile == (384, 512)
    assert choice.quilt.suffix == "_qs8x6a0.75"
    assert choice.reason == (
        "48 views of 384x512 (196,608 pixels): the 1536x2048 panel shows 196,608 subpixels a view,"
        " and the picture of 3072x3072 is 36,864 macroblocks, which H.264 level 5.2 at 30 frames a"
        " second allows (36,864)."
    )


def test_a_lower_level_or_a_higher_rate_makes_tiles_smaller() -> None:
    at_30 = choose_tile(8, 6, (1536, 2048), levels_at(30, up_to="5.1"))
    assert at_30.tile == (360, 480)
    assert "but H.264 level 5.1 at 30 frames a second allows 32,768 macroblocks" in at_30.reason
    at_60 = choose_tile(8, 6, (1536, 2048), levels_at(60, up_to="5.1"))
    assert at_60.tile[0] * at_60.tile[1] < 0.55 * at_30.tile[0] * at_30.tile[1]
    with pytest.raises(QuiltError, match=r"do not fit H\.264 level 1 at 30 .* \(49 macroblocks"):
        choose_tile(8, 6, (1536, 2048), levels_at(30, up_to="1"))
    with pytest.raises(QuiltError, match="60x60 has only 225 subpixels for each of 48 views"):
        choose_tile(8, 6, (60, 60), levels_at(30))
    with pytest.raises(QuiltError, match="0x6 views on a panel of 60x60"):
        choose_tile(0, 6, (60, 60), levels_at(30))


@given(
    st.integers(1, 12),
    st.integers(1, 10),
    st.tuples(st.integers(400, 8000), st.integers(400, 8000)),
    st.sampled_from(["3.1", "4", "5.1", "5.2", "6.2"]),
    st.sampled_from([15.0, 29.97, 60.0]),
)
def test_a_chosen_tile_keeps_every_bound(
    columns: int, rows: int, panel: tuple[int, int], level: str, fps: float
) -> None:
    limits = levels_at(fps, up_to=level)
    try:
        choice = choose_tile(columns, rows, panel, limits)
    except QuiltError:
        assert level in ("3.1", "4") or max(panel) > 15 * min(panel)
        return
    width, height = choice.tile
    assert width % 2 == height % 2 == 0
    assert width * height <= panel[0] * panel[1] * 3 // (columns * rows)
    assert choice.limit.allows(*choice.quilt.size)
    assert choice.limit in limits
    assert not any(
        lower.allows(*choice.quilt.size) for lower in limits[: limits.index(choice.limit)]
    )
    step = max(2 / width, 2 / height)
    assert abs(np.log(width / height / (panel[0] / panel[1]))) < step
    assert choice.quilt.aspect == panel[0] / panel[1]


@pytest.mark.parametrize("name", DISPLAYS)
def test_every_known_display_gets_tiles_of_its_shape(name: str) -> None:
    display = DISPLAYS[name]
    choice = choose_tile(display.columns, display.rows, display.panel, levels_at(30))
    width, height = choice.tile
    assert width / height == pytest.approx(display.panel[0] / display.panel[1], rel=0.01)
    assert choice.reason.isprintable()
