"""The anatomy's worker: newest wins, nothing is drawn twice, failures stay inside."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from streamer.render.camera import CameraRow
from streamer.render.layers import Sheet, StereoLayer
from streamer.render.worker import AnatomyWorker
from streamer.scene.model import Pose

Viewport = tuple[int, int]


class Fake:
    """Notes what it is asked to draw; waits while `gate` is closed; fails on zoom 13."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.asked: list[tuple[Pose, Viewport]] = []

    def render(self, pose: Pose, viewport: Viewport) -> StereoLayer:
        self.asked.append((pose, viewport))
        assert self.gate.wait(10)
        if pose.zoom == 13:
            raise ValueError("zoom 13 brings bad luck")
        camera = CameraRow.stereo(np.zeros(3), 1.0, pose, viewport)
        sheet = Sheet.empty((2, 1), viewport)
        return StereoLayer(sheet.layer(0), sheet.layer(1), pose, camera)


@contextmanager
def working(fake: Fake) -> Iterator[AnatomyWorker]:
    worker = AnatomyWorker(fake, max_rate_hz=1000)
    try:
        yield worker
    finally:
        fake.gate.set()
        worker.close()


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, "waited 10 s"
        time.sleep(0.001)


def zoom(value: float) -> Pose:
    return Pose(zoom=value)


SIZE = (8, 4)


def test_a_request_returns_at_once_and_the_layer_comes_later() -> None:
    fake = Fake()
    fake.gate.clear()
    with working(fake) as worker:
        worker.request(zoom(1), SIZE)
        assert worker.latest(SIZE) is None
        fake.gate.set()
        until(lambda: worker.latest(SIZE) is not None)
        layer = worker.latest(SIZE)
        assert layer is not None
        assert layer.pose == zoom(1)
        assert worker.latest((4, 4)) is None


def test_the_newest_wins_while_one_is_drawn() -> None:
    fake = Fake()
    fake.gate.clear()
    with working(fake) as worker:
        worker.request(zoom(1), SIZE)
        until(lambda: len(fake.asked) == 1)
        for n in (2, 3, 4):
            worker.request(zoom(n), SIZE)
        fake.gate.set()
        until(lambda: worker.renders == 2)
    assert [pose.zoom for pose, _ in fake.asked] == [1, 4]


def test_what_is_drawn_already_is_not_drawn_again_but_a_new_size_is() -> None:
    fake = Fake()
    with working(fake) as worker:
        for _ in range(3):
            worker.request(zoom(1), SIZE)
            until(lambda: worker.renders == 1)
        worker.request(Pose(zoom=1), (4, 4))
        until(lambda: worker.renders == 2)
    assert len(fake.asked) == 2


def test_a_failure_is_kept_logged_once_and_over_with_the_next_success(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fake = Fake()
    with working(fake) as worker, caplog.at_level(logging.ERROR):
        worker.request(zoom(1), SIZE)
        until(lambda: worker.renders == 1)
        for size in (SIZE, (4, 4), (2, 2)):
            asked = len(fake.asked)
            worker.request(zoom(13), size)
            until(lambda: len(fake.asked) > asked)  # noqa: B023
        until(lambda: worker.failure is not None)
        assert "bad luck" in str(worker.failure)
        layer = worker.latest(SIZE)
        assert layer is not None
        assert layer.pose == zoom(1)
        worker.request(zoom(2), SIZE)
        until(lambda: worker.failure is None and worker.renders == 2)
    assert len(caplog.records) == 1


def test_close_ends_the_thread_and_later_requests_do_nothing() -> None:
    fake = Fake()
    worker = AnatomyWorker(fake)
    worker.close()
    worker.request(zoom(1), SIZE)
    worker.close()
    assert fake.asked == []
    assert not any(thread.name == "anatomy" for thread in threading.enumerate())
