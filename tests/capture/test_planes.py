"""Decoded frames as planes: views where possible, else true conversion to limited BT.709."""

from pathlib import Path

import av
import numpy as np
import pytest

from streamer.capture.planes import PlaneReader
from streamer.capture.settings import CaptureSettings
from tests.capture.media import capturing, write_video

SPC_BT470BG, SPC_BT709 = 5, 1
RANGE_LIMITED, RANGE_FULL = 1, 2


def grey_frame(pix_fmt: str, luma: int, size: tuple[int, int] = (64, 48)) -> av.VideoFrame:
    """A frame of one grey; planes of other depth than 8 bit are not for it."""
    frame = av.VideoFrame(*size, pix_fmt)
    for index, plane in enumerate(frame.planes):
        plane.update(bytes([luma if index == 0 else 128]) * plane.buffer_size)
    return frame


def test_limited_yuv420p_is_a_view_without_padding() -> None:
    frame = grey_frame("yuv420p", 77, (70, 50))
    assert frame.planes[0].line_size > 70
    picture = PlaneReader().read(frame)
    assert picture.size == (70, 50)
    assert picture.u.shape == (25, 35)
    memory = np.frombuffer(memoryview(frame.planes[0]), np.uint8)
    assert np.shares_memory(picture.y, memory)
    assert np.all(picture.y == 77)


def test_odd_sizes_lose_their_last_line() -> None:
    picture = PlaneReader().read(grey_frame("yuv420p", 50, (65, 49)))
    assert picture.size == (64, 48)
    assert picture.v.shape == (24, 32)


@pytest.mark.parametrize(("full", "limited"), [(255, 235), (0, 16), (128, 126)])
@pytest.mark.parametrize("pix_fmt", ["yuvj420p", "yuvj422p"])
def test_full_range_becomes_limited(pix_fmt: str, full: int, limited: int) -> None:
    picture = PlaneReader().read(grey_frame(pix_fmt, full))
    assert abs(int(picture.y[20, 20]) - limited) <= 1
    assert abs(int(picture.u[10, 10]) - 128) <= 1


def test_yuv420p_marked_full_range_is_converted() -> None:
    frame = grey_frame("yuv420p", 255)
    frame.color_range = RANGE_FULL
    assert abs(int(PlaneReader().read(frame).y[20, 20]) - 235) <= 1


def test_bt601_colours_become_bt709() -> None:
    # Pure red in limited BT.601 is (81, 90, 240), in limited BT.709 (63, 102, 240).
    frame = av.VideoFrame(64, 48, "yuv420p")
    for plane, value in zip(frame.planes, (81, 90, 240), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    frame.colorspace, frame.color_range = SPC_BT470BG, RANGE_LIMITED
    picture = PlaneReader().read(frame)
    assert abs(int(picture.y[20, 20]) - 63) <= 2
    assert abs(int(picture.u[10, 10]) - 102) <= 2
    assert abs(int(picture.v[10, 10]) - 240) <= 2


def test_rgb_becomes_bt709() -> None:
    red = np.zeros((48, 64, 3), np.uint8)
    red[..., 0] = 255
    picture = PlaneReader().read(av.VideoFrame.from_ndarray(red, format="rgb24"))
    assert abs(int(picture.y[20, 20]) - 63) <= 2
    assert abs(int(picture.v[10, 10]) - 240) <= 2


@pytest.mark.parametrize(
    ("suffix", "codec", "pix_fmt"),
    [("avi", "mjpeg", "yuvj420p"), ("mkv", "ffv1", "yuv422p10le"), ("nut", "rawvideo", "yuv444p")],
)
def test_other_formats_are_captured(tmp_path: Path, suffix: str, codec: str, pix_fmt: str) -> None:
    video = write_video(tmp_path / f"a.{suffix}", 12, codec=codec, pix_fmt=pix_fmt)
    with capturing(CaptureSettings(str(video))) as (_, collector):
        live = collector.wait_for_live(6)
    assert all(one.left == one.stamp.frame_id for one in live)
    picture = live[0].frame.left
    assert abs(int(picture.y[100, 128]) - 120) <= 6
    assert abs(int(picture.u[50, 64]) - 110) <= 4
