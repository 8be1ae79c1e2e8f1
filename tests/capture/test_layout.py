"""Splitting pictures: each eye gets its own rows and columns, at its size, in its shape."""

import numpy as np
import pytest

from streamer.capture.layout import Splitter, native_eye_size
from streamer.capture.resize import BLACK_LUMA, inner_rectangle
from streamer.capture.settings import Layout
from streamer.errors import SourceError
from streamer.frames import I420


def flat(width: int, height: int, luma: int, u: int = 90, v: int = 160) -> I420:
    """A picture of one colour."""
    picture = I420.empty(width, height)
    picture.y[:], picture.u[:], picture.v[:] = luma, u, v
    return picture


def two_halves(layout: Layout, eye: tuple[int, int]) -> I420:
    """A pair in which the left eye is 60 and the right 200 everywhere."""
    width, height = eye
    if layout in (Layout.SBS, Layout.SBS_HALF):
        picture = flat(2 * width if layout is Layout.SBS else width, height, 60)
        picture.crop(picture.size[0] // 2, 0, picture.size[0] // 2, height).y[:] = 200
    elif layout in (Layout.TB, Layout.TB_HALF):
        picture = flat(width, 2 * height if layout is Layout.TB else height, 60)
        picture.crop(0, picture.size[1] // 2, width, picture.size[1] // 2).y[:] = 200
    else:
        picture = flat(width, height, 60)
        picture.y[1::2] = 200
    return picture


@pytest.mark.parametrize("layout", [one for one in Layout if one is not Layout.MONO])
@pytest.mark.parametrize("wanted", [None, (96, 54)])
def test_each_eye_gets_its_own(layout: Layout, wanted: tuple[int, int] | None) -> None:
    picture = two_halves(layout, (64, 36))
    eye = native_eye_size(layout, *picture.size)
    assert eye == (64, 36)
    pair = Splitter(layout, wanted or eye).split(picture)
    assert pair.left.size == pair.right.size == (wanted or eye)
    assert np.all(pair.left.y == 60)
    assert np.all(pair.right.y == 200)
    assert np.all(pair.left.u == 90)
    assert np.all(pair.right.v == 160)


@pytest.mark.parametrize("layout", [Layout.SBS, Layout.TB])
def test_full_layouts_are_views(layout: Layout) -> None:
    picture = two_halves(layout, (64, 36))
    pair = Splitter(layout, (64, 36)).split(picture)
    assert np.shares_memory(pair.left.y, picture.y)
    assert np.shares_memory(pair.right.u, picture.u)
    assert (pair.packed is picture) == (layout is Layout.SBS)


@pytest.mark.parametrize("layout", [Layout.SBS_HALF, Layout.TB_HALF, Layout.ROWS])
def test_scaled_pairs_lie_packed(layout: Layout) -> None:
    pair = Splitter(layout, (64, 36)).split(two_halves(layout, (64, 36)))
    assert pair.packed is not None
    assert pair.packed.size == (128, 36)
    assert np.shares_memory(pair.packed.y, pair.right.y)


def test_rows_stay_where_they_were_shown() -> None:
    # A slope down the picture, the same in both eyes: no row may move against the other eye.
    height, width = 36, 64
    picture = flat(width, height, 0)
    picture.y[:] = (50 + 4 * np.arange(height, dtype=np.uint8))[:, None]
    pair = Splitter(Layout.ROWS, (width, height)).split(picture)
    inside = slice(1, height - 1)
    np.testing.assert_allclose(pair.left.y[inside], picture.y[inside].astype(int), atol=1)
    np.testing.assert_allclose(pair.right.y[inside], picture.y[inside].astype(int), atol=1)
    assert np.array_equal(pair.left.y[0::2], picture.y[0::2])
    assert np.array_equal(pair.right.y[1::2], picture.y[1::2])


def test_half_side_by_side_is_spread_to_full_width() -> None:
    picture = flat(64, 36, 0)
    ramp = np.linspace(40, 200, 32).astype(np.uint8)
    picture.y[:] = np.concatenate((ramp, ramp))
    pair = Splitter(Layout.SBS_HALF, (64, 36)).split(picture)
    assert np.all(np.diff(pair.left.y[0].astype(int)) >= 0)
    assert abs(int(pair.left.y[0, 32]) - 120) <= 4


def test_another_shape_gets_bars_not_a_squeeze() -> None:
    pair = Splitter(Layout.MONO, (128, 72)).split(flat(64, 48, 150))
    assert pair.left.y[36, 64] == 150
    assert np.all(pair.left.y[:, :16] == BLACK_LUMA)
    assert np.all(pair.left.y[:, 16:112] == 150)


@pytest.mark.parametrize(
    ("source", "target", "inner"),
    [
        ((1920, 1080), (1280, 720), (0, 0, 1280, 720)),
        ((640, 480), (1280, 720), (160, 0, 960, 720)),
        ((1440, 1080), (1280, 720), (160, 0, 960, 720)),
        ((2000, 500), (1280, 720), (0, 200, 1280, 320)),
    ],
)
def test_inner_rectangle(
    source: tuple[int, int], target: tuple[int, int], inner: tuple[int, int, int, int]
) -> None:
    assert inner_rectangle(source, target) == inner


@pytest.mark.parametrize(
    ("layout", "size", "advice"),
    [
        (Layout.SBS_HALF, (3840, 1080), "'sbs'"),
        (Layout.TB, (1920, 1080), "'mono'"),
        (Layout.SBS, (1280, 1440), "'tb'"),
        (Layout.SBS, (1918, 1080), "divide by 4"),
        (Layout.ROWS, (1280, 719), "divide by 2"),
        (Layout.TB, (1280, 1438), "height by 4"),
    ],
)
def test_a_layout_that_cannot_be(layout: Layout, size: tuple[int, int], advice: str) -> None:
    with pytest.raises(SourceError) as caught:
        native_eye_size(layout, *size)
    assert f"{size[0]}x{size[1]}" in str(caught.value)
    assert layout.value in str(caught.value)
    assert advice in str(caught.value)


def test_mono_takes_any_shape_and_drops_the_odd_line() -> None:
    assert native_eye_size(Layout.MONO, 1081, 1921) == (1080, 1920)
