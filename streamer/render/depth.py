"""Depth from the live pair: matching at reduced size, steady in time, on a thread of its own."""

import logging
import math
import threading
import time
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from streamer.frames import Plane, StereoFrame
from streamer.render.disparity import SURE, DisparityMap
from streamer.render.kernels.refine import fill_unknown, steady
from streamer.slot import LatestSlot

log = logging.getLogger(__name__)

MATCHING_WIDTH: Final = 427  # a third of 1280: 25 ms of one core for 64 disparities, 120 ms at half
# Surgical pairs converge on the tissue: it lies on both sides of the screen. Of the width.
FARTHEST: Final = -0.06
NEAREST: Final = 0.09
STEP: Final = 16  # OpenCV takes disparity ranges in multiples of this
MARGIN_PX: Final = 6  # kept about what was found, before the range is searched anew
WIDE_SEARCH_S: Final = 1.0  # how often the whole range is searched
WINDOW: Final = 3
SPECKLE_PX: Final = 60  # smaller patches that differ from all about them are noise
SPECKLE_RANGE: Final = 1
CUT_GREYS: Final = 18.0  # mean change of luma between two maps that is another scene
NEAR_PX: Final = 1.0
QUIET_GREYS: Final = 6.0
SHARE_OF_NEW: Final = 0.35
UNSURE_FLOOR: Final = 96  # confidence of a match on plain ground
CONFIDENCE_A_GREY: Final = 12
MAX_RATE_HZ: Final = 20.0


class StereoDepth:
    """Matches rectified pairs of one source, with the memory of the last; one thread at a time.

    Disparities between -6 % and 9 % of the width are found. Semi-global matching (Hirschmueller
    2008) as OpenCV has it, with its left-right check, at about 427 columns; matches that fail are
    filled from the surface behind, with confidence 0. Where neither picture nor disparity changed
    much the map follows slowly, so that it does not flicker; at a cut it starts afresh.
    """

    def __init__(self, matching_width: int = MATCHING_WIDTH) -> None:
        if matching_width < 32:
            raise ValueError(f"matching needs 32 columns or more, not {matching_width}")
        self._columns = matching_width
        self._before: tuple[Plane, NDArray[np.float32]] | None = None
        self._range: tuple[int, int] | None = None
        self._searched_s = -math.inf

    def match(self, left: Plane, right: Plane, now_s: float | None = None) -> DisparityMap:
        """The map of two luma planes (H, W) of one size, at reduced size; see the class.

        `now_s` is the monotonic time, for tests. Raises ValueError where the sizes differ.
        """
        if left.shape != right.shape:
            raise ValueError(f"the pair's sizes differ: {left.shape} and {right.shape}")
        height, width = left.shape
        columns = min(self._columns, width)
        rows = max(round(height * columns / width), 1)
        small: list[Plane] = [_reduced(p, columns, rows) for p in (left, right)]
        now = time.monotonic() if now_s is None else now_s
        if self._is_cut(small[0]):
            self._before = self._range = None
        px, known = self._matched(small[0], small[1], now)
        confidence = _confidence(small[0], known)
        fill_unknown(px, known)
        px = np.asarray(cv2.medianBlur(px, 3), np.float32)
        if self._before is not None:
            luma, old = self._before
            steady(old, px, luma, small[0], NEAR_PX, QUIET_GREYS, SHARE_OF_NEW)
        self._before = small[0], px
        return DisparityMap(px * np.float32(width / columns), confidence, width)

    def _is_cut(self, luma: Plane) -> bool:
        if self._before is None or self._before[0].shape != luma.shape:
            return True
        return float(cv2.absdiff(self._before[0], luma).mean()) > CUT_GREYS

    def _matched(
        self, left: Plane, right: Plane, now_s: float
    ) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Disparity in pixels of the reduced picture, and 1 where it is known."""
        width = left.shape[1]
        if self._range is None or now_s - self._searched_s >= WIDE_SEARCH_S:
            lowest, highest = math.floor(FARTHEST * width), math.ceil(NEAREST * width)
            self._searched_s = now_s
        else:
            lowest, highest = self._range
        count = -(-(highest - lowest + 1) // STEP) * STEP
        before, after = max(lowest + count, 0), max(-lowest, 0)
        padded = [
            cv2.copyMakeBorder(plane, 0, 0, before, after, cv2.BORDER_REPLICATE)
            for plane in (left, right)
        ]
        matcher = cv2.StereoSGBM.create(
            minDisparity=lowest,
            numDisparities=count,
            blockSize=WINDOW,
            P1=8 * WINDOW**2,
            P2=32 * WINDOW**2,
            disp12MaxDiff=1,
            preFilterCap=31,
            uniquenessRatio=5,
            speckleWindowSize=SPECKLE_PX,
            speckleRange=SPECKLE_RANGE,
            mode=cv2.STEREO_SGBM_MODE_SGBM_3WAY,
        )
        fixed = matcher.compute(padded[0], padded[1])[:, before : before + width]
        known = (fixed >= lowest * 16).astype(np.uint8)
        px = np.multiply(fixed, np.float32(1 / 16), dtype=np.float32)
        if known.any():
            low, high = np.percentile(px[known != 0], (0.5, 99.5))
            bounds = math.floor(low) - MARGIN_PX, math.ceil(high) + MARGIN_PX
            self._range = max(bounds[0], lowest), min(bounds[1], lowest + count - 1)
        else:
            px[:] = 0.0
        return np.ascontiguousarray(px), np.ascontiguousarray(known)


class DepthWorker:
    """Matches on a thread of its own; a newer frame replaces one that has not been started.

    `latest` is the newest map with the stamp of its frame, None while there is none; `matched`
    counts maps. `failure` is the exception of the last frame if that failed.
    """

    def __init__(self, depth: StereoDepth | None = None, max_rate_hz: float = MAX_RATE_HZ) -> None:
        self._depth = depth or StereoDepth()
        self._rest_s = 1.0 / max_rate_hz
        self._slot: LatestSlot[StereoFrame] = LatestSlot()
        self._stop = threading.Event()
        self.latest: tuple[DisparityMap, StereoFrame] | None = None
        self.matched = 0
        self.failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="depth", daemon=True)
        self._thread.start()

    def submit(self, frame: StereoFrame) -> None:
        """Hand over the newest frame; returns at once."""
        self._slot.put(frame)

    def close(self) -> None:
        """Stop the thread, waiting for a match that has begun; the last map stays."""
        self._stop.set()
        self._slot.close()
        self._thread.join()

    def _run(self) -> None:
        while not self._slot.closed:
            frame = self._slot.get()
            if frame is None:
                continue
            began = time.monotonic()
            try:
                self.latest = self._map(frame), frame
                self.failure = None
                self.matched += 1
            except Exception as error:  # one bad frame must not end the room's depth
                if repr(error) != repr(self.failure):
                    log.exception("no depth from frame %d", frame.stamp.frame_id)
                self.failure = error
            self._stop.wait(max(self._rest_s - (time.monotonic() - began), 0.0))

    def _map(self, frame: StereoFrame) -> DisparityMap:
        width, height = frame.left.size
        if frame.left is frame.right:
            return DisparityMap.plane(width, height)  # mono: one object for both eyes
        return self._depth.match(frame.left.y, frame.right.y)


def _confidence(luma: Plane, known: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """255 on clear texture, less on plain ground, 0 where nothing matched."""
    slope = cv2.convertScaleAbs(cv2.Sobel(luma, cv2.CV_16S, 1, 0, ksize=3))
    texture = cv2.blur(slope, (5, 5)).astype(np.float32)
    sure = np.clip(UNSURE_FLOOR + CONFIDENCE_A_GREY * texture, 0, SURE)
    return (sure * known).astype(np.uint8)


def _reduced(plane: Plane, columns: int, rows: int) -> Plane:
    return np.asarray(cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
