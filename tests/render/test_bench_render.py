"""`theatron bench render`: what it prints is complete; its comparisons can tell a difference."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvista
from click.testing import CliRunner
from rich.console import Console

from benchmarks import render as render_bench
from benchmarks.agreement import (
    Shading,
    depth_median_px,
    iou,
    lit_colours,
    shading_difference,
)
from benchmarks.cli import bench
from benchmarks.markdown import markdown_table
from benchmarks.meshes import sphere
from benchmarks.render_report import RenderCase, RenderReport
from benchmarks.report import print_report
from benchmarks.vtk_rival import VtkError, VtkMissing, VtkRival, VtkView, vtk_views
from streamer.render.anatomy import AnatomyRenderer
from streamer.render.camera import CameraRow
from streamer.render.layers import Layer
from streamer.scene.model import Pose
from tests.render.scenes import anatomy_of

KEYS = {
    "name",
    "views",
    "width",
    "height",
    "ms_p50",
    "vtk_ms_p50",
    "ratio",
    "iou_min",
    "depth_median_px",
    "shading_median",
    "shading_p95",
    "shading_block",
}
SIZES = {
    "lightfield-48": (48, 420, 560),
    "stereo-1080p": (2, 1920, 1080),
    "mono-420x560": (1, 420, 560),
    "synth-48": (48, 420, 560),
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One run of the command on a small mesh file."""
    folder = tmp_path_factory.mktemp("bench")
    mesh = sphere(800, bump=0.25)
    faces = np.hstack([np.full((len(mesh.faces), 1), 3), mesh.faces]).ravel()
    pyvista.PolyData(mesh.vertices_mm, faces).save(folder / "surface.ply")
    arguments = ["render", "--mesh", str(folder / "surface.ply"), "--repeats", "1", "--json", "-"]
    result = CliRunner().invoke(bench, arguments)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_json_on_standard_output_is_complete(report: dict[str, Any]) -> None:
    assert "Python" in str(report["machine"])
    assert report["mesh_triangles"] == len(sphere(800).faces)
    assert "no cases of a million" in str(report["notes"])
    assert report["detail_ratio"] is None
    cases = {case["name"]: case for case in report["cases"]}
    for name, size in SIZES.items():
        case = cases[name]
        assert case.keys() >= KEYS
        assert (case["views"], case["width"], case["height"]) == size
        assert case["ms_p90"] >= case["ms_p50"] > 0
    assert not any(name.endswith("-1m") for name in cases)


def test_vtk_is_drawn_in_the_same_run_or_it_is_said_why_not(report: dict[str, Any]) -> None:
    cases = {case["name"]: case for case in report["cases"]}
    for name in ("lightfield-48", "stereo-1080p", "mono-420x560"):
        case = cases[name]
        if case["vtk_ms_p50"] is None:
            assert case["note"]
            assert case["ratio"] is case["iou_min"] is case["shading_median"] is None
            continue
        assert case["ratio"] == pytest.approx(case["vtk_ms_p50"] / case["ms_p50"], abs=0.01)
        assert case["iou_min"] >= 0.99
        assert case["depth_median_px"] < 0.3
        assert case["shading_median"] < 2
    assert cases["synth-48"]["vtk_ms_p50"] is None
    assert cases["synth-48"]["ratio"] > 0


@pytest.fixture(scope="module")
def alike() -> tuple[Layer, VtkView]:
    """A view of ours, and the same as VTK would hand it over."""
    renderer = AnatomyRenderer(anatomy_of(sphere(2_000)))
    layer = renderer.draw(renderer.cone(Pose(), (160, 160), 1, 0.0)).layer(0)
    renderer.close()
    grey = np.rint((layer.picture.y.astype(float) - 16) * 255 / 219).clip(0, 255)
    colours = np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)
    return layer, VtkView(layer.alpha > 127, layer.inverse_depth, colours, 1.0)


def test_a_view_agrees_with_itself(alike: tuple[Layer, VtkView]) -> None:
    layer, seen = alike
    assert iou(layer, seen) == 1.0
    assert depth_median_px(layer, seen, 1e5) == 0.0
    shading = shading_difference(layer, seen)
    assert shading.median < 0.5
    assert shading.block < 0.5


def test_a_moved_silhouette_a_wrong_depth_and_a_wrong_light_are_found(
    alike: tuple[Layer, VtkView],
) -> None:
    layer, seen = alike
    moved = replace(seen, covered=np.roll(seen.covered, 1, axis=1))
    assert iou(layer, moved) < 0.995
    deeper = replace(seen, inverse_depth=seen.inverse_depth * np.float32(1.001))
    middle = float(np.median(seen.inverse_depth[seen.covered]))
    assert depth_median_px(layer, deeper, 1e5) == pytest.approx(1e5 * 0.001 * middle, rel=0.05)
    patch = seen.colours.copy()
    patch[64:96, 64:96] += 6
    assert shading_difference(layer, replace(seen, colours=patch)).block > 4
    assert shading_difference(layer, replace(seen, colours=seen.colours // 2)).median > 20


def test_the_lights_twin_lights_what_faces_it() -> None:
    mesh = sphere(2_000)
    front, back = lit_colours(mesh, np.eye(4))
    from_above_left = np.argmin(mesh.vertices_mm @ np.array([1.0, 1.0, 1.0]))
    opposite = np.argmax(mesh.vertices_mm @ np.array([1.0, 1.0, 1.0]))
    assert front[from_above_left].min() > 150
    assert front[opposite].max() < 120
    # A back is lit as the front of the vertex on the other side would be, but for gloss.
    assert abs(int(back[opposite][0]) - int(front[from_above_left][0])) < 30


def test_a_case_without_a_rival_and_one_with_stand_in_the_table() -> None:
    cases = (
        RenderCase("a", 48, 420, 560, 40.0, 44.0, 200_000, 4000.0, "VTK", None, 100.0, 0.999, 0.05),
        RenderCase("b", 2, 64, 32, 1.0, 2.0, 9, rival="VTK", note="it cannot draw"),
        RenderCase("c", 48, 420, 560, 20.0, 21.0, rival="remap", rival_ms_p50=60.0, ratio=3.0),
    )
    report = RenderReport("a machine", "a mesh", 9, cases, 4.0, 1.2, 0.7, ("Said.",))
    table = markdown_table(report)
    assert "| a: 48 x 420x560, 200,000 triangles | 40.0 ms | VTK | 4000.0 ms | 100.0x |" in table
    assert "0.9990 | 0.050 px |" in table
    assert "| b: 2 x 64x32, 9 triangles | 1.0 ms | it cannot draw |  |  |" in table
    assert "| c: 48 x 420x560 | 20.0 ms | remap | 60.0 ms | 3.0x |" in table
    assert "4.0 times one view" in table
    assert "a million triangles 1.20 times" in table
    assert "0.70 of its time" in table
    assert table.endswith("Said. a machine.")
    console = Console(record=True, width=240, quiet=False)
    print_report(report, console)
    assert "it cannot draw" in console.export_text()


def test_a_file_of_a_million_is_the_large_mesh_and_thinned_is_the_main_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a hundredth of the size: what counts is which mesh is which."""
    monkeypatch.setattr(render_bench, "MILLION", 10_000)
    monkeypatch.setattr(render_bench, "TRIANGLES", 2_000)
    mesh = sphere(12_000, bump=0.25)
    faces = np.hstack([np.full((len(mesh.faces), 1), 3), mesh.faces]).ravel()
    pyvista.PolyData(mesh.vertices_mm, faces).save(tmp_path / "surface.ply")
    main, large, what, _ = render_bench._meshes_of(tmp_path / "surface.ply")
    assert large is not None
    assert len(large.faces) == len(mesh.faces)
    assert len(main.faces) == pytest.approx(2_000, rel=0.1)
    assert "thinned to" in what


def test_the_worst_view_counts() -> None:
    found = render_bench._worst([Shading(1.0, 5.0, 0.5), Shading(2.0, 3.0, 0.25)])
    assert found == Shading(2.0, 5.0, 0.5)


def test_where_vtk_cannot_draw_ours_is_measured_and_the_reason_noted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise VtkError("VTK cannot draw off-screen here (exit code 1: no EGL)")

    monkeypatch.setattr(VtkRival, "_ask", refuse)
    with render_bench._MeshRun(sphere(200), 2, 48) as run:
        case = run.single()
        assert run.one_light_share() is None
    assert case.ms_p50 > 0
    assert case.vtk_ms_p50 is case.ratio is case.iou_min is case.depth_median_px is None
    assert case.as_json()["shading_p95"] is None
    assert "no EGL" in case.row()[2]


def test_a_vtk_that_ends_is_an_error_that_says_so() -> None:
    with VtkRival() as rival:
        rival._process.kill()
        row = CameraRow.cone(np.zeros(3), 90.0, Pose(), (64, 64), 1, 0.0)
        with pytest.raises(VtkError, match=r"exit code .*: no message"):
            rival.show(sphere(100), row)


def test_a_views_place_does_not_depend_on_the_row_it_is_drawn_in() -> None:
    """VTK's camera is set from the offset alone; a wide row has the single view in its middle."""
    mesh = sphere(2_000, bump=0.25)
    row = CameraRow.cone(np.zeros(3), 110.0, Pose(), (64, 96), 3, 30.0)
    wide = vtk_views(mesh, row)
    single = vtk_views(mesh, row.with_offsets(np.zeros(1)), repeats=2)
    if isinstance(wide, VtkMissing) or isinstance(single, VtkMissing):
        pytest.skip("VTK cannot draw off-screen here")
    np.testing.assert_array_equal(wide.views[1].covered, single.views[0].covered)
    assert (wide.views[0].covered != single.views[0].covered).any()
    assert len(single.ms) == 2
    assert wide.ms == []
