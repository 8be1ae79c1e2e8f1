"""What the end-to-end tests share: one Chromium a module, homes of their own, a coded video."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.pages import launch
from tests.e2e.process import ServerProcess, serve_arguments
from tests.e2e.videos import CodedVideo, coded_video


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A Chromium for one module: while it lives, Playwright keeps an event loop in this thread."""
    with sync_playwright() as playwright:
        opened = launch(playwright, chromium)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def small_video(tmp_path_factory: pytest.TempPathFactory) -> CodedVideo:
    """Six seconds of 640x360 an eye, side by side, at a rate that several pages bear."""
    return coded_video(tmp_path_factory.mktemp("video") / "small.mp4", 6, fps=15)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder for the servers of one module."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def server(home: Path, small_video: CodedVideo) -> Iterator[ServerProcess]:
    """`theatron serve` of the small video for one module; must end well on Ctrl-C."""
    with ServerProcess(home, "serve", *serve_arguments(small_video)) as running:
        yield running
