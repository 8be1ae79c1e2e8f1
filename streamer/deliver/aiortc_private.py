"""Every touch of aiortc's and aioice's private parts, written against aiortc 1.16.

What is used, and why the public interface does not do:

- `RTCRtpSender._run_rtp`: the stock one encodes (or packs) for each peer, with a random RTP
  origin; ours only waits, because the fan-out sends (`SharedSender`).
- `RTCRtpSender._retransmit`, `_send_keyframe`: to answer NACKs from our own history and to hand
  PLI and FIR to the keyframe broker.
- the sender's private SR fields: so that sender reports pair the RTP timestamp with the time of
  capture, not of sending.
- `RTCDtlsTransport._tx_srtp` and the ICE connection's nominated pair: to protect and send a
  packet without two coroutines for each.
- the protocols of `aioice.Connection`: to drop datagrams from any source but the selected pair
  (`guard_datagrams`; the ClientHello race, OWASP ASVS 5.0, 17.2.6).

`check_private_parts` names what is missing where another version has moved things; the
broadcaster calls it at start, and so do the tests.
"""

import asyncio
import secrets
import struct
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import aiortc
import pylibsrtp
from aioice.ice import Connection, StunProtocol
from aiortc import RTCPeerConnection, RTCRtpSender
from aiortc.rtcdtlstransport import RTCDtlsTransport, State
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import HeaderExtensions

from streamer.errors import ServerError

WRITTEN_AGAINST: Final = "1.16."
HISTORY_PACKETS: Final = 1024  # more than a second at 8 Mb/s
MAX_BACKLOG_BYTES: Final = 512 * 1024

_RTP_HEADER: Final = struct.Struct("!BBHLL")
_EXTENSION_HEADER: Final = struct.Struct("!HH")
_NTP_UNIX_OFFSET_S: Final = 2_208_988_800
_SENDER: Final = "_RTCRtpSender__"


def check_private_parts() -> None:
    """Fail at once, naming the part, where this aiortc is not the one this file was written for.

    Raises:
        ServerError: another version of aiortc, or a private part that is not where it was.
    """
    if not aiortc.__version__.startswith(WRITTEN_AGAINST):
        raise ServerError(
            f"aiortc {aiortc.__version__} is installed, but this Theatron needs aiortc "
            f"{WRITTEN_AGAINST}x: pip install 'aiortc~={WRITTEN_AGAINST}0'."
        )
    wanted: dict[Any, Sequence[str]] = {
        RTCRtpSender.__init__: [
            _SENDER + name
            for name in (
                "rtp_started",
                "rtp_exited",
                "mid",
                "rtp_header_extensions_map",
                "rtx_payload_type",
                "ntp_timestamp",
                "rtp_timestamp",
                "octet_count",
                "packet_count",
            )
        ]
        + ["_ssrc", "_rtx_ssrc"],
        RTCRtpSender.send: ["_run_rtp"],
        RTCRtpSender._handle_rtcp_packet: ["_retransmit", "_send_keyframe"],
        RTCDtlsTransport.__init__: ["_tx_srtp", "_state"],
        Connection.__init__: ["_nominated", "_protocols"],
    }
    for function, names in wanted.items():
        missing = set(names) - set(function.__code__.co_names)
        if missing:
            raise ServerError(
                f"aiortc {aiortc.__version__}: {function.__qualname__} knows no "
                f"{', '.join(sorted(missing))}; streamer/deliver/aiortc_private.py must be "
                "brought up to this version."
            )


class SharedSender:
    """Takes over an `RTCRtpSender`, so that packets made once are sent by many.

    `on_ready` is called when the peer can be sent to; `on_keyframe_request` when it asks for one.
    All calls are made on the event loop.
    """

    def __init__(
        self,
        sender: RTCRtpSender,
        on_ready: Callable[[], None],
        on_keyframe_request: Callable[[], None],
    ) -> None:
        self._sender: Any = sender
        self._on_ready = on_ready
        self._ready = False
        self._payload_type = 0
        self._sequence = secrets.randbelow(1 << 15)
        self._rtx_sequence = secrets.randbelow(1 << 15)
        self._history: dict[int, tuple[int, int, int, bytes]] = {}
        self.packets = 0
        self.retransmitted = 0
        # Set on this one object, they shadow the class's methods.
        vars(sender).update(
            _run_rtp=self._run, _retransmit=self._retransmit, _send_keyframe=on_keyframe_request
        )

    @property
    def ready(self) -> bool:
        """Whether the transport is up and the codec agreed."""
        return self._ready and self._sender.transport._state == State.CONNECTED

    def backlog_bytes(self) -> int:
        """Bytes that the socket would not take yet."""
        pair = self._pair()
        return pair.protocol.transport.get_write_buffer_size() if pair else 0

    def send(
        self,
        payloads: Sequence[bytes],
        rtp_timestamp: int,
        captured_ntp: int,
        captured_rtp: int,
    ) -> None:
        """Send one frame's payloads.

        `captured_ntp` (64-bit NTP) and `captured_rtp` are the pair that the next sender report
        states.
        """
        extension = self._extension()
        last = len(payloads) - 1
        for i, payload in enumerate(payloads):
            marker = 0x80 if i == last else 0
            sequence = self._sequence
            self._history[sequence % HISTORY_PACKETS] = (sequence, marker, rtp_timestamp, payload)
            header = _RTP_HEADER.pack(
                0x90,
                marker | self._payload_type,
                sequence,
                rtp_timestamp,
                self._sender._ssrc,
            )
            self._protect_and_send(header + extension + payload)
            self._sequence = (sequence + 1) & 0xFFFF
        sent = sum(map(len, payloads))
        self.packets += len(payloads)
        state = vars(self._sender)
        state[_SENDER + "ntp_timestamp"] = captured_ntp
        state[_SENDER + "rtp_timestamp"] = captured_rtp
        state[_SENDER + "packet_count"] += len(payloads)
        state[_SENDER + "octet_count"] += sent

    async def _run(self, codec: RTCRtpCodecParameters) -> None:
        """Stands in for the stock loop: says that the peer is ready, then waits to be stopped."""
        state = vars(self._sender)
        state[_SENDER + "rtp_started"].set()
        self._payload_type = codec.payloadType or 0
        self._ready = True
        self._on_ready()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            pass
        finally:
            self._ready = False
            state[_SENDER + "rtp_exited"].set()

    async def _retransmit(self, sequence_number: int) -> None:
        """Answer a NACK (RFC 4585) by RTX (RFC 4588) if that was agreed, else by the packet."""
        kept = self._history.get(sequence_number % HISTORY_PACKETS)
        if kept is None or kept[0] != sequence_number or not self.ready:
            return
        sequence, marker, timestamp, payload = kept
        rtx_payload_type = vars(self._sender)[_SENDER + "rtx_payload_type"]
        payload_type, ssrc = self._payload_type, self._sender._ssrc
        if rtx_payload_type is not None:
            payload = struct.pack("!H", sequence) + payload
            payload_type, ssrc = rtx_payload_type, self._sender._rtx_ssrc
            sequence = self._rtx_sequence
            self._rtx_sequence = (sequence + 1) & 0xFFFF
        header = _RTP_HEADER.pack(0x90, marker | payload_type, sequence, timestamp, ssrc)
        self._protect_and_send(header + self._extension() + payload)
        self.retransmitted += 1

    def _extension(self) -> bytes:
        """The RTP header extension block (RFC 8285) of a packet sent now."""
        state = vars(self._sender)
        now = time.time() + _NTP_UNIX_OFFSET_S
        values = HeaderExtensions(
            abs_send_time=int(now * (1 << 18)) & 0xFF_FFFF, mid=state[_SENDER + "mid"]
        )
        profile, value = state[_SENDER + "rtp_header_extensions_map"].set(values)
        return _EXTENSION_HEADER.pack(profile, len(value) // 4) + cast("bytes", value)

    def _pair(self) -> Any:
        return self._sender.transport.transport._connection._nominated.get(1)

    def _protect_and_send(self, packet: bytes) -> None:
        pair = self._pair()
        if pair is None:
            return
        try:
            protected = self._sender.transport._tx_srtp.protect(packet)
        except pylibsrtp.Error:
            return  # the transport is going down
        pair.protocol.transport.sendto(protected, pair.remote_addr)


def guard_datagrams(pc: RTCPeerConnection, on_dropped: Callable[[bool], None]) -> None:
    """Let only the selected pair's source reach DTLS and SRTP; call after the local description.

    STUN goes through: it is how a pair comes to be selected, and it is authenticated.
    `on_dropped` is called for each datagram dropped, with whether its source is a stranger to ICE;
    a peer that is changing pairs may for a moment send from one that is not selected yet.
    """
    connections = {
        id(transceiver.sender.transport.transport): transceiver.sender.transport.transport
        for transceiver in pc.getTransceivers()
    }
    if pc.sctp is not None:
        transport = pc.sctp.transport.transport
        connections[id(transport)] = transport
    for transport in connections.values():
        connection: Any = cast("Any", transport)._connection
        for protocol in connection._protocols:
            _guard(connection, protocol, on_dropped)


def _guard(connection: Any, protocol: StunProtocol, on_dropped: Callable[[bool], None]) -> None:
    inner = protocol.datagram_received

    def datagram_received(data: bytes, addr: tuple[Any, ...]) -> None:
        if not data or data[0] > 3:  # RFC 7983: 0..3 is STUN; aiortc trips over no bytes at all
            pair = connection._nominated.get(1)
            if pair is None or pair.protocol is not protocol or pair.remote_addr != addr[:2]:
                known = {(c.host, c.port) for c in connection.remote_candidates}
                on_dropped(addr[:2] not in known)
                return
        inner(data, addr)

    protocol.datagram_received = datagram_received  # type: ignore[method-assign, assignment]
