"""What `theatron bench render` reports: figures with their rival, and how well pictures agree."""

from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.agreement import Shading
from benchmarks.report import Figures


@dataclass(frozen=True, slots=True)
class RenderCase:
    """One figure: medians in milliseconds for all views; `ratio` is the rival's over ours.

    `iou_min` and `depth_median_px` are the worst view's; see `agreement` for these and `shading`.
    Depth's error is in pixels of disparity between the first and the last camera of the case (of
    the light field, where there is but one). What does not apply is None; `note` says why VTK did
    not draw. `more` are other figures of this case.
    """

    name: str
    views: int
    width: int
    height: int
    ms_p50: float
    ms_p90: float
    triangles: int | None = None
    vtk_ms_p50: float | None = None
    rival: str = ""
    rival_ms_p50: float | None = None
    ratio: float | None = None
    iou_min: float | None = None
    depth_median_px: float | None = None
    shading: Shading | None = None
    note: str = ""
    more: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The fields, `shading` and `more` among them."""
        fields = asdict(self)
        shading = fields.pop("shading") or dict.fromkeys(("median", "p95", "block"))
        more = fields.pop("more")
        return {**fields, **{f"shading_{name}": value for name, value in shading.items()}, **more}

    def row(self) -> tuple[str, ...]:
        """The case for people."""
        rival = self.vtk_ms_p50 if self.rival_ms_p50 is None else self.rival_ms_p50
        of = f", {self.triangles:,} triangles" if self.triangles else ""
        return (
            f"{self.name}: {self.views} x {self.width}x{self.height}{of}",
            f"{self.ms_p50:.1f} ms",
            self.note or self.rival,
            "" if rival is None else f"{rival:.1f} ms",
            "" if self.ratio is None else f"{self.ratio:.1f}x",
            "" if self.iou_min is None else f"{self.iou_min:.4f}",
            "" if self.depth_median_px is None else f"{self.depth_median_px:.3f} px",
            "" if self.shading is None else f"{self.shading.median:.1f}",
        )


@dataclass(frozen=True, slots=True)
class RenderReport:
    """All figures of one run.

    `views_ratio` is what the light field costs over one view of it, `detail_ratio` what it costs
    of a million triangles over those of the main mesh, and `one_light_share` the part of VTK's time
    that is left when it is given one light instead of PyVista's five.
    """

    machine: str
    mesh: str
    mesh_triangles: int
    cases: tuple[RenderCase, ...]
    views_ratio: float
    detail_ratio: float | None
    one_light_share: float | None
    notes: tuple[str, ...]

    def figures(self) -> Figures:
        """A row a case."""
        below = [f"Medians, of {self.mesh}."]
        below.append(f"The light field costs {self.views_ratio:.1f} times one view of it")
        if self.detail_ratio is not None:
            below[-1] += f", and of a million triangles {self.detail_ratio:.2f} times as much"
        below[-1] += "."
        if self.one_light_share is not None:
            below.append(
                "VTK is lit as PyVista lights it, by five lights; with one it takes "
                f"{self.one_light_share:.2f} of its time."
            )
        headings = (
            "case",
            "Theatron",
            "rival, same run",
            "rival",
            "ratio",
            "IoU, worst view",
            "depth error",
            "luma difference",
        )
        rows = tuple(case.row() for case in self.cases)
        text = " ".join([*below, *self.notes, f"{self.machine}."])
        return Figures("Views of a mesh and of video", headings, rows, text)

    def as_json(self) -> dict[str, Any]:
        """The fields as they are."""
        return {**asdict(self), "cases": [case.as_json() for case in self.cases]}
