"""Meshes that are broken, cut by the camera, larger than the picture or none, in 1-12 views."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.meshes import sphere
from streamer.render.anatomy import AnatomyRenderer
from streamer.render.camera import CameraRow
from streamer.render.detail import is_closed
from streamer.render.layers import Layer
from streamer.render.pool import KernelPool
from streamer.scene.model import Anatomy, Mesh, Pose
from tests.render.scenes import VIEWPORT, anatomy_of, inside_camera, square

pytestmark = pytest.mark.parametrize("views", [1, 2, 12])


def drawn(
    *meshes: Mesh, views: int, pose: Pose | None = None, camera: CameraRow | None = None
) -> list[Layer]:
    with KernelPool(1) as pool:
        renderer = AnatomyRenderer(Anatomy(meshes), pool)
        row = camera or renderer.cone(pose or Pose(), VIEWPORT, views, 30.0)
        return list(renderer.draw(row))


def test_no_mesh_and_no_triangle_give_empty_layers(views: int) -> None:
    none = np.empty((0, 3), np.float32)
    nothing = Mesh("nothing", none, none.astype(np.int32), none)
    loose = replace(
        nothing, vertices_mm=np.ones((3, 3), np.float32), normals=np.ones((3, 3), np.float32)
    )
    for meshes in ((), (nothing,), (loose,)):
        for layer in drawn(*meshes, views=views):
            assert not layer.alpha.any()
            assert not layer.inverse_depth.any()


def test_one_triangle_is_drawn(views: int) -> None:
    mesh = square(80, 0)
    for layer in drawn(replace(mesh, faces=mesh.faces[:1]), views=views):
        assert layer.alpha[80, 90] == 255
        assert layer.alpha.astype(float).sum() / 255 == pytest.approx(
            drawn(mesh, views=1)[0].alpha.astype(float).sum() / 510, rel=0.02
        )


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 3e38])
def test_vertices_that_are_no_numbers_cost_only_their_triangles(views: int, bad: float) -> None:
    mesh = sphere(2_000)
    points, normals = mesh.vertices_mm.copy(), mesh.normals.copy()
    points[[5, 600]] = bad
    points[700, 1] = bad
    normals[[7, 900]] = bad
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # What is finite, if far away, counts for the fit: the camera of the whole mesh is taken.
        camera = AnatomyRenderer(anatomy_of(mesh), KernelPool(1)).cone(
            Pose(), VIEWPORT, views, 30.0
        )
        broken = drawn(replace(mesh, vertices_mm=points, normals=normals), views=1, camera=camera)
    for layer, whole in zip(broken, drawn(mesh, views=1, camera=camera), strict=True):
        assert np.isfinite(layer.inverse_depth).all()
        solid = whole.alpha == 255
        assert np.mean(layer.alpha[solid] == 255) > 0.9
        assert layer.picture.y.min() >= 16
        assert layer.picture.y.max() <= 235


def test_degenerate_and_doubled_triangles_change_nothing(views: int) -> None:
    mesh = sphere(2_000)
    extra = np.array([[3, 3, 9], [7, 7, 7], *mesh.faces[:50].tolist()], np.int32)
    doubled = replace(mesh, faces=np.concatenate([mesh.faces, extra]))
    assert not is_closed(doubled)
    for a, b in zip(drawn(mesh, views=views), drawn(doubled, views=views), strict=True):
        assert np.mean((a.alpha > 127) != (b.alpha > 127)) < 1e-3
        # Edges of more than two faces have no side, so that they are not smoothed.
        there = (a.inverse_depth > 0) & (b.inverse_depth > 0)
        np.testing.assert_allclose(a.inverse_depth[there], b.inverse_depth[there], rtol=2e-2)


def test_an_edge_of_three_faces_is_drawn_as_they_lie(views: int) -> None:
    mesh = square(80, 0)
    fin = np.array([[0, -40, 0]], np.float32)
    three = replace(
        mesh,
        vertices_mm=np.concatenate([mesh.vertices_mm, fin]),
        normals=np.concatenate([mesh.normals, mesh.normals[:1]]),
        faces=np.concatenate([mesh.faces, [[0, 2, 4]]]).astype(np.int32),
    )
    camera = AnatomyRenderer(anatomy_of(mesh), KernelPool(1)).cone(Pose(), VIEWPORT, views, 30.0)
    for with_fin, without in zip(
        drawn(three, views=views, camera=camera),
        drawn(mesh, views=views, camera=camera),
        strict=True,
    ):
        assert (with_fin.alpha[without.alpha == 255] == 255).all()
        assert with_fin.inverse_depth.max() > without.inverse_depth.max()


def test_what_lies_outside_the_view_leaves_nothing(views: int) -> None:
    for shift in ((3.0, 0.0), (-3.0, 0.0), (0.0, 3.0), (0.0, -3.0)):
        for layer in drawn(sphere(500), views=views, pose=Pose(shift=shift)):
            assert not layer.alpha.any()
            assert not layer.spans.any()


@pytest.mark.parametrize("opacity", [1.0, 0.5])
def test_from_inside_a_sphere_its_far_wall_fills_the_picture(views: int, opacity: float) -> None:
    mesh = sphere(5_000, opacity=opacity)
    for distance_mm in (0.0, 30.0, 80.0):
        camera = inside_camera(distance_mm, views)
        for layer in drawn(mesh, views=views, camera=camera):
            assert (layer.alpha == round(255 * opacity)).all()
            middle = 1 / float(layer.inverse_depth[60, 80])
            # Through glass the nearer wall is seen first, where it is before the camera.
            assert middle == pytest.approx(90.0 + distance_mm, rel=0.01)


def floor(triangles: str) -> Mesh:
    """A floor that runs from behind the camera to before it."""
    points: NDArray[np.float32] = np.array(
        [[-500, -300, -20], [500, -300, -20], [500, 900, -20], [-500, 900, -20]], np.float32
    )
    faces = {"one way": [[0, 1, 2], [0, 2, 3]], "the other": [[0, 1, 3], [1, 2, 3]]}[triangles]
    normals = np.tile(np.array([0, 0, 1], np.float32), (4, 1))
    return Mesh("floor", points, np.array(faces, np.int32), normals)


@pytest.mark.parametrize("triangles", ["one way", "the other"])
def test_what_is_cut_by_the_near_plane_stays_solid(views: int, triangles: str) -> None:
    """No gap below the horizon, and depth by the formula of a plane."""
    for layer in drawn(floor(triangles), views=views, camera=inside_camera(0.0, views)):
        assert (layer.alpha[64:] == 255).all()
        assert not layer.alpha[:60].any()
        row = 100
        depth = 80.0 * 20 / (row + 0.5 - 60)
        assert 1 / layer.inverse_depth[row, 80] == pytest.approx(depth, rel=1e-3)


def test_the_inside_that_a_cut_opens_is_lit_alike_where_it_was_cut_and_where_not(
    views: int,
) -> None:
    """A closed box seen from inside: some of its walls' triangles are cut, and others are not."""
    corners = np.array(
        [[x, y, z] for x in (-50, 50) for y in (-200, 200) for z in (-50, 50)], np.float32
    )
    faces = np.array(
        [
            [0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
            [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3],
        ],
        np.int32,
    )  # fmt: skip
    box = Mesh("box", corners, faces, (corners / np.linalg.norm(corners, axis=1)[:, None]))
    if np.einsum("i,i", np.cross(*(corners[faces[0]][1:] - corners[faces[0]][0])), corners[0]) < 0:
        box = replace(box, faces=faces[:, ::-1].copy())
    assert is_closed(box)
    opened = replace(box, faces=box.faces[1:])  # two-sided all along: its backs are always lit
    camera = inside_camera(0.0, views, near_mm=5.0)
    for closed, half in zip(
        drawn(box, views=views, camera=camera),
        drawn(opened, views=views, camera=camera),
        strict=True,
    ):
        shown = half.alpha == 255
        assert shown.mean() > 0.5
        difference = closed.picture.y[shown].astype(int) - half.picture.y[shown]
        assert (np.abs(difference) <= 2).mean() > 0.97


def test_triangles_far_larger_than_the_picture_fill_it(views: int) -> None:
    mesh = square(50_000, 60)
    for near_mm in (1.0, 30.0):
        camera = inside_camera(0.0, views, near_mm)
        for layer in drawn(mesh, views=views, camera=camera):
            assert (layer.alpha == 255).all()
            np.testing.assert_allclose(layer.inverse_depth, 1 / 60, rtol=1e-4)
