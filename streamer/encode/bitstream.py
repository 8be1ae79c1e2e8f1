"""H.264 byte streams: NAL units, and the SEI that carries a frame's identity in the picture itself.

Source: ITU-T H.264 (08/2021), 7.3.1 (NAL unit), 7.4.1.1 (emulation prevention), D.1.6
(user data unregistered), Annex B (byte stream).
"""

import re
import struct
from typing import Final, NamedTuple

NAL_IDR: Final = 5
NAL_SEI: Final = 6
NAL_SPS: Final = 7

# Names our SEI payload among all user data; generated once, for this project.
IDENTITY_UUID: Final = bytes.fromhex("7f0f8a3c5d1b4b0e9f6c2a7e54b1d3c8")
_PAYLOAD_USER_DATA_UNREGISTERED: Final = 5
_IDENTITY: Final = struct.Struct("!QQ")
_NEEDS_PREVENTION: Final = re.compile(rb"\x00\x00(?=[\x00-\x03])")


class Identity(NamedTuple):
    """What the SEI says: the frame id, and the capture time as a 64-bit NTP timestamp."""

    frame_id: int
    captured_ntp: int


def split_nal_units(access_unit: bytes) -> list[bytes]:
    """The NAL units of an Annex B byte stream, without start codes and trailing zeros."""
    units = []
    start = access_unit.find(b"\x00\x00\x01")
    while start != -1:
        begin = start + 3
        start = access_unit.find(b"\x00\x00\x01", begin)
        unit = access_unit[begin : start if start != -1 else len(access_unit)]
        units.append(unit.rstrip(b"\x00"))
    return [unit for unit in units if unit]


def nal_type(unit: bytes) -> int:
    """The nal_unit_type of a NAL unit."""
    return unit[0] & 0x1F


def identity_sei(frame_id: int, captured_ntp: int) -> bytes:
    """A SEI NAL unit (no start code) that carries a frame's identity.

    Payload: our UUID (16 bytes), `frame_id` and `captured_ntp` as big-endian 64-bit numbers.
    """
    payload = IDENTITY_UUID + _IDENTITY.pack(frame_id, captured_ntp)
    rbsp = bytes([_PAYLOAD_USER_DATA_UNREGISTERED, len(payload)]) + payload + b"\x80"
    return bytes([NAL_SEI]) + _NEEDS_PREVENTION.sub(b"\x00\x00\x03", rbsp)


def read_identity(units: list[bytes]) -> Identity | None:
    """The identity found in the SEI of these NAL units, or None where there is none."""
    for unit in units:
        if nal_type(unit) != NAL_SEI:
            continue
        rbsp = unit[1:].replace(b"\x00\x00\x03", b"\x00\x00")
        at = rbsp.find(IDENTITY_UUID)
        if at >= 2 and len(rbsp) >= at + 16 + _IDENTITY.size:
            return Identity(*_IDENTITY.unpack_from(rbsp, at + 16))
    return None
