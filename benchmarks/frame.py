"""`theatron bench frame`: what one frame costs on its way, beside what others would pay for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Final

import av
import click
import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from benchmarks.machine import machine
from benchmarks.markdown import write_markdown
from benchmarks.meshes import sphere
from benchmarks.report import Case, Report, case_of, print_report, times_ms, write_json
from benchmarks.vtk_rival import VtkMissing, vtk_views
from streamer.commands.warmup import warm_up_with_bar
from streamer.frames import I420, FrameStamp, StereoFrame
from streamer.render.anatomy import AnatomyRenderer
from streamer.render.compose import Composer
from streamer.render.layers import StereoLayer
from streamer.scene.model import Anatomy, Mesh, PictureMode, Pose, Scene

EYE: Final = (1280, 720)
TRIANGLES: Final = 150_000
REPEATS: Final = 30
OPACITY: Final = 0.7
BITRATE: Final = 12_000_000
POSE: Final = Pose(rotation=(0.2, 0.3, 0.1, 0.9))

VTK_RIVAL: Final = "VTK, no anti-aliasing, a pass an eye, read back"
RGB_RIVAL: Final = "YUV to RGB (PyAV), numpy blend, RGB to YUV"
RGB_ENCODE_RIVAL: Final = "the same, then x264"


def measure_frame(
    eye: tuple[int, int] = EYE, triangles: int = TRIANGLES, repeats: int = REPEATS
) -> Report:
    """Measure compose in each mode, the mesh for two eyes, and the encode, with their rivals.

    `eye` is (W, H) of one eye; `triangles` about how many the mesh has.
    """
    mesh = sphere(triangles, bump=0.25)
    renderer = AnatomyRenderer(Anatomy((mesh,)))
    renderer.build_levels()
    run = _Run(mesh, renderer, Composer(eye), _frame(eye), repeats)
    steps: list[Callable[[], Case]] = [run.mesh_case]
    steps += [partial(run.compose_case, mode) for mode in PictureMode]
    steps += [run.encode_case, run.compose_and_encode_case]
    try:
        console = Console(stderr=True)
        cases = [step() for step in track(steps, "measuring", console=console, transient=True)]
    finally:
        run.renderer.close()
        run.composer.close()
    return Report(machine(), eye, len(mesh.faces), tuple(cases))


@dataclass(frozen=True, slots=True)
class _Run:
    """One run's inputs, and a method for each figure."""

    mesh: Mesh
    renderer: AnatomyRenderer
    composer: Composer
    frame: StereoFrame
    repeats: int

    @property
    def fewer(self) -> int:
        """Repeats for rivals, which take long."""
        return max(3, self.repeats // 3)

    def mesh_case(self) -> Case:
        eye = self.composer.eye_size
        times = times_ms(lambda: self.renderer.render(POSE, eye), self.repeats)
        views = vtk_views(self.mesh, self.renderer.camera(POSE, eye), self.fewer)
        if isinstance(views, VtkMissing):
            return case_of("mesh-stereo", times, VTK_RIVAL, None, views.reason)
        return case_of("mesh-stereo", times, VTK_RIVAL, views.ms)

    def compose_case(self, mode: PictureMode) -> Case:
        scene = Scene(mode=mode, anatomy_opacity=OPACITY, pose=POSE)
        layer = self.layer_for(mode)
        times = times_ms(lambda: self.composer.compose(self.frame, scene, layer), self.repeats)
        if mode is not PictureMode.OVER or layer is None:
            return case_of(f"compose-{mode}", times)
        rgba = _rgba(layer)
        rival = times_ms(lambda: _rgb_round_trip(self.frame, rgba), self.fewer)
        return case_of(f"compose-{mode}", times, RGB_RIVAL, rival)

    def encode_case(self) -> Case:
        picture = self.frame.packed
        assert picture is not None
        with _encoder(*picture.size) as encode:
            return case_of(
                "encode-x264", times_ms(lambda: encode(_video_frame(picture)), self.repeats)
            )

    def compose_and_encode_case(self) -> Case:
        scene = Scene(mode=PictureMode.OVER, anatomy_opacity=OPACITY, pose=POSE)
        layer = self.layer_for(PictureMode.OVER)
        assert layer is not None
        width, height = 2 * self.composer.eye_size[0], self.composer.eye_size[1]
        with _encoder(width, height) as encode:
            ours = times_ms(
                lambda: encode(_video_frame(self.composer.compose(self.frame, scene, layer))),
                self.repeats,
            )
        rgba = _rgba(layer)
        with _encoder(width, height) as encode:
            rival = times_ms(lambda: encode(_rgb_round_trip(self.frame, rgba)), self.fewer)
        return case_of("compose-over+encode", ours, RGB_ENCODE_RIVAL, rival)

    def layer_for(self, mode: PictureMode) -> StereoLayer | None:
        viewport = self.composer.viewport_for(mode)
        return self.renderer.render(POSE, viewport) if viewport else None


def _rgb_round_trip(frame: StereoFrame, rgba: NDArray[np.uint8]) -> av.VideoFrame:
    """What a program does that blends in RGB: there, blend, and back."""
    assert frame.packed is not None
    rgb = _video_frame(frame.packed).reformat(format="rgb24").to_ndarray().astype(np.float32)
    share = rgba[..., 3:].astype(np.float32) * (OPACITY / 255)
    mixed = (rgb + (rgba[..., :3] - rgb) * share).astype(np.uint8)
    return av.VideoFrame.from_ndarray(mixed, format="rgb24").reformat(format="yuv420p")


def _rgba(layer: StereoLayer) -> NDArray[np.uint8]:
    """Both eyes' layers side by side as (H, 2 W, 4), made beforehand: it is not timed."""
    eyes = []
    for one in (layer.left, layer.right):
        rgb = _video_frame(one.picture).reformat(format="rgb24").to_ndarray()
        eyes.append(np.dstack([rgb, one.alpha]))
    return np.hstack(eyes)


def _video_frame(picture: I420) -> av.VideoFrame:
    """A picture as x264 takes it; the planes are copied once, as every encode of ours does."""
    width, height = picture.size
    frame = av.VideoFrame(width, height, "yuv420p")
    for source, plane in zip((picture.y, picture.u, picture.v), frame.planes, strict=True):
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        rows[: source.shape[0], : source.shape[1]] = source
    return frame


@contextmanager
def _encoder(width: int, height: int) -> Iterator[Callable[[av.VideoFrame], None]]:
    """x264 for live use: baseline, no B-frames, no delay."""
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height = width, height
    codec.pix_fmt = "yuv420p"
    codec.time_base = Fraction(1, 30)
    codec.bit_rate = BITRATE
    codec.profile = "Baseline"
    codec.options = {"preset": "ultrafast", "tune": "zerolatency"}
    count = 0

    def encode(frame: av.VideoFrame) -> None:
        nonlocal count
        frame.pts = count
        count += 1
        codec.encode(frame)

    yield encode
    codec.encode(None)


def _frame(eye: tuple[int, int]) -> StereoFrame:
    """A frame of tissue-like texture, both eyes packed, at a disparity of 1 % of the width."""
    width, height = eye
    noise = np.random.default_rng(1).standard_normal((height, width)).astype(np.float32)
    texture = sum(cv2.GaussianBlur(noise, (0, 0), s) * s for s in (2.0, 6.0, 20.0))
    luma = np.clip(120 + 60 * np.asarray(texture), 16, 235).astype(np.uint8)
    packed = I420.empty(2 * width, height)
    packed.y[:, :width] = luma
    packed.y[:, width:] = np.roll(luma, -width // 100, axis=1)
    packed.u[:] = 110
    packed.v[:] = 160
    halves = packed.crop(0, 0, width, height), packed.crop(width, 0, width, height)
    return StereoFrame(FrameStamp(0, 0), *halves, packed)


@click.command()
@click.option("--json", "json_path", metavar="FILE", help="Write JSON; - for standard output.")
@click.option("--markdown", "page", metavar="FILE", help="Write the table into this page's marks.")
@click.option("--triangles", default=TRIANGLES, show_default=True, type=click.IntRange(min=4))
@click.option("--repeats", default=REPEATS, show_default=True, type=click.IntRange(min=1))
def frame(json_path: str | None, page: str | None, triangles: int, repeats: int) -> None:
    """Measure what one frame costs: mesh, compose in each mode, encode; with rivals."""
    warm_up_with_bar()
    report = measure_frame(EYE, triangles, repeats)
    if json_path != "-":
        print_report(report, Console())
    if json_path is not None:
        write_json(report, json_path)
    if page is not None:
        write_markdown(report, "frame", page)
