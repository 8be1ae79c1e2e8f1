"""The slate: dark, with text that is wrapped inside the picture."""

import numpy as np
import pytest

from streamer.capture.slate import BACKGROUND_LUMA, MARGIN, slate, wrap

REASON = "capture device '/dev/video0' was unplugged or lost its signal"


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720), (320, 180), (64, 64)])
def test_slate_is_dark_with_text_inside(size: tuple[int, int]) -> None:
    picture = slate(size, REASON)
    assert picture.size == size
    written = picture.y > BACKGROUND_LUMA
    assert 0.002 < written.mean() < 0.35
    assert picture.y.mean() < 80
    assert np.all(picture.u == 128)
    if size[0] >= 320:
        columns = np.flatnonzero(written.any(axis=0))
        assert columns[0] >= MARGIN * size[0] - 2
        assert columns[-1] <= (1 - MARGIN) * size[0] + 2


def test_another_reason_is_another_picture() -> None:
    assert not np.array_equal(slate((640, 360), REASON).y, slate((640, 360), "nothing").y)


def test_wrapped_text_keeps_every_word() -> None:
    lines = wrap(REASON, 400, 20)
    assert len(lines) > 1
    assert " ".join(lines) == REASON


def test_a_word_longer_than_the_line_is_cut_not_lost() -> None:
    address = "rtsp://" + "camera" * 20
    lines = wrap(address, 300, 20)
    assert len(lines) > 1
    assert "".join(lines) == address


def test_letters_that_the_font_lacks_do_not_fail() -> None:
    assert slate((640, 360), "Gerät ‘Öffnung’ fehlt").y.max() > BACKGROUND_LUMA
