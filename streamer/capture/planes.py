"""Decoded FFmpeg frames as I420 planes: a view where they are that already, else one conversion."""

import av
import numpy as np
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from streamer.frames import I420, Plane

SPC_RGB, SPC_BT709, SPC_UNSPECIFIED = 0, 1, 2
"""AVColorSpace, ISO/IEC 23091-2, MatrixCoefficients."""
RANGE_FULL = 2
HD_HEIGHT = 720
REFORMAT_THREADS = 2


class PlaneReader:
    """Turns one decoder's frames into I420, limited range, BT.709.

    Frames that are so already (nearly every H.264 stream) are handed on as views
    of the decoder's own memory, which stays alive as long as a view does. Nobody may write to
    them: the decoder predicts its next pictures from that memory.
    """

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def read(self, frame: av.VideoFrame) -> I420:
        """`frame` as I420; an odd last column or row is left out."""
        if not _is_limited_709(frame):
            frame = self._convert(frame)
        width, height = frame.width & ~1, frame.height & ~1
        y, u, v = (_view(plane) for plane in frame.planes)
        return I420(
            y[:height, :width],
            u[: height // 2, : width // 2],
            v[: height // 2, : width // 2],
        )

    def _convert(self, frame: av.VideoFrame) -> av.VideoFrame:
        source: int | None = None
        if frame.colorspace == SPC_UNSPECIFIED:
            # What players do: standard definition is BT.601, anything larger BT.709.
            source = Colorspace.ITU709 if frame.height >= HD_HEIGHT else Colorspace.ITU601
        return self._reformatter.reformat(
            frame,
            format="yuv420p",
            src_colorspace=source,
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            threads=REFORMAT_THREADS,
        )


def _is_limited_709(frame: av.VideoFrame) -> bool:
    return (
        frame.format.name == "yuv420p"
        and frame.color_range != RANGE_FULL
        and frame.colorspace in (SPC_BT709, SPC_UNSPECIFIED)
    )


def _view(plane: VideoPlane) -> Plane:
    # The array holds the plane, the plane its frame, the frame a reference on FFmpeg's buffer.
    size = abs(plane.line_size)
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, size)
    return rows[:, : plane.width] if plane.line_size > 0 else rows[::-1, : plane.width]
