"""NAL units and the identity SEI."""

from hypothesis import given
from hypothesis import strategies as st

from streamer.encode.bitstream import (
    NAL_SEI,
    Identity,
    identity_sei,
    nal_type,
    read_identity,
    split_nal_units,
)

U64 = st.integers(0, 2**64 - 1)


@given(frame_id=U64, captured_ntp=U64)
def test_identity_survives_any_value(frame_id: int, captured_ntp: int) -> None:
    sei = identity_sei(frame_id, captured_ntp)
    assert nal_type(sei) == NAL_SEI
    assert read_identity([b"\x67\x42", sei, b"\x65\x88"]) == Identity(frame_id, captured_ntp)


@given(frame_id=U64, captured_ntp=U64)
def test_identity_never_holds_a_start_code(frame_id: int, captured_ntp: int) -> None:
    sei = identity_sei(frame_id, captured_ntp)
    assert all(sei.find(bytes([0, 0, code])) == -1 for code in (0, 1, 2))
    assert split_nal_units(b"\0\0\0\1" + sei) == [sei]


def test_no_identity_in_foreign_sei() -> None:
    foreign = bytes([NAL_SEI, 5, 16]) + bytes(range(16)) + b"\x80"
    assert read_identity([foreign]) is None


def test_three_and_four_byte_start_codes_and_trailing_zeros() -> None:
    stream = b"\0\0\0\1\x67\x42\0\0\1\x68\xce\0\0\0\0\1\x65\x88\x84\0"
    assert split_nal_units(stream) == [b"\x67\x42", b"\x68\xce", b"\x65\x88\x84"]


def test_an_empty_stream_has_no_units() -> None:
    assert split_nal_units(b"") == []
    assert split_nal_units(b"\x65\x88") == []
