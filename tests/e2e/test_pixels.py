"""What the page draws, pixel by pixel, against the pictures that went into the server."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser

from tests.e2e.pages import Shown, TheatronPage, viewer
from tests.e2e.process import ServerProcess, serve_arguments
from tests.e2e.videos import CodedVideo, Picture

pytestmark = pytest.mark.e2e

# Mean absolute difference in 8-bit levels that two lossy encodes and two colour conversions may
# leave; the two eyes differ from each other by more than ten times that.
CLOSE = 2.5
FAR = 15.0

# E. Dubois, least-squares anaglyph for red-cyan glasses (2001, table of 2009), on linear light.
DUBOIS_LEFT = np.array([[0.437, 0.449, 0.164], [-0.062, -0.062, -0.024], [-0.048, -0.05, -0.017]])
DUBOIS_RIGHT = np.array([[-0.011, -0.032, -0.007], [0.377, 0.761, 0.009], [-0.026, -0.093, 1.234]])


@pytest.fixture(scope="module")
def server(home: Path, small_video: CodedVideo) -> Iterator[ServerProcess]:
    """A server with bits to spare: what is looked at here are pixels, not what a codec does."""
    arguments = serve_arguments(small_video, "--bitrate", "16M")
    with ServerProcess(home, "serve", *arguments) as running:
        yield running


@pytest.fixture(scope="module", params=["webgl2", "canvas2d"])
def page(
    browser: Browser, server: ServerProcess, request: pytest.FixtureRequest
) -> Iterator[TheatronPage]:
    """A student's page whose window holds both eyes at their own size, drawn in either way."""
    with viewer(browser, server.student_url, 1280, 360, request.param) as opened:
        yield opened.wait_for_picture()


@pytest.fixture(autouse=True)
def eyes_unswapped(page: TheatronPage) -> Iterator[None]:
    yield
    if page.stats()["swap"]:
        page.press("mode-swap")


def difference(one: Picture, other: Picture) -> float:
    """Mean absolute difference of two pictures of one size, in 8-bit levels."""
    assert one.shape == other.shape
    return float(np.abs(one.astype(np.int16) - other).mean())


def linear(coded: NDArray[np.float64]) -> NDArray[np.float64]:
    """sRGB 0..1 to linear light (IEC 61966-2-1)."""
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def anaglyph(left: Picture, right: Picture) -> Picture:
    """Dubois' red-cyan anaglyph of two pictures."""
    mixed = linear(left / 255) @ DUBOIS_LEFT.T + linear(right / 255) @ DUBOIS_RIGHT.T
    mixed = np.clip(mixed, 0, 1)
    coded = np.where(mixed <= 0.0031308, mixed * 12.92, 1.055 * mixed ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(coded * 255), np.uint8)


def source_of(shown: Shown, video: CodedVideo) -> tuple[Picture, Picture]:
    """The left and right picture that went in as the frame which is shown."""
    return video.rgb(shown.frame_id % video.frames)


def test_the_eyes_differ_enough_to_tell_them_apart(small_video: CodedVideo) -> None:
    left, right = small_video.rgb(0)
    assert difference(left, right) > FAR


def test_side_by_side(page: TheatronPage, small_video: CodedVideo) -> None:
    page.mode("sbs")
    shown = page.shown()
    left, right = source_of(shown, small_video)
    assert shown.rgb.shape == (360, 1280, 3)
    assert difference(shown.halves()[0], left) < CLOSE
    assert difference(shown.halves()[1], right) < CLOSE


def test_side_by_side_swapped(page: TheatronPage, small_video: CodedVideo) -> None:
    page.mode("sbs")
    page.press("mode-swap")
    shown = page.shown()
    left, right = source_of(shown, small_video)
    assert difference(shown.halves()[0], right) < CLOSE
    assert difference(shown.halves()[1], left) < CLOSE
    page.press("mode-swap")
    back = page.shown()
    assert difference(back.halves()[0], source_of(back, small_video)[0]) < CLOSE


def test_2d_shows_the_left_eye_and_swapped_the_right(
    page: TheatronPage, small_video: CodedVideo
) -> None:
    page.mode("2d")
    shown = page.shown()
    left, _ = source_of(shown, small_video)
    assert difference(shown.rgb[:, 320:960], left) < CLOSE
    assert not shown.rgb[:, :320].any(), "beside the picture it is black"
    page.press("mode-swap")
    swapped = page.shown()
    assert difference(swapped.rgb[:, 320:960], source_of(swapped, small_video)[1]) < CLOSE


def test_anaglyph(page: TheatronPage, small_video: CodedVideo) -> None:
    page.mode("anaglyph")
    shown = page.shown()
    left, right = source_of(shown, small_video)
    middle = shown.rgb[:, 320:960]
    assert difference(middle, anaglyph(left, right)) < CLOSE
    assert difference(middle, anaglyph(right, left)) > FAR / 2


def test_anaglyph_swapped_is_what_it_says(page: TheatronPage, small_video: CodedVideo) -> None:
    """Swapped eyes in anaglyph: red glasses see the right picture."""
    page.mode("anaglyph")
    page.press("mode-swap")
    shown = page.shown()
    left, right = source_of(shown, small_video)
    assert difference(shown.rgb[:, 320:960], anaglyph(right, left)) < CLOSE


def test_a_single_picture_can_be_asked_for(page: TheatronPage, small_video: CodedVideo) -> None:
    """Low data: the left eye alone, from a rendition of its own, and back."""
    page.mode("2d")
    page.press("low-data")
    page.wait_for(f"theatron.stats().renditionWidth === {small_video.eye[0]}")
    page.next_frames(2)
    shown = page.shown()
    left, _ = source_of(shown, small_video)
    assert difference(shown.rgb[:, 320:960], left) < CLOSE
    page.press("low-data")
    page.wait_for(f"theatron.stats().renditionWidth === {2 * small_video.eye[0]}")
