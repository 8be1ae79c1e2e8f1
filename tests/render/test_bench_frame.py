"""`theatron bench frame`: what it prints is complete, and its rivals did the same work."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console

from benchmarks.cli import bench
from benchmarks.frame import OPACITY, _frame, _rgb_round_trip, _rgba
from benchmarks.meshes import sphere, vertex_normals
from benchmarks.report import Case, Report, print_report, write_json
from streamer.errors import TheatronError
from streamer.render.anatomy import AnatomyRenderer
from streamer.render.compose import Composer
from streamer.scene.model import PictureMode, Pose, Scene
from tests.render.scenes import anatomy_of

CASES = {
    "mesh-stereo",
    "compose-video",
    "compose-anatomy",
    "compose-beside",
    "compose-over",
    "encode-x264",
    "compose-over+encode",
}


def test_json_on_standard_output_is_all_that_is_there() -> None:
    arguments = ["frame", "--json", "-", "--triangles", "500", "--repeats", "1"]
    result = CliRunner().invoke(bench, arguments)
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert {case["name"] for case in report["cases"]} == CASES
    assert "Python" in report["machine"]
    assert report["eye"] == [1280, 720]
    for case in report["cases"]:
        assert case["ms_p90"] >= case["ms_p50"] >= 0
        if case["rival_ms_p50"] is None:
            assert case["ratio"] is None
            assert case["note"] or not case["rival"]
        else:
            assert case["ratio"] > 0


def test_the_rgb_round_trip_gives_the_same_picture_as_ours() -> None:
    eye = (320, 180)
    frame, renderer, composer = _frame(eye), AnatomyRenderer(anatomy_of(sphere(500))), Composer(eye)
    layer = renderer.render(Pose(), eye)
    ours = composer.compose(frame, Scene(mode=PictureMode.OVER, anatomy_opacity=OPACITY), layer)
    theirs = _rgb_round_trip(frame, _rgba(layer)).to_ndarray()[: eye[1]]
    renderer.close()
    composer.close()
    assert np.abs(ours.y.astype(int) - theirs).mean() < 2.0


@pytest.mark.parametrize("bump", [0.0, 0.25])
def test_the_mesh_is_closed_of_the_size_asked_for_and_faces_outwards(bump: float) -> None:
    mesh = sphere(10_000, bump=bump)
    assert abs(len(mesh.faces) - 10_000) < 300
    normals = vertex_normals(mesh.vertices_mm, mesh.faces)
    assert ((normals * mesh.normals).sum(axis=1) > 0.9).all()
    assert (normals * mesh.vertices_mm).sum(axis=1).mean() > 0


def test_a_table_has_a_row_a_case_and_says_why_there_is_no_rival() -> None:
    cases = (
        Case("one", 1.0, 2.0, "them", 8.0, 8.0),
        Case("two", 1.0, 2.0, "them", note="they cannot"),
    )
    console = Console(record=True, width=120, file=None, quiet=False)
    print_report(Report("a machine", (1280, 720), 5, cases), console)
    text = console.export_text()
    assert "8.0x" in text
    assert "they cannot" in text
    assert "a machine." in text


def test_a_file_that_cannot_be_written_is_said_in_a_sentence(tmp_path: object) -> None:
    with pytest.raises(TheatronError, match=r"no-such-folder.*name a file"):
        write_json(Report("m", (2, 2), 0, ()), f"{tmp_path}/no-such-folder/report.json")
