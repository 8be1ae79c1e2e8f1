"""Warping a stereo pair to other view positions, row by row, all views of a row while it is hot.

A view at position t lies t baselines right of the left camera. A pixel of the left picture at
column x with disparity d is seen there at x - t d, one of the right picture at x + (1 - t) d: from
the nearer camera, its base, at x - s d with s = t or t - 1. Neighbouring pixels of one surface are
joined by spans, which share out the view's pixel centres without overlap or gap. Written in the
order of their columns, rightward for s > 0 and leftward for s < 0, a nearer span comes later and
wins without a depth test (McMillan 1997, "occlusion compatible order"). What the base does not see
is taken from the other camera where its depth agrees, else mirrored from the surface behind.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamer.render.kernels.jit import shading

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

# A key is 15 bits of nearness above 16 bits of colour (luma, or u and v): the larger is the nearer.
COLOUR_BITS = 16
COLOUR_MASK = 0xFFFF
NEARNESS_STEPS = 32000
LUMA_OUTSIDE = 16
CHROMA_OUTSIDE = (128 << 8) | 128

JUMP_PX = 1.25  # neighbours that differ by more in disparity are two surfaces
SAME_PX = 1.5  # two cameras' disparities of one point differ by less
ALIKE = 10.0  # grey levels; the cameras' colours of a point are mixed if they differ by less ...
UNLIKE = 40.0  # ... and less and less up to here: the disparity is wrong there, or it is a gloss
BACK_OFF_PX = 2  # beside a hole, the farther surface's last pixels are half the nearer one's


class Pair(NamedTuple):
    """Both pictures and the disparity at the size of a view; all C-contiguous.

    `y_left`, `y_right` (H, W), chroma (H/2, W/2) uint8; `disparity` (H, W) float32, finite, of the
    left picture in pixels, between `low` and `high`. With `alone` the right picture is not looked
    at: all views are made from the left one.
    """

    y_left: Bytes
    u_left: Bytes
    v_left: Bytes
    y_right: Bytes
    u_right: Bytes
    v_right: Bytes
    disparity: Floats
    low: float
    high: float
    alone: bool


class Views(NamedTuple):
    """Where the views go: flat planes whose rows start every `y_stride` or `c_stride` bytes.

    `positions` (N,) float32; `offsets` (N, 2) int64 is where view n's first luma and first chroma
    byte lie. `disparity` (N, rows, columns) float32 takes each view's own disparity in pixels, from
    column `inset_x` and row `inset_y` on; with no elements none is written.
    """

    positions: Floats
    offsets: NDArray[np.int64]
    y: Bytes
    u: Bytes
    v: Bytes
    y_stride: int
    c_stride: int
    disparity: Floats
    inset_x: int
    inset_y: int


class Side(NamedTuple):
    """A row as one camera sees it: K channels, W pixels.

    `colour` (K, W); `change` (K, W) is what leads to the other camera's colour of the same point,
    0 where that does not see it; `disparity` (W,) in pixels, `near` (W,) the same in steps, from 1;
    `joined` (W,) is 1 where the next pixel is of the same surface, else 0; `end` (W,) is the
    disparity at the right end of the span [c, c+1). `tears` (W + 1,) begins with the columns that are
    not joined, except the last one, and ends with their number.
    """

    colour: Floats
    change: Floats
    disparity: Floats
    near: Ints
    joined: Floats
    end: Floats
    tears: Ints


class Scratch(NamedTuple):
    """Room for one row of one view; `buffer` (W + 1,) takes its keys, its last one is for waste."""

    mixed: Floats
    place: Ints
    long: Ints
    fraction: Floats
    key: Ints
    buffer: Ints


@shading
def warp_rows(pair: Pair, first: int, last: int, views: Views) -> None:
    """Write luma rows [first, last), both even, and their chroma rows, of every view."""
    width = pair.y_left.shape[1]
    switch = 1e9 if pair.alone else 0.5
    steps_a_px = NEARNESS_STEPS / max(pair.high - pair.low, 1e-3)
    left, right, scratch = new_side(1, width), new_side(1, width), new_scratch(1, width)
    for row in range(first, last):
        left.disparity[:] = pair.disparity[row]
        left.colour[0, :] = pair.y_left[row]
        right.colour[0, :] = pair.y_right[row]
        relate(left, right, scratch, pair.low, steps_a_px, JUMP_PX)
        if pair.alone:
            forget(left, right)
        warp_row(left, right, 0, row, pair.low, steps_a_px, switch, views, scratch)
        warp_row(right, left, 1, row, pair.low, steps_a_px, switch, views, scratch)
    width //= 2
    low, steps_a_px = 0.5 * pair.low, 2.0 * steps_a_px
    left, right, scratch = new_side(2, width), new_side(2, width), new_scratch(2, width)
    for row in range(first // 2, last // 2):
        for x in range(width):
            left.disparity[x] = np.float32(0.5) * pair.disparity[2 * row, 2 * x]
        left.colour[0, :] = pair.u_left[row]
        left.colour[1, :] = pair.v_left[row]
        right.colour[0, :] = pair.u_right[row]
        right.colour[1, :] = pair.v_right[row]
        relate(left, right, scratch, low, steps_a_px, 0.6 * JUMP_PX)
        if pair.alone:
            forget(left, right)
        warp_row(left, right, 0, row, low, steps_a_px, switch, views, scratch)
        warp_row(right, left, 1, row, low, steps_a_px, switch, views, scratch)


@shading
def new_side(channels: int, width: int) -> Side:
    """A `Side` with room for a row."""
    return Side(
        np.zeros((channels, width), np.float32),
        np.zeros((channels, width), np.float32),
        np.zeros(width, np.float32),
        np.zeros(width, np.int32),
        np.zeros(width, np.float32),
        np.zeros(width, np.float32),
        np.zeros(width + 1, np.int32),
    )


@shading
def new_scratch(channels: int, width: int) -> Scratch:
    """A `Scratch` with room for a row."""
    return Scratch(
        np.zeros((channels, width), np.float32),
        np.zeros(width, np.int32),
        np.zeros(width, np.int32),
        np.zeros(width, np.float32),
        np.zeros(width, np.int32),
        np.zeros(width + 1, np.int32),
    )


@shading
def relate(
    left: Side, right: Side, scratch: Scratch, low: float, steps_a_px: float, jump_px: float
) -> None:
    """From the left side's disparity and both sides' colour fill in all else of a row."""
    grade(left, low, steps_a_px, jump_px)
    near, buffer = left.near, scratch.buffer[: left.near.size]
    size = near.size
    buffer[:] = 0
    for c in range(size):
        begin = c - left.disparity[c]
        length = 1.0 + left.disparity[c] - left.end[c]
        for p in range(max(int(np.ceil(begin)), 0), min(int(np.ceil(begin + length)), size)):
            share = left.joined[c] * (p - begin) / length
            step = near[min(c + 1, size - 1)] - near[c]
            buffer[p] = max(buffer[p], near[c] + np.int32(share * step))
    fill_far(buffer)
    unit = np.float32(1.0 / steps_a_px)
    for x in range(size):
        right.disparity[x] = np.float32(buffer[x] - 1) * unit + np.float32(low)
    grade(right, low, steps_a_px, jump_px)
    same_steps = np.int32(SAME_PX * steps_a_px)
    compare(left, right, -1.0, same_steps, scratch.place, scratch.fraction)
    compare(right, left, 1.0, same_steps, scratch.place, scratch.fraction)


@shading
def forget(left: Side, right: Side) -> None:
    """Make the left side know nothing of the right one."""
    left.change[:] = 0.0
    right.near[:] = -4 * NEARNESS_STEPS


@shading
def grade(side: Side, low: float, steps_a_px: float, jump_px: float) -> None:
    """Fill in `near`, `joined` and `end` of a side from its disparity."""
    d, near, joined, end = side.disparity, side.near, side.joined, side.end
    low32, scale, jump = np.float32(low), np.float32(steps_a_px), np.float32(jump_px)
    last = d.size - 1
    for c in range(d.size):
        near[c] = np.int32((d[c] - low32) * scale + np.float32(0.5)) + np.int32(1)
    for c in range(last):
        same = np.abs(d[c + 1] - d[c]) <= jump
        joined[c] = np.float32(1.0) if same else np.float32(0.0)
        end[c] = d[c + 1] if same else d[c]
    joined[last] = 0.0
    end[last] = d[last]
    tears = 0
    for c in range(last):
        side.tears[tears] = c
        tears += joined[c] == 0.0
    side.tears[d.size] = tears


@shading
def fill_far(row: Ints) -> None:
    """Give each run of zeros in `row` the lesser of the values beside it; all zeros become 1."""
    size = row.size
    x = 0
    while x < size:
        stop = x
        while stop < size and row[stop] == 0:
            stop += 1
        if stop > x:
            before = row[x - 1] if x > 0 else 0
            after = row[stop] if stop < size else 0
            value = min(before, after) if before != 0 and after != 0 else max(before, after)
            row[x:stop] = max(value, 1)
        x = stop + 1


@shading
def compare(here: Side, there: Side, sign: float, same_steps: int, at: Ints, share: Floats) -> None:
    """Fill in `change` of `here`: the other camera sees column c of it at c + `sign` d.

    Its colour there is read from a Catmull-Rom spline. `at` and `share` (W,) are scratch.
    """
    size = here.near.size
    d, near, theirs = here.disparity, here.near, there.near
    sign32, end = np.float32(sign), np.float32(size - 1)
    first, last = np.int32(min(1, size - 1)), np.int32(max(size - 3, 0))
    zero, half, one = np.float32(0.0), np.float32(0.5), np.float32(1.0)
    for c in range(size):
        x = np.float32(np.int32(c)) + sign32 * d[c]
        x = x if (x >= zero) & (x <= end) else -one
        column = min(max(np.int32(x), first), last)
        share[c] = min(x - np.float32(column), one) if x >= zero else -one
        at[c] = column
    for c in range(size):
        nearest = theirs[at[c] + (1 if share[c] > half else 0)]
        share[c] = share[c] if abs(nearest - near[c]) <= same_steps else -one
    for k in range(here.colour.shape[0]):
        mine, row, change = here.colour[k], there.colour[k], here.change[k]
        for c in range(size):
            x0, f = at[c], share[c]
            p0, p1, p2, p3 = row[x0 - 1], row[x0], row[x0 + 1], row[x0 + 2]
            bend = p0 - np.float32(2.5) * p1 + np.float32(2.0) * p2 - half * p3
            rest = half * (p3 - p0) + np.float32(1.5) * (p1 - p2)
            change[c] = p1 + f * (half * (p2 - p0) + f * (bend + f * rest))
        for c in range(size):
            value = min(max(change[c], zero), np.float32(255.0))
            difference = value - mine[c]
            trust = (np.float32(UNLIKE) - abs(difference)) * np.float32(1.0 / (UNLIKE - ALIKE))
            trust = min(max(trust, zero), one)
            change[c] = difference * trust if share[c] >= zero else zero


@shading
def warp_row(
    side: Side,
    other: Side,
    base: int,
    row: int,
    low: float,
    steps_a_px: float,
    switch: float,
    views: Views,
    scratch: Scratch,
) -> None:
    """Write a row of all views whose base is camera `base`, 0 the left and 1 the right one.

    Views from position `switch` on have the right one.
    """
    channels, size = side.colour.shape
    d, end, joined, near = side.disparity, side.end, side.joined, side.near
    place, fraction, key, buffer = scratch.place, scratch.fraction, scratch.key, scratch.buffer
    long = scratch.long
    first_row, second_row = scratch.mixed[0], scratch.mixed[channels - 1]
    zero, half, one = np.float32(0.0), np.float32(0.5), np.float32(1.0)
    limit = np.float32(size)
    waste = np.int32(size)
    unit, low32 = np.float32(1.0 / steps_a_px), np.float32(low)
    for n in range(views.positions.size):
        position = views.positions[n]
        if (position >= switch) != (base == 1):
            continue
        s = np.float32(position - base)
        weight = min(np.float32(max(s, zero) if base == 0 else max(-s, zero)), half)
        for k in range(channels):
            colour, change, mixed = side.colour[k], side.change[k], scratch.mixed[k]
            for c in range(size):
                mixed[c] = colour[c] + weight * change[c]
        for c in range(size):
            begin = np.float32(np.int32(c)) - s * d[c]
            length = one - s * (end[c] - d[c])
            first = np.ceil(begin)
            some = (first < begin + length) & (first >= zero) & (first < limit)
            place[c] = np.int32(first) if some else waste
            fraction[c] = joined[c] * (first - begin) / length
        if channels == 1:
            for c in range(size - 1):
                value = first_row[c] + fraction[c] * (first_row[c + 1] - first_row[c])
                key[c] = (near[c] << COLOUR_BITS) | np.int32(value + half)
            key[size - 1] = (near[size - 1] << COLOUR_BITS) | np.int32(first_row[size - 1] + half)
        else:
            for c in range(size - 1):
                u = first_row[c] + fraction[c] * (first_row[c + 1] - first_row[c])
                v = second_row[c] + fraction[c] * (second_row[c + 1] - second_row[c])
                pair = (np.int32(u + half) << 8) | np.int32(v + half)
                key[c] = (near[c] << COLOUR_BITS) | pair
            u, v = first_row[size - 1], second_row[size - 1]
            pair = (np.int32(u + half) << 8) | np.int32(v + half)
            key[size - 1] = (near[size - 1] << COLOUR_BITS) | pair
        buffer[:] = 0
        if s >= zero:
            for c in range(size):
                buffer[np.uint32(place[c])] = key[c]
        else:
            for c in range(size):
                buffer[np.uint32(place[size - 1 - c])] = key[size - 1 - c]
        longs = np.uint32(0)
        for c in range(size - 1):
            long[longs] = np.int32(c)
            longs = np.uint32(longs + np.uint32(place[c + 1] - place[c] > 1))
        if longs > 0:
            stretch(side, s, longs, scratch)
        fill_holes(side, other, s, s - 1.0 if base == 0 else s + 1.0, low, steps_a_px, buffer)
        if channels == 1:
            start = views.offsets[n, 0] + row * views.y_stride
            out = views.y[start : start + size]
            for x in range(size):
                out[x] = np.uint8(buffer[x])
            if views.disparity.size > 0:
                depth = views.disparity[n, row + views.inset_y]
                depth = depth[views.inset_x : views.inset_x + size]
                for x in range(size):
                    depth[x] = np.float32((buffer[x] >> COLOUR_BITS) - 1) * unit + low32
        else:
            start = views.offsets[n, 1] + row * views.c_stride
            out_u, out_v = views.u[start : start + size], views.v[start : start + size]
            for x in range(size):
                out_u[x] = np.uint8(buffer[x] >> 8)
            for x in range(size):
                out_v[x] = np.uint8(buffer[x])


@shading
def stretch(side: Side, s: float, longs: int, scratch: Scratch) -> None:
    """Write the second and later pixels of the spans of which `scratch.long` lists `longs`."""
    place, buffer, mixed = scratch.place, scratch.buffer, scratch.mixed
    d, one, half = side.disparity, np.float32(1.0), np.float32(0.5)
    channels, size = mixed.shape
    s32 = np.float32(s)
    for n in range(longs):
        c = scratch.long[n]
        if side.joined[c] == 0.0 or place[c] == size:
            continue
        begin = np.float32(c) - s32 * d[c]
        length = one - s32 * (d[c + 1] - d[c])
        for p in range(place[c] + 1, min(np.int32(np.ceil(begin + length)), size)):
            f = (np.float32(p) - begin) / length
            key = side.near[c] << COLOUR_BITS
            for k in range(channels):
                value = mixed[k, c] + f * (mixed[k, c + 1] - mixed[k, c])
                key |= np.int32(value + half) << (8 * (channels - 1 - k))
            buffer[p] = max(buffer[p], np.int32(key))


@shading
def fill_holes(
    side: Side, other: Side, s: float, reach: float, low: float, steps_a_px: float, buffer: Ints
) -> None:
    """Fill the pixels that no span covered: they lie at tears and at the ends of the row.

    Each run is filled from the farther of the surfaces beside it. The other camera sees such a
    surface's pixel x, of disparity d, at x + `reach` d; where it has that depth there, its colour
    is taken. Elsewhere the surface is continued by its mirror image.
    """
    d = side.disparity
    size = d.size
    s32 = np.float32(s)
    tears = side.tears[size]
    for n in range(-1, tears + 1):
        if n < 0:
            first, stop = 0, np.int32(np.ceil(-s32 * d[0]))
        elif n == tears:
            first, stop = np.int32(np.ceil(np.float32(size) - s32 * d[size - 1])), size
        else:
            c = side.tears[n]
            x = np.float32(c + 1)
            first = np.int32(np.ceil(x - s32 * d[c]))
            stop = np.int32(np.ceil(x - s32 * d[c + 1]))
        first, stop = max(first, 0), min(stop, size)
        while first < stop:
            if buffer[first] != 0:
                first += 1
                continue
            last = first + 1
            while last < size and buffer[last] == 0:
                last += 1
            while first > 0 and buffer[first - 1] == 0:
                first -= 1
            fill_run(other, first, last, reach, low, steps_a_px, buffer[:size])
            first = last


@shading
def fill_run(
    other: Side, first: int, stop: int, reach: float, low: float, steps_a_px: float, buffer: Ints
) -> None:
    """Fill the empty pixels [first, stop) of a row; see `fill_holes`."""
    channels, size = other.colour.shape
    same = int(SAME_PX * steps_a_px)
    before = buffer[first - 1] >> COLOUR_BITS if first > 0 else 0
    after = buffer[stop] >> COLOUR_BITS if stop < size else 0
    if before == 0 and after == 0:
        buffer[:] = (1 << COLOUR_BITS) | (LUMA_OUTSIDE if channels == 1 else CHROMA_OUTSIDE)
        return
    rightward = before == 0 or (after != 0 and after < before)
    near = after if rightward else before
    edge = stop if rightward else first - 1
    way = 1 if rightward else -1
    shift = np.float32(reach * ((near - 1) / steps_a_px + low))
    lowest = near << COLOUR_BITS
    count = stop - first
    if count > 1 and before != 0 and after != 0:
        for _ in range(BACK_OFF_PX):
            inward = edge + way
            if not 0 <= inward < size:
                break
            if abs((buffer[inward] >> COLOUR_BITS) - near) > same:
                break
            edge = inward
            count += 1
    run = 0
    for n in range(count):
        x = edge - way * (n + 1)
        there = np.float32(x) + shift
        at = np.int32(np.floor(there))
        key = 0
        if (
            0 <= at < size - 1
            and abs(other.near[at] - near) <= same
            and abs(other.near[at + 1] - near) <= same
        ):
            f = there - np.float32(at)
            for k in range(channels):
                value = other.colour[k, at]
                value += f * (other.colour[k, at + 1] - value)
                key = (key << 8) | np.int32(value + np.float32(0.5))
        else:
            if run == 0:
                run = 1
                while run < count and 0 <= edge + way * run < size:
                    seen = buffer[edge + way * run] >> COLOUR_BITS
                    if seen == 0 or abs(seen - near) > same:
                        break
                    run += 1
            turn = n
            while turn >= 2 * run:
                turn -= 2 * run
            turn = turn if turn < run else 2 * run - 1 - turn
            key = buffer[edge + way * turn] & COLOUR_MASK
        buffer[x] = np.int32(lowest | key)
