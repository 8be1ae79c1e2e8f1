"""From the pictures of one or two inputs to stereo frames."""

import threading

from streamer.capture.layout import Pair, Splitter, fitted
from streamer.capture.outlet import Outlet
from streamer.capture.pairing import PairMatcher, Side
from streamer.capture.sources.base import Picture
from streamer.frames import I420, FrameStamp


class Assembly:
    """Numbers the left input's pictures, splits them or finds their right partner, hands on.

    `matcher` is None where one input holds all. Called from the feeds' threads.
    """

    def __init__(
        self,
        outlet: Outlet,
        splitter: Splitter,
        matcher: "PairMatcher[tuple[FrameStamp, I420]] | None" = None,
    ) -> None:
        self.outlet = outlet
        self._splitter, self._matcher = splitter, matcher
        self._matching = threading.Lock()

    def picture(self, side: Side, picture: Picture, captured_ns: int) -> None:
        """Take a picture of one side; raises SourceError where its size does not fit."""
        if self._matcher is None:
            stamp = self.outlet.number(captured_ns, late=picture.late)
            if stamp is not None and self.outlet.admit(stamp):
                self.outlet.deliver(stamp, self._splitter.split(picture.planes))
            return
        if side == "left":
            stamp = self.outlet.number(captured_ns, late=picture.late)
        else:
            stamp = FrameStamp(0, captured_ns) if self.outlet.is_open else None
            if stamp is not None and picture.late:
                return
        if stamp is None:
            return
        one = fitted(picture.planes, self._splitter.eye_size)
        with self._matching:
            pairs = self._matcher.offer(side, captured_ns, (stamp, one))
        for (left_stamp, left), (_, right) in pairs:
            if self.outlet.admit(left_stamp):
                self.outlet.deliver(left_stamp, Pair(left, right))

    @property
    def paired(self) -> bool:
        """Whether two inputs are matched."""
        return self._matcher is not None

    @property
    def dropped(self) -> int:
        """Pictures lost to lateness or for want of a partner."""
        unmatched = self._matcher.dropped if self._matcher is not None else 0
        return self.outlet.counts().late + unmatched
