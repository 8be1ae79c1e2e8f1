"""RTP payloads for H.264, made once for all viewers (RFC 6184, packetization-mode 1)."""

import struct
from collections.abc import Sequence
from typing import Final

MAX_PAYLOAD_BYTES: Final = 1150  # with RTP header, extensions, SRTP tag, UDP and IPv6: below 1280
_STAP_A: Final = 24
_FU_A: Final = 28
_START: Final = 0x80
_END: Final = 0x40


def packetise(nal_units: Sequence[bytes], max_bytes: int = MAX_PAYLOAD_BYTES) -> list[bytes]:
    """RTP payloads for one access unit, in order.

    Neighbouring small units share a STAP-A (5.7.1), large ones are cut into FU-A fragments of
    nearly equal size (5.8). The marker bit belongs on the last payload.
    """
    payloads: list[bytes] = []
    small: list[bytes] = []
    small_bytes = 1
    for unit in nal_units:
        fits = small_bytes + 2 + len(unit) <= max_bytes
        if small and not fits:
            payloads.append(_aggregate(small))
            small, small_bytes = [], 1
        if 3 + len(unit) <= max_bytes:
            small.append(unit)
            small_bytes += 2 + len(unit)
        elif len(unit) <= max_bytes:
            payloads.append(unit)
        else:
            payloads.extend(_fragment(unit, max_bytes))
    if small:
        payloads.append(_aggregate(small))
    return payloads


def _aggregate(units: Sequence[bytes]) -> bytes:
    if len(units) == 1:
        return units[0]
    nri = max(unit[0] & 0x60 for unit in units)
    forbidden = max(unit[0] & 0x80 for unit in units)
    parts = [bytes([forbidden | nri | _STAP_A])]
    for unit in units:
        parts += [struct.pack("!H", len(unit)), unit]
    return b"".join(parts)


def _fragment(unit: bytes, max_bytes: int) -> list[bytes]:
    indicator = (unit[0] & 0xE0) | _FU_A
    nal_type = unit[0] & 0x1F
    body = len(unit) - 1
    count = -(-body // (max_bytes - 2))
    cuts = [1 + body * i // count for i in range(count + 1)]
    fragments = []
    for i in range(count):
        flags = (_START if i == 0 else 0) | (_END if i == count - 1 else 0)
        fragments.append(bytes([indicator, flags | nal_type]) + unit[cuts[i] : cuts[i + 1]])
    return fragments
