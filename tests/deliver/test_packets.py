"""RFC 6184 payloads: whatever goes in comes out of another's depacketiser."""

from aiortc.codecs.h264 import h264_depayload
from hypothesis import given
from hypothesis import strategies as st

from streamer.deliver.packets import packetise

NAL = st.builds(
    lambda kind, body: bytes([kind]) + body,
    st.sampled_from([0x65, 0x41, 0x67, 0x68, 0x06]),
    st.binary(min_size=1, max_size=400),
)


@given(units=st.lists(NAL, min_size=1, max_size=12), limit=st.integers(20, 200))
def test_aiortc_reads_back_what_was_packed(units: list[bytes], limit: int) -> None:
    payloads = packetise(units, limit)
    stream = b"".join(h264_depayload(payload) for payload in payloads)
    assert stream == b"".join(b"\0\0\0\1" + unit for unit in units)
    assert all(len(payload) <= limit for payload in payloads)


def test_fragments_are_nearly_equal() -> None:
    sizes = [len(p) for p in packetise([b"\x65" + bytes(5000)], 1150)]
    assert len(sizes) == 5
    assert max(sizes) - min(sizes) <= 1


def test_small_units_share_a_packet() -> None:
    assert len(packetise([b"\x67\x42", b"\x68\xce", b"\x06\x05"], 1150)) == 1
