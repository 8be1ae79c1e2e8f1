"""Disparity beside the picture: layout, twins, and what H.264 leaves of it."""

import av
import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.layered import LayeredScene
from streamer.capture.planes import PlaneReader
from streamer.encode.h264 import H264Encoder
from streamer.frames import I420
from streamer.render.disparity import DisparityMap
from streamer.render.kernels.packing import decode_map, encode_map
from streamer.render.packing import (
    DepthPacking,
    DepthRange,
    PackingError,
    header_bytes,
    read_header,
)
from tests.render import naive_warp

EYE = (320, 192)


def test_the_strip_equals_the_naive_twin() -> None:
    random = np.random.default_rng(2)
    width, height, rows = 6, 10, 4
    px = random.uniform(-12, 30, (height, width)).astype(np.float32)
    confidence = random.integers(0, 256, (height, width), np.uint8)
    y = np.empty((rows, 4 * width), np.uint8)
    u, v = np.empty((2, 2 * width), np.uint8), np.empty((2, 2 * width), np.uint8)
    encode_map(px, confidence, -10.0, 25.0, rows, y, u, v)
    for block in range(4):
        for r in range(rows):
            row = min(block * rows + r, height - 1)
            expected = [naive_warp.encode_level(d, -10, 25) for d in px[row].tolist()]
            assert y[r, block * width : (block + 1) * width].tolist() == expected
        for r in range(rows // 2):
            first = min(block * rows + 2 * r, height - 1)
            second = min(first + 1, height - 1)
            for x in range(width // 2):
                sure = [int(confidence[n, 2 * x + m]) for n in (first, second) for m in (0, 1)]
                luma = int(y[2 * r, block * width + 2 * x])
                doubt = naive_warp.encode_doubt(sure, luma)
                assert u[r, block * (width // 2) + x] == doubt
    assert (v == 128).all()
    back, sureness = np.empty_like(px), np.empty_like(confidence)
    decode_map(y, u, -10.0, 25.0, rows, back, sureness)
    assert np.abs(back - np.clip(px, -10, 25)).max() <= 35 / 219 / 2 + 1e-4


def test_red_tells_disparity_alone_and_blue_is_never_clipped() -> None:
    """What a page's shader sees, by BT.709, limited range."""
    for luma in range(16, 236):
        for doubt in (0, 16, 32, 48):
            u = doubt if luma < 128 else -doubt
            red = (luma - 16) / 219
            blue = red + 1.8556 * u / 224
            assert 0 <= blue <= 1
            assert abs(round(abs(blue - red) * 224 / 1.8556) - doubt) <= 1


steps = st.integers(-(1 << 19), (1 << 19) - 1)


@given(steps, steps)
def test_the_header_tells_the_range(low: int, high: int) -> None:
    depth = DepthRange(low / 64, high / 64)
    assert read_header(header_bytes(depth)) == depth


@given(st.integers(0, 63))
def test_a_damaged_header_is_refused(bit: int) -> None:
    data = bytearray(header_bytes(DepthRange(-3.5, 40.25)))
    data[bit // 8] ^= 1 << (bit % 8)
    with pytest.raises(PackingError):
        read_header(bytes(data))


def test_a_newer_version_is_named() -> None:
    whole = bytes.fromhex("b202000000000013")
    with pytest.raises(PackingError, match="version 2"):
        read_header(whole)


def test_layouts() -> None:
    hd = DepthPacking((1280, 720))
    assert hd.map_size == (640, 360)
    assert hd.size == (2560, 832)
    assert DepthPacking.of_picture((2560, 832)) == hd
    assert DepthPacking.of_picture(DepthPacking(EYE).size) == DepthPacking(EYE)
    with pytest.raises(PackingError, match="2560x722"):
        DepthPacking.of_picture((2560, 722))
    with pytest.raises(ValueError, match="100x100"):
        DepthPacking((100, 100))


def packed() -> tuple[DepthPacking, I420, I420, DisparityMap, DepthRange, I420]:
    scene = LayeredScene(EYE)
    (left, px), (right, _) = scene.view(0), scene.view(1)
    confidence = np.full(px.shape, 255, np.uint8)
    confidence[:, :160] = 0
    disparity = DisparityMap(px, confidence, EYE[0])
    layout, depth = DepthPacking(EYE), DepthRange.about(disparity)
    out = I420.empty(*layout.size)
    layout.pack(left, right, disparity, depth, out)
    return layout, left, right, disparity, depth, out


def test_what_is_packed_is_unpacked() -> None:
    layout, left, right, disparity, depth, out = packed()
    a, b, found, told = layout.unpack(out)
    for one, other in ((a, left), (b, right)):
        np.testing.assert_array_equal(one.y, other.y)
        np.testing.assert_array_equal(one.u, other.u)
        np.testing.assert_array_equal(one.v, other.v)
    assert told == depth
    assert found.width == EYE[0]
    half = cv2.resize(disparity.px, layout.map_size, interpolation=cv2.INTER_NEAREST_EXACT)
    assert np.abs(found.px - half).max() <= (depth.high_px - depth.low_px) / 219 / 2 + 1e-3
    assert (found.confidence[:, :80] == 0).all()
    assert (found.confidence[:, 80:] == 255).all()


def test_it_survives_the_live_encoder() -> None:
    layout, _, _, disparity, depth, out = packed()
    encoder = H264Encoder(*layout.size, 30, 2_000_000)
    decoder = av.CodecContext.create("h264", "r")
    frames = []
    for n in range(4):
        access_unit = encoder.encode(out, n * 3000, keyframe=n == 0)
        frames += decoder.decode(av.Packet(access_unit))
    frames += decoder.decode(None)
    a, _, found, told = layout.unpack(PlaneReader().read(frames[-1]))
    assert told == depth
    error = np.abs(found.resized(a.y) - disparity.px)
    assert np.median(error) < 0.2
    assert (error > 1).mean() < 0.06
    assert found.confidence[:, :76].mean() < 10
    assert found.confidence[:, 84:].mean() > 245


def test_a_range_is_kept_while_it_serves() -> None:
    def of(low: float, high: float) -> DisparityMap:
        px = np.array([[low, high]], np.float32)
        return DisparityMap(px, np.full(px.shape, 255, np.uint8), 2)

    first = DepthRange.about(of(-10, 40))
    assert first.low_px < -10
    assert first.high_px > 40
    assert first.kept_for(of(-8, 38)) is first
    assert first.kept_for(of(-20, 40)).low_px < -20  # wider: at once
    assert first.kept_for(of(0, 10)).high_px < 20  # much narrower
    flat = DepthRange.about(of(5, 5))
    assert flat.high_px - flat.low_px >= 4
    assert flat.kept_for(of(5, 5)) is flat


def test_sizes_that_do_not_fit_and_pictures_of_other_kinds_are_refused() -> None:
    layout, left, right, disparity, depth, out = packed()
    with pytest.raises(ValueError, match="do not fit"):
        layout.pack(left, right, disparity, depth, I420.empty(64, 64))
    with pytest.raises(PackingError, match="64, 64"):
        layout.unpack(I420.empty(64, 64))
    out.y[-16:] = 16
    with pytest.raises(PackingError, match="0000"):
        layout.unpack(out)
