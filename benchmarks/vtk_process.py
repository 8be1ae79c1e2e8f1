"""The process in which VTK draws: asked in lines of JSON, it answers so, and in files of arrays.

A process of its own, because VTK ends the process where it cannot open an off-screen window.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

PYVISTA_LIGHTS: Final = "light kit"  # five lights, PyVista's default


class Drawer:
    """One off-screen window with one mesh in it, and the row of cameras that look at it."""

    def __init__(self, job: dict[str, NDArray[Any]], lights: str) -> None:
        self._given = job
        width, height = (int(n) for n in job["viewport"])
        self._plotter = _window((width, height), lights)
        _add(self._plotter, job)
        self._plotter.show(auto_close=False)  # opens the window; without it nothing else works

    def draw(self, view: int, answer: Path | None) -> float:
        """Draw a view and read its colours back; returns the milliseconds of that.

        With `answer`, coverage, inverse depth and colours go to this file, outside the clock.
        """
        began = time.perf_counter()
        self._look(view)
        self._plotter.render()
        colours = self._plotter.screenshot(return_img=True)
        ms = (time.perf_counter() - began) * 1e3
        if answer is not None:
            depth = -self._plotter.get_image_depth(fill_value=np.nan)
            covered = np.isfinite(depth)
            w = np.where(covered, 1 / np.where(depth > 0, depth, 1.0), 0.0)
            np.savez(answer, covered=covered, inverse_depth=w.astype(np.float32), colours=colours)
        return ms

    def close(self) -> None:
        """Close the window."""
        self._plotter.close()

    def _look(self, view: int) -> None:
        """Set VTK's camera to one of the row: its place on the line, and the sheared frustum."""
        width, height = self._given["viewport"]
        fx, fy, cx, cy, convergence = self._given["lens"]
        offset = self._given["offsets"][view]
        rotation, translation = self._given["transform"][:3, :3], self._given["transform"][:3, 3]
        cx = cx + fx * offset / convergence
        place = rotation.T @ (np.array([offset, 0.0, 0.0]) - translation)
        camera = self._plotter.camera
        camera.SetPosition(*place)
        camera.SetFocalPoint(*(place + rotation[2] * convergence))
        camera.SetViewUp(*-rotation[1])
        camera.SetViewAngle(float(np.degrees(2 * np.arctan(height / 2 / fy))))
        if fx != fy:
            from vtkmodules.vtkCommonTransforms import vtkTransform

            stretch = vtkTransform()  # applied after the projection, and so to the shift as well
            stretch.Scale(fx / fy, 1.0, 1.0)
            camera.SetUserTransform(stretch)
        shift = -2 * (cx - width / 2) / width / (fx / fy)
        camera.SetWindowCenter(shift, 2 * (cy - height / 2) / height)
        self._plotter.reset_camera_clipping_range()


def _window(size: tuple[int, int], lights: str) -> Any:
    import pyvista

    plotter: Any = pyvista.Plotter(off_screen=True, window_size=list(size), lighting="none")
    if lights == PYVISTA_LIGHTS:
        plotter.enable_lightkit()
    else:
        plotter.add_light(pyvista.Light(light_type="headlight"))
    plotter.set_background("black")
    # With several samples a pixel, the depth read back is that of the first one, 0.4 px from the
    # middle. So VTK is measured without anti-aliasing, which is in its favour.
    plotter.disable_anti_aliasing()
    plotter.render_window.SetMultiSamples(0)
    return plotter


def _add(plotter: Any, job: dict[str, NDArray[Any]]) -> None:
    """Put the mesh into the window, to be lit by VTK, or as it is lit in the job."""
    import pyvista

    faces = np.hstack([np.full((len(job["faces"]), 1), 3), job["faces"]]).ravel()
    if "front" not in job:
        surface = pyvista.PolyData(job["points"], faces)
        surface.point_data.active_normals = job["normals"]
        plotter.add_mesh(surface, color="white", smooth_shading=True)
        return
    for side, culled in (("front", "back"), ("back", "front")):  # each in its own colours
        surface = pyvista.PolyData(job["points"], faces)
        plotter.add_mesh(surface, scalars=job[side], rgb=True, lighting=False, culling=culled)


def main() -> None:
    """Answer one line at a time until there are no more."""
    # Whatever VTK prints must not get among the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    drawer: Drawer | None = None
    for line in sys.stdin:
        asked = json.loads(line)
        told: dict[str, object] = {}
        if "show" in asked:
            if drawer is not None:
                drawer.close()
            with np.load(asked["show"]) as arrays:
                drawer = Drawer(dict(arrays), asked["lights"])
        elif drawer is not None:
            keep = asked["keep"]
            told["ms"] = drawer.draw(asked["draw"], None if keep is None else Path(keep))
        answers.write(json.dumps(told) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
