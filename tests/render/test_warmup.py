"""Warm-up: it compiles exactly what the room calls, and the command says how long it took."""

import re

from click.testing import CliRunner

from benchmarks.meshes import sphere
from streamer.commands.warmup import warmup
from streamer.render.anatomy import AnatomyRenderer
from streamer.render.compose import Composer
from streamer.render.kernels.blend import blend_plane
from streamer.render.kernels.clip import clip_triangles
from streamer.render.kernels.geometry import (
    list_unsafe,
    measure_triangles,
    project_vertices,
    sort_into_bands,
)
from streamer.render.kernels.raster import rasterise
from streamer.render.kernels.shade import light_vertices, resolve
from streamer.render.warmup import STEPS, warm_up
from streamer.scene.model import PictureMode, Pose, Scene
from tests.render.scenes import anatomy_of, packed_frame
from tests.render.test_anatomy import inside_camera

KERNELS = (
    project_vertices,
    light_vertices,
    list_unsafe,
    clip_triangles,
    measure_triangles,
    sort_into_bands,
    rasterise,
    resolve,
    blend_plane,
)


def compiled(kernel: object) -> set[str]:
    return {str(signature) for signature in kernel.signatures}  # type: ignore[attr-defined]


def test_after_it_a_room_compiles_nothing() -> None:
    warm_up()
    before = [compiled(kernel) for kernel in KERNELS]
    assert all(before)
    assert len(STEPS) == len(KERNELS)
    renderer, composer = AnatomyRenderer(anatomy_of(sphere(200))), Composer((32, 32))
    renderer.render_with(inside_camera(0.0), Pose())  # clipped as well
    for mode in PictureMode:
        viewport = composer.viewport_for(mode)
        layer = renderer.render(Pose(), viewport) if viewport else None
        for width in (32, 16):
            frame = packed_frame(width, 32)
            composer.compose(frame, Scene(mode=mode, anatomy_opacity=0.5), layer)
    renderer.close()
    composer.close()
    assert [compiled(kernel) for kernel in KERNELS] == before


def test_progress_names_every_kernel_in_turn() -> None:
    calls: list[tuple[str, int, int]] = []
    seconds = warm_up(lambda name, done, total: calls.append((name, done, total)))
    assert seconds > 0
    assert [name for name, _, _ in calls] == [*(name for name, _ in STEPS), "ready"]
    assert [done for _, done, _ in calls] == list(range(len(STEPS) + 1))
    assert {total for _, _, total in calls} == {len(STEPS)}


def test_the_command_prints_the_seconds() -> None:
    result = CliRunner().invoke(warmup)
    assert result.exit_code == 0, result.output
    assert re.search(r"All kernels are ready; it took \d+\.\d s\.", result.output)
