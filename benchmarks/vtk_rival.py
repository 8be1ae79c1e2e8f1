"""VTK as rival and oracle: the same mesh from the same two cameras, in a process of its own.

A process of its own, because VTK ends the process where it cannot open an off-screen window.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamer.render.camera import LEFT, RIGHT, StereoCamera
from streamer.scene.model import Mesh

TIMEOUT_S = 180


@dataclass(frozen=True, slots=True, eq=False)
class VtkViews:
    """What VTK drew: `covered` (2, H, W) bool, `inverse_depth` (2, H, W) 1/mm (0 where nothing is).

    The left eye is first. `ms` are the milliseconds of each repeated stereo pair with read-back.
    """

    covered: NDArray[np.bool_]
    inverse_depth: NDArray[np.float64]
    ms: list[float]


@dataclass(frozen=True, slots=True)
class VtkMissing:
    """Why VTK could not draw here."""

    reason: str


def vtk_views(mesh: Mesh, camera: StereoCamera, repeats: int = 0) -> VtkViews | VtkMissing:
    """Draw `mesh` with VTK for both eyes, and `repeats` times more against the clock."""
    with tempfile.TemporaryDirectory() as folder:
        job, answer = Path(folder) / "job.npz", Path(folder) / "answer.npz"
        np.savez(
            job,
            points=mesh.vertices_mm,
            faces=mesh.faces,
            normals=mesh.normals,
            transform=camera.T_cam_lps,
            lens=np.array([camera.focal_px, *camera.principal_px, camera.convergence_mm]),
            baseline=np.array(camera.baseline_mm),
            viewport=np.array(camera.viewport),
            repeats=np.array(repeats),
        )
        environment = dict(os.environ)
        if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
            environment.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
        command = [sys.executable, "-m", "benchmarks.vtk_rival", str(job), str(answer)]
        try:
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S
            )
        except subprocess.TimeoutExpired:
            return VtkMissing(f"VTK had not drawn after {TIMEOUT_S} s")
        if done.returncode != 0 or not answer.exists():
            lines = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
            return VtkMissing(
                f"VTK cannot draw off-screen here (exit code {done.returncode}: {lines[-1][:200]})"
            )
        with np.load(answer) as arrays:
            return VtkViews(arrays["covered"], arrays["inverse_depth"], list(arrays["ms"]))


def _draw(job: Path, answer: Path) -> None:
    """In the process of its own: read the job, draw, write the answer."""
    import pyvista

    with np.load(job) as arrays:
        given = dict(arrays)
    width, height = (int(n) for n in given["viewport"])
    faces = np.hstack([np.full((len(given["faces"]), 1), 3), given["faces"]]).ravel()
    surface = pyvista.PolyData(given["points"], faces)
    surface.point_data.active_normals = given["normals"]
    plotter: Any = pyvista.Plotter(off_screen=True, window_size=[width, height])
    plotter.set_background("black")
    # With several samples a pixel, the depth read back is that of the first one, 0.4 px from the
    # middle. So VTK is measured without anti-aliasing, which is in its favour.
    plotter.disable_anti_aliasing()
    plotter.render_window.SetMultiSamples(0)
    plotter.add_mesh(surface, color="white", smooth_shading=True)
    plotter.show(auto_close=False)  # opens the window; without it nothing else works
    covered, depths = [], []
    for eye in (LEFT, RIGHT):
        _look(plotter, given, eye, width, height)
        plotter.render()
        depth = -plotter.get_image_depth(fill_value=np.nan)
        covered.append(np.isfinite(depth))
        depths.append(np.where(np.isfinite(depth), 1 / np.where(depth > 0, depth, 1.0), 0.0))
    ms = []
    for _ in range(int(given["repeats"])):
        began = time.perf_counter()
        for eye in (LEFT, RIGHT):
            _look(plotter, given, eye, width, height)
            plotter.render()
            plotter.screenshot(return_img=True)
        ms.append((time.perf_counter() - began) * 1e3)
    np.savez(
        answer,
        covered=np.array(covered),
        inverse_depth=np.array(depths, np.float64),
        ms=np.array(ms),
    )


def _look(
    plotter: Any, given: dict[str, NDArray[Any]], eye: float, width: int, height: int
) -> None:
    """Set VTK's camera to one eye: its place on the base line, and the sheared frustum."""
    focal, cx, cy, convergence = given["lens"]
    rotation, translation = given["transform"][:3, :3], given["transform"][:3, 3]
    half = eye * float(given["baseline"]) / 2
    cx += eye * focal * float(given["baseline"]) / 2 / convergence
    place = rotation.T @ (np.array([half, 0.0, 0.0]) - translation)
    camera = plotter.camera
    camera.SetPosition(*place)
    camera.SetFocalPoint(*(place + rotation[2] * convergence))
    camera.SetViewUp(*-rotation[1])
    camera.SetViewAngle(float(np.degrees(2 * np.arctan(height / 2 / focal))))
    camera.SetWindowCenter(-2 * (cx - width / 2) / width, 2 * (cy - height / 2) / height)
    plotter.reset_camera_clipping_range()


def main() -> None:
    """The process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", type=Path)
    parser.add_argument("answer", type=Path)
    arguments = parser.parse_args()
    _draw(arguments.job, arguments.answer)
    json.dump({"drawn": True}, sys.stdout)


if __name__ == "__main__":
    main()
