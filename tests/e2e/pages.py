"""The two pages as a person uses them in Chromium, and what their own hooks say of a frame."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Self
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright

from tests.e2e.videos import Picture

FLAGS: Final = [
    "--no-sandbox",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_MS: Final = 45_000

# Notes what a page's policy forbade, before any of the page's own code runs.
WATCH_POLICY: Final = """
window.forbidden = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.forbidden.push(`${event.violatedDirective}: ${event.blockedURI}`));
"""

# Bytes of a typed array as base64, in pieces that fit on the stack of a call.
TO_BASE64: Final = """
window.toBase64 = (bytes) => {
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000)
    text += String.fromCharCode.apply(null, bytes.subarray(i, i + 0x8000));
  return btoa(text);
};
"""


# A rectangle of the stage as RGBA, top row first, as it was drawn in this very task: what
# `theatron.pixels()` does for the whole stage, at a cost that every single frame can bear.
READ_STAGE: Final = """
window.readStage = (x, y, width, height) => {
  const stage = document.querySelector("[data-testid=stage]"), flat = stage.getContext("2d");
  if (flat !== null) return flat.getImageData(x, y, width, height).data;
  const gl = stage.getContext("webgl2");
  const upward = new Uint8Array(width * height * 4), downward = new Uint8Array(upward.length);
  gl.readPixels(x, gl.drawingBufferHeight - y - height, width, height,
                gl.RGBA, gl.UNSIGNED_BYTE, upward);
  for (let row = 0; row < height; row++)
    downward.set(upward.subarray(4 * width * (height - 1 - row), 4 * width * (height - row)),
                 4 * width * row);
  return downward;
};
"""


def launch(playwright: Playwright, executable: str) -> Browser:
    """Chromium with software WebGL, and none of its own requests to anybody."""
    return playwright.chromium.launch(executable_path=executable, args=FLAGS)


@dataclass(frozen=True, slots=True)
class Shown:
    """Pixels of the stage (height, width, 3) RGB, and the frame that they show."""

    frame_id: int
    rgb: Picture

    def halves(self) -> tuple[Picture, Picture]:
        """The left and the right half, as side by side shows the eyes."""
        middle = self.rgb.shape[1] // 2
        return self.rgb[:, :middle], self.rgb[:, middle:]


@dataclass
class TheatronPage:
    """One page of one viewer, in a browser context (cookies, storage) of its own."""

    page: Page
    url: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def open(cls, context: BrowserContext, url: str) -> Self:
        """Open the link in a new tab of `context` and listen to all that the tab does."""
        page = context.new_page()
        page.add_init_script(WATCH_POLICY)
        page.add_init_script(TO_BASE64)
        page.add_init_script(READ_STAGE)
        opened = cls(page, url)
        page.on("request", lambda request: opened.requests.append(request.url))
        page.on("websocket", lambda socket: opened.requests.append(socket.url))
        page.on("console", opened._heard)
        page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        page.goto(url)
        return opened

    def _heard(self, message: ConsoleMessage) -> None:
        reading_back = "GPU stall due to ReadPixels" in message.text  # what tests do, no page does
        if message.type in ("error", "warning") and not reading_back:
            self.complaints.append(f"{message.type}: {message.text}")

    # ---------------------------------------------------------------- what it shows

    def wait_for_picture(self) -> Self:
        """Wait until frames whose identity is known are presented."""
        self.wait_for("theatron.stats().frameId !== null && theatron.stats().fps > 0")
        return self

    def wait_for(self, expression: str, timeout_ms: float = START_MS) -> None:
        """Wait until a JavaScript expression holds in the page; fails with the page's state."""
        guarded = f"() => window.theatron !== undefined && ({expression})"
        try:
            self.page.wait_for_function(guarded, timeout=timeout_ms, polling=50)
        except Exception as error:
            raise AssertionError(
                f"not in {timeout_ms / 1000:g} s: {expression}\nstats: {self.stats()}\n"
                f"status: {self.status()}\ncomplaints: {self.complaints}"
            ) from error

    def stats(self) -> dict[str, Any]:
        """What the page says of the presented frame."""
        found = self.page.evaluate("() => window.theatron ? theatron.stats() : {}")
        assert isinstance(found, dict)
        return found

    def status(self) -> str:
        """The page's status line."""
        line = self.page.get_by_test_id("status")
        return line.first.text_content() or "" if line.count() else "(no status line)"

    def shown(self) -> Shown:
        """The stage's pixels and the frame that they belong to."""
        found = self.page.evaluate(
            """() => {
              const { width, height, data, frameId } = theatron.pixels();
              return { width, height, frameId, data: toBase64(data) };
            }"""
        )
        return Shown(found["frameId"], to_rgb(found["data"], found["width"], found["height"]))

    def mode(self, mode: Literal["2d", "sbs", "anaglyph"]) -> None:
        """Press a display mode's button; returns once frames are shown in it."""
        self.press(f"mode-{mode}")
        self.wait_for(f"theatron.stats().mode === '{mode}'")
        self.next_frames(2)

    def press(self, test_id: str) -> None:
        """Press a button by its `data-testid`; moving the mouse first brings hidden ones back."""
        self.page.mouse.move(5, 5)
        self.page.mouse.move(8, 8)
        self.page.get_by_test_id(test_id).click()

    def at(self, x: float, y: float, aspect: float = 16 / 9) -> tuple[float, float]:
        """Where in the window a point of the picture (0..1) lies, in 2D."""
        box = self.page.get_by_test_id("stage").bounding_box()
        assert box is not None
        width = min(box["width"], box["height"] * aspect)
        height = width / aspect
        left = box["x"] + (box["width"] - width) / 2
        top = box["y"] + (box["height"] - height) / 2
        return left + x * width, top + y * height

    def drag(self, *path: tuple[float, float], steps: int = 8) -> None:
        """Press the mouse at the first point of the picture, move along, let go at the last."""
        mouse = self.page.mouse
        mouse.move(*self.at(*path[0]))
        mouse.down()
        for point in path[1:]:
            mouse.move(*self.at(*point), steps=steps)
        mouse.up()

    def next_frames(self, count: int = 1) -> None:
        """Wait until `count` more frames were presented."""
        now = self.stats()["presented"]
        self.wait_for(f"theatron.stats().presented >= {now + count}")

    def leave(self) -> None:
        """Close the tab."""
        self.page.close()

    # ---------------------------------------------------------------- what it did

    def assert_quiet(self) -> None:
        """No error on the console, nothing forbidden by policy, no request to anybody else."""
        assert not self.complaints, self.complaints
        forbidden = self.page.evaluate("() => window.forbidden")
        assert not forbidden, f"the page's policy forbade: {forbidden}"
        own = urlsplit(self.url).netloc
        others = [url for url in self.requests if not is_of(url, own)]
        assert not others, f"requests left for {others}"
        assert any(url.startswith("ws") for url in self.requests), "no socket was seen to open"


def is_of(url: str, netloc: str) -> bool:
    """Whether a request stays with the server at `netloc`, or within the page itself."""
    parts = urlsplit(url)
    if parts.scheme in ("blob", "data"):
        return True
    return parts.netloc == netloc


def to_rgb(text: str, width: int, height: int) -> Picture:
    """RGBA bytes in base64 as (height, width, 3) RGB."""
    rgba: NDArray[np.uint8] = np.frombuffer(base64.b64decode(text), np.uint8)
    return rgba.reshape(height, width, 4)[:, :, :3].copy()


@contextmanager
def viewer(
    browser: Browser,
    url: str,
    width: int,
    height: int,
    draw: Literal["webgl2", "canvas2d"] | None = None,
) -> Iterator[TheatronPage]:
    """A page in a window of that size, which believes the server's certificate unseen.

    `draw` says how it draws; left out, the page chooses by whether there is a GPU.
    """
    context = browser.new_context(
        ignore_https_errors=True, viewport={"width": width, "height": height}
    )
    try:
        asked = url if draw is None else url.replace("#", f"?draw={draw}#")
        yield TheatronPage.open(context, asked)
    finally:
        context.close()
