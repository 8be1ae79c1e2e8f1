"""`make soak`: watches one room for long, and fails where memory grows or the picture stops."""

import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import click
import psutil
from playwright.sync_api import sync_playwright

from tests.conftest import find_chromium
from tests.e2e.pages import TheatronPage, launch, viewer
from tests.e2e.process import ServerProcess, serve_arguments
from tests.e2e.videos import coded_video

# What the server may grow by, after its first minute, in all.
GROWTH_MIB: Final = 48.0


@dataclass(frozen=True, slots=True)
class Sample:
    """The room at one moment: seconds since the start, the server's memory, what was presented."""

    at_s: float
    memory_mib: float
    presented: int
    frame_id: int
    latency_ms: float | None

    def line(self, before: "Sample | None") -> str:
        """For a person; rates are those since the sample before."""
        rate = ""
        if before is not None:
            rate = f"{(self.presented - before.presented) / (self.at_s - before.at_s):5.1f} fps"
        latency = "" if self.latency_ms is None else f"{self.latency_ms:6.0f} ms"
        return f"{self.at_s:7.0f} s {self.memory_mib:8.1f} MiB {rate:>10} {latency:>9}"


def sample(server: ServerProcess, page: TheatronPage, begun_s: float) -> Sample:
    """Look at the server's process and at the page."""
    stats = page.stats()
    return Sample(
        time.monotonic() - begun_s,
        psutil.Process(server.pid).memory_info().rss / 2**20,
        stats["presented"],
        stats["frameId"] if stats["frameId"] is not None else -1,
        stats["latencyMs"],
    )


def complaints(samples: list[Sample]) -> list[str]:
    """What is wrong with a run: memory that grew, a picture that stood still."""
    found = []
    settled = next((one for one in samples if one.at_s >= 60), samples[0])
    growth = samples[-1].memory_mib - settled.memory_mib
    if growth > GROWTH_MIB:
        found.append(f"the server grew by {growth:.0f} MiB after its first minute")
    for before, after in pairwise(samples):
        if after.presented <= before.presented:
            found.append(f"no picture between {before.at_s:.0f} and {after.at_s:.0f} s")
    return found


@click.command()
@click.option("--minutes", default=10.0, show_default=True, help="How long to watch.")
@click.option("--every", default=15.0, show_default=True, help="Seconds between two samples.")
def soak(minutes: float, every: float) -> None:
    """Watch one room, and say how it did."""
    chromium = find_chromium()
    if chromium is None:
        raise click.ClickException("no Chromium found; `make soak` says how to get it")
    folder = Path(tempfile.mkdtemp(prefix="theatron-soak-"))
    samples: list[Sample] = []
    try:
        video = coded_video(folder / "video.mp4", 10)
        with (
            ServerProcess(folder / "home", "serve", *serve_arguments(video)) as server,
            sync_playwright() as playwright,
            launch(playwright, chromium) as browser,
            viewer(browser, server.student_url, 640, 360) as page,
        ):
            page.wait_for_picture()
            begun_s = time.monotonic()
            while not samples or samples[-1].at_s < minutes * 60:
                before = samples[-1] if samples else None
                samples.append(sample(server, page, begun_s))
                click.echo(samples[-1].line(before))
                page.page.wait_for_timeout(every * 1000)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    found = complaints(samples)
    for one in found:
        click.echo(one, err=True)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    soak()
