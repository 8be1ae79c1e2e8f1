"""Warm-up: it compiles exactly what the room calls, and the command says how long it took."""

import importlib
import os
import pkgutil
import re
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from numba.core.dispatcher import Dispatcher

import streamer.render.kernels
from benchmarks.meshes import sphere
from streamer.commands.warmup import warmup
from streamer.render.anatomy import AnatomyRenderer
from streamer.render.compose import Composer
from streamer.render.kernels import jit
from streamer.render.warmup import STEPS, warm_up
from streamer.scene.model import MeshState, PictureMode, Pose, Scene
from tests.render.scenes import anatomy_of, inside_camera, packed_frame

# The kernels of drawing; those of warping, packing and weaving have steps and tests of their own.
MODULES = ("band", "bands", "blend", "clip", "fill", "project", "resolve", "smooth", "spans")

# These Python calls; they call the others.
CALLED = (
    "project.project_vertices",
    "project.light_vertices",
    "bands.list_unsafe",
    "bands.measure_triangles",
    "bands.measure_edges",
    "bands.sort_into_bands",
    "clip.clip_triangles",
    "spans.cut_rows",
    "smooth.gather_edges",
    "band.draw_band",
    "blend.blend_plane",
)


def compiled() -> dict[str, set[str]]:
    """What is compiled of each kernel, by its name."""
    found: dict[str, set[str]] = {}
    known = [module.name for module in pkgutil.iter_modules(streamer.render.kernels.__path__)]
    for name in MODULES:
        assert name in known
        module = importlib.import_module(f"streamer.render.kernels.{name}")
        for attribute, value in vars(module).items():
            if isinstance(value, Dispatcher) and value.py_func.__module__ == module.__name__:
                found[f"{name}.{attribute}"] = {str(each) for each in value.signatures}
    return found


def test_after_it_a_room_compiles_nothing() -> None:
    warm_up()
    before = compiled()
    assert all(before[name] for name in CALLED)
    closed, glass = sphere(200), replace(sphere(200, 95.0, opacity=0.5), name="glass")
    open_one = replace(sphere(200, 50.0), name="open", faces=sphere(200).faces[5:])
    renderer, composer = AnatomyRenderer(anatomy_of(closed, glass, open_one)), Composer((32, 32))
    closed_alone = AnatomyRenderer(anatomy_of(closed))  # the backs are left out
    for views in (1, 2, 12):
        renderer.draw(renderer.cone(Pose(), (32, 32), views, 30.0), (views, 1))
        closed_alone.draw(closed_alone.cone(Pose(), (32, 32), views, 30.0))
    moved = MeshState(opacity=0.2, T_lps_mesh=np.eye(4))
    for near_mm in (1.0, 60.0):
        for states in ({}, {"glass": moved}):
            renderer.draw(inside_camera(0.0, near_mm=near_mm), None, states)
            closed_alone.draw(inside_camera(0.0, near_mm=near_mm), None, states)
    for mode in PictureMode:
        viewport = composer.viewport_for(mode)
        layer = renderer.render(Pose(), viewport) if viewport else None
        for width in (32, 16):
            frame = packed_frame(width, 32)
            composer.compose(frame, Scene(mode=mode, anatomy_opacity=0.5), layer)
    for each in (renderer, closed_alone, composer):
        each.close()
    assert compiled() == before


def test_progress_names_every_step_in_turn() -> None:
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


def test_caches_of_other_sources_go_after_a_month(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used, recent, old = (tmp_path / f"kernels-{name}" for name in ("used", "recent", "old"))
    for folder in (used, recent, old):
        folder.mkdir()
    month_ago = time.time() - jit.FORGOTTEN_AFTER_S - 60
    for folder in (used, old):
        os.utime(folder, (month_ago, month_ago))
    monkeypatch.setattr(jit, "cache_folder", lambda: used)
    jit.forget_old_caches()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kernels-recent", "kernels-used"]
