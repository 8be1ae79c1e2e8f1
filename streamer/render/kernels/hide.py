"""Which part of a layer lies behind the tissue of the video, by disparity, pixel by pixel."""

import numpy as np
from numpy.typing import NDArray

from streamer.render.kernels.jit import exact


@exact
def hide_behind(
    inverse_depth: NDArray[np.float32],
    depth_stride: int,
    tissue: NDArray[np.float32],
    per_w: float,
    at_infinity: float,
    ramp: float,
    alpha: NDArray[np.uint8],
    stride: int,
    spans: NDArray[np.int32],
    alpha_out: NDArray[np.uint8],
    half_out: NDArray[np.uint8],
) -> None:
    """Write `alpha` to `alpha_out` less what lies behind, and its mean over four to `half_out`.

    `inverse_depth` and `alpha` are flat planes whose rows start every `depth_stride` and `stride`
    values; a surface at w has the disparity w * `per_w` + `at_infinity`. `tissue` (H, W) float32 is
    that of the video, NaN where there is none: nothing is hidden there. A surface fades over `ramp`
    pixels of disparity, half at the same depth. Outside `spans` (H/2, 2) nothing is written.
    `alpha_out` (rows of `stride`) and `half_out` (rows of `stride` / 2) are flat.
    """
    per_w32, at_infinity32 = np.float32(per_w), np.float32(at_infinity)
    scale = np.float32(256.0 / ramp)
    zero, most, middle = np.float32(0.0), np.float32(256.0), np.float32(128.0)
    for pair in range(spans.shape[0]):
        first, last = spans[pair, 0], spans[pair, 1]
        for row in range(2 * pair, 2 * pair + 2):
            depths = inverse_depth[row * depth_stride + first : row * depth_stride + last]
            shown = alpha[row * stride + first : row * stride + last]
            out = alpha_out[row * stride + first : row * stride + last]
            behind = tissue[row, first:last]
            for x in range(last - first):
                ahead = (depths[x] * per_w32 + at_infinity32 - behind[x]) * scale + middle
                ahead = zero if ahead < zero else ahead
                share = most if not ahead < most else ahead  # NaN is shown
                out[x] = np.uint8((np.int32(shown[x]) * np.int32(share) + np.int32(128)) >> 8)
        upper = alpha_out[2 * pair * stride : 2 * pair * stride + last]
        lower = alpha_out[(2 * pair + 1) * stride : (2 * pair + 1) * stride + last]
        half = half_out[pair * (stride // 2) : pair * (stride // 2) + last // 2]
        for x in range(first // 2, last // 2):
            total = np.int32(upper[2 * x]) + np.int32(upper[2 * x + 1])
            total += np.int32(lower[2 * x]) + np.int32(lower[2 * x + 1])
            half[x] = np.uint8((total + 2) >> 2)
