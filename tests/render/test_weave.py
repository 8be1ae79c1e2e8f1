"""Weaving, against the formula written out, subpixel by subpixel, and through a simulated lens."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from calibration.looking_glass import panel_from_json
from streamer.frames import I420
from streamer.render.kernels.weave import convert_line
from streamer.render.lens import directions_deg, views_seen
from streamer.render.pool import KernelPool
from streamer.render.quilt import Quilt, QuiltError
from streamer.render.weave import Sampling, Weaver
from tests.calibration.panels import PENTILE, calibration, cell
from tests.render import naive_weave as naive

offset = st.floats(-1, 1)
cells = st.lists(st.builds(cell, *[offset] * 6), max_size=4)
flag = st.sampled_from([0.0, 1.0])
calibrations = st.builds(
    calibration,
    pitch=st.floats(5, 120),
    slope=st.floats(0.5, 12) | st.floats(-12, -0.5),
    center=st.floats(-2, 2),
    DPI=st.floats(80, 500),
    invView=flag,
    flipImageX=flag,
    flipImageY=flag,
    flipSubp=flag,
    CellPatternMode=st.integers(0, 4),
    subpixelCells=cells,
)
sizes = st.tuples(st.integers(1, 9), st.integers(1, 9))
grids = st.tuples(st.integers(1, 11), st.integers(1, 9))
tiles = st.tuples(st.integers(1, 5), st.integers(1, 5))
SAMPLINGS: tuple[Sampling, ...] = ("bilinear", "nearest")
samplings = st.sampled_from(SAMPLINGS)


def noise(height: int, width: int, seed: int = 1) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def weaver_of(
    fields: dict[str, Any],
    quilt: Quilt,
    size: tuple[int, int] | None = None,
    sampling: Sampling = "bilinear",
    pool: KernelPool | None = None,
) -> Weaver:
    panel = panel_from_json(json.dumps(fields))
    return Weaver(panel, quilt, size, sampling=sampling, pool=pool or KernelPool(1))


@given(calibrations, sizes, grids, tiles, samplings)
@example(calibration(), (8, 8), (8, 6), (3, 4), "bilinear")
@example(calibration(subpixelCells=PENTILE, CellPatternMode=4), (8, 8), (8, 6), (3, 4), "nearest")
@example(calibration(center=0.0, slope=1e6), (6, 6), (2, 1), (1, 1), "bilinear")
def test_every_subpixel_equals_the_formula_written_out(
    fields: dict[str, Any],
    size: tuple[int, int],
    grid: tuple[int, int],
    tile: tuple[int, int],
    sampling: Sampling,
) -> None:
    quilt = Quilt(*grid, tile, 0.75)
    weaver = weaver_of(fields, quilt, size, sampling)
    views = naive.views_of(fields, size, quilt.views)
    np.testing.assert_array_equal(weaver.views, views)
    picture = noise(*quilt.size[::-1])
    expected = naive.woven(
        picture,
        grid,
        views,
        bilinear=sampling == "bilinear",
        upside_down=bool(naive.field(fields, "flipImageY")),
    )
    np.testing.assert_array_equal(weaver.weave(picture), expected)


def test_a_whole_panel_chooses_the_formulas_views() -> None:
    """A Portrait's corners and middle, where float32 would choose other views."""
    fields = calibration()
    with KernelPool(2) as pool:
        weaver = weaver_of(fields, Quilt(8, 6, (2, 2), 0.75), pool=pool)
    assert weaver.views.shape == (2048, 1536, 3)
    rng = np.random.default_rng(5)
    for row, x in zip(rng.integers(0, 2048, 3000), rng.integers(0, 1536, 3000), strict=True):
        for i in range(3):
            wanted = naive.view_of(fields, (1536, 2048), 48, int(x), 2047 - int(row), i)
            assert weaver.views[row, x, i] == wanted


def test_all_views_get_their_share_of_the_panel() -> None:
    weaver = weaver_of(calibration(), Quilt(8, 6, (2, 2), 0.75))
    counts = np.bincount(weaver.views.ravel(), minlength=48)
    assert counts.sum() == 3 * 1536 * 2048
    assert counts.min() > 0.95 * counts.mean()
    assert counts.max() < 1.05 * counts.mean()


def test_more_than_256_views_and_bands_of_every_height() -> None:
    fields = calibration()
    quilt = Quilt(30, 10, (2, 2), 0.75)
    picture = noise(*quilt.size[::-1])
    with KernelPool(2) as pool:
        weaver = weaver_of(fields, quilt, (7, 70), pool=pool)
        woven = weaver.weave(picture)
    assert weaver.views.dtype == np.uint16
    views = naive.views_of(fields, (7, 70), 300)
    np.testing.assert_array_equal(weaver.views, views)
    expected = naive.woven(picture, (30, 10), views, bilinear=True, upside_down=False)
    np.testing.assert_array_equal(woven, expected)


def test_planes_are_converted_as_bt_709_says() -> None:
    y, u, v = np.random.default_rng(8).integers(0, 256, (3, 4000), np.uint8)
    colours = np.empty((3, 8000), np.uint8)
    convert_line(np.repeat(y, 2), u, v, *colours)
    for n in range(4000):
        exact = naive.rgb_of(int(y[n]), int(u[n]), int(v[n]))
        assert np.abs(colours[:, 2 * n : 2 * n + 2].T - exact).max() <= 0.501


@given(sizes, st.sampled_from([(2, 2), (4, 2), (6, 8)]), samplings, flag, st.integers(0, 99))
def test_planes_weave_as_their_colours_do(
    size: tuple[int, int], tile: tuple[int, int], sampling: Sampling, flip: float, seed: int
) -> None:
    fields = calibration(flipImageY=flip)
    quilt = Quilt(4, 3, tile, 0.75)
    width, height = quilt.size
    rng = np.random.default_rng(seed)
    # Wider planes, of which the quilt is a part: rows do not follow each other in memory.
    picture = I420.empty(width + 8, height + 4).crop(4, 2, width, height)
    for plane in (picture.y, picture.u, picture.v):
        plane[:] = rng.integers(0, 256, plane.shape, np.uint8)
    colours = np.empty((3, height, width), np.uint8)
    for row in range(height):
        convert_line(picture.y[row], picture.u[row // 2], picture.v[row // 2], *colours[:, row])
    weaver = weaver_of(fields, quilt, size, sampling)
    np.testing.assert_array_equal(weaver.weave(picture), weaver.weave(colours.transpose(1, 2, 0)))


def test_what_the_panel_shows_is_what_changes_it() -> None:
    """`shown` marks a sample exactly if changing it changes the woven picture."""
    quilt = Quilt(3, 2, (4, 3), 0.75)
    for sampling in SAMPLINGS:
        weaver = weaver_of(calibration(), quilt, (5, 6), sampling)
        shown = weaver.shown()
        black = np.zeros((*quilt.size[::-1], 3), np.uint8)
        for row, x, i in np.ndindex(*black.shape):
            lit = black.copy()
            lit[row, x, i] = 255
            assert bool(shown[row, x] >> i & 1) == bool(weaver.weave(lit).any())
        share = weaver.shown_share()
        assert share.samples == pytest.approx(np.unpackbits(shown).sum() / black.size)
        assert share.pixels == pytest.approx(np.count_nonzero(shown) / shown.size)


def test_out_is_written_and_wrong_pictures_are_refused() -> None:
    quilt = Quilt(4, 3, (3, 3), 0.75)
    weaver = weaver_of(calibration(), quilt, (6, 5))
    out = np.empty((5, 6, 3), np.uint8)
    picture = noise(9, 12)
    assert weaver.weave(picture, out) is out
    mirrored = picture[:, ::-1]  # its rows are not contiguous
    expected = weaver.weave(np.ascontiguousarray(mirrored))
    np.testing.assert_array_equal(weaver.weave(mirrored), expected)
    with pytest.raises(QuiltError, match=r"12x8, but the quilt's layout is 4x3 tiles of 3x3"):
        weaver.weave(picture[:8])
    with pytest.raises(QuiltError, match=r"RGB, .* not \(9, 12\) uint8"):
        weaver.weave(picture[..., 0])
    with pytest.raises(QuiltError, match="12x10, but"):
        weaver.weave(I420.empty(12, 10))
    with pytest.raises(QuiltError, match="must be even"):
        weaver_of(calibration(), Quilt(4, 2, (3, 3), 0.75), (6, 5)).weave(I420.empty(12, 6))
    with pytest.raises(ValueError, match="out must be contiguous"):
        weaver.weave(picture, np.empty((6, 5, 3), np.uint8))
    with pytest.raises(ValueError, match="positive size"):
        weaver_of(calibration(), quilt, (0, 5))


def patterns(quilt: Quilt) -> list[NDArray[np.uint8]]:
    """A picture for each view that no other view is like: coarse noise, enlarged smoothly."""
    rng = np.random.default_rng(11)
    width, height = quilt.tile
    rows = np.linspace(0, 3, height)[:, None, None]
    columns = np.linspace(0, 3, width)[None, :, None]
    out = []
    for _ in range(quilt.views):
        phase = rng.uniform(0, 2 * np.pi, (3, 3))
        wave = (
            np.sin(rows + phase[0]) + np.sin(columns + phase[1]) + np.sin(rows * columns + phase[2])
        )
        out.append((127 + 42 * wave).astype(np.uint8))
    return out


def psnr(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    error = float(np.mean((a.astype(np.float64) - b) ** 2))
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"slope": 5.3, "center": -0.2},
        {"invView": 0},
        {"flipImageX": 1},
        {"flipImageY": 1},
        {"flipSubp": 1},
        {"subpixelCells": PENTILE, "CellPatternMode": 4},
        {"subpixelCells": PENTILE, "CellPatternMode": 1, "flipImageX": 1},
    ],
    ids=str,
)
def test_each_view_reaches_its_own_direction(changes: dict[str, Any]) -> None:
    """Weave, look through the lenses from each view's direction, and find that view."""
    quilt = Quilt(4, 3, (48, 64), 0.75)
    views = patterns(quilt)
    panel = panel_from_json(json.dumps(calibration(**changes)))
    woven = weaver_of(calibration(**changes), quilt, (192, 256)).weave(quilt.assemble(views))
    cone = panel.view_cone_deg
    angles = [panel.angle_deg(view, quilt.views) for view in range(quilt.views)]
    assert angles == sorted(angles)
    assert angles[0] == pytest.approx(-cone * 11 / 24)
    seen = views_seen(woven, panel, angles, cone / quilt.views, quilt.tile)
    if changes.get("flipImageY"):
        seen = seen[:, ::-1]
    for view, picture in enumerate(seen):
        quality = [psnr(picture, other) for other in views]
        assert int(np.argmax(quality)) == view
        assert quality[view] > 30
        assert sorted(quality)[-2] < 20


def test_between_two_directions_both_views_are_seen() -> None:
    """Crosstalk: a window two views wide, midway, shows the mean of the two."""
    quilt = Quilt(4, 3, (48, 64), 0.75)
    tiles = [np.full((64, 48, 3), 20 * view, np.uint8) for view in range(12)]
    panel = panel_from_json(json.dumps(calibration()))
    woven = weaver_of(calibration(), quilt, (192, 256)).weave(quilt.assemble(tiles))
    middle = (panel.angle_deg(5, 12) + panel.angle_deg(6, 12)) / 2
    seen = views_seen(woven, panel, [middle], 2 * panel.view_cone_deg / 12, (12, 16))
    assert abs(seen.mean() - 110) < 1
    assert np.ptp(seen) < 20


def test_from_outside_the_cone_nothing_is_seen() -> None:
    panel = panel_from_json(json.dumps(calibration()))
    assert views_seen(noise(8, 8), panel, [80.0], 1.0, (4, 4)).max() == 0
    for sent_deg in directions_deg(panel, (8, 8)):
        assert np.abs(sent_deg).max() <= panel.view_cone_deg / 2


@settings(max_examples=20)
@given(calibrations)
def test_the_lens_in_millimetres_agrees_with_the_formula(fields: dict[str, Any]) -> None:
    panel = panel_from_json(json.dumps(fields))
    quilt = Quilt(8, 6, (1, 1), 0.75)
    size = 16, 12
    chosen = weaver_of(fields, quilt, size).views
    for i, sent_deg in enumerate(directions_deg(panel, (12, 16))):
        z = (sent_deg / panel.view_cone_deg + 0.5) * 48
        sure = np.abs(z - np.rint(z)) > 1e-6
        np.testing.assert_array_equal(chosen[..., i][sure], np.floor(z)[sure])
