"""The real command `theatron` as a process of its own: started, read, asked, ended by Ctrl-C."""

import json
import os
import queue
import signal
import socket
import ssl
import subprocess
import sys
import sysconfig
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self, TypeVar
from urllib.parse import urlsplit

from tests.e2e.videos import CodedVideo

WINDOWS: Final = sys.platform == "win32"
START_S: Final = 90.0  # kernels may have to be compiled first
STOP_S: Final = 20.0

T = TypeVar("T")


def theatron(*arguments: str) -> list[str]:
    """The command line that runs `theatron` as it is installed beside this Python."""
    script = Path(sysconfig.get_path("scripts")) / ("theatron.exe" if WINDOWS else "theatron")
    if script.exists():
        return [str(script), *arguments]
    return [sys.executable, "-c", "from streamer.cli import main; main()", *arguments]


def environment(home: Path) -> dict[str, str]:
    """This process's environment with a state folder of its own and plain UTF-8 output."""
    return {**os.environ, "THEATRON_HOME": str(home), "PYTHONUTF8": "1", "COLUMNS": "200"}


def run_to_end(home: Path, *arguments: str, timeout_s: float = 60) -> "Ended":
    """Run `theatron` with `arguments` until it ends by itself."""
    done = subprocess.run(
        theatron(*arguments),
        env=environment(home),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout_s,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


class Ended:
    """How a command ended: its exit code and what it said."""

    def __init__(self, code: int, stdout: str, stderr: str) -> None:
        self.code = code
        self.stdout = stdout
        self.stderr = stderr

    def assert_refused(self, *words: str) -> None:
        """It ended non-zero with a sentence that holds all of `words`, and no traceback."""
        said = self.stderr + self.stdout
        assert self.code not in (0, None), f"exit code {self.code}, and it said:\n{said}"
        assert "Traceback" not in said, said
        sentence = self.stderr.strip()
        assert sentence, "nothing on stderr"
        missing = [word for word in words if word.lower() not in sentence.lower()]
        assert not missing, f"{missing} not in: {sentence}"


def wait_until(holds: Callable[[], T], what: str, timeout_s: float = 40.0) -> T:
    """Ask `holds` until it gives something true; what it gave. Fails after `timeout_s`."""
    end = time.monotonic() + timeout_s
    while True:
        value = holds()
        if value:
            return value
        assert time.monotonic() < end, f"waited {timeout_s:g} s in vain until {what}"
        time.sleep(0.1)


def free_port() -> int:
    """A TCP port on loopback that nobody holds at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class ServerProcess:
    """`theatron serve --json ...` (or demo) on a port of its own; a context manager.

    Leaving it sends Ctrl-C and asserts that the command ended with 0 and no traceback.
    """

    def __init__(self, home: Path, command: str, *arguments: str, port: int | None = None) -> None:
        self.home = home
        self.port = free_port() if port is None else port
        self.arguments = [command, "--port", str(self.port), *arguments]
        self.stdout: list[str] = []
        self.stderr: list[str] = []
        self.announced: dict[str, Any] = {}
        self._first_line: queue.Queue[str] = queue.Queue()
        self._process: subprocess.Popen[str] | None = None
        self._readers: list[threading.Thread] = []

    def start(self) -> Self:
        """Start the command and wait for the JSON object on its first line."""
        self.launch()
        line = self.wait_for_first_line()
        self.announced = json.loads(line)
        assert self.announced["pid"] == self.pid or WINDOWS
        return self

    def launch(self) -> None:
        """Start the command and read what it says, without waiting for it."""
        new_group = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)  # Windows: for Ctrl-Break
        self._process = subprocess.Popen(
            theatron(*self.arguments),
            env=environment(self.home),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            creationflags=new_group,
        )
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._readers = [
            threading.Thread(target=self._read, args=(stream, into), daemon=True)
            for stream, into in (
                (self._process.stdout, self.stdout),
                (self._process.stderr, self.stderr),
            )
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream: IO[str], into: list[str]) -> None:
        with stream:
            for line in stream:
                if into is self.stdout and not into:
                    self._first_line.put(line)
                into.append(line.rstrip("\n"))

    def wait_for_first_line(self) -> str:
        """The first line on stdout; fails with what was said where the command ends before."""
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            try:
                return self._first_line.get(timeout=0.1)
            except queue.Empty:
                code = self.process.poll()
                assert code is None or not self._first_line.empty(), (
                    f"{self.arguments} ended with {code}:\n{self.said}"
                )
        raise AssertionError(f"{self.arguments} said nothing in {START_S:g} s:\n{self.said}")

    @property
    def process(self) -> subprocess.Popen[str]:
        """The process; it must have been started."""
        assert self._process is not None
        return self._process

    @property
    def pid(self) -> int:
        """The process's id."""
        return self.process.pid

    @property
    def said(self) -> str:
        """All that stands on stderr and stdout so far."""
        return "\n".join([*self.stderr, *self.stdout])

    @property
    def student_url(self) -> str:
        """The students' address as announced."""
        return str(self.announced["student_url"])

    @property
    def instructor_url(self) -> str:
        """The instructor's address as announced."""
        return str(self.announced["instructor_url"])

    @property
    def origin(self) -> str:
        """Scheme, host and port, as a browser's `Origin` writes them."""
        parts = urlsplit(self.student_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def socket_url(self) -> str:
        """Where pages open their socket."""
        return f"{self.origin.replace('http', 'ws', 1)}/ws"

    @property
    def student_token(self) -> str:
        """The students' token."""
        return token_of(self.student_url)

    @property
    def instructor_token(self) -> str:
        """The instructor's token."""
        return token_of(self.instructor_url)

    def stats(self) -> dict[str, Any]:
        """The server's counters, as the instructor may read them."""
        answer: dict[str, Any] = json.loads(
            self.get("/api/stats", {"Authorization": f"Bearer {self.instructor_token}"})
        )
        return answer

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> bytes:
        """Fetch a path of the server, over its own certificate."""
        request = urllib.request.Request(self.origin + path, headers=dict(headers or {}))
        context = believing_anyone()
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:
            content: bytes = answer.read()
            return content

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        if sys.platform == "win32":
            self.process.send_signal(signal.CTRL_BREAK_EVENT)
        else:
            self.process.send_signal(signal.SIGINT)

    def wait(self, timeout_s: float = STOP_S) -> int:
        """Wait until the command has ended and everything it said is read; its exit code."""
        try:
            code = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(
                f"still there {timeout_s:g} s after Ctrl-C:\n{self.said}"
            ) from None
        for reader in self._readers:
            reader.join(5)
        return code

    def stop(self) -> None:
        """Press Ctrl-C; the command must end with 0 and without a traceback."""
        self.interrupt()
        code = self.wait()
        assert code == 0, f"exit code {code} after Ctrl-C:\n{self.said}"
        assert "Traceback" not in self.said, self.said

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is None or self.process.poll() is not None:
            if kind is None:
                raise AssertionError(f"the server ended by itself:\n{self.said}")
            return
        if kind is None:
            self.stop()
        else:
            self.process.kill()
            self.wait()
            print(self.said)


def believing_anyone() -> ssl.SSLContext:
    """TLS that takes any certificate: each test's server has an authority of its own."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def token_of(url: str) -> str:
    """The token in a link that the server announced: its fragment."""
    token = urlsplit(url).fragment
    assert token, f"no token in {url}"
    return token


def serve_arguments(video: CodedVideo, *more: str) -> list[str]:
    """Arguments that serve a looped coded video over HTTPS on loopback."""
    source = ["--video", str(video.path), "--layout", video.layout, "--loop"]
    return [*source, "--json", "--host", "127.0.0.1", *more]
