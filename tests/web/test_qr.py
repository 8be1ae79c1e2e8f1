"""The links and their QR code, read back by OpenCV from what the terminal would show."""

import io
from typing import Final

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from streamer.web.qr import print_links, qr_lines

STUDENT: Final = "https://192.168.178.42:8443/watch#Zm9vYmFyYmF6cXV4cXV1eGNvcmdl1234"
INSTRUCTOR: Final = "https://192.168.178.42:8443/teach#aW5zdHJ1Y3Rvcmluc3RydWN0b3I5ODc2"
PIXELS: Final = 6

Modules = NDArray[np.bool_]


def from_blocks(lines: list[str]) -> Modules:
    """Dark modules of half-block lines on a dark terminal."""
    light = {"█": (1, 1), "▀": (1, 0), "▄": (0, 1), " ": (0, 0)}
    rows = []
    for line in lines:
        rows.append([not light[character][0] for character in line])
        rows.append([not light[character][1] for character in line])
    return np.array(rows, bool)


def from_pairs(lines: list[str], dark: str) -> Modules:
    """Dark modules of lines with two characters a module."""
    return np.array([[line[x : x + 2] == dark for x in range(0, len(line), 2)] for line in lines])


def read(modules: Modules) -> str:
    """What a camera reads: the modules as squares on a light desk."""
    pixels = modules.repeat(PIXELS, axis=0).repeat(PIXELS, axis=1)
    picture = np.where(pixels, 0, 255).astype(np.uint8)
    picture = np.pad(picture, 40, constant_values=255)
    text, _, _ = cv2.QRCodeDetector().detectAndDecode(picture)
    return str(text)


def test_the_code_in_half_blocks_is_read_back() -> None:
    lines = list(qr_lines(STUDENT, blocks=True, colour=False))
    assert read(from_blocks(lines)) == STUDENT
    assert max(map(len, lines)) <= 78, "it must fit a terminal of 80 columns"


def test_colours_are_stated_on_a_terminal() -> None:
    lines = list(qr_lines(STUDENT, blocks=True, colour=True))
    assert all(line.startswith("\x1b[97;40m") and line.endswith("\x1b[0m") for line in lines)
    plain = [line.removeprefix("\x1b[97;40m").removesuffix("\x1b[0m") for line in lines]
    assert read(from_blocks(plain)) == STUDENT


def test_the_code_in_ascii_is_read_back() -> None:
    lines = list(qr_lines(STUDENT, blocks=False, colour=False))
    assert all(line.isascii() for line in lines)
    assert read(from_pairs(lines, "  ")) == STUDENT


def test_the_code_in_ascii_with_colours_is_read_back() -> None:
    lines = list(qr_lines(STUDENT, blocks=False, colour=True))
    cells = [
        line.removesuffix("\x1b[0m").replace("\x1b[40m  ", "DD").replace("\x1b[107m  ", "LL")
        for line in lines
    ]
    assert read(from_pairs(cells, "DD")) == STUDENT


class Terminal(io.TextIOWrapper):
    """A stream that is a terminal, or not."""

    def __init__(self, encoding: str, *, tty: bool) -> None:
        self.bytes = io.BytesIO()
        super().__init__(self.bytes, encoding=encoding, newline="\n")
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty

    def shown(self) -> str:
        self.flush()
        return self.bytes.getvalue().decode(self.encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252", "cp437"])
@pytest.mark.parametrize("tty", [True, False])
def test_links_are_printed_whatever_the_output(encoding: str, tty: bool) -> None:
    terminal = Terminal(encoding, tty=tty)
    print_links(STUDENT, INSTRUCTOR, "or-1", terminal)
    shown = terminal.shown()
    assert f"Students:    {STUDENT}\n" in shown
    assert f"Instructor:  {INSTRUCTOR}\n" in shown
    assert "or-1" in shown
    assert ("\x1b[" in shown) == tty
    assert ("▀" in shown) == (encoding in ("utf-8", "cp437"))


def test_links_go_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    print_links(STUDENT, INSTRUCTOR, "or-1")
    assert STUDENT in capsys.readouterr().out
