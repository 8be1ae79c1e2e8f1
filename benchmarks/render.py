"""`theatron bench render`: light fields and pairs of a mesh and of video, beside their rivals."""

import contextlib
import statistics
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import click
import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.agreement import (
    Shading,
    depth_median_px,
    iou,
    lit_colours,
    shading_difference,
)
from benchmarks.machine import machine
from benchmarks.markdown import write_markdown
from benchmarks.meshes import sphere
from benchmarks.render_report import RenderCase, RenderReport
from benchmarks.report import Case, print_report, times_ms, write_json
from benchmarks.synth import depth_cases, synth_case
from benchmarks.vtk_process import PYVISTA_LIGHTS
from benchmarks.vtk_rival import ONE_LIGHT, Lights, VtkError, VtkRival
from benchmarks.weave import PANEL, QUILT, measure_weave
from streamer.anatomy.mesh_file import read_mesh
from streamer.commands.warmup import warm_up_with_bar
from streamer.render.anatomy import AnatomyRenderer
from streamer.render.camera import CameraRow
from streamer.scene.model import Anatomy, Mesh, Pose

TRIANGLES: Final = 200_000
MILLION: Final = 1_000_000
REPEATS: Final = 20
POSE: Final = Pose(rotation=(0.2, 0.3, 0.1, 0.9))
TILE: Final = (420, 560)
EYE: Final = (1920, 1080)
CONE_DEG: Final = 35.0
GRID: Final = (8, 6)
COLOUR: Final = (0.89, 0.85, 0.76)

BURSTS: Final = 5  # ours runs between parts of VTK's work: the machine's mood is the same for both
VTK_VIEWS: Final = 144  # that are timed of the main mesh
VTK_VIEWS_OF_LARGE: Final = 48
VTK_PASSES: Final = 10
VTK_RIVAL: Final = "VTK, no anti-aliasing, a pass a view, read back"
REMAP_RIVAL: Final = "OpenCV remap, a pass a view"


def measure_render(
    mesh: Mesh, large: Mesh | None, what: str, repeats: int = REPEATS, notes: Sequence[str] = ()
) -> RenderReport:
    """Measure light field, pair and single view of `mesh`, two of them of `large`, and video's.

    `what` names the mesh for people.
    """
    with contextlib.ExitStack() as stack:
        main = stack.enter_context(_MeshRun(mesh, repeats, VTK_VIEWS))
        steps = [main.light_field, main.pair, main.single]
        runs = [main]
        if large is not None:
            runs.append(stack.enter_context(_MeshRun(large, repeats, VTK_VIEWS_OF_LARGE, "-1m")))
            steps += [runs[-1].light_field, runs[-1].pair]
        console = Console(stderr=True)
        cases = [step() for step in track(steps, "meshes", console=console, transient=True)]
        share = main.one_light_share()
        field_ms, one_ms, *large_ms = _in_turns(
            [
                partial(main.renderer.draw, main.field, GRID),
                partial(main.renderer.draw, main.one, (1, 1)),
                *(partial(run.renderer.draw, run.field, GRID) for run in runs[1:]),
            ],
            repeats,
        )
    return RenderReport(
        machine(),
        what,
        len(mesh.faces),
        (*cases, *_video_cases(repeats)),
        round(field_ms / one_ms, 2),
        round(large_ms[0] / field_ms, 2) if large_ms else None,
        share,
        tuple(notes),
    )


def _in_turns(calls: Sequence[Callable[[], object]], repeats: int) -> list[float]:
    """The median milliseconds of each, one after the other: ratios of these bear noise best."""
    turns = [[times_ms(call, 1)[0] for call in calls] for _ in range(max(3, repeats // 2))]
    return [statistics.median(times) for times in zip(*turns, strict=True)]


def _video_cases(repeats: int) -> list[RenderCase]:
    return [
        _synth(repeats),
        *(_plain(case, 1, (1280, 720)) for case in depth_cases(repeats=repeats)),
        *(_plain(case, QUILT.views, PANEL.size) for case in measure_weave(repeats=repeats).cases),
    ]


class _MeshRun:
    """One mesh with its levels of detail, and VTK beside it with the same mesh in full."""

    def __init__(self, mesh: Mesh, repeats: int, vtk_views: int, suffix: str = "") -> None:
        self.renderer = AnatomyRenderer(Anatomy((mesh,)))
        self.renderer.build_levels()
        self.field = self.renderer.cone(POSE, TILE, GRID[0] * GRID[1], CONE_DEG)
        self.one = self.renderer.cone(POSE, TILE, 1, CONE_DEG)
        self._mesh = mesh
        self._suffix = suffix
        self._repeats = repeats
        self._vtk_views = vtk_views
        self._rival = VtkRival()

    def __enter__(self) -> "_MeshRun":
        return self

    def __exit__(self, *_: object) -> None:
        self.renderer.close()
        self._rival.close()

    def light_field(self) -> RenderCase:
        """48 views over a cone."""
        return self._case("lightfield-48", self.field, GRID, _span_px_mm(self.field))

    def pair(self) -> RenderCase:
        """Two eyes."""
        row = self.renderer.camera(POSE, EYE)
        return self._case("stereo-1080p", row, (2, 1), _span_px_mm(row))

    def single(self) -> RenderCase:
        """The light field's middle alone; depth as two eyes at its size would see it."""
        eyes = self.renderer.camera(POSE, TILE)
        return self._case("mono-420x560", self.one, (1, 1), _span_px_mm(eyes))

    def one_light_share(self) -> float | None:
        """What part of VTK's time for a view is left with one light; None where it cannot draw."""
        times: dict[Lights, list[float]] = {PYVISTA_LIGHTS: [], ONE_LIGHT: []}
        try:
            for _ in range(2):
                for lights, found in times.items():
                    self._rival.show(self._mesh, self.one, lights=lights)
                    found += [self._rival.time_ms(0) for _ in range(3)]
        except VtkError:
            return None
        one, many = (statistics.median(times[lights]) for lights in (ONE_LIGHT, PYVISTA_LIGHTS))
        return round(one / many, 2)

    def _case(
        self, name: str, row: CameraRow, grid: tuple[int, int], span_px_mm: float
    ) -> RenderCase:
        """Draw and time a row, ours and VTK's in turns, and compare every view."""
        sheet = self.renderer.draw(row, grid)
        ours: list[float] = []
        passes: list[list[float]] = []
        overlap, depth = [1.0], [0.0]
        shading, note = None, ""
        try:
            self._rival.show(self._mesh, row)
            passes = [[] for _ in range(self._passes(row.views))]
            jobs = [(n, view) for n in range(len(passes)) for view in range(row.views)]
            for part in np.array_split(np.arange(len(jobs)), BURSTS):
                for n, view in (jobs[job] for job in part):
                    if n:
                        passes[n].append(self._rival.time_ms(view))
                        continue
                    seen, layer = self._rival.draw(view), sheet.layer(view)
                    passes[n].append(seen.ms)
                    overlap.append(iou(layer, seen))
                    depth.append(depth_median_px(layer, seen, span_px_mm))
                ours += self._burst(row, grid)
            self._rival.show(self._mesh, row, lit_colours(self._mesh, row.T_cam_lps))
            views = sorted({0, row.views // 2, row.views - 1})
            shading = _worst(
                [shading_difference(sheet.layer(n), self._rival.draw(n)) for n in views]
            )
        except VtkError as error:
            note, passes = str(error), []
            while len(ours) < self._repeats:
                ours += self._burst(row, grid)
        theirs = statistics.median(map(sum, passes)) if passes else None
        middle = statistics.median(ours)
        return RenderCase(
            name + self._suffix,
            row.views,
            *row.viewport,
            round(middle, 3),
            round(float(np.percentile(ours, 90)), 3),
            len(self._mesh.faces),
            None if theirs is None else round(theirs, 3),
            VTK_RIVAL,
            None,
            None if theirs is None else round(theirs / middle, 2),
            None if theirs is None else round(min(overlap), 5),
            None if theirs is None else round(max(depth), 4),
            shading,
            note,
        )

    def _passes(self, views: int) -> int:
        return max(1, min(VTK_PASSES, self._repeats, self._vtk_views // views))

    def _burst(self, row: CameraRow, grid: tuple[int, int]) -> list[float]:
        count = -(-self._repeats // BURSTS)
        return times_ms(lambda: self.renderer.draw(row, grid), count)


def _worst(found: Sequence[Shading]) -> Shading:
    return Shading(
        *(round(max(getattr(one, name) for one in found), 3) for name in ("median", "p95", "block"))
    )


def _span_px_mm(row: CameraRow) -> float:
    """What inverse depth is to be multiplied with for the disparity of the outermost cameras."""
    _, b = row.parallax
    return float(b[-1] - b[0])


def _synth(repeats: int) -> RenderCase:
    """The case of views from video; its rival is OpenCV, which is told where pixels come from."""
    found = synth_case(TILE, GRID, repeats)
    ours, theirs = found.pop("ms_p50"), found.pop("remap_ms_p50")
    name, views, width, height = (found.pop(key) for key in ("name", "views", "width", "height"))
    p90 = found.pop("ms_p90")
    return RenderCase(
        name,
        views,
        width,
        height,
        ours,
        p90,
        rival=REMAP_RIVAL,
        rival_ms_p50=theirs,
        ratio=round(theirs / ours, 2),
        more=found,
    )


def _plain(case: Case, views: int, size: tuple[int, int]) -> RenderCase:
    return RenderCase(
        case.name,
        views,
        *size,
        case.ms_p50,
        case.ms_p90,
        rival=case.rival,
        rival_ms_p50=case.rival_ms_p50,
        ratio=case.ratio,
        note=case.note,
    )


def _meshes_of(path: Path | None) -> tuple[Mesh, Mesh | None, str, list[str]]:
    """The main mesh, the one of a million triangles if there is one, their name, and notes."""
    if path is None:
        mesh, large = sphere(TRIANGLES, bump=0.25), sphere(MILLION, bump=0.25)
        return mesh, large, f"an uneven sphere of {len(mesh.faces):,} triangles", []
    mesh, _ = read_mesh(path, "mesh", COLOUR, triangle_budget=1 << 40)
    count = len(mesh.faces)
    if count < MILLION:
        note = f"It has fewer than {MILLION:,} triangles: there are no cases of a million."
        return mesh, None, f"a mesh file of {count:,} triangles", [note]
    thinned, _ = read_mesh(path, "mesh", COLOUR, triangle_budget=TRIANGLES)
    what = f"a mesh file of {count:,} triangles, thinned to {len(thinned.faces):,}"
    return thinned, mesh, what, []


@click.command()
@click.option("--json", "json_path", metavar="FILE", help="Write JSON; - for standard output.")
@click.option("--markdown", "page", metavar="FILE", help="Write the table into this page's marks.")
@click.option(
    "--mesh",
    "mesh_file",
    type=click.Path(path_type=Path),
    help="A mesh file instead of a sphere: as it is; of a million triangles or more, also thinned.",
)
@click.option("--repeats", default=REPEATS, show_default=True, type=click.IntRange(min=1))
def render(json_path: str | None, page: str | None, mesh_file: Path | None, repeats: int) -> None:
    """Measure views of a mesh, beside VTK and against its pictures, and views from video."""
    warm_up_with_bar()
    mesh, large, what, notes = _meshes_of(mesh_file)
    report = measure_render(mesh, large, what, repeats, notes)
    if json_path != "-":
        print_report(report, Console())
    if json_path is not None:
        write_json(report, json_path)
    if page is not None:
        write_markdown(report, "render", page)
