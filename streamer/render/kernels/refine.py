"""Refining disparity maps: unknown pixels filled, maps enlarged along edges and kept steady."""

import numpy as np
from numpy.typing import NDArray

from streamer.render.kernels.jit import shading

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

ONE_SURFACE = 0.01  # of the guide's width: disparities that differ by less are averaged
LEAST_LIKENESS = 2.0  # grey levels, added to every difference: equal greys do not decide alone


@shading
def fill_unknown(px: Floats, known: Bytes) -> None:
    """Give each unknown pixel of `px` (h, w) the lesser of the known ones beside it in its row.

    `known` (h, w) is 0 where unknown. Rows without any known pixel are copied from the nearest row
    above that has one, then from below; without any at all `px` stays.
    """
    height, width = px.shape
    source = -1
    for row in range(height):
        before = -1
        any_known = False
        for x in range(width + 1):
            if x < width and known[row, x] == 0:
                continue
            if x < width:
                any_known = True
            if before + 1 < x:
                if before < 0 and x == width:
                    break
                left = px[row, before] if before >= 0 else px[row, x]
                right = px[row, x] if x < width else px[row, before]
                value = min(left, right)
                for n in range(before + 1, x):
                    px[row, n] = value
            before = x
        if any_known:
            if source < 0:
                for above in range(row):
                    px[above, :] = px[row, :]
            source = row
        elif source >= 0:
            px[row, :] = px[source, :]


@shading
def steady(
    before: Floats,
    now: Floats,
    luma_before: Bytes,
    luma_now: Bytes,
    near_px: float,
    quiet: float,
    share: float,
) -> None:
    """Blend `now` (h, w) with the map before it where the picture did not change; in place.

    `share` of the new value is taken where it is within `near_px` of the old one and the luma
    within `quiet` grey levels; elsewhere the new one stands.
    """
    height, width = now.shape
    for row in range(height):
        old, new = before[row], now[row]
        grey_old, grey_new = luma_before[row], luma_now[row]
        for x in range(width):
            step = new[x] - old[x]
            change = abs(np.float32(grey_new[x]) - np.float32(grey_old[x]))
            calm = (abs(step) <= np.float32(near_px)) & (change <= np.float32(quiet))
            new[x] = old[x] + np.float32(share) * step if calm else new[x]


@shading
def refine(px: Floats, seen: Bytes, guide: Bytes, first: int, last: int, out: Floats) -> None:
    """Enlarge `px` (h, w) to rows [first, last) of `out` (H, W) along the edges of `guide` (H, W).

    `seen` (h, w) is the guide at the map's size. Of the four pixels of the map about a pixel the
    one most like it in grey, weighted by nearness, is chosen; those within one surface of it join
    in a mean by the same weights (after joint bilateral up-sampling, Kopf 2007).
    """
    h, w = px.shape
    height, width = guide.shape
    along, down = np.float32(w / width), np.float32(h / height)
    half, one, zero = np.float32(0.5), np.float32(1.0), np.float32(0.0)
    floor = np.float32(LEAST_LIKENESS)
    reach = np.float32(ONE_SURFACE * width)
    for row in range(first, last):
        y = min(max((np.float32(row) + half) * down - half, zero), np.float32(h - 1))
        top = min(np.int32(y), np.int32(max(h - 2, 0)))
        low = min(top + 1, h - 1)
        fy = y - np.float32(top)
        upper, lower, grey_upper, grey_lower = px[top], px[low], seen[top], seen[low]
        for column in range(width):
            x = min(max((np.float32(column) + half) * along - half, zero), np.float32(w - 1))
            a = min(np.int32(x), np.int32(max(w - 2, 0)))
            b = min(a + 1, w - 1)
            fx = x - np.float32(a)
            grey = np.float32(guide[row, column])
            w0 = (one - fx) * (one - fy) / (floor + abs(grey - np.float32(grey_upper[a])))
            w1 = fx * (one - fy) / (floor + abs(grey - np.float32(grey_upper[b])))
            w2 = (one - fx) * fy / (floor + abs(grey - np.float32(grey_lower[a])))
            w3 = fx * fy / (floor + abs(grey - np.float32(grey_lower[b])))
            d0, d1, d2, d3 = upper[a], upper[b], lower[a], lower[b]
            best = d0 if w0 >= w1 else d1
            most = max(w0, w1)
            best = d2 if w2 > most else best
            most = max(most, w2)
            best = d3 if w3 > most else best
            w0 = w0 if abs(d0 - best) <= reach else zero
            w1 = w1 if abs(d1 - best) <= reach else zero
            w2 = w2 if abs(d2 - best) <= reach else zero
            w3 = w3 if abs(d3 - best) <= reach else zero
            out[row, column] = (w0 * d0 + w1 * d1 + w2 * d2 + w3 * d3) / (w0 + w1 + w2 + w3)
