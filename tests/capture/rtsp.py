"""A small RTSP camera for tests: real RTP by FFmpeg, interleaved over TCP (RFC 2326, 10.12)."""

import socket
import struct
import threading
import time

import av

from tests.capture.media import EYE, X264, free_udp_port, numbered_eye, to_video_frame

FPS = 30
SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=theatre\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\n"
    "a=control:track0\r\n"
)


class RtspCamera:
    """Serves one client at a time at rtsp://127.0.0.1:`port`/theatre."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the camera and its connection; may be called twice."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        # Wakes the accept, which closing the socket would not do everywhere.
        with socket.create_connection(("127.0.0.1", self.port)):
            self._thread.join()
        self._server.close()

    def _serve(self) -> None:
        while not self._stopping.is_set():
            client, _ = self._server.accept()
            with client:
                try:
                    if not self._stopping.is_set() and self._handshake(client):
                        self._play(client)
                except OSError:
                    continue

    def _handshake(self, client: socket.socket) -> bool:
        with client.makefile("rb") as lines:
            while request := lines.readline().decode():
                method, url, _ = request.split()
                headers = {}
                while line := lines.readline().decode().strip():
                    name, value = line.split(":", 1)
                    headers[name.lower()] = value.strip()
                extra, body = "", ""
                if method == "OPTIONS":
                    extra = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
                elif method == "DESCRIBE":
                    body = SDP
                    extra = f"Content-Base: {url}/\r\nContent-Type: application/sdp\r\n"
                elif method == "SETUP":
                    extra = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
                client.sendall(
                    f"RTSP/1.0 200 OK\r\nCSeq: {headers['cseq']}\r\nSession: 1\r\n{extra}"
                    f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
                )
                if method == "PLAY":
                    return True
        return False

    def _play(self, client: socket.socket) -> None:
        port, started_s = free_udp_port(), time.monotonic()
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as packets,
            av.open(f"rtp://127.0.0.1:{port}?pkt_size=1200", "w", format="rtp") as out,
        ):
            packets.bind(("127.0.0.1", port))
            packets.setblocking(False)
            stream = out.add_stream("libx264", rate=FPS)
            assert isinstance(stream, av.VideoStream)
            stream.width, stream.height = EYE
            stream.pix_fmt = "yuv420p"
            stream.options = {**X264, "tune": "zerolatency", "g": "15"}
            number = 0
            while not self._stopping.wait(max(0, started_s + number / FPS - time.monotonic())):
                out.mux(stream.encode(to_video_frame(numbered_eye(number), number, FPS)))
                number += 1
                self._forward(packets, client)

    @staticmethod
    def _forward(packets: socket.socket, client: socket.socket) -> None:
        while True:
            try:
                packet = packets.recv(2048)
            except BlockingIOError:
                return
            client.sendall(struct.pack("!cBH", b"$", 0, len(packet)) + packet)
