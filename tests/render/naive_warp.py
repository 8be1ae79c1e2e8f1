"""Slow twins of the kernels for views from video, written as plainly as possible."""

import math

import numpy as np
from numpy.typing import NDArray

from streamer.render.kernels.warp import (
    ALIKE,
    BACK_OFF_PX,
    JUMP_PX,
    NEARNESS_STEPS,
    SAME_PX,
    UNLIKE,
)

Row = list[float]


class NaiveRow:
    """One luma row of a pair, warped with a depth test for each pixel of each span."""

    def __init__(self, left: Row, right: Row, disparity: Row, low: float, high: float) -> None:
        self.scale = NEARNESS_STEPS / max(high - low, 1e-3)
        self.low = low
        self.colour = [left, right]
        self.disparity = [disparity, self._other_disparity(disparity)]
        self.change = [self._change(0), self._change(1)]

    def view(self, position: float) -> tuple[list[int], Row]:
        """Colours and disparities of the row seen from `position`."""
        base = 0 if position < 0.5 else 1
        s = position - base
        d, size = self.disparity[base], len(self.colour[0])
        weight = min(max(s if base == 0 else -s, 0.0), 0.5)
        mixed = [c + weight * e for c, e in zip(self.colour[base], self.change[base], strict=True)]
        colour = [-1] * size
        depth = [-math.inf] * size
        for c in range(size):
            for p, share in self._span(d, c, s):
                if d[c] > depth[p]:
                    depth[p] = d[c]
                    end = mixed[min(c + 1, size - 1)]
                    colour[p] = int(mixed[c] + share * (end - mixed[c]) + 0.5)
        self._fill(colour, depth, base, s)
        return colour, depth

    def _joined(self, d: Row, c: int) -> bool:
        return c + 1 < len(d) and abs(d[c + 1] - d[c]) <= JUMP_PX

    def _span(self, d: Row, c: int, s: float) -> list[tuple[int, float]]:
        """The pixels of the span from column c on, each with its share of the way to the next."""
        begin = c - s * d[c]
        length = 1 - s * (d[c + 1] - d[c]) if self._joined(d, c) else 1.0
        pixels = range(math.ceil(begin), math.ceil(begin + length))
        joined = self._joined(d, c)
        return [
            (p, (p - begin) / length if joined else 0.0)
            for p in pixels
            # A tear's span is a pixel wide; one that begins outside is left out.
            if 0 <= p < len(d)
        ]

    def _quantised(self, d: float) -> float:
        return int((d - self.low) * self.scale + 0.5) / self.scale + self.low

    def _other_disparity(self, d: Row) -> Row:
        found = [-math.inf] * len(d)
        for c in range(len(d)):
            for p, share in self._span(d, c, 1.0):
                step = d[c + 1] - d[c] if self._joined(d, c) else 0.0
                found[p] = max(found[p], self._quantised(d[c] + share * step))
        x = 0
        while x < len(d):
            stop = x
            while stop < len(d) and found[stop] == -math.inf:
                stop += 1
            if stop > x:
                sides = [found[x - 1]] if x > 0 else []
                sides += [found[stop]] if stop < len(d) else []
                found[x:stop] = [min(sides, default=self.low)] * (stop - x)
            x = stop + 1
        return found

    def _change(self, base: int) -> Row:
        d, other = self.disparity[base], self.disparity[1 - base]
        mine, theirs = self.colour[base], self.colour[1 - base]
        size = len(d)
        out = []
        for c in range(size):
            x = c + (d[c] if base == 1 else -d[c])
            if not 0 <= x <= size - 1:
                out.append(0.0)
                continue
            at = min(max(int(x), min(1, size - 1)), max(size - 3, 0))
            f = min(x - at, 1.0)
            if f < 0 or abs(other[at + (f > 0.5)] - d[c]) > SAME_PX:
                out.append(0.0)
                continue
            a, b, e, g = theirs[at - 1 : at + 3]
            value = b + f * (
                (e - a) / 2 + f * (a - 2.5 * b + 2 * e - g / 2 + f * ((g - a) / 2 + 1.5 * (b - e)))
            )
            difference = min(max(value, 0.0), 255.0) - mine[c]
            trust = min(max((UNLIKE - abs(difference)) / (UNLIKE - ALIKE), 0.0), 1.0)
            out.append(difference * trust)
        return out

    def _fill(self, colour: list[int], depth: Row, base: int, s: float) -> None:
        other, theirs = self.disparity[1 - base], self.colour[1 - base]
        size = len(colour)
        first = 0
        while first < size:
            if colour[first] >= 0:
                first += 1
                continue
            stop = first
            while stop < size and colour[stop] < 0:
                stop += 1
            before = depth[first - 1] if first > 0 else None
            after = depth[stop] if stop < size else None
            assert before is not None or after is not None
            rightward = before is None or (after is not None and after < before)
            far = after if rightward else before
            assert far is not None
            edge, way = (stop, 1) if rightward else (first - 1, -1)
            count = stop - first
            if count > 1 and before is not None and after is not None:
                for _ in range(BACK_OFF_PX):
                    inward = edge + way
                    if not 0 <= inward < size or not abs(depth[inward] - far) <= SAME_PX:
                        break
                    edge, count = inward, count + 1
            run = 1
            while run < count and 0 <= edge + way * run < size:
                if not abs(depth[edge + way * run] - far) <= SAME_PX:
                    break
                run += 1
            shift = (s - 1 if base == 0 else s + 1) * far
            for n in range(count):
                x = edge - way * (n + 1)
                at = math.floor(x + shift)
                if (
                    0 <= at < size - 1
                    and abs(other[at] - far) <= SAME_PX
                    and abs(other[at + 1] - far) <= SAME_PX
                ):
                    f = x + shift - at
                    colour[x] = int(theirs[at] + f * (theirs[at + 1] - theirs[at]) + 0.5)
                else:
                    turn = n % (2 * run)
                    colour[x] = colour[edge + way * (turn if turn < run else 2 * run - 1 - turn)]
                depth[x] = far
            first = stop


def fill_unknown(px: list[list[float]], known: list[list[int]]) -> list[list[float]]:
    """Each unknown pixel gets the lesser of the nearest known ones of its row; see the kernel."""
    out = []
    for row, sure in zip(px, known, strict=True):
        places = [x for x, flag in enumerate(sure) if flag]
        filled = list(row)
        for x in range(len(row)):
            if places and not sure[x]:
                sides = [max((p for p in places if p < x), default=None)]
                sides += [min((p for p in places if p > x), default=None)]
                filled[x] = min(row[p] for p in sides if p is not None)
        out.append(filled)
    full = [n for n, sure in enumerate(known) if any(sure)]
    for n in range(len(out)):
        if full and n not in full:
            above = [m for m in full if m < n]
            out[n] = list(out[above[-1] if above else full[0]])
    return out


def encode_level(d: float, low: float, high: float) -> int:
    """The luma of a disparity."""
    return 16 + int(min(max((d - low) * 219 / (high - low), 0.0), 219.0) + 0.5)


def encode_doubt(sure: list[int], luma: int) -> int:
    """The chroma of four pixels' confidence beside the luma of the first of them."""
    doubt = round((255 - min(sure)) / 85 + 1e-9) * 16
    return 128 + doubt if luma < 128 else 128 - doubt


def assemble(rows: list[list[int]]) -> NDArray[np.uint8]:
    """Lists of rows as one array."""
    return np.array(rows, np.uint8)
