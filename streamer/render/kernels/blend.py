"""Blending a layer over I420 planes, in the planes, skipping what it does not cover."""

import numpy as np
from numpy.typing import NDArray

from streamer.render.kernels.jit import exact

Bytes = NDArray[np.uint8]


@exact
def mix_run(below: Bytes, layer: Bytes, alpha: Bytes, weight: int, out: Bytes) -> None:
    """Blend runs of bytes of equal length: `layer` over `below`, on to `out`.

    The layer's share is alpha * weight / 256, of 255, rounded; the result is rounded to the
    nearest. Share 0 gives `below` and share 255 `layer`, exactly.

    Called with slices, not offsets: with those LLVM finds no vectors (3.6 ms, not 0.5, a 720p
    plane).
    """
    for n in range(out.size):
        share = np.uint16((np.uint16(alpha[n]) * np.uint16(weight) + np.uint16(128)) >> 8)
        total = np.uint16(
            np.uint16(below[n]) * np.uint16(255 - share) + np.uint16(layer[n]) * share + 128
        )
        out[n] = np.uint8(np.uint16(total + (total >> 8)) >> 8)  # total / 255 (Blinn 1995)


@exact
def blend_plane(
    below: Bytes,
    below_stride: int,
    layer: Bytes,
    layer_stride: int,
    alpha: Bytes,
    width: int,
    spans: NDArray[np.int32],
    shrink: int,
    weight: int,
    out: Bytes,
    out_stride: int,
) -> None:
    """Write `below` with `layer` over it to `out`, all flat planes `width` bytes wide.

    Rows of `below` and `out` start every `below_stride` and `out_stride` bytes, those of `layer`
    and `alpha` every `layer_stride`. `spans` (S, 2) gives by pair of luma rows the columns that the
    layer covers; `shrink` is 1 for luma (two rows a span) and 2 for chroma (one row a span, half
    the columns). `weight` 0..256 scales alpha. `below` and `out` may be the same plane.
    """
    rows_a_span = 2 // shrink
    for span in range(spans.shape[0]):
        first = spans[span, 0] // shrink
        last = spans[span, 1] // shrink
        for row in range(span * rows_a_span, (span + 1) * rows_a_span):
            b = row * below_stride
            o = row * out_stride
            k = row * layer_stride
            out[o : o + first] = below[b : b + first]
            mix_run(
                below[b + first : b + last],
                layer[k + first : k + last],
                alpha[k + first : k + last],
                weight,
                out[o + first : o + last],
            )
            out[o + last : o + width] = below[b + last : b + width]
