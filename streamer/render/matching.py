"""The disparity of what lies under a stroke, by local matching in the frame it was drawn on."""

import math
import statistics
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from streamer.frames import I420, FrameStamp, Plane

REDUCED_WIDTH: Final = 640  # of one eye; a tenth of a pixel there is 0.016 % of the width
MAX_DISPARITY: Final = 0.06  # of the width, to either side
MAX_VERTICAL: Final = 0.04  # of the height: unrectified laparoscopes are up to 3.5 % off
MAX_POINTS: Final = 9
# Half sizes (across, down) of the windows, of the reduced picture. A larger one is tried only where
# a smaller finds too little texture or several places alike (a pattern that repeats).
WINDOWS: Final = ((14, 10), (28, 20), (56, 40), (100, 64))
MIN_CONTRAST: Final = 2.5  # standard deviation of a window, grey levels of 219
MIN_SCORE: Final = 0.75
MIN_LEAD: Final = 0.08  # over the best score elsewhere
LEAD_RADIUS_PX: Final = 6
MAX_RETURN_PX: Final = 1.0  # matched back, a window must land where it came from
REFINE_PX: Final = 3


@dataclass(frozen=True, slots=True)
class _Match:
    """Where a window was found: offset in pixels from its own place, and how well."""

    dx: float
    dy: int
    score: float


class DisparityProbe:
    """Keeps the last `keep` frames' luma, reduced, and looks up disparities in them.

    `eye_size` is (W, H) of one eye. Thread-safe; memory is bounded by `keep`, about 0.5 MB a frame
    of 16:9.
    """

    def __init__(self, eye_size: tuple[int, int], keep: int = 90) -> None:
        width, height = eye_size
        shrink = max(1.0, width / REDUCED_WIDTH)
        self._eye = (max(1, round(width / shrink)), max(1, round(height / shrink)))
        self._keep = keep
        self._lock = threading.Lock()
        self._frames: OrderedDict[int, Plane] = OrderedDict()

    def remember(self, stamp: FrameStamp, packed: I420) -> None:
        """Keep a frame's side-by-side picture (2 W x H), reduced; the oldest one goes."""
        width, height = self._eye
        reduced = cv2.resize(packed.y, (2 * width, height), interpolation=cv2.INTER_AREA)
        with self._lock:
            self._frames[stamp.frame_id] = reduced.astype(np.uint8, copy=False)
            self._frames.move_to_end(stamp.frame_id)
            while len(self._frames) > self._keep:
                self._frames.popitem(last=False)

    def disparity_at(self, frame_id: int, points: Sequence[tuple[float, float]]) -> float | None:
        """The median disparity under `points` of the left view, as a fraction of the width.

        Points are normalised, (0, 0) top left to (1, 1) bottom right; at most nine, spread evenly,
        are looked at. The right eye sees what lies there at x - disparity; positive stands before
        the screen. None where the frame is not kept, or fewer than a third of the points are sure.
        """
        with self._lock:
            frame = self._frames.get(frame_id)
        inside = [(x, y) for x, y in points if 0 <= x < 1 and 0 <= y < 1]
        if frame is None or not inside:
            return None
        width, height = self._eye
        left, right = frame[:, :width], frame[:, width:]
        count = min(MAX_POINTS, len(inside))
        spread = [inside[round(n * (len(inside) - 1) / max(count - 1, 1))] for n in range(count)]
        found = [_disparity_px(left, right, int(x * width), int(y * height)) for x, y in spread]
        sure = [disparity for disparity in found if disparity is not None]
        if len(sure) < math.ceil(count / 3):
            return None
        return statistics.median(sure) / width


def _disparity_px(left: Plane, right: Plane, x: int, y: int) -> float | None:
    """The disparity at a pixel of the left view, or None where no window is sure of it."""
    for size, window in enumerate(WINDOWS):
        match = _sure_match(left, right, x, y, window)
        if match is None:
            continue
        # What lies nearest to the point decides the last fraction of a pixel.
        for smaller in WINDOWS[:size]:
            fine = _best(left, right, x, y, smaller, round(match.dx), match.dy, REFINE_PX)
            if fine is not None and fine.score >= MIN_SCORE:
                return -fine.dx
        return -match.dx
    return None


def _sure_match(
    left: Plane, right: Plane, x: int, y: int, window: tuple[int, int]
) -> _Match | None:
    """The match of a window of `left` in `right`, if it is good, alone, and leads back."""
    there = _best(left, right, x, y, window, 0, 0, None)
    if there is None or there.score < MIN_SCORE:
        return None
    back = _best(right, left, x + round(there.dx), y + there.dy, window, 0, 0, None)
    if back is None or abs(there.dx + back.dx) > MAX_RETURN_PX or abs(there.dy + back.dy) > 1:
        return None
    return there


def _best(
    here: Plane,
    there: Plane,
    x: int,
    y: int,
    window: tuple[int, int],
    near_dx: int,
    near_dy: int,
    radius: int | None,
) -> _Match | None:
    """The best place in `there` of the window of `here` about (x, y), at most `radius` from near.

    Without a radius the whole range is searched, and the best place must lead over all others.
    None where the window is too flat, or the best place lies at the rim of what was searched.
    """
    height, width = here.shape
    half_w, half_h = window
    x0, x1 = max(x - half_w, 0), min(x + half_w + 1, width)
    y0, y1 = max(y - half_h, 0), min(y + half_h + 1, height)
    if x1 - x0 <= half_w or y1 - y0 <= half_h:
        return None
    template = here[y0:y1, x0:x1]
    if float(template.std()) < MIN_CONTRAST:
        return None
    reach_x = math.ceil(MAX_DISPARITY * width) + 1 if radius is None else radius
    reach_y = math.ceil(MAX_VERTICAL * height) + 1 if radius is None else radius
    left, top = max(x0 + near_dx - reach_x, 0), max(y0 + near_dy - reach_y, 0)
    region = there[top : y1 + near_dy + reach_y, left : x1 + near_dx + reach_x]
    if region.shape[0] < template.shape[0] or region.shape[1] < template.shape[1] + 2:
        return None
    scores = cv2.matchTemplate(region, template, cv2.TM_CCOEFF_NORMED)
    _, score, _, (column, row) = cv2.minMaxLoc(scores)
    if not 0 < column < scores.shape[1] - 1 or not math.isfinite(score):
        return None
    before, at, after = (float(v) for v in scores[row, column - 1 : column + 2])
    bend = before - 2 * at + after
    fraction = 0.5 * (before - after) / bend if bend < 0 else 0.0
    if radius is None:
        low, high = max(column - LEAD_RADIUS_PX, 0), column + LEAD_RADIUS_PX + 1
        scores[:, low:high] = -1.0
        if score - float(scores.max()) < MIN_LEAD:
            return None
    return _Match(left + column + fraction - x0, top + row - y0, score)
