"""Light fields as served: what is on offer, idle while unwatched; mistakes end in a sentence."""

from pathlib import Path

import pytest

from streamer.room.messages import Hello
from tests.e2e.process import ServerProcess, run_to_end, serve_arguments, wait_until
from tests.e2e.socketclient import converse
from tests.e2e.videos import CodedVideo

pytestmark = pytest.mark.e2e


def test_all_renditions_are_on_offer_and_none_is_made_unwatched(
    tmp_path: Path, small_video: CodedVideo
) -> None:
    offered = ("--view-set", "quilt:4x2", "--tile", "96x128", "--view-set", "stereo+depth")
    with ServerProcess(tmp_path, "serve", *serve_arguments(small_video, *offered)) as server:
        said = converse(server, Hello(server.student_token), until="welcome")
        sizes = {
            one["name"]: (one["kind"], one["width"], one["height"], one["tileWidth"])
            for one in said.of("welcome")[0]["renditions"]
        }
        assert sizes == {
            "stereo": ("stereo", 1280, 360, 640),
            "mono": ("mono", 640, 360, 640),
            "quilt:4x2": ("quilt", 384, 256, 96),
            "stereo+depth": ("stereo+depth", 1280, 360 + 48 + 16, 640),
        }
        wait_until(
            lambda: server.stats()["delivery"]["compose"]["composed"] > 10, "frames are composed"
        )
        delivery = server.stats()["delivery"]
        assert [one["encoded"] for one in delivery["renditions"].values()] == [0] * 4
        assert delivery["lightField"]["depthMaps"] == 0


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--view-set", "quilt:0x6"),
        ("--view-set", "foo"),
        ("--tile", "63x10"),
        ("--display", "nokia"),
    ],
)
def test_a_mistake_is_refused_by_its_name(tmp_path: Path, option: str, value: str) -> None:
    ended = run_to_end(tmp_path, "serve", "--video", "v.mp4", option, value)
    ended.assert_refused(option, value)
