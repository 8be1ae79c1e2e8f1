"""The encoder, checked by FFmpeg's decoder and by the bytes of its SPS."""

import av
import numpy as np
import pytest

from streamer.encode.bitstream import NAL_IDR, NAL_SPS, nal_type, split_nal_units
from streamer.encode.h264 import H264Encoder
from streamer.errors import EncoderError
from streamer.frames import I420
from tests.encode.pictures import moving_picture


def decode(access_units: list[bytes]) -> list[I420]:
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    pictures = []
    for unit in [*access_units, None]:
        for frame in decoder.decode(av.Packet(unit) if unit else None):
            array = frame.to_ndarray(format="yuv420p")
            height, width = frame.height, frame.width
            flat = array.astype(np.uint8).reshape(-1)
            luma, chroma = width * height, width * height // 4
            pictures.append(
                I420(
                    flat[:luma].reshape(height, width),
                    flat[luma : luma + chroma].reshape(height // 2, width // 2),
                    flat[luma + chroma :].reshape(height // 2, width // 2),
                )
            )
    return pictures


def test_each_frame_comes_out_at_once_and_decodes_to_itself() -> None:
    encoder = H264Encoder(320, 180, 30, 2_000_000)
    sent = [moving_picture(320, 180, n) for n in range(12)]
    units = [encoder.encode(p, n * 3000, keyframe=n == 0) for n, p in enumerate(sent)]
    seen = decode(units)
    assert len(seen) == len(sent)
    for before, after in zip(sent, seen, strict=True):
        assert np.abs(before.y.astype(int) - after.y).mean() < 6
        assert np.abs(before.u.astype(int) - after.u).mean() < 4


def test_planes_of_a_larger_picture_are_encoded_as_cut() -> None:
    whole = moving_picture(640, 180, 3)
    right = whole.crop(320, 0, 320, 180)
    unit = H264Encoder(320, 180, 30, 4_000_000).encode(right, 0, keyframe=True)
    assert np.abs(decode([unit])[0].y.astype(int) - right.y).mean() < 6


def test_constrained_baseline_without_reordering() -> None:
    unit = H264Encoder(1280, 720, 30, 4_000_000).encode(
        moving_picture(1280, 720, 0), 0, keyframe=True
    )
    sps = next(u for u in split_nal_units(unit) if nal_type(u) == NAL_SPS)
    profile_idc, constraints, level_idc = sps[1], sps[2], sps[3]
    assert profile_idc == 66
    assert constraints & 0x40  # constraint_set1_flag: Constrained Baseline
    assert level_idc <= 31


def test_keyframes_come_when_asked_and_only_then() -> None:
    encoder = H264Encoder(320, 180, 30, 1_000_000)
    wanted = {0, 7, 20}
    got = set()
    for n in range(30):
        unit = encoder.encode(moving_picture(320, 180, n), n * 3000, keyframe=n in wanted)
        types = [nal_type(u) for u in split_nal_units(unit)]
        if NAL_IDR in types:
            got.add(n)
            assert NAL_SPS in types
    assert got == wanted


def test_an_odd_size_is_refused_with_the_size() -> None:
    with pytest.raises(EncoderError, match="321x180"):
        H264Encoder(321, 180, 30, 1_000_000)
