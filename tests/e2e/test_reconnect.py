"""A page finds back by itself when its server was restarted."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.pages import viewer
from tests.e2e.process import ServerProcess, serve_arguments, wait_until
from tests.e2e.videos import CodedVideo

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("end", ["ctrl-c", "killed"])
def test_the_page_finds_back_after_a_restart(
    browser: Browser, tmp_path: Path, small_video: CodedVideo, end: str
) -> None:
    arguments = serve_arguments(small_video)
    first = ServerProcess(tmp_path, "serve", *arguments).start()
    with viewer(browser, first.student_url, 640, 360) as page:
        page.wait_for_picture()
        before = page.stats()["presented"]
        if end == "ctrl-c":
            first.stop()
        else:
            first.process.kill()
            first.wait()
        page.wait_for("theatron.stats().connection !== 'connected'")
        wait_until(page.status, "the page says something")
        with ServerProcess(tmp_path, "serve", *arguments, port=first.port) as second:
            assert second.student_url == first.student_url, "the link must outlive the server"
            page.wait_for(
                f"theatron.stats().connection === 'connected' &&"
                f" theatron.stats().presented > {before + 10}",
                timeout_ms=40_000,
            )
            page.wait_for("theatron.stats().frameId !== null")
            seen, captured = page.stats()["frameId"], second.stats()["delivery"]["capture"]
            assert abs(captured["captured"] - seen) < 60, "the id is of the new server's frames"
