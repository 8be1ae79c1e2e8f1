"""Sheets: view 0 at the bottom left, tiles that are views of common planes, and what is empty."""

import numpy as np
import pytest

from streamer.render.layers import Sheet
from streamer.render.memory import Recycler


def test_views_are_laid_as_in_a_quilt() -> None:
    sheet = Sheet.empty((3, 2), (8, 4))
    assert sheet.views == 6
    assert [sheet.place(view) for view in range(6)] == [
        (0, 4), (8, 4), (16, 4), (0, 0), (8, 0), (16, 0)
    ]  # fmt: skip
    for view, layer in enumerate(sheet):
        layer.picture.y[:] = layer.alpha[:] = view
        layer.picture.u[:] = layer.picture.v[:] = layer.alpha_half[:] = view
        layer.inverse_depth[:] = view
        layer.spans[:] = view
        assert layer.size == (8, 4)
    for plane in (sheet.picture.y, sheet.alpha, sheet.inverse_depth):
        assert plane[::4, ::8].tolist() == [[3, 4, 5], [0, 1, 2]]
    for plane in (sheet.picture.u, sheet.picture.v, sheet.alpha_half):
        assert plane[::2, ::4].tolist() == [[3, 4, 5], [0, 1, 2]]
    assert sheet.spans[:, 0, 0].tolist() == [0, 1, 2, 3, 4, 5]


def test_a_fresh_sheet_is_empty_and_one_of_used_memory_keeps_its_spans() -> None:
    memory = Recycler()
    sheet = Sheet.empty((2, 1), (8, 4), memory)
    assert (sheet.picture.y == 16).all()
    assert (sheet.picture.u == 128).all()
    assert not sheet.alpha.any()
    assert not sheet.inverse_depth.any()
    sheet.spans[1] = 2, 4
    del sheet
    assert not Sheet.empty((1, 2), (8, 4), memory).spans.any(), "another grid, other places"
    assert Sheet.empty((2, 1), (8, 4), memory).spans[1].tolist() == [[2, 4], [2, 4]]


@pytest.mark.parametrize(
    ("grid", "tile"), [((0, 1), (8, 4)), ((1, 1), (7, 4)), ((1, 1), (8, 0)), ((1, -1), (8, 4))]
)
def test_sheets_that_cannot_be_are_refused(grid: tuple[int, int], tile: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=f"{grid[0]}x{grid[1]} of {tile[0]}x{tile[1]}"):
        Sheet.empty(grid, tile)


def test_planes_are_aligned_for_what_they_hold() -> None:
    sheet = Sheet.empty((3, 1), (2, 2))
    assert sheet.inverse_depth.dtype == np.float32
    assert sheet.inverse_depth.flags.aligned
    assert sheet.spans.flags.aligned
