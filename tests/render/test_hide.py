"""What tissue hides: the kernel against its naive twin, and two eyes against the formula."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from streamer.render.anatomy import AnatomyRenderer
from streamer.render.kernels.hide import hide_behind
from streamer.render.layers import Layer, StereoLayer
from streamer.render.meeting import RAMP_PX, behind_tissue, disparity_line, hidden, room_for
from streamer.scene.model import Pose
from tests.render.scenes import anatomy_of, square

EYE = (96, 64)
WIDTH, HEIGHT, STRIDE, DEPTH_STRIDE = 6, 4, 10, 9


def naive_share(disparity: float, tissue: float, ramp: float) -> float:
    """Of a surface, how much is seen, 0 to 256: half where it meets the tissue."""
    if math.isnan(tissue):
        return 256.0
    return min(max((disparity - tissue) * 256 / ramp + 128, 0.0), 256.0)


single = st.floats(-8, 8, width=32)


@given(
    st.lists(st.floats(0, 2, width=32), min_size=24, max_size=24),
    st.lists(single | st.just(math.nan), min_size=24, max_size=24),
    st.lists(st.integers(0, 255), min_size=24, max_size=24),
    st.tuples(single, single, st.floats(0.25, 4, width=32)),
)
def test_the_kernel_equals_its_naive_twin(
    depths: list[float],
    tissue: list[float],
    shown: list[int],
    line: tuple[float, float, float],
) -> None:
    per_w, at_infinity, ramp = line
    spans = np.array([[0, 6], [2, 4]], np.int32)
    depth = np.full((HEIGHT, DEPTH_STRIDE), 99, np.float32)
    depth[:, :WIDTH] = np.reshape(depths, (HEIGHT, WIDTH))
    alpha = np.full((HEIGHT, STRIDE), 77, np.uint8)
    alpha[:, :WIDTH] = np.reshape(shown, (HEIGHT, WIDTH))
    wall = np.array(tissue, np.float32).reshape(HEIGHT, WIDTH)
    out = np.full((HEIGHT, STRIDE), 5, np.uint8)
    half = np.full((HEIGHT // 2, STRIDE // 2), 5, np.uint8)
    flat_depth, flat_alpha = depth.ravel(), alpha.ravel()
    flat_depth.flags.writeable = flat_alpha.flags.writeable = False
    hide_behind(
        flat_depth,
        DEPTH_STRIDE,
        wall,
        per_w,
        at_infinity,
        ramp,
        flat_alpha,
        STRIDE,
        spans,
        out.ravel(),
        half.ravel(),
    )
    for y, x in np.ndindex(HEIGHT, STRIDE):
        first, last = spans[y // 2]
        if not first <= x < last:
            assert out[y, x] == 5, "written outside the spans"
            continue
        at = float(depth[y, x]) * per_w + at_infinity
        share = naive_share(at, float(wall[y, x]), ramp)
        # Single precision may round a share to its neighbour.
        assert abs(int(out[y, x]) - alpha[y, x] * share / 256) <= 1.5
        if share in (0, 256) and abs(at - float(wall[y, x])) > ramp:
            assert out[y, x] == (alpha[y, x] if share else 0)
    for y, x in np.ndindex(*half.shape):
        first, last = spans[y] // 2
        four = out[2 * y : 2 * y + 2, 2 * x : 2 * x + 2].astype(int)
        assert half[y, x] == ((four.sum() + 2) // 4 if first <= x < last else 5)


def drawn(y_mm: float, pose: Pose | None = None) -> StereoLayer:
    """A square over much of the picture, `y_mm` behind where the eyes converge."""
    far, near = square(1, -60, name="far"), square(1, 60, name="near")  # fix the sphere
    renderer = AnatomyRenderer(anatomy_of(square(80, y_mm), far, near))
    layer = renderer.render(pose or Pose(), EYE)
    renderer.close()
    return layer


def seen(layer: Layer) -> NDArray[np.int64]:
    """Alpha, 0 outside the spans."""
    alpha = np.zeros(layer.alpha.shape, np.int64)
    for pair, (first, last) in enumerate(layer.spans):
        alpha[2 * pair : 2 * pair + 2, first:last] = layer.alpha[
            2 * pair : 2 * pair + 2, first:last
        ]
    return alpha


def disparity(layer: StereoLayer) -> float:
    """That of the square, from where it lies in the eyes' pictures."""
    columns = [
        np.average(np.arange(EYE[0]), weights=seen(eye).sum(axis=0))
        for eye in (layer.left, layer.right)
    ]
    return float(columns[0] - columns[1])


def tissue(px: float) -> NDArray[np.float32]:
    return np.full((2, EYE[1], EYE[0]), px, np.float32)


def test_the_line_gives_the_disparity_that_is_drawn() -> None:
    for y_mm in (-50, 0, 50):
        layer = drawn(y_mm)
        slope, at_infinity = disparity_line(layer.camera)
        w = float(layer.left.inverse_depth[EYE[1] // 2, EYE[0] // 2])
        assert abs(slope * w + at_infinity - disparity(layer)) < 0.1
        assert (disparity(layer) > 0.3) == (y_mm < 0)
        assert (disparity(layer) < -0.3) == (y_mm > 0)


def test_what_is_before_the_tissue_is_shown_and_what_is_behind_is_hidden() -> None:
    layer = drawn(-50)
    at = disparity(layer)
    before = behind_tissue(layer, tissue(at - RAMP_PX))
    behind = behind_tissue(layer, tissue(at + RAMP_PX))
    meeting = behind_tissue(layer, tissue(at))
    for eye in ("left", "right"):
        whole = seen(getattr(layer, eye))
        assert whole.sum() > 100_000
        assert np.array_equal(seen(getattr(before, eye)), whole)
        assert not seen(getattr(behind, eye)).any()
        assert not getattr(behind, eye).alpha_half[12:20, EYE[0] // 4].any()
        assert abs(seen(getattr(meeting, eye)).sum() / whole.sum() - 0.5) < 0.05


def test_where_there_is_no_video_nothing_is_hidden() -> None:
    layer = drawn(50)
    wall = tissue(100.0)
    wall[:, :, : EYE[0] // 2] = np.nan
    out = behind_tissue(layer, wall)
    for eye, whole in ((out.left, layer.left), (out.right, layer.right)):
        assert np.array_equal(seen(eye)[:, :48], seen(whole)[:, :48])
        assert not seen(eye)[:, 48:].any()


def test_a_slanted_wall_cuts_where_the_disparities_cross_in_both_eyes() -> None:
    layer = drawn(-50, Pose(rotation=(0.0, math.sin(0.3), 0.0, math.cos(0.3))))
    slope, at_infinity = disparity_line(layer.camera)
    wall = np.broadcast_to(np.linspace(-1.5, 1.5, EYE[0], dtype=np.float32), tissue(0).shape).copy()
    out = behind_tissue(layer, wall)
    cut = 0
    for eye, whole, here in ((out.left, layer.left, wall[0]), (out.right, layer.right, wall[1])):
        for y, x in zip(*np.nonzero(seen(whole)), strict=True):
            d = float(whole.inverse_depth[y, x]) * slope + at_infinity
            share = naive_share(d, float(here[y, x]), RAMP_PX)
            assert abs(int(eye.alpha[y, x]) - int(whole.alpha[y, x]) * share / 256) <= 1.5
            cut += 5 < share < 250
    assert cut > 50, "the wall crosses the square nowhere"


def test_it_lies_in_the_memory_given_and_leaves_the_layer_as_it_was() -> None:
    layer = drawn(-50).left
    before = layer.alpha.copy(), layer.alpha_half.copy()
    memory = np.empty(room_for(layer), np.uint8)
    out = hidden(layer, tissue(0)[0], 1.0, 0.0, memory)
    assert np.shares_memory(out.alpha, memory)
    assert np.shares_memory(out.alpha_half, memory)
    assert out.alpha.strides == layer.picture.y.strides
    assert out.alpha_half.strides == layer.picture.u.strides
    assert np.array_equal(before[0], layer.alpha)
    assert np.array_equal(before[1], layer.alpha_half)
    assert np.array_equal(seen(out), seen(hidden(layer, tissue(0)[0], 1.0, 0.0)))
