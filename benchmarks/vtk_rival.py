"""VTK as rival and oracle: the same mesh from the same row of cameras, one pass a view."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.vtk_process import PYVISTA_LIGHTS
from streamer.render.camera import CameraRow
from streamer.scene.model import Mesh

TIMEOUT_S: Final = 180
ONE_LIGHT: Final = "headlight"

Lights = Literal["light kit", "headlight"]
Colours = NDArray[np.uint8]


class VtkError(Exception):
    """VTK cannot draw here; the message says why."""


@dataclass(frozen=True, slots=True)
class VtkMissing:
    """Why VTK could not draw here."""

    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class VtkView:
    """What VTK drew for one camera, without anti-aliasing.

    `covered` (H, W) bool, `inverse_depth` (H, W) float32 in 1/mm (0 where nothing is), `colours`
    (H, W, 3) uint8 RGB; `ms` are the milliseconds of drawing it and reading its colours back.
    """

    covered: NDArray[np.bool_]
    inverse_depth: NDArray[np.float32]
    colours: Colours
    ms: float


@dataclass(frozen=True, slots=True, eq=False)
class VtkViews:
    """All views of a row, the leftmost first, and the milliseconds of each repeat of the row."""

    views: tuple[VtkView, ...]
    ms: list[float]


class VtkRival:
    """VTK in a process of its own, off-screen (EGL on Linux without a display).

    Methods raise `VtkError` where it cannot draw, or has not after three minutes.
    """

    def __init__(self) -> None:
        environment = dict(os.environ)
        if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
            environment.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
        self._folder = tempfile.TemporaryDirectory()
        self._said: IO[bytes] = (Path(self._folder.name) / "said").open("w+b")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.vtk_process"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            encoding="utf-8",
        )

    def show(
        self,
        mesh: Mesh,
        camera: CameraRow,
        lit: tuple[Colours, Colours] | None = None,
        lights: Lights = PYVISTA_LIGHTS,
    ) -> None:
        """Open a window on `mesh`, in full detail, for the cameras of a row.

        VTK lights it by `lights`, PyVista's five unless said; or it is `lit`: the colours (V, 3)
        RGB of its vertices' fronts and backs are shown as they are.
        """
        job = Path(self._folder.name) / "job.npz"
        colours = {} if lit is None else {"front": lit[0], "back": lit[1]}
        np.savez(
            job,
            points=mesh.vertices_mm,
            faces=mesh.faces,
            normals=mesh.normals,
            transform=camera.T_cam_lps,
            lens=np.array([*camera.focal_px, *camera.principal_px, camera.convergence_mm]),
            offsets=camera.offsets_mm,
            viewport=np.array(camera.viewport),
            allow_pickle=False,
            **colours,
        )
        self._ask({"show": str(job), "lights": lights})
        self.time_ms(0)  # the first drawing uploads the mesh

    def time_ms(self, view: int) -> float:
        """Draw a view and read its colours back; returns how long that took."""
        return float(self._ask({"draw": view, "keep": None})["ms"])

    def draw(self, view: int) -> VtkView:
        """The same, and what was drawn."""
        answer = Path(self._folder.name) / "view.npz"
        ms = float(self._ask({"draw": view, "keep": str(answer)})["ms"])
        with np.load(answer) as arrays:
            return VtkView(arrays["covered"], arrays["inverse_depth"], arrays["colours"], ms)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._process:  # closes its pipes, which ends it, and waits
            try:
                self._process.stdin.close()
                self._process.wait(10)
            except (OSError, subprocess.TimeoutExpired):
                self._process.kill()
        self._said.close()
        self._folder.cleanup()

    def __enter__(self) -> "VtkRival":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(self, what: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        late = threading.Timer(TIMEOUT_S, self._process.kill)
        late.start()
        try:
            self._process.stdin.write(json.dumps(what) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except OSError:
            line = ""
        in_time = late.is_alive()
        late.cancel()
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        if not in_time:
            raise VtkError(f"VTK had not drawn after {TIMEOUT_S} s")
        code = self._process.wait()
        self._said.seek(0)
        said = self._said.read().decode(errors="replace").strip().splitlines() or ["no message"]
        raise VtkError(f"VTK cannot draw off-screen here (exit code {code}: {said[-1][:200]})")


def vtk_views(
    mesh: Mesh,
    camera: CameraRow,
    repeats: int = 0,
    lit: tuple[Colours, Colours] | None = None,
) -> VtkViews | VtkMissing:
    """Draw `mesh` with VTK for all cameras of a row, and `repeats` times more against the clock."""
    every = range(camera.views)
    try:
        with VtkRival() as rival:
            rival.show(mesh, camera, lit)
            drawn = tuple(rival.draw(view) for view in every)
            ms = [sum(rival.time_ms(view) for view in every) for _ in range(repeats)]
    except VtkError as error:
        return VtkMissing(str(error))
    return VtkViews(drawn, ms)
