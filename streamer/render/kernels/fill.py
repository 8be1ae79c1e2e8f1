"""Hidden surfaces: the nearest piece at each pixel centre of one view."""

import numpy as np
from numpy.typing import NDArray

from streamer.render.kernels.jit import exact
from streamer.render.kernels.surface import Spans

SPARE = 8  # keys at the end of a row that take what lies on no pixel centre


@exact
def fill_view(
    spans: Spans,
    count: int,
    a: float,
    b: float,
    width: int,
    columns: NDArray[np.int32],
    keys: NDArray[np.uint32],
) -> None:
    """Raise `keys` to those of the first `count` of `spans`, as the view x_i = x_0 + a - b w sees.

    `keys` (rows * stride,) holds rows of `width` keys and `SPARE` more; 0 is empty. `columns` (C,)
    is scratch. A piece takes the pixel whose centre it covers, and there is at most one. It takes
    two loops, since the first then runs in vectors; the second takes no branch, because which piece
    is nearest cannot be foreseen: what covers nothing raises one of the spare keys, in turn.
    """
    x_a, w_a = spans.x_a[:count], spans.w_a[:count]
    x_b, w_b = spans.x_b[:count], spans.w_b[:count]
    row, key = spans.row[:count], spans.key[:count]
    places = columns[:count]
    zero, right = np.float32(0.0), np.float32(width)
    shift = np.float32(a) - np.float32(0.5)
    bend = np.float32(b)
    spare = np.int32(width)
    for n in range(count):
        first = np.ceil(x_a[n] - bend * w_a[n] + shift)
        last = np.ceil(x_b[n] - bend * w_b[n] + shift)
        first = first if first > zero else zero
        last = last if last < right else right
        spared = spare + np.int32(n & (SPARE - 1))
        places[n] = row[n] + (np.int32(first) if first < last else spared)
    for n in range(count):
        place = np.uint32(places[n])
        keys[place] = max(key[n], keys[place])
