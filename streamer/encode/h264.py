"""An H.264 Constrained Baseline encoder tuned for one frame in, one frame out."""

import os
from fractions import Fraction

import av
import av.error
import numpy as np
from av.video.frame import PictureType, VideoFrame

from streamer.clock import RTP_CLOCK_HZ
from streamer.errors import EncoderError
from streamer.frames import I420, Plane

KEYFRAME_INTERVAL_S = 10  # a picture heals by itself at the latest after this long
VBV_S = 0.25  # how long the channel may be filled by one burst


def macroblocks(width: int, height: int) -> int:
    """Macroblocks (16x16) that a picture of this size takes."""
    return -(-width // 16) * -(-height // 16)


class H264Encoder:
    """x264 without delay: no B-frames, no look-ahead, SPS and PPS at every IDR.

    Not thread-safe: one thread encodes. `pts` are 90 kHz ticks.
    """

    def __init__(self, width: int, height: int, fps: float, bitrate_bps: int) -> None:
        """Open the encoder.

        Raises:
            EncoderError: the size is odd or x264 refuses the settings.
        """
        if width % 2 or height % 2:
            raise EncoderError(f"H.264 needs an even picture size, not {width}x{height}.")
        try:
            self._codec = self._open(width, height, fps, bitrate_bps)
        except (av.error.FFmpegError, ValueError) as error:
            raise EncoderError(
                f"The H.264 encoder refused {width}x{height} at {fps:g} frames a second and "
                f"{bitrate_bps} bit/s ({error}). Try a smaller --size or another --bitrate."
            ) from error
        self.width, self.height = width, height

    @staticmethod
    def _open(width: int, height: int, fps: float, bitrate_bps: int) -> av.VideoCodecContext:
        codec = av.CodecContext.create("libx264", "w")
        codec.width, codec.height = width, height
        codec.pix_fmt = "yuv420p"
        codec.time_base = Fraction(1, RTP_CLOCK_HZ)
        codec.framerate = Fraction(fps).limit_denominator(1001)
        codec.bit_rate = bitrate_bps
        codec.gop_size = max(1, round(fps * KEYFRAME_INTERVAL_S))
        codec.max_b_frames = 0
        codec.thread_count = min(4, os.cpu_count() or 1)
        codec.options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "profile": "baseline",
            "forced-idr": "1",
            "maxrate": str(bitrate_bps),
            "bufsize": str(round(bitrate_bps * VBV_S)),
            "x264-params": "repeat-headers=1:colorprim=bt709:transfer=bt709:colormatrix=bt709"
            ":range=tv:scenecut=0",
        }
        codec.open()
        return codec

    def encode(self, picture: I420, pts: int, *, keyframe: bool) -> bytes:
        """One access unit (Annex B) of `picture`, (width, height) as opened.

        Raises:
            EncoderError: the encoder failed, or kept the frame to itself.
        """
        frame = VideoFrame(self.width, self.height, "yuv420p")
        for target, plane in zip(frame.planes, (picture.y, picture.u, picture.v), strict=True):
            rows: Plane = np.frombuffer(target, np.uint8).reshape(-1, target.line_size)  # type: ignore[call-overload]
            np.copyto(rows[: plane.shape[0], : plane.shape[1]], plane)
        frame.pts = pts
        frame.time_base = self._codec.time_base
        frame.pict_type = PictureType.I if keyframe else PictureType.NONE
        try:
            access_unit = b"".join(bytes(packet) for packet in self._codec.encode(frame))
        except av.error.FFmpegError as error:
            raise EncoderError(f"The H.264 encoder failed on a frame ({error}).") from error
        if not access_unit:
            raise EncoderError("The H.264 encoder held a frame back; it must be without delay.")
        return access_unit
