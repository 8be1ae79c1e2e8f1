"""A page whose graphics are taken away says so, and comes back by itself with picture and ink."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.e2e.pages import TheatronPage, viewer
from tests.e2e.process import ServerProcess, wait_until
from tests.e2e.test_strokes import green

pytestmark = pytest.mark.e2e

LOSE = """
() => {
  const gl = document.querySelector("[data-testid=stage]").getContext("webgl2");
  window.graphics = gl.getExtension("WEBGL_lose_context");
  graphics.loseContext();
}
"""


@pytest.fixture
def teacher(browser: Browser, server: ServerProcess) -> Iterator[TheatronPage]:
    """An instructor's page that draws by WebGL, cleared when it is left."""
    with viewer(browser, server.instructor_url, 800, 560, "webgl2") as page:
        yield page.wait_for_picture()
        page.press("clear")
        page.wait_for("theatron.stats().strokes === 0")


def test_lost_graphics_come_back(teacher: TheatronPage) -> None:
    teacher.drag((0.2, 0.5), (0.8, 0.5))
    teacher.next_frames(2)
    wait_until(lambda: green(teacher.shown().rgb).any(), "the stroke is seen")
    teacher.page.evaluate(LOSE)
    teacher.wait_for("theatron.stats().renderer === 'none'")
    wait_until(lambda: "were reset" in teacher.status(), "the page says what happened")
    assert teacher.page.evaluate("() => theatron.pixels()") is None
    teacher.page.evaluate("() => graphics.restoreContext()")
    teacher.wait_for("theatron.stats().renderer === 'webgl2'")
    teacher.next_frames(3)
    wait_until(lambda: green(teacher.shown().rgb).any(), "the stroke is seen again")
    wait_until(lambda: teacher.status() == "Live.", "all is well again")
    assert teacher.shown().rgb[:, :, 0].mean() > 20, "the picture is seen again"
