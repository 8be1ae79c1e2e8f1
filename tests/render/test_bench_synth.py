"""The benchmarks of views from video: figures that a run of a small scene must give."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.layered import LayeredScene
from benchmarks.synth import depth_cases, synth_case
from benchmarks.views_quality import compare_renditions, middle_view, psnr, ssim, views
from streamer.commands.synth import SynthError


def test_synth_case_names_its_views_and_rivals() -> None:
    case = synth_case(tile=(64, 48), grid=(3, 2), repeats=2)
    assert (case["name"], case["views"]) == ("synth-6", 6)
    assert (case["width"], case["height"]) == (64, 48)
    assert all(value > 0 for key, value in case.items() if key.endswith(("p50", "p90")))
    assert json.dumps(case)


def test_depth_cases_are_named() -> None:
    names = [case.name for case in depth_cases(eye=(320, 192), repeats=1)]
    assert names == ["depth-map", "depth-to-full-size", "pack-stereo+depth", "unpack-stereo+depth"]


def test_ours_leads_in_the_middle_and_at_equal_rates() -> None:
    found = middle_view(LayeredScene((320, 192)))
    assert found["psnr_db"] > max(found["shift_psnr_db"], found["blend_psnr_db"]) + 6
    assert found["ssim"] > max(found["shift_ssim"], found["blend_ssim"])
    (rate,) = compare_renditions((320, 192), (4, 2), (160, 96), [600_000], judged=(2, 5))
    assert rate["depth_views_psnr_db"] > rate["quilt_views_psnr_db"]
    assert rate["disparity_median_px"] < 1


def test_a_pair_of_files_is_judged(tmp_path: Path) -> None:
    scene = LayeredScene((160, 96))
    (left, px), (right, _) = scene.view(0), scene.view(1)
    for name, picture in (("left", left), ("right", right)):
        cv2.imwrite(str(tmp_path / f"{name}.png"), picture.y)
    np.save(tmp_path / "px.npy", px)
    files = [str(tmp_path / name) for name in ("left.png", "right.png", "px.npy")]
    result = CliRunner().invoke(views, files)
    assert result.exit_code == 0, result.output
    pair = json.loads(result.output)["pair"]
    assert 0.7 < pair["share"] <= 1
    assert pair["psnr_db"] > pair["shift_psnr_db"] + 3
    result = CliRunner().invoke(views, files[:2])
    assert result.exit_code == 2
    np.save(tmp_path / "px.npy", px[:-2])
    result = CliRunner().invoke(views, files)
    assert isinstance(result.exception, SynthError)


def test_measures_are_what_they_are_called() -> None:
    a = np.random.default_rng(1).integers(40, 200, (32, 32), np.uint8)
    assert psnr(a, a) == 99
    assert ssim(a, a) == pytest.approx(1)
    assert psnr(a, a + np.uint8(5)) == pytest.approx(20 * np.log10(255 / 5))
    assert ssim(a, np.roll(a, 7, axis=1)) < 0.3
