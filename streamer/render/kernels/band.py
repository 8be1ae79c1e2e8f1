"""One band of rows in all views: fill, smooth and resolve, view after view, while in cache."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamer.render.kernels.fill import fill_view
from streamer.render.kernels.jit import exact
from streamer.render.kernels.resolve import Keys, Place, mix_view, resolve_glass, resolve_view
from streamer.render.kernels.smooth import find_outlines, mix_outlines
from streamer.render.kernels.spans import Window
from streamer.render.kernels.surface import Spans, Target


class Scratch(NamedTuple):
    """One thread's buffers for one view: keys, mixes and places mixed, rows * stride each.

    Those for glass may be of size 0. `columns` (C,) has room for all pieces of the band,
    `outlines` and `glass_outlines` (E + 1,) for its edges.
    """

    keys: NDArray[np.uint32]
    mixes: NDArray[np.uint8]
    mixed: NDArray[np.int32]
    glass_keys: NDArray[np.uint32]
    glass_mixes: NDArray[np.uint8]
    columns: NDArray[np.int32]
    outlines: NDArray[np.int32]
    glass_outlines: NDArray[np.int32]


class Pass(NamedTuple):
    """What one pass draws: the first `pieces` of `spans`, and the edges (11, n), see `smooth`."""

    spans: Spans
    pieces: int
    edges: NDArray[np.float32]


@exact
def draw_band(
    window: Window,
    first: int,
    rows: int,
    opaque: Pass,
    glass: Pass,
    views: NDArray[np.float32],
    places: NDArray[np.int32],
    slack: NDArray[np.float32],
    look_every: int,
    looks: NDArray[np.uint32],
    scratch: Scratch,
    out: Target,
) -> None:
    """Draw rows `first` to `first` + `rows` (both even) of all views to their tiles.

    `window` holds these rows and, where there are any, one above and one below. `views` (N, 2)
    float32 is (a, b) of x_i = x_0 + a - b w; `places` (N, 2) the tile's left column and top row on
    the sheet. `slack` (2,) as `mix_outlines` takes it. Outlines are looked for
    in every `look_every`-th view, for those up to the next.
    """
    size = window.rows * window.stride
    read = Keys(
        window.stride,
        np.uint32(window.look_bits),
        (np.uint32(1) << np.uint32(window.look_bits)) - np.uint32(1),
        window.w_far,
        np.float32(1.0) / window.steps_per_w,
        looks,
    )
    keys, mixes = scratch.keys[:size], scratch.mixes[:size]
    mixes[:] = 0
    with_glass = glass.pieces > 0
    glass_keys = scratch.glass_keys[: size if with_glass else 0]
    glass_mixes = scratch.glass_mixes[: size if with_glass else 0]
    start = (first - window.first) * window.stride
    found, glass_found = 0, 0
    for view in range(views.shape[0]):
        a, b = views[view, 0], views[view, 1]
        left, top = places[view, 0], places[view, 1]
        place = Place(view, left, top, first, rows, start, window.width)
        b_last = views[min(view + look_every, views.shape[0]) - 1, 1]
        keys[:] = 0
        fill_view(opaque.spans, opaque.pieces, a, b, window.width, scratch.columns, keys)
        if view % look_every == 0:
            found = find_outlines(
                opaque.edges, window, a, b, b_last, slack[0], keys, scratch.outlines
            )
        outlines = scratch.outlines[:found]
        mixed = mix_outlines(
            opaque.edges, outlines, window, a, b, slack, keys, mixes, scratch.mixed
        )
        if not with_glass:
            resolve_view(keys, read, place, out)
            mix_view(scratch.mixed[:mixed], keys, mixes, read, place, out)
            continue
        glass_keys[:] = 0
        glass_mixes[:] = 0
        fill_view(glass.spans, glass.pieces, a, b, window.width, scratch.columns, glass_keys)
        if view % look_every == 0:
            glass_found = find_outlines(
                glass.edges, window, a, b, b_last, slack[0], glass_keys, scratch.glass_outlines
            )
        outlines = scratch.glass_outlines[:glass_found]
        mix_outlines(
            glass.edges, outlines, window, a, b, slack, glass_keys, glass_mixes, scratch.mixed
        )
        resolve_glass(keys, mixes, glass_keys, glass_mixes, read, place, out)
        mixes[:] = 0
