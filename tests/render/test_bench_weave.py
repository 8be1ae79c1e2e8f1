"""The weave's benchmark: the rival weaves the same picture, and figures are for each case."""

import numpy as np

from benchmarks.weave import PANEL, QUILT, _remap, _remap_maps, measure_weave
from streamer.render.pool import KernelPool
from streamer.render.quilt import Quilt
from streamer.render.weave import Weaver


def test_the_rival_weaves_the_same_picture() -> None:
    """OpenCV's remap rounds places to 1/32 pixel; on a smooth picture that is a level or two."""
    tile = Quilt(3, 2, (24, 32), 0.75)
    rows, columns = np.mgrid[0 : tile.size[1], 0 : tile.size[0]]
    picture = np.stack([rows * 3, columns * 3, rows + columns], axis=2).astype(np.uint8)
    with KernelPool(1) as pool:
        weaver = Weaver(PANEL, tile, (96, 128), pool=pool)
        theirs = _remap(picture, _remap_maps(weaver))
        assert np.abs(weaver.weave(picture).astype(int) - theirs).max() <= 1


def test_every_case_has_its_time_and_rival() -> None:
    report = measure_weave(repeats=1)
    assert [case.name for case in report.cases] == ["weave-rgb", "weave-i420", "weave-views"]
    assert all(case.ms_p50 > 0 for case in report.cases)
    assert all(case.rival for case in report.cases[:2])
    # Without a rival's mixing, a subpixel takes one sample, and no two take the same here.
    subpixels = 3 * PANEL.size[0] * PANEL.size[1]
    samples = 3 * QUILT.size[0] * QUILT.size[1]
    assert 0.99 * subpixels / samples < report.shown_share <= subpixels / samples
