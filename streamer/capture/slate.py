"""The slate: a dark picture that says in clear text why there is no other."""

from typing import Final

import cv2

from streamer.capture.resize import fill
from streamer.frames import I420, Plane

BACKGROUND_LUMA: Final = 30
TITLE_LUMA: Final = 200
TEXT_LUMA: Final = 160
FONT: Final = cv2.FONT_HERSHEY_SIMPLEX
MARGIN: Final = 0.08
"""Free on each side, a fraction of the width."""
TITLE: Final = "No picture"


def slate(size: tuple[int, int], reason: str, title: str = TITLE) -> I420:
    """A dark picture of `size` (width, height) with `title` and, wrapped below it, `reason`.

    The font knows ASCII only; other characters show as question marks.
    """
    width, height = size
    picture = I420.empty(width, height)
    fill(picture, BACKGROUND_LUMA)
    text_px = max(width / 36, 8.0)
    title_px = text_px * 1.8
    lines = wrap(_plain(reason), width * (1 - 2 * MARGIN), text_px)
    room = max(1, int((height * 0.8 - title_px * 2) / (text_px * 1.6)))
    lines = lines[:room]
    y = (height - title_px * 2 - len(lines) * text_px * 1.6) / 2 + title_px
    _write(picture.y, _plain(title), width * MARGIN, y, title_px, TITLE_LUMA)
    y += title_px
    for line in lines:
        y += text_px * 1.6
        _write(picture.y, line, width * MARGIN, y - text_px * 0.6, text_px, TEXT_LUMA)
    return picture


def wrap(text: str, width_px: float, text_px: float) -> list[str]:
    """`text` in lines of at most `width_px`; words too long for a line are cut."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        candidate = f"{line} {word}".strip()
        if line and _width(candidate, text_px) > width_px:
            lines.append(line)
            candidate = word
        while _width(candidate, text_px) > width_px and len(candidate) > 1:
            fits = max(1, int(len(candidate) * width_px / _width(candidate, text_px)))
            lines.append(candidate[:fits])
            candidate = candidate[fits:]
        line = candidate
    return [*lines, line] if line else lines


def _plain(text: str) -> str:
    return text.encode("ascii", "replace").decode("ascii")


def _scale(text_px: float) -> float:
    return text_px / 30  # capitals of this font are about 22 of 30 pixels at scale 1


def _thickness(text_px: float) -> int:
    return max(1, round(text_px / 14))


def _width(text: str, text_px: float) -> int:
    (width, _), _ = cv2.getTextSize(text, FONT, _scale(text_px), _thickness(text_px))
    return int(width)


def _write(luma: Plane, text: str, x: float, y: float, text_px: float, value: int) -> None:
    at = (round(x), round(y))
    cv2.putText(luma, text, at, FONT, _scale(text_px), value, _thickness(text_px), cv2.LINE_AA)
