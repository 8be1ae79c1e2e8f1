"""Blending in the planes, against its naive twin and its bounds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streamer.render.kernels.blend import blend_plane, mix_run
from tests.render import naive

byte = st.integers(0, 255)
bytes_of_five = st.lists(byte, min_size=5, max_size=5)


def mixed(below: list[int], layer: list[int], alpha: list[int], weight: int) -> list[int]:
    out = np.empty(len(below), np.uint8)
    arrays = [np.array(values, np.uint8) for values in (below, layer, alpha)]
    mix_run(arrays[0], arrays[1], arrays[2], weight, out)
    return [int(value) for value in out]


@given(bytes_of_five, bytes_of_five, bytes_of_five, st.integers(0, 256))
def test_a_blend_equals_the_naive_twin_and_lies_between(
    below: list[int], layer: list[int], alpha: list[int], weight: int
) -> None:
    result = mixed(below, layer, alpha, weight)
    for n, value in enumerate(result):
        assert value == naive.blend(below[n], layer[n], alpha[n], weight)
        assert min(below[n], layer[n]) <= value <= max(below[n], layer[n])


@given(bytes_of_five, bytes_of_five)
def test_both_ends_are_exact(below: list[int], layer: list[int]) -> None:
    assert mixed(below, layer, [0] * 5, 256) == below
    assert mixed(below, layer, [255] * 5, 0) == below
    assert mixed(below, layer, [255] * 5, 256) == layer


def test_only_the_spans_are_blended_and_strides_are_kept() -> None:
    random = np.random.default_rng(3)
    wide = random.integers(0, 256, 4 * 9, dtype=np.uint8)  # 4 rows of 6 in rows of 9
    layer = random.integers(0, 256, 4 * 8, dtype=np.uint8)  # and in rows of 8
    alpha = np.full(4 * 8, 255, np.uint8)
    spans = np.array([[2, 4], [0, 0]], np.int32)
    wide.flags.writeable = layer.flags.writeable = alpha.flags.writeable = False
    out = np.full(4 * 7, 9, np.uint8)
    blend_plane(wide, 9, layer, 8, alpha, 6, spans, 1, 256, out, 7)
    expected = wide.reshape(4, 9)[:, :6].copy()
    expected[:2, 2:4] = layer.reshape(4, 8)[:2, 2:4]
    np.testing.assert_array_equal(out.reshape(4, 7)[:, :6], expected)
    assert (out.reshape(4, 7)[:, 6] == 9).all()


def test_chroma_takes_one_row_and_half_the_columns_a_span() -> None:
    below, layer = np.zeros(2 * 3, np.uint8), np.full(2 * 3, 200, np.uint8)
    alpha = np.full(2 * 3, 255, np.uint8)
    spans = np.array([[2, 6], [0, 2]], np.int32)
    below.flags.writeable = layer.flags.writeable = alpha.flags.writeable = False
    out = np.empty(2 * 3, np.uint8)
    blend_plane(below, 3, layer, 3, alpha, 3, spans, 2, 256, out, 3)
    assert out.reshape(2, 3).tolist() == [[0, 200, 200], [200, 0, 0]]
