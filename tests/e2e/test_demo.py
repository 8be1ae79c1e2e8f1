"""`theatron demo`, as a newcomer starts it: addresses, QR code, a picture, Ctrl-C."""

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser

from tests.e2e.pages import viewer
from tests.e2e.process import ServerProcess, wait_until

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for the module: the phantom's DICOM series is written once."""
    return tmp_path_factory.mktemp("demo")


def test_demo_prints_addresses_and_qr_code_and_ends_on_ctrl_c(demo_home: Path) -> None:
    demo = ServerProcess(demo_home, "demo", "--size", "640x360", "--host", "127.0.0.1")
    demo.launch()
    demo.wait_for_first_line()
    wait_until(lambda: "Ctrl-C" in demo.said, "the addresses are printed")
    student = re.search(r"https://127\.0\.0\.1:\d+/watch#\S{20,}", demo.said)
    teacher = re.search(r"https://127\.0\.0\.1:\d+/teach#\S{20,}", demo.said)
    assert student is not None
    assert teacher is not None
    assert student[0].partition("#")[2] != teacher[0].partition("#")[2]
    blocks = [line for line in demo.stdout if re.fullmatch(r"[█▀▄ ]{20,}", line)]
    assert len(blocks) >= 14, "no QR code was printed"
    demo.stop()
    assert "closed" in demo.stdout[-1]


def test_demo_shows_an_operation_and_anatomy_in_depth(demo_home: Path, browser: Browser) -> None:
    arguments = ["--size", "640x360", "--json", "--host", "127.0.0.1"]
    with (
        ServerProcess(demo_home, "demo", *arguments) as demo,
        viewer(browser, demo.student_url, 1280, 360) as page,
    ):
        page.wait_for_picture()
        page.mode("sbs")
        first = page.shown()
        left, right = first.halves()
        assert left.std() > 20, "the picture is flat"
        assert np.abs(left.astype(np.int16) - right).mean() > 1, "both eyes see the same"
        page.next_frames(15)
        later = page.shown()
        assert later.frame_id > first.frame_id
        assert np.abs(later.rgb.astype(np.int16) - first.rgb).mean() > 0.3, "nothing moves"
        page.assert_quiet()
