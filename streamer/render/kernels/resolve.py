"""From the nearest pieces of one view to colour, coverage and depth planes."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamer.render.kernels.jit import exact, shading
from streamer.render.kernels.surface import Target

SHARE_STEPS = 126  # as in `smooth`; numba freezes a kernel's constants, a test compares them
CHUNK = 16


class Keys(NamedTuple):
    """How keys are read: rows of `stride`; the low `look_bits` are style and luma, 0 is empty.

    `looks` (styles * 256,) uint32 is by these: y, u, v and alpha, from the low byte up; that of
    key 0 is black of alpha 0. The high bits times `w_step` plus `w_far` are inverse depth in 1/mm.
    """

    stride: int
    look_bits: np.uint32
    look_mask: np.uint32
    w_far: np.float32
    w_step: np.float32
    looks: NDArray[np.uint32]


class Place(NamedTuple):
    """Where rows go: tile number `tile` at (`left`, `top`); `rows` rows from `first` on, both even.

    In the key buffer they start at `start`, each `width` long.
    """

    tile: int
    left: int
    top: int
    first: int
    rows: int
    start: int
    width: int


@exact
def covered(row_0: int, row_1: int, width: int, keys: NDArray[np.uint32]) -> tuple[int, int]:
    """The columns [first, last) outside which two rows are empty; (width, 0) if everywhere."""
    upper, lower = keys[row_0 : row_0 + width], keys[row_1 : row_1 + width]
    first, last = 0, width
    while first + CHUNK <= width:
        any_key = np.uint32(0)
        for n in range(CHUNK):
            x = np.uint64(first + n)
            any_key |= upper[x] | lower[x]
        if any_key != 0:
            break
        first += CHUNK
    while first < width and upper[first] | lower[first] == 0:
        first += 1
    if first == width:
        return width, 0
    while last - CHUNK >= first:
        any_key = np.uint32(0)
        for n in range(CHUNK):
            x = np.uint64(last - CHUNK + n)
            any_key |= upper[x] | lower[x]
        if any_key != 0:
            break
        last -= CHUNK
    while upper[last - 1] | lower[last - 1] == 0:
        last -= 1
    return first, last


@exact
def clear_pair(low: int, high: int, left: int, y_at: int, out: Target) -> None:
    """Empty columns [low, high), both even, of two rows of a tile."""
    if low >= high:
        return
    for row in range(y_at, y_at + 2):
        out.y[row, left + low : left + high] = 16
        out.alpha[row, left + low : left + high] = 0
        out.inverse_depth[row, left + low : left + high] = 0.0
    first, last = (left + low) // 2, (left + high) // 2
    out.u[y_at // 2, first:last] = 128
    out.v[y_at // 2, first:last] = 128
    out.alpha_half[y_at // 2, first:last] = 0


@exact
def take_span(low: int, high: int, pair: int, place: Place, out: Target) -> tuple[int, int]:
    """Make [low, high), widened to even columns, the span of a pair of rows; clear what was more.

    Returns the span, (0, 0) where it is empty.
    """
    low, high = low & ~1, (high + 1) & ~1
    if low >= high:
        low, high = 0, 0
    y_at = place.top + place.first + 2 * pair
    before = out.spans[place.tile, place.first // 2 + pair]
    if low < high:
        clear_pair(before[0], min(before[1], low), place.left, y_at, out)
        clear_pair(max(before[0], high), before[1], place.left, y_at, out)
    else:
        clear_pair(before[0], before[1], place.left, y_at, out)
    before[0], before[1] = low, high
    return low, high


@shading
def resolve_view(keys: NDArray[np.uint32], read: Keys, place: Place, out: Target) -> None:
    """Write a band of one view, all of it opaque, to its place on the sheet.

    `out` is empty outside its spans, as the last drawing left them, and stays so. Colours are not
    multiplied by alpha; chroma is the mean of the covered ones of four pixels.
    """
    look_bits, w_far, w_step = read.look_bits, read.w_far, read.w_step
    looks = read.looks
    style_mask = read.look_mask & np.uint32(0xFFFFFF00)
    zero, half = np.float32(0.0), np.float32(0.5)
    left = place.left
    spans, pair_at = out.spans[place.tile], place.first // 2
    for pair in range(place.rows // 2):
        row_0 = place.start + 2 * pair * read.stride
        row_1 = row_0 + read.stride
        low, high = covered(row_0, row_1, place.width, keys)
        low, high = low & ~1, (high + 1) & ~1
        if low >= high:
            low, high = 0, 0
        y_at = place.top + place.first + 2 * pair
        # As `take_span`, but written out: a call that hands on all planes costs more than this.
        low_before, high_before = spans[pair_at + pair, 0], spans[pair_at + pair, 1]
        for part in range(2):
            begin = low_before if part == 0 else max(low_before, high)
            end = min(high_before, low) if part == 0 and low < high else high_before
            for x in range(begin, end):
                at = left + x
                for row in range(y_at, y_at + 2):
                    out.y[row, at] = 16
                    out.alpha[row, at] = 0
                    out.inverse_depth[row, at] = zero
                out.u[y_at // 2, at // 2] = 128
                out.v[y_at // 2, at // 2] = 128
                out.alpha_half[y_at // 2, at // 2] = 0
            if low == high:
                break
        spans[pair_at + pair, 0], spans[pair_at + pair, 1] = low, high
        if low == high:
            continue
        span = high - low
        for down in range(2):
            begin = (row_1 if down else row_0) + low
            near = keys[begin : begin + span]
            luma = out.y[y_at + down, left + low : left + high]
            alphas = out.alpha[y_at + down, left + low : left + high]
            depths = out.inverse_depth[y_at + down, left + low : left + high]
            for x in range(span):
                key = near[x]
                empty = key == np.uint32(0)
                luma[x] = np.uint8(16) if empty else np.uint8(key)
                alphas[x] = np.uint8(0) if empty else np.uint8(255)
                w = w_far + np.float32(np.int32(key >> look_bits)) * w_step
                depths[x] = zero if empty else w
        keys_0, keys_1 = keys[row_0 + low : row_0 + high], keys[row_1 + low : row_1 + high]
        us = out.u[y_at // 2, (left + low) // 2 : (left + high) // 2]
        vs = out.v[y_at // 2, (left + low) // 2 : (left + high) // 2]
        halves = out.alpha_half[y_at // 2, (left + low) // 2 : (left + high) // 2]
        for quad in range(span // 2):
            x = 2 * quad
            k0, k1, k2, k3 = keys_0[x], keys_0[x + 1], keys_1[x], keys_1[x + 1]
            full = (k0 != 0) & (k1 != 0) & (k2 != 0) & (k3 != 0)
            if full and ((k0 ^ k1) | (k0 ^ k2) | (k0 ^ k3)) & style_mask == 0:
                mean = ((k0 & 255) + (k1 & 255) + (k2 & 255) + (k3 & 255) + np.uint32(2)) >> 2
                look = looks[(k0 & style_mask) | np.uint32(mean & 255)]
                us[quad] = np.uint8(look >> np.uint32(8))
                vs[quad] = np.uint8(look >> np.uint32(16))
                halves[quad] = np.uint8(255)
                continue
            count = 0
            u, v = np.uint32(0), np.uint32(0)
            for corner in range(4):
                key = k0
                if corner == 1:
                    key = k1
                elif corner == 2:
                    key = k2
                elif corner == 3:
                    key = k3
                if key != 0:
                    look = looks[key & read.look_mask]
                    u += (look >> np.uint32(8)) & np.uint32(255)
                    v += (look >> np.uint32(16)) & np.uint32(255)
                    count += 1
            scale = np.float32(1.0) / np.float32(max(count, 1))
            us[quad] = np.uint8(np.float32(u) * scale + half) if count else np.uint8(128)
            vs[quad] = np.uint8(np.float32(v) * scale + half) if count else np.uint8(128)
            halves[quad] = np.uint8((255 * count + 2) >> 2)


@shading
def sample(
    at: int, keys: NDArray[np.uint32], mixes: NDArray[np.uint8], read: Keys
) -> tuple[np.float32, np.float32, np.float32, np.float32, np.uint32]:
    """(y, u, v, each times alpha, alpha 0..1, nearest key) of a pixel, its neighbour mixed in."""
    unit = np.float32(1.0 / 255.0)
    mix = mixes[np.uint64(at)]
    share = np.float32(mix >> 2) * np.float32(1.0 / SHARE_STEPS)
    step = read.stride if mix & 2 else 1
    other = at + (step if mix & 1 else -step) if mix else at
    key, beyond = keys[np.uint64(at)], keys[np.uint64(other)]
    look = read.looks[key & read.look_mask]
    kept = (np.float32(1.0) - share) * unit * np.float32(look >> 24)
    there = read.looks[beyond & read.look_mask]
    added = share * unit * np.float32(there >> 24)
    y = kept * np.float32(look & 255) + added * np.float32(there & 255)
    u = kept * np.float32((look >> 8) & 255) + added * np.float32((there >> 8) & 255)
    v = kept * np.float32((look >> 16) & 255) + added * np.float32((there >> 16) & 255)
    return y, u, v, kept + added, key if key != 0 else beyond


@shading
def mix_view(
    mixed: NDArray[np.int32],
    keys: NDArray[np.uint32],
    mixes: NDArray[np.uint8],
    read: Keys,
    place: Place,
    out: Target,
) -> None:
    """Mix neighbours into the pixels `mixed` (n,) of a view that `resolve_view` has written.

    Sets their `mixes` back to 0. Inverse depth becomes that of the nearest surface with any share.
    """
    zero, half = np.float32(0.0), np.float32(0.5)
    for n in range(mixed.size):
        at = mixed[n]
        row = (at - place.start) // read.stride
        column = (at - place.start) - row * read.stride
        if at >= place.start and row < place.rows:
            y, u, v, alpha, key = sample(at, keys, mixes, read)
            if alpha > zero:
                x, y_at = place.left + column, place.top + place.first + row
                span = out.spans[place.tile, (place.first + row) // 2]
                even = column & ~1
                if span[0] == span[1]:
                    span[0], span[1] = even, even + 2
                span[0], span[1] = min(span[0], even), max(span[1], even + 2)
                out.y[y_at, x] = np.uint8(y / alpha + half)
                out.alpha[y_at, x] = np.uint8(alpha * np.float32(255.0) + half)
                out.inverse_depth[y_at, x] = (
                    read.w_far + np.float32(np.int32(key >> read.look_bits)) * read.w_step
                )
                cx, cy = x // 2, y_at // 2
                if out.alpha_half[cy, cx] == 0:
                    out.u[cy, cx] = np.uint8(u / alpha + half)
                    out.v[cy, cx] = np.uint8(v / alpha + half)
                a, b = 2 * cx, 2 * cy
                total = np.int32(out.alpha[b, a]) + np.int32(out.alpha[b, a + 1])
                total += np.int32(out.alpha[b + 1, a]) + np.int32(out.alpha[b + 1, a + 1])
                out.alpha_half[cy, cx] = np.uint8((total + 2) >> 2)
        mixes[at] = 0


@shading
def resolve_glass(
    keys: NDArray[np.uint32],
    mixes: NDArray[np.uint8],
    glass_keys: NDArray[np.uint32],
    glass_mixes: NDArray[np.uint8],
    read: Keys,
    place: Place,
    out: Target,
) -> None:
    """Write a band of one view, the nearest glass over the nearest opaque surface behind it.

    As `resolve_view` and `mix_view` in one. Inverse depth is that of the glass where there is any.
    """
    zero, one, half = np.float32(0.0), np.float32(1.0), np.float32(0.5)
    for pair in range(place.rows // 2):
        row_0 = place.start + 2 * pair * read.stride
        low, high = place.width, 0
        for at in range(row_0, row_0 + 2 * read.stride, read.stride):
            for x in range(place.width):
                if keys[at + x] | glass_keys[at + x] | mixes[at + x] | glass_mixes[at + x]:
                    low, high = min(low, x), max(high, x + 1)
        low, high = take_span(low, high, pair, place, out)
        y_at = place.top + place.first + 2 * pair
        for quad in range(low // 2, high // 2):
            sum_u, sum_v, sum_alpha = zero, zero, zero
            for corner in range(4):
                x, down = 2 * quad + (corner & 1), corner >> 1
                at = row_0 + down * read.stride + x
                y, u, v, alpha, key = sample(at, keys, mixes, read)
                gy, gu, gv, over, glass_key = sample(at, glass_keys, glass_mixes, read)
                if (glass_key >> read.look_bits) > (key >> read.look_bits):
                    under = one - over
                    y, u, v = gy + under * y, gu + under * u, gv + under * v
                    alpha = over + under * alpha
                    key = glass_key
                luma, light, w = np.uint8(16), np.uint8(0), zero
                if alpha > zero:
                    luma = np.uint8(y / alpha + half)
                    light = np.uint8(min(alpha, one) * np.float32(255.0) + half)
                    w = read.w_far + np.float32(np.int32(key >> read.look_bits)) * read.w_step
                out.y[y_at + down, place.left + x] = luma
                out.alpha[y_at + down, place.left + x] = light
                out.inverse_depth[y_at + down, place.left + x] = w
                sum_u += u
                sum_v += v
                sum_alpha += alpha
            c_at, c_x = y_at // 2, place.left // 2 + quad
            out.u[c_at, c_x] = np.uint8(128)
            out.v[c_at, c_x] = np.uint8(128)
            out.alpha_half[c_at, c_x] = np.uint8(sum_alpha * np.float32(63.75) + half)
            if sum_alpha > zero:
                out.u[c_at, c_x] = np.uint8(sum_u / sum_alpha + half)
                out.v[c_at, c_x] = np.uint8(sum_v / sum_alpha + half)
