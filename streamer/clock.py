"""The capture clock, and its NTP, RTP and media-time faces: the one place where time is converted.

A frame is stamped with `captured_ns`, nanoseconds of the machine's monotonic clock. Everything that
leaves the process is derived from it:

- Unix time (`unix_ms`), by an offset read once at start, so that it never jumps;
- NTP time (`ntp`), for RTCP sender reports (RFC 3550, section 4);
- the RTP timestamp (`rtp_timestamp`), 90 kHz since a known origin, whose low bits are the frame id.
"""

import time
from dataclasses import dataclass, field
from typing import Final

RTP_CLOCK_HZ: Final = 90_000
NTP_UNIX_OFFSET_S: Final = 2_208_988_800
FRAME_ID_BITS: Final = 6
FRAME_ID_MASK: Final = (1 << FRAME_ID_BITS) - 1


@dataclass(frozen=True, slots=True)
class CaptureClock:
    """A monotonic clock with a fixed Unix offset and a known RTP origin.

    `unix_offset_ns` added to `captured_ns` gives nanoseconds since the Unix epoch;
    `origin_ns` is the capture time at which RTP timestamps start from 0.
    """

    unix_offset_ns: int = field(default_factory=lambda: time.time_ns() - time.monotonic_ns())
    origin_ns: int = field(default_factory=time.monotonic_ns)

    def now_ns(self) -> int:
        """Capture time now, in nanoseconds."""
        return time.monotonic_ns()

    def unix_ms(self, captured_ns: int) -> float:
        """Milliseconds since the Unix epoch at `captured_ns`."""
        return (captured_ns + self.unix_offset_ns) / 1e6

    def ntp(self, captured_ns: int) -> int:
        """64-bit NTP timestamp at `captured_ns` (32.32 fixed point, era 0)."""
        unix_ns = captured_ns + self.unix_offset_ns
        seconds, ns = divmod(unix_ns, 1_000_000_000)
        return ((seconds + NTP_UNIX_OFFSET_S) << 32) | ((ns << 32) // 1_000_000_000)

    def media_ticks(self, captured_ns: int) -> int:
        """90 kHz ticks since the origin at `captured_ns`, not wrapped."""
        return (captured_ns - self.origin_ns) * RTP_CLOCK_HZ // 1_000_000_000

    def rtp_timestamp(self, captured_ns: int, frame_id: int) -> int:
        """32-bit RTP timestamp of a frame: capture time, the low six bits being the frame id's.

        Time is thereby known to 0.7 ms and the frame exactly, with nothing sent beside the
        picture. A receiver that knows one anchor (a frame's id and timestamp) and the rate finds
        any other frame's id: the time gives it to within half of 64 frames, the low bits the rest.
        """
        ticks = self.media_ticks(captured_ns)
        return ((ticks & ~FRAME_ID_MASK) | (frame_id & FRAME_ID_MASK)) & 0xFFFF_FFFF
