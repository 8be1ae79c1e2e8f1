"""The mesh renderer as a whole: solid spheres, depth order, disparities, glass, poses, levels."""

import threading
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.meshes import sphere
from streamer.render.anatomy import AnatomyRenderer
from streamer.render.layers import Layer, Sheet, StereoLayer
from streamer.render.pool import KernelPool
from streamer.scene.model import Anatomy, Mesh, MeshState, Pose
from tests.render.scenes import VIEWPORT, anatomy_of, square

RED, BLUE = (0.9, 0.1, 0.1), (0.1, 0.1, 0.9)


def rendered(*meshes: Mesh, pose: Pose | None = None, threads: int = 2) -> StereoLayer:
    with KernelPool(threads) as pool:
        return AnatomyRenderer(anatomy_of(*meshes), pool).render(pose or Pose(), VIEWPORT)


def views_of(
    *meshes: Mesh,
    views: int = 1,
    pose: Pose | None = None,
    states: dict[str, MeshState] | None = None,
) -> list[Layer]:
    with KernelPool(1) as pool:
        renderer = AnatomyRenderer(anatomy_of(*meshes), pool)
        return list(
            renderer.draw(renderer.cone(pose or Pose(), VIEWPORT, views, 40.0), None, states)
        )


def both(stereo: StereoLayer) -> tuple[Layer, Layer]:
    return stereo.left, stereo.right


def same(a: Layer, b: Layer) -> bool:
    return all(
        np.array_equal(x, y)
        for x, y in (
            (a.picture.y, b.picture.y),
            (a.picture.u, b.picture.u),
            (a.picture.v, b.picture.v),
            (a.alpha, b.alpha),
            (a.alpha_half, b.alpha_half),
            (a.inverse_depth, b.inverse_depth),
            (a.spans, b.spans),
        )
    )


def holes(covered: NDArray[np.bool_]) -> int:
    """Pixels that are not covered and from which no way leads outside."""
    filled = np.pad(covered.astype(np.uint8), 1)
    cv2.floodFill(filled, None, (0, 0), 2)
    return int((filled == 0).sum())


@pytest.mark.parametrize("triangles", [200, 3_000, 40_000])
@pytest.mark.parametrize("rotation", [(0, 0, 0, 1), (0.3, -0.5, 0.2, 0.8)])
def test_a_sphere_is_solid_and_round(
    triangles: int, rotation: tuple[float, float, float, float]
) -> None:
    for layer in both(rendered(sphere(triangles), pose=Pose(rotation=rotation))):
        covered = layer.alpha > 0
        assert holes(covered) == 0
        inner = cv2.erode(covered.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        assert (layer.alpha[inner] == 255).all(), "a seam"
        coverage = layer.alpha.astype(float) / 255
        assert coverage.sum() == pytest.approx(np.pi * (0.95 * 60) ** 2, rel=0.04)
        rows, columns = np.nonzero(covered)
        assert abs(rows.mean() - 59.5) < 0.7
        assert abs(columns.mean() - 79.5) < 1.5


@settings(max_examples=25)
@given(
    rotation=st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1), st.floats(0.1, 1)),
    zoom=st.floats(0.3, 3.0),
    views=st.sampled_from([1, 2, 12, 48]),
    bump=st.sampled_from([0.0, 0.25]),
)
def test_a_closed_mesh_leaves_no_hole_in_any_view(
    rotation: tuple[float, float, float, float], zoom: float, views: int, bump: float
) -> None:
    """Its far side is not drawn, so that a pixel missed in front shows nothing at all."""
    mesh = sphere(600, bump=bump)
    for layer in views_of(mesh, views=views, pose=Pose(rotation=rotation, zoom=zoom)):
        assert layer.alpha.any()
        assert holes(layer.alpha > 0) == 0
        covered = (layer.alpha > 0).astype(np.uint8)
        inner = cv2.erode(covered, np.ones((5, 5), np.uint8)) > 0
        if bump == 0:
            assert (layer.alpha[inner] == 255).all()


def test_depth_and_disparity_follow_the_formula() -> None:
    """Rays through pixel centres meet the sphere where its equation says, in all views."""
    with KernelPool(1) as pool:
        renderer = AnatomyRenderer(anatomy_of(sphere(60_000)), pool)
        camera = renderer.cone(Pose(), VIEWPORT, 5, 40.0)
        sheet = renderer.draw(camera)
    for a, b, layer in zip(*camera.parallax, sheet, strict=True):
        for row, column in ((60, 80), (40, 70), (75, 110)):
            w = float(layer.inverse_depth[row, column])
            x_0 = column + 0.5 - (a - b * w)
            point = np.array(
                [
                    (x_0 - camera.principal_px[0]) / (camera.focal_px[0] * w),
                    (row + 0.5 - camera.principal_px[1]) / (camera.focal_px[1] * w),
                    1 / w - camera.convergence_mm,
                ]
            )
            assert np.linalg.norm(point) == pytest.approx(90.0, rel=3e-3)


def test_a_near_square_shifts_between_the_eyes_by_the_formula_and_the_right_way() -> None:
    for y_mm, sign in ((-40.0, 1), (40.0, -1)):
        # A second, hidden mesh on the other side keeps the centre where it is.
        balance = square(60, -y_mm, opacity=0.0, name="balance")
        renderer = AnatomyRenderer(anatomy_of(square(60, y_mm), balance))
        stereo = renderer.render(Pose(), (640, 480))
        renderer.close()
        a, b = stereo.camera.parallax
        w = 1 / (stereo.camera.convergence_mm + y_mm)
        expected = (a[0] - b[0] * w) - (a[1] - b[1] * w)
        assert expected * sign > 1
        shares = [layer.alpha.astype(float) for layer in both(stereo)]
        centres = [(share.sum(0) * np.arange(640)).sum() / share.sum() for share in shares]
        assert centres[0] - centres[1] == pytest.approx(expected, abs=0.02)


def test_the_nearer_mesh_hides_the_farther_in_whatever_order() -> None:
    red, blue = square(40, -30, RED, name="red"), square(80, 30, BLUE, name="blue")
    for order in ((red, blue), (blue, red)):
        picture = rendered(*order).left.picture
        assert picture.v[30, 40] > 160  # red in the middle
        assert picture.u[30, 40 + 13] > 160  # blue beside it


@pytest.mark.parametrize("views", [1, 2, 12])
def test_glass_shows_what_is_behind_it_and_is_hidden_by_what_is_before_it(views: int) -> None:
    bone = square(80, 30, BLUE, name="bone")
    skin = square(40, -30, RED, 0.4, name="skin")
    deep = square(60, 60, RED, 0.4, name="deep")
    alone = square(80, 0, RED, 0.4)
    for through, bare, glass in zip(
        views_of(bone, skin, views=views),
        views_of(replace(skin, opacity=0.0), bone, views=views),
        views_of(replace(bone, opacity=0.0), skin, views=views),
        strict=True,
    ):
        at, half = (60, 80), (30, 40)
        assert through.alpha[at] == 255
        assert glass.alpha[at] == round(0.4 * 255)
        for plane in ("y", "u", "v"):
            where = at if plane == "y" else half
            front, behind, mixed = (
                float(getattr(layer.picture, plane)[where]) for layer in (glass, bare, through)
            )
            assert mixed == pytest.approx(0.4 * front + 0.6 * behind, abs=1.5)
        assert through.inverse_depth[at] == pytest.approx(glass.inverse_depth[at], rel=1e-5)
        beside = glass.alpha == 0
        assert np.array_equal(through.picture.y[beside], bare.picture.y[beside])
        assert np.array_equal(through.alpha[beside], bare.alpha[beside])
    for hidden, only in zip(
        views_of(bone, deep, views=views),
        views_of(bone, replace(deep, opacity=0.0), views=views),
        strict=True,
    ):
        assert np.array_equal(hidden.picture.y[50:70, 70:90], only.picture.y[50:70, 70:90])
        assert (hidden.alpha[50:70, 70:90] == 255).all()
    for layer in views_of(alone, views=views):
        assert layer.alpha[60, 80] == layer.alpha_half[30, 40] == round(0.4 * 255)


def test_of_two_glasses_the_nearer_is_shown() -> None:
    near, far = square(80, -30, RED, 0.5, name="near"), square(80, 30, BLUE, 0.5, name="far")
    layer = views_of(near, far)[0]
    assert layer.alpha[60, 80] == 128
    assert layer.picture.v[30, 40] > 160


@pytest.mark.parametrize("opacity", [0.0, 0.001])
def test_what_cannot_be_seen_hides_nothing(opacity: float) -> None:
    ghost = square(80, -30, RED, opacity, name="ghost")
    bone = square(80, 30, BLUE, name="bone")
    layer = views_of(ghost, bone)[0]
    only = views_of(replace(ghost, opacity=0.0), bone)[0]
    assert same(layer, only)


def test_opacity_one_and_what_rounds_to_it_are_opaque() -> None:
    for opacity in (1.0, 0.999, 5.0):
        assert views_of(square(80, 0, opacity=opacity))[0].alpha[60, 80] == 255


def test_states_hide_fade_and_move_a_structure_by_its_name() -> None:
    red, blue = square(40, -30, RED, name="red"), square(80, 30, BLUE, name="blue")
    at, half = (60, 80), (30, 40)
    hidden = views_of(red, blue, states={"red": MeshState(visible=False)})[0]
    assert hidden.picture.u[half] > 160
    faded = views_of(red, blue, states={"red": MeshState(opacity=0.5)})[0]
    assert faded.alpha[at] == 255
    plain = views_of(red, blue)[0]
    assert plain.picture.u[half] < faded.picture.u[half] < hidden.picture.u[half]
    aside = np.eye(4)
    aside[0, 3] = 45.0  # to the patient's left: right in the picture
    moved = views_of(red, blue, states={"red": MeshState(T_lps_mesh=aside)})[0]
    assert moved.picture.u[half] > 160
    assert (moved.picture.v[30] > 160).nonzero()[0].min() > 40
    solid = views_of(replace(red, opacity=0.3), blue, states={"red": MeshState(opacity=1.0)})[0]
    assert same(solid, plain)
    assert same(views_of(red, blue, states={"nobody": MeshState(visible=False)})[0], plain)


def test_an_open_surface_is_seen_from_both_sides() -> None:
    front = rendered(square(80, 0)).left
    back = rendered(square(80, 0), pose=Pose(rotation=(0.0, 1.0, 0.0, 0.0))).left
    assert front.alpha[60, 80] == back.alpha[60, 80] == 255
    assert abs(int(front.picture.y[60, 80]) - int(back.picture.y[60, 80])) < 3


def test_silhouettes_are_smooth_and_chroma_coverage_follows_luma() -> None:
    layer = rendered(sphere(20_000)).left
    edge = layer.alpha[(layer.alpha > 0) & (layer.alpha < 255)]
    assert len(edge) > 100
    assert len(np.unique(edge)) > 60
    quads = layer.alpha.reshape(60, 2, 80, 2).astype(float).mean(axis=(1, 3))
    assert np.abs(quads - layer.alpha_half).max() <= 1.0


def test_spans_hold_all_that_is_covered() -> None:
    layer = rendered(sphere(5_000), pose=Pose(shift=(0.3, 0.2))).left
    assert (layer.spans % 2 == 0).all()
    for pair, (first, last) in enumerate(layer.spans):
        rows = layer.alpha[2 * pair : 2 * pair + 2]
        assert not rows[:, :first].any()
        assert not rows[:, last:].any()
        assert rows[:, first:last].any() == (last > first)


def test_luma_and_chroma_are_in_limited_range() -> None:
    glass = replace(sphere(500, 95.0, colour=(1.0, 0.0, 0.0), opacity=0.5), name="glass")
    layer = rendered(sphere(5_000, colour=(1.0, 1.0, 1.0)), glass).left
    for plane, high in ((layer.picture.y, 235), (layer.picture.u, 240), (layer.picture.v, 240)):
        assert plane.min() >= 16
        assert plane.max() <= high


def test_the_number_of_threads_changes_nothing() -> None:
    meshes = sphere(3_000, bump=0.2), replace(sphere(500, 95.0, opacity=0.5), name="glass")
    one, three = rendered(*meshes, threads=1), rendered(*meshes, threads=3)
    for a, b in zip(both(one), both(three), strict=True):
        assert same(a, b)


def test_two_threads_may_draw_at_once() -> None:
    glass = replace(sphere(500, 95.0, opacity=0.5), name="glass")
    renderer = AnatomyRenderer(anatomy_of(sphere(3_000), glass))
    poses = [Pose(), Pose(zoom=0.5)]
    expected = [renderer.render(pose, VIEWPORT) for pose in poses]
    wrong: list[str] = []

    def check(n: int) -> None:
        for _ in range(10):
            for a, b in zip(
                both(renderer.render(poses[n], VIEWPORT)), both(expected[n]), strict=True
            ):
                if not same(a, b):
                    wrong.append(f"pose {n}")

    threads = [threading.Thread(target=check, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    renderer.close()
    assert wrong == []


def test_memory_that_is_used_again_keeps_nothing_of_what_was_on_it() -> None:
    meshes = sphere(1_000, bump=0.2), replace(sphere(500, 95.0, opacity=0.5), name="glass")
    hide = {"glass": MeshState(visible=False), "sphere": MeshState(visible=False)}
    with KernelPool(1) as pool:
        renderer = AnatomyRenderer(anatomy_of(*meshes), pool)
        for pose in (Pose(shift=(0.4, 0.2)), Pose(shift=(-0.4, -0.3), zoom=0.2), Pose(zoom=3)):
            for grid in ((4, 1), (2, 2), (1, 4)):
                for states in ({}, {"glass": MeshState(visible=False)}, hide):
                    camera = renderer.cone(pose, (64, 48), 4, 40.0)
                    sheet = renderer.draw(camera, grid, states)
                    clean = renderer.draw(camera, None, states, Sheet.empty(grid, (64, 48)))
                    assert all(same(a, b) for a, b in zip(sheet, clean, strict=True))
                    del sheet


def test_a_sheet_that_does_not_fit_the_row_is_refused() -> None:
    with KernelPool(1) as pool:
        renderer = AnatomyRenderer(anatomy_of(sphere(200)), pool)
        camera = renderer.cone(Pose(), (64, 48), 4, 40.0)
        with pytest.raises(ValueError, match=r"4 views of \(64, 48\).*3 tiles"):
            renderer.draw(camera, (3, 1))
        with pytest.raises(ValueError, match=r"tiles of \(48, 64\)"):
            renderer.draw(camera, None, None, Sheet.empty((4, 1), (48, 64)))


def test_too_many_looks_are_refused_and_all_that_may_be_are_shown() -> None:
    tiny = [
        replace(square(2, 0, (n / 300, 0.5, 0.5), name=f"{n}"), vertices_mm=_apart(n))
        for n in range(257)
    ]
    with KernelPool(1) as pool:
        renderer = AnatomyRenderer(Anatomy(tuple(tiny)), pool)
        with pytest.raises(ValueError, match=r"257 different colours and opacities.*256"):
            renderer.render(Pose(), VIEWPORT)
        one_hidden = {"0": MeshState(visible=False)}
        layer = renderer.draw(renderer.cone(Pose(), (320, 320), 1, 0.0), None, one_hidden).layer(0)
    apart = cv2.connectedComponents((layer.alpha > 127).astype(np.uint8), connectivity=4)[0] - 1
    assert apart == 256


def _apart(n: int) -> NDArray[np.float32]:
    points = square(2, 0).vertices_mm.copy()
    points[:, 0] += 4 * (n % 17)
    points[:, 2] += 4 * (n // 17)
    return points


def test_coarser_levels_are_chosen_from_afar_and_look_alike() -> None:
    mesh = sphere(40_000, bump=0.2)
    with KernelPool(2) as pool:
        renderer = AnatomyRenderer(anatomy_of(mesh), pool)
        camera = renderer.cone(Pose(rotation=(0.1, 0.2, 0.3, 0.9)), (210, 280), 3, 35.0)
        full = renderer.draw(camera)
        assert renderer._detail_for(camera).faces.shape == mesh.faces.shape
        renderer.build_levels()
        level = renderer._detail_for(camera)
        near = renderer.cone(Pose(zoom=20), (840, 1120), 3, 35.0)
        assert len(renderer._detail_for(near).faces) == len(mesh.faces)
        fewer = renderer.draw(camera)
    assert len(level.faces) <= len(mesh.faces) / 2
    for a, b in zip(full, fewer, strict=True):
        ours, theirs = a.alpha > 127, b.alpha > 127
        assert (ours & theirs).sum() / (ours | theirs).sum() >= 0.99
        both_there = ours & theirs
        error = np.abs(a.inverse_depth - b.inverse_depth)[both_there] * camera.parallax[1].max()
        assert np.median(error) < 0.1  # pixels
        light = a.picture.y[both_there].astype(float) - b.picture.y[both_there]
        assert abs(light.mean()) < 1.0
        assert np.median(np.abs(light)) < 4.0
