"""Warping a stereo pair to other view positions, row by row, all views of a row while it is hot.

A view at position t lies t baselines right of the left camera. A pixel of the left picture at
column x with disparity d is seen there at x - t d, one of the right picture at x + (1 - t) d: from
the nearer camera, its base, at x - s d with s = t or t - 1. Neighbouring pixels of one surface are
joined by spans, which share out the view's pixel centres without overlap or gap. Written in the
order of their columns, rightward for s > 0 and leftward for s < 0, a nearer span comes later and
wins without a depth test (McMillan 1997, "occlusion compatible order"). What the base does not see
is taken from the other camera where its depth agrees, else mirrored from the surface behind.
"""

import numpy as np
from numpy.typing import NDArray

from streamer.render.kernels.jit import shading
from streamer.render.kernels.pair import Bytes, Floats, Ints, Pair, Scratch, Side, Views

# A key is 15 bits of nearness above 16 bits of colour (luma, or u and v): the larger is the nearer.
COLOUR_BITS = 16
COLOUR_MASK = 0xFFFF
NEARNESS_STEPS = 32000
NOWHERE = -4 * NEARNESS_STEPS  # of a camera that is not there: no surface is so far
LUMA_OUTSIDE = 16
CHROMA_OUTSIDE = (128 << 8) | 128

JUMP_PX = 1.25  # neighbours that differ by more in disparity are two surfaces
SAME_PX = 1.5  # two cameras' disparities of one point differ by less
ALIKE = 10.0  # grey levels; the cameras' colours of a point are mixed if they differ by less ...
UNLIKE = 40.0  # ... and less and less up to here: the disparity is wrong there, or it is a gloss
BACK_OFF_PX = 2  # beside a hole, the farther surface's last pixels are half the nearer one's


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
            left.change[:], right.near[:] = 0.0, NOWHERE
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
            left.change[:], right.near[:] = 0.0, NOWHERE
        warp_row(left, right, 0, row, low, steps_a_px, switch, views, scratch)
        warp_row(right, left, 1, row, low, steps_a_px, switch, views, scratch)


@shading
def new_side(channels: int, width: int) -> Side:
    """A `Side` with room for a row."""
    rows = np.zeros((3, width), np.float32)
    colour = np.zeros((channels, width), np.float32)
    change = np.zeros((channels, width), np.float32)
    near, tears = np.zeros(width, np.int32), np.zeros(width + 1, np.int32)
    return Side(colour, change, rows[0], near, rows[1], rows[2], tears)


@shading
def new_scratch(channels: int, width: int) -> Scratch:
    """A `Scratch` with room for a row."""
    mixed, fraction = np.zeros((channels, width), np.float32), np.zeros(width, np.float32)
    rows, buffer = np.zeros((3, width), np.int32), np.zeros(width + 1, np.int32)
    flags = np.zeros((width + 7) // 8 * 8, np.uint8)
    return Scratch(mixed, rows[0], rows[1], flags, fraction, rows[2], buffer)


@shading
def relate(
    left: Side, right: Side, scratch: Scratch, low: float, steps_a_px: float, jump_px: float
) -> None:
    """From the left side's disparity and both sides' colour fill in all else of a row."""
    grade(left, low, steps_a_px, jump_px)
    near, key, place, fraction = left.near, scratch.key, scratch.place, scratch.fraction
    size = near.size
    plan(left.disparity, left.end, left.joined, 1.0, place, fraction)
    for c in range(size - 1):
        key[c] = near[c] + np.int32(fraction[c] * np.float32(near[c + 1] - near[c]))
    key[size - 1] = near[size - 1]
    scatter(place, key, False, scratch.buffer)
    buffer, long, flags = scratch.buffer[:size], scratch.long, scratch.long_flags
    for n in range(list_long(place, flags, flags.view(np.uint64), long)):
        c = long[n]
        if left.joined[c] == 0.0 or place[c] == size:
            continue
        begin = np.float32(c) - left.disparity[c]
        length = np.float32(1.0) - (left.disparity[c + 1] - left.disparity[c])
        for p in range(place[c] + 1, min(int(np.ceil(begin + length)), size)):
            share = (np.float32(p) - begin) / length
            step = share * np.float32(near[c + 1] - near[c])
            buffer[p] = max(buffer[p], near[c] + np.int32(step))
    fill_far(buffer)
    unit = np.float32(1.0 / steps_a_px)
    for x in range(size):
        right.disparity[x] = np.float32(buffer[x] - 1) * unit + np.float32(low)
    grade(right, low, steps_a_px, jump_px)
    same_steps = int(SAME_PX * steps_a_px)
    compare(left, right, -1.0, same_steps, scratch.place, scratch.fraction)
    compare(right, left, 1.0, same_steps, scratch.place, scratch.fraction)


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
        nearest = theirs[np.uint32(at[c] + (1 if share[c] > half else 0))]
        share[c] = share[c] if abs(nearest - near[c]) <= same_steps else -one
    for k in range(here.colour.shape[0]):
        mine, row, change = here.colour[k], there.colour[k], here.change[k]
        for c in range(size):
            x0, f = at[c], share[c]
            p0, p1 = row[np.uint32(x0 - 1)], row[np.uint32(x0)]
            p2, p3 = row[np.uint32(x0 + 1)], row[np.uint32(x0 + 2)]
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
    place, fraction, key, buffer = scratch.place, scratch.fraction, scratch.key, scratch.buffer
    long, long_flags, d, near = scratch.long, scratch.long_flags, side.disparity, side.near
    end, joined, long_words = side.end, side.joined, scratch.long_flags.view(np.uint64)
    colour_0, change_0, mixed_0 = side.colour[0], side.change[0], scratch.mixed[0]
    second, tears = channels - 1, side.tears
    colour_1, change_1, mixed_1 = side.colour[second], side.change[second], scratch.mixed[second]
    for n in range(views.positions.size):
        position = views.positions[n]
        if (position >= switch) != (base == 1):
            continue
        s = float(position) - base
        weight = min(max(s if base == 0 else -s, 0.0), 0.5)
        plan(d, end, joined, s, place, fraction)
        mix(colour_0, change_0, weight, mixed_0)
        if channels == 1:
            key_luma(mixed_0, fraction, near, key)
        else:
            mix(colour_1, change_1, weight, mixed_1)
            key_chroma(mixed_0, mixed_1, fraction, near, key)
        scatter(place, key, s < 0.0, buffer)
        longs = list_long(place, long_flags, long_words, long)
        if longs > 0:
            stretch(long, longs, place, d, joined, near, scratch.mixed, s, buffer)
        reach = s - 1.0 if base == 0 else s + 1.0
        fill_holes(d, tears, other.near, other.colour, s, reach, low, steps_a_px, buffer)
        if channels == 1:
            start = views.offsets[n, 0] + row * views.y_stride
            emit(buffer, 0, views.y[start : start + size])
            if views.disparity.size > 0:
                depth = views.disparity[n, row + views.inset_y]
                emit_depth(buffer, low, steps_a_px, depth[views.inset_x : views.inset_x + size])
        else:
            start = views.offsets[n, 1] + row * views.c_stride
            emit(buffer, 8, views.u[start : start + size])
            emit(buffer, 0, views.v[start : start + size])


# What follows is small on purpose: in one large function LLVM finds no vectors.


@shading
def mix(colour: Floats, change: Floats, weight: float, out: Floats) -> None:
    """Write `colour` + `weight` * `change`, rows of one length, to `out`."""
    weight32 = np.float32(weight)
    for c in range(out.size):
        out[c] = colour[c] + weight32 * change[c]


@shading
def plan(d: Floats, end: Floats, joined: Floats, s: float, place: Ints, fraction: Floats) -> None:
    """Where the spans of a row lie at offset `s`: each one's first pixel, and its share before it.

    A span without a pixel centre, or whose first one is outside, has the row's size as `place`.
    """
    size = d.size
    waste, s32 = np.int32(size), np.float32(s)
    zero, one, limit = np.float32(0.0), np.float32(1.0), np.float32(size)
    for c in range(size):
        begin = np.float32(np.int32(c)) - s32 * d[c]
        length = one - s32 * (end[c] - d[c])
        first = np.ceil(begin)
        some = (first < begin + length) & (first >= zero) & (first < limit)
        place[c] = np.int32(first) if some else waste
        fraction[c] = joined[c] * (first - begin) / length


@shading
def key_luma(row: Floats, fraction: Floats, near: Ints, key: Ints) -> None:
    """The keys of each span's first pixel, its colour that `fraction` of the way to the next."""
    half = np.float32(0.5)
    last = row.size - 1
    for c in range(last):
        value = row[c] + fraction[c] * (row[c + 1] - row[c])
        key[c] = (near[c] << COLOUR_BITS) | np.int32(value + half)
    key[last] = (near[last] << COLOUR_BITS) | np.int32(row[last] + half)


@shading
def key_chroma(u: Floats, v: Floats, fraction: Floats, near: Ints, key: Ints) -> None:
    """As `key_luma`, for two channels."""
    half = np.float32(0.5)
    last = u.size - 1
    for c in range(last):
        value = u[c] + fraction[c] * (u[c + 1] - u[c])
        key[c] = (near[c] << COLOUR_BITS) | (np.int32(value + half) << 8)
    for c in range(last):
        value = v[c] + fraction[c] * (v[c + 1] - v[c])
        key[c] = key[c] | np.int32(value + half)
    colour = (np.int32(u[last] + half) << 8) | np.int32(v[last] + half)
    key[last] = (near[last] << COLOUR_BITS) | colour


@shading
def scatter(place: Ints, key: Ints, leftward: bool, buffer: Ints) -> None:
    """Clear `buffer` and write each span's first pixel in occlusion order."""
    size = key.size
    buffer[:] = 0
    if leftward:  # np.uint32: an index that may be negative costs numba a branch
        for c in range(size):
            buffer[np.uint32(place[size - 1 - c])] = key[size - 1 - c]
    else:
        for c in range(size):
            buffer[np.uint32(place[c])] = key[c]


@shading
def list_long(place: Ints, flags: Bytes, words: NDArray[np.uint64], long: Ints) -> int:
    """Return how many spans may have more than a pixel; `long` begins with their columns.

    `flags` is scratch, as long as `place` or up to 7 longer; `words` is its memory, 8 flags each.
    """
    for c in range(place.size - 1):
        flags[c] = np.uint8(np.int32(place[c + 1] - place[c]) > np.int32(1))
    longs = 0
    for n in range(words.size):
        if words[n] != 0:
            for c in range(8 * n, 8 * n + 8):
                if flags[c] != 0:
                    long[longs] = c
                    longs += 1
    return longs


@shading
def emit(buffer: Ints, shift: int, out: Bytes) -> None:
    """Write 8 bits of each key, from bit 0 or 8 on, to `out`."""
    for x in range(out.size):
        out[x] = np.uint8(buffer[x] >> shift)


@shading
def emit_depth(buffer: Ints, low: float, steps_a_px: float, out: Floats) -> None:
    """Write the disparity of each key to `out`."""
    unit, low32 = np.float32(1.0 / steps_a_px), np.float32(low)
    for x in range(out.size):
        out[x] = np.float32((buffer[x] >> COLOUR_BITS) - 1) * unit + low32


@shading
def stretch(
    long: Ints,
    longs: int,
    place: Ints,
    d: Floats,
    joined: Floats,
    near: Ints,
    mixed: Floats,
    s: float,
    buffer: Ints,
) -> None:
    """Write the second and later pixels of the spans that `long` begins with, `longs` in number."""
    one, half, s32 = np.float32(1.0), np.float32(0.5), np.float32(s)
    channels, size = mixed.shape
    for n in range(longs):
        c = long[n]
        if joined[c] == 0.0 or place[c] == size:
            continue
        begin = np.float32(c) - s32 * d[c]
        length = one - s32 * (d[c + 1] - d[c])
        stop = min(np.int32(np.ceil(begin + length)), np.int32(size))
        for p in range(place[c] + 1, stop):
            f = (np.float32(p) - begin) / length
            key = near[c] << (COLOUR_BITS - 8 * channels)
            for k in range(channels):
                value = mixed[k, c] + f * (mixed[k, c + 1] - mixed[k, c])
                key = (key << 8) | np.int32(value + half)
            buffer[p] = max(buffer[p], np.int32(key))


@shading
def fill_holes(
    d: Floats,
    tears: Ints,
    other_near: Ints,
    other_colour: Floats,
    s: float,
    reach: float,
    low: float,
    steps_a_px: float,
    buffer: Ints,
) -> None:
    """Fill the pixels that no span covered: they lie at tears and at the ends of the row.

    `d` and `tears` are the base's row, `other_near` and `other_colour` the other camera's.
    """
    size, s32 = d.size, np.float32(s)
    for n in range(-1, tears[size] + 1):
        if n < 0:
            first, stop = 0, int(np.ceil(-s32 * d[0]))
        elif n == tears[size]:
            first, stop = int(np.ceil(np.float32(size) - s32 * d[size - 1])), size
        else:
            c = tears[n]
            x = np.float32(c + 1)
            first, stop = int(np.ceil(x - s32 * d[c])), int(np.ceil(x - s32 * d[c + 1]))
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
            fill_run(other_near, other_colour, first, last, reach, low, steps_a_px, buffer)
            first = last


@shading
def fill_run(
    other_near: Ints,
    other_colour: Floats,
    first: int,
    stop: int,
    reach: float,
    low: float,
    steps_a_px: float,
    buffer: Ints,
) -> None:
    """Fill the empty pixels [first, stop) from the farther of the surfaces beside them.

    The other camera sees such a surface's pixel x, of disparity d, at x + `reach` d; where it has
    that depth there, its colour is taken. Elsewhere the surface is continued by its mirror image.
    """
    channels, size = other_colour.shape
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
    shift = np.float32(reach * (np.float32(near - 1) / steps_a_px + low))
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
    # All of the run moves alike: whole pixels and one fraction.
    whole = int(np.floor(shift))
    f = shift - np.float32(whole)
    half = np.float32(0.5)
    first_row, second_row = other_colour[0], other_colour[channels - 1]
    run, turn, step = 0, 0, 1
    for n in range(count):
        x = edge - way * (n + 1)
        at = x + whole
        key = near << COLOUR_BITS
        if (
            0 <= at < size - 1
            and abs(other_near[np.uint32(at)] - near) <= same
            and abs(other_near[np.uint32(at + 1)] - near) <= same
        ):
            value = first_row[np.uint32(at)]
            value += f * (first_row[np.uint32(at + 1)] - value)
            colour = int(np.int32(value + half))
            if channels == 2:
                value = second_row[np.uint32(at)]
                value += f * (second_row[np.uint32(at + 1)] - value)
                colour = (colour << 8) | int(np.int32(value + half))
        else:
            if run == 0:
                run = 1
                while run < count and 0 <= edge + way * run < size:
                    seen = buffer[edge + way * run] >> COLOUR_BITS
                    if seen == 0 or abs(seen - near) > same:
                        break
                    run += 1
                turn = n % (2 * run)
                step = 1 if turn < run else -1
                turn = turn if turn < run else 2 * run - 1 - turn
            colour = buffer[edge + way * turn] & COLOUR_MASK
        if run > 0:  # back and forth over the run: 0 1 2 2 1 0 0 1
            turn += step
            if turn == run or turn < 0:
                turn -= step
                step = -step
        buffer[np.uint32(x)] = np.int32(key | colour)
