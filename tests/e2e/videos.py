"""Stereo videos whose every eye picture carries its own number, and the truth about them."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final, Literal

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from calibration import framecode
from streamer.frames import I420

Picture = NDArray[np.uint8]
Layout = Literal["mono", "sbs", "tb"]

BLOCK_PX: Final = 40
GRAIN_PX: Final = 5
DISPARITY_PX: Final = 24


@dataclass(frozen=True, slots=True)
class CodedVideo:
    """A written video: `eye` is (width, height) of one eye, its pictures are numbered from 0."""

    path: Path
    eye: tuple[int, int]
    fps: int
    frames: int
    layout: Layout

    def rgb(self, number: int) -> tuple[Picture, Picture]:
        """What picture `number` of the file shows: left and right eye, (height, width, 3) RGB."""
        with av.open(str(self.path)) as container:
            for index, frame in enumerate(container.decode(video=0)):
                if index == number:
                    rgb = frame.reformat(
                        format="rgb24", src_colorspace="ITU709", src_color_range="MPEG"
                    )
                    left, right = split(np.asarray(rgb.to_ndarray(), np.uint8), self.layout)
                    return left.copy(), right.copy()
        raise IndexError(f"{self.path.name} has no picture {number}")


def texture(width: int, height: int, seed: int = 7) -> Picture:
    """A picture (height, width, 3) uint8 RGB of soft coloured blocks with a fine grain on them.

    Its values lie from 40 to 220. It stands still: cheap to encode for all its detail.
    """
    rng = np.random.default_rng(seed)
    blocks = _patches(rng.integers(60, 200, (*_grid(width, height, BLOCK_PX), 3)), BLOCK_PX)
    grain = _patches(rng.integers(-20, 21, (*_grid(width, height, GRAIN_PX), 1)), GRAIN_PX)
    mixed = blocks[:height, :width] + grain[:height, :width, np.newaxis]
    return np.asarray(np.clip(mixed, 40, 220), np.uint8)


def _grid(width: int, height: int, size_px: int) -> tuple[int, int]:
    return height // size_px + 2, width // size_px + 2


def _patches(values: NDArray[np.int64], size_px: int) -> NDArray[np.float32]:
    """Each value as a soft patch of `size_px`."""
    rows, columns = values.shape[:2]
    size = (columns * size_px, rows * size_px)
    large = cv2.resize(values.astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    return np.asarray(large, np.float32)


def background(width: int, height: int) -> tuple[Picture, Picture]:
    """Left and right RGB picture of one plane: the left at x is the right at x - `DISPARITY_PX`."""
    wide = texture(width + DISPARITY_PX, height)
    return wide[:, :width].copy(), wide[:, DISPARITY_PX:].copy()


def split(picture: Picture, layout: Layout) -> tuple[Picture, Picture]:
    """The left and right part of a picture (or one of its planes), as views."""
    height, width = picture.shape[:2]
    match layout:
        case "mono":
            return picture, picture
        case "sbs":
            return picture[:, : width // 2], picture[:, width // 2 :]
        case "tb":
            return picture[: height // 2], picture[height // 2 :]


def coded_video(
    path: Path,
    seconds: float,
    fps: int = 30,
    eye: tuple[int, int] = (640, 360),
    layout: Layout = "sbs",
) -> CodedVideo:
    """Write an H.264 file of `seconds` whose pictures carry their number in every eye."""
    left, right = background(*eye)
    rows = {"mono": [[left]], "sbs": [[left, right]], "tb": [[left], [right]]}[layout]
    y, u, v = planes = _i420(np.vstack([np.hstack(row) for row in rows]))
    views = [split(plane, layout) for plane in planes]
    pair = [I420(views[0][i], views[1][i], views[2][i]) for i in range(2)]
    frames = round(seconds * fps)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = y.shape[1], y.shape[0], "yuv420p"
        stream.options = {"preset": "ultrafast", "crf": "14", "g": str(fps), "bf": "0"}
        for number in range(frames):
            for picture in pair:
                framecode.draw_picture(picture, number)
            flat = np.concatenate([y.ravel(), u.ravel(), v.ravel()])
            frame = av.VideoFrame.from_ndarray(flat.reshape(-1, y.shape[1]), format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return CodedVideo(path, eye, fps, frames, layout)


def _i420(rgb: Picture) -> tuple[Picture, Picture, Picture]:
    """The planes of an RGB picture, BT.709, limited range; each can be written."""
    frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(
        format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG"
    )
    flat = np.asarray(frame.to_ndarray(), np.uint8).ravel()
    height, width = rgb.shape[:2]
    luma, chroma = width * height, width * height // 4
    half = (height // 2, width // 2)
    return (
        flat[:luma].reshape(height, width).copy(),
        flat[luma : luma + chroma].reshape(half).copy(),
        flat[luma + chroma :].reshape(half).copy(),
    )
