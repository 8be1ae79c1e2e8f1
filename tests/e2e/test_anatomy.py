"""The main job on real input: a tilted head CT beside a stereo video, turned by the instructor."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser

from tests.e2e.pages import Shown, TheatronPage, viewer
from tests.e2e.process import ServerProcess, run_to_end, serve_arguments, wait_until
from tests.e2e.videos import CodedVideo, Picture

pytestmark = pytest.mark.e2e

# How far a pixel must be from the background (in 8-bit levels) to count as something drawn.
STANDS_OUT = 40
# What the background is at most; the video's own colours begin above it.
DARK = 36


@pytest.fixture(scope="module")
def head(shared_data: Path) -> Path:
    return shared_data / "ct_head_tilted"


@pytest.fixture(scope="module")
def theatre(home: Path, head: Path, small_video: CodedVideo) -> Iterator[ServerProcess]:
    arguments = serve_arguments(small_video, "--ct", str(head), "--mode", "video")
    with ServerProcess(home, "serve", *arguments) as running:
        yield running


@pytest.fixture(scope="module")
def teacher(browser: Browser, theatre: ServerProcess) -> Iterator[TheatronPage]:
    with viewer(browser, theatre.instructor_url, 800, 560) as page:
        yield page.wait_for_picture()


@pytest.fixture(scope="module")
def student(browser: Browser, theatre: ServerProcess) -> Iterator[TheatronPage]:
    with viewer(browser, theatre.student_url, 1280, 360) as page:
        page.wait_for_picture().mode("sbs")
        yield page


def anatomy_of(shown: Shown) -> tuple[Picture, Picture]:
    """The right half of each eye's picture, where the anatomy stands beside the video."""
    left, right = shown.halves()
    return left[:, 320:], right[:, 320:]


def drawn(picture: Picture) -> NDArray[np.bool_]:
    """Where something stands out from the background; nowhere, if the corner is none."""
    background = picture[:6, -6:].reshape(-1, 3).mean(axis=0)
    if background.max() > DARK:
        return np.zeros(picture.shape[:2], np.bool_)
    return np.asarray(np.abs(picture - background).max(axis=2) > STANDS_OUT, np.bool_)


def test_ct_info_tells_the_tilt_and_the_gaps(home: Path, head: Path) -> None:
    ended = run_to_end(home, "ct", "info", str(head))
    assert ended.code == 0, ended.stderr
    assert "tilt" in ended.stdout.lower()
    assert "18.5" in ended.stdout
    assert "28" in ended.stdout
    assert "4" in ended.stdout
    assert "7" in ended.stdout


def test_the_skull_stands_beside_the_video_in_both_eyes(
    teacher: TheatronPage, student: TheatronPage
) -> None:
    before = student.shown()
    teacher.press("scene-beside")

    def skull_is_seen() -> bool:
        return all(drawn(eye).mean() > 0.15 for eye in anatomy_of(student.shown()))

    wait_until(skull_is_seen, "the anatomy is drawn in both eyes", 60)
    shown = student.shown()
    left, right = anatomy_of(shown)
    assert np.abs(left.astype(np.int16) - right).mean() > 1, "both eyes see the same"
    video = shown.halves()[0][:, :320]
    assert video[90:270].std() > 20, "the video has gone from its half"
    assert np.abs(before.rgb.astype(np.int16) - shown.rgb).mean() > 10


def test_the_skull_is_neither_sheared_nor_squeezed(student: TheatronPage) -> None:
    """Seen from the front a head is higher than wide, upright, and much alike left and right."""
    mask = drawn(anatomy_of(student.shown())[0])
    rows, columns = np.nonzero(mask)
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    assert 1.0 < height / width < 1.9, (height, width)
    middle = round(columns.mean())
    reach = min(middle, mask.shape[1] - middle)
    near, far = mask[:, middle - reach : middle][:, ::-1], mask[:, middle : middle + reach]
    alike = (near & far).sum() / (near | far).sum()
    assert alike > 0.75, f"left and right agree to {alike:.2f} only"


def test_the_instructor_turns_it_and_the_students_see_it_turn(
    teacher: TheatronPage, student: TheatronPage
) -> None:
    before = anatomy_of(student.shown())
    teacher.press("tool-turn")
    teacher.drag((0.7, 0.5), (0.85, 0.45))

    def turned() -> bool:
        after = anatomy_of(student.shown())
        return all(
            np.abs(a.astype(np.int16) - b).mean() > 3 for a, b in zip(before, after, strict=True)
        )

    wait_until(turned, "both eyes see it turned")
    teacher.press("reset-view")

    def as_before() -> bool:
        after = anatomy_of(student.shown())
        return all(
            np.abs(a.astype(np.int16) - b).mean() < 3 for a, b in zip(before, after, strict=True)
        )

    wait_until(as_before, "it stands as at first")


def test_it_can_be_hidden_shown_alone_and_laid_over_the_video(
    teacher: TheatronPage, student: TheatronPage
) -> None:
    teacher.press("anatomy-toggle")
    wait_until(lambda: not drawn(anatomy_of(student.shown())[0]).any(), "it is hidden")
    teacher.press("anatomy-toggle")
    wait_until(lambda: drawn(anatomy_of(student.shown())[0]).mean() > 0.15, "it is back")

    teacher.press("scene-anatomy")

    def alone() -> bool:
        left = student.shown().halves()[0]
        return bool(drawn(left).any() and not drawn(left)[:, :60].any())

    wait_until(alone, "it stands alone in the middle")
    only = student.shown()

    teacher.press("scene-over")

    def over() -> bool:
        left = student.shown().halves()[0]
        return bool(
            left[:, :60].std() > 15 and np.abs(left.astype(int) - only.halves()[0]).mean() > 5
        )

    wait_until(over, "the video is behind it")
    teacher.press("scene-video")
