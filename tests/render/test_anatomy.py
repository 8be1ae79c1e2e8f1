"""The mesh renderer as a whole: solid spheres, depth order, disparities, and hostile meshes."""

import threading
from dataclasses import replace

import cv2
import numpy as np
import pytest

from benchmarks.meshes import sphere
from streamer.render.anatomy import AnatomyRenderer, is_closed
from streamer.render.camera import StereoCamera
from streamer.render.layers import Layer, StereoLayer
from streamer.render.pool import KernelPool
from streamer.scene.model import Anatomy, Mesh, Pose
from tests.render.scenes import anatomy_of, square

VIEWPORT = (160, 120)


def rendered(*meshes: Mesh, pose: Pose | None = None, threads: int = 2) -> StereoLayer:
    with KernelPool(threads) as pool:
        return AnatomyRenderer(anatomy_of(*meshes), pool).render(pose or Pose(), VIEWPORT)


def both(stereo: StereoLayer) -> tuple[Layer, Layer]:
    return stereo.left, stereo.right


@pytest.mark.parametrize("triangles", [200, 3_000, 40_000])
@pytest.mark.parametrize("rotation", [(0, 0, 0, 1), (0.3, -0.5, 0.2, 0.8)])
def test_a_sphere_is_solid_and_round(
    triangles: int, rotation: tuple[float, float, float, float]
) -> None:
    stereo = rendered(sphere(triangles), pose=Pose(rotation=rotation))
    for layer in both(stereo):
        covered = layer.alpha > 0
        filled = covered.astype(np.uint8)
        outside = np.pad(filled, 1)
        cv2.floodFill(outside, None, (0, 0), 2)
        assert not (outside[1:-1, 1:-1] == 0).any(), "a hole"
        inner = cv2.erode(filled, np.ones((5, 5), np.uint8)) > 0
        assert (layer.alpha[inner] == 255).all(), "a seam"
        assert covered.sum() == pytest.approx(np.pi * (0.95 * 60) ** 2, rel=0.06)
        rows, columns = np.nonzero(covered)
        assert abs(rows.mean() - 59.5) < 0.7
        assert abs(columns.mean() - 79.5) < 1.5


def test_depth_and_disparity_follow_the_formula() -> None:
    """Rays through pixel centres meet the sphere where its equation says, in both eyes."""
    stereo = rendered(sphere(60_000))
    camera = stereo.camera
    a, b = camera.parallax
    radius = 90.0
    for eye, layer in ((-1, stereo.left), (1, stereo.right)):
        for row, column in ((60, 80), (40, 70), (75, 110)):
            w = float(layer.inverse_depth[row, column])
            x0 = column + 0.5 - eye * (a - b * w)
            point = np.array(
                [
                    (x0 - camera.principal_px[0]) / (camera.focal_px * w),
                    (row + 0.5 - camera.principal_px[1]) / (camera.focal_px * w),
                    1 / w - camera.convergence_mm,
                ]
            )
            assert np.linalg.norm(point) == pytest.approx(radius, rel=2e-3)


def test_a_near_square_shifts_between_the_eyes_by_the_formula_and_the_right_way() -> None:
    for y_mm, sign in ((-40.0, 1), (40.0, -1)):
        # A second, transparent mesh on the other side keeps the centre where it is.
        balance = square(60, -y_mm, opacity=0.0, name="balance")
        renderer = AnatomyRenderer(anatomy_of(square(60, y_mm), balance))
        stereo = renderer.render(Pose(), (640, 480))
        renderer.close()
        a, b = stereo.camera.parallax
        expected = 2 * (b / (stereo.camera.convergence_mm + y_mm) - a)
        assert expected * sign > 1
        shares = [layer.alpha.astype(float) for layer in both(stereo)]
        centres = [(share.sum(0) * np.arange(640)).sum() / share.sum() for share in shares]
        # Four sample columns a pixel: each edge is known to an eighth.
        assert centres[0] - centres[1] == pytest.approx(expected, abs=0.15)


def test_the_nearer_mesh_hides_the_farther_in_whatever_order() -> None:
    red = square(40, -30, (0.9, 0.1, 0.1), name="red")
    blue = square(80, 30, (0.1, 0.1, 0.9), name="blue")
    for order in ((red, blue), (blue, red)):
        picture = rendered(*order).left.picture
        assert picture.v[30, 40] > 160  # red in the middle
        assert picture.u[30, 40 + 13] > 160  # blue beside it


def test_opacity_of_a_mesh_goes_to_alpha_and_zero_hides_nothing() -> None:
    half = rendered(square(80, 0, opacity=0.5)).left
    assert half.alpha[60, 80] == 128
    assert half.alpha_half[30, 40] == 128
    ghost = square(80, -30, (0.9, 0.1, 0.1), opacity=0.0)
    solid = square(80, 30, (0.1, 0.1, 0.9), name="solid")
    layer = rendered(ghost, solid).left
    assert layer.alpha[60, 80] == 255
    assert layer.picture.u[30, 40] > 160


def test_an_open_surface_is_seen_from_both_sides() -> None:
    front = rendered(square(80, 0)).left
    back = rendered(square(80, 0), pose=Pose(rotation=(0.0, 1.0, 0.0, 0.0))).left
    assert front.alpha[60, 80] == back.alpha[60, 80] == 255
    assert abs(int(front.picture.y[60, 80]) - int(back.picture.y[60, 80])) < 3


def test_silhouettes_are_smooth_and_chroma_coverage_follows_luma() -> None:
    layer = rendered(sphere(20_000)).left
    levels = set(np.unique(layer.alpha).tolist())
    assert levels == {0, 64, 128, 191, 255}
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
    layer = rendered(sphere(5_000, colour=(1.0, 1.0, 1.0))).left
    for plane, high in ((layer.picture.y, 235), (layer.picture.u, 240), (layer.picture.v, 240)):
        assert plane.min() >= 16
        assert plane.max() <= high


def test_the_number_of_threads_changes_nothing() -> None:
    mesh = sphere(3_000, bump=0.2)
    one, three = rendered(mesh, threads=1), rendered(mesh, threads=3)
    for a, b in zip(both(one), both(three), strict=True):
        np.testing.assert_array_equal(a.alpha, b.alpha)
        np.testing.assert_array_equal(a.picture.y, b.picture.y)
        np.testing.assert_array_equal(a.inverse_depth, b.inverse_depth)


def test_two_threads_may_render_at_once() -> None:
    renderer = AnatomyRenderer(anatomy_of(sphere(3_000)))
    poses = [Pose(), Pose(zoom=0.5)]
    expected = [renderer.render(pose, VIEWPORT).left.alpha for pose in poses]
    wrong: list[str] = []

    def check(n: int) -> None:
        for _ in range(10):
            if not np.array_equal(renderer.render(poses[n], VIEWPORT).left.alpha, expected[n]):
                wrong.append(f"pose {n}")

    threads = [threading.Thread(target=check, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    renderer.close()
    assert wrong == []


def test_no_mesh_and_no_triangle_give_an_empty_layer() -> None:
    none = np.empty((0, 3), np.float32)
    nothing = Mesh("nothing", none, none.astype(np.int32), none)
    for anatomy in (Anatomy(()), anatomy_of(nothing)):
        renderer = AnatomyRenderer(anatomy)
        layer = renderer.render(Pose(), VIEWPORT).right
        renderer.close()
        assert not layer.alpha.any()
        assert renderer.triangles == 0


def test_vertices_that_are_no_numbers_cost_only_their_triangles() -> None:
    mesh = sphere(2_000)
    points = mesh.vertices_mm.copy()
    points[[5, 600]] = np.nan
    points[700, 1] = np.inf
    broken = rendered(replace(mesh, vertices_mm=points)).left
    whole = rendered(mesh).left
    assert np.isfinite(broken.inverse_depth).all()
    assert np.mean((broken.alpha == 255) & (whole.alpha == 255)) > 0.9 * np.mean(whole.alpha == 255)


def test_degenerate_and_doubled_triangles_change_nothing() -> None:
    mesh = sphere(2_000)
    extra = np.array([[3, 3, 9], [7, 7, 7], *mesh.faces[:50].tolist()], np.int32)
    doubled = replace(mesh, faces=np.concatenate([mesh.faces, extra]))
    assert not is_closed(doubled)
    np.testing.assert_array_equal(rendered(mesh).left.alpha, rendered(doubled).left.alpha)
    np.testing.assert_array_equal(
        rendered(mesh).left.inverse_depth, rendered(doubled).left.inverse_depth
    )


def test_one_triangle_outside_the_view_leaves_nothing() -> None:
    layer = rendered(square(50, 0), pose=Pose(shift=(3.0, 0.0))).left
    assert not layer.alpha.any()


def inside_camera(distance_mm: float) -> StereoCamera:
    """A camera in the middle of a sphere, or at a distance from there, looking forward."""
    transform = np.eye(4)
    transform[:3, :3] = [[1, 0, 0], [0, 0, -1], [0, 1, 0]]
    transform[2, 3] = distance_mm
    return StereoCamera(transform, 80.0, (80.0, 60.0), 4.0, 60.0, 1.0, VIEWPORT)


def test_from_inside_a_sphere_its_far_wall_fills_the_picture() -> None:
    renderer = AnatomyRenderer(anatomy_of(sphere(5_000)))
    for distance_mm in (0.0, 30.0, 80.0):
        stereo = renderer.render_with(inside_camera(distance_mm), Pose())
        for layer in both(stereo):
            assert (layer.alpha == 255).all()
            middle = 1 / float(layer.inverse_depth[60, 80])
            assert middle == pytest.approx(90.0 + distance_mm, rel=0.01)
    renderer.close()


def test_what_is_cut_by_the_near_plane_stays_solid() -> None:
    """A floor that runs from behind the camera to before it: no gap below the horizon."""
    points = np.array(
        [[-500, -300, -20], [500, -300, -20], [500, 900, -20], [-500, 900, -20]], np.float32
    )
    floor = Mesh(
        "floor",
        points,
        np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        np.tile(np.array([0, 0, 1], np.float32), (4, 1)),
    )
    renderer = AnatomyRenderer(anatomy_of(floor))
    layer = renderer.render_with(inside_camera(0.0), Pose()).left
    renderer.close()
    assert (layer.alpha[64:] == 255).all()
    assert not layer.alpha[:60].any()
    row = 100
    depth = 80.0 * 20 / (row + 0.5 - 60)
    assert 1 / layer.inverse_depth[row, 80] == pytest.approx(depth, rel=1e-3)


def test_closed_means_closed() -> None:
    mesh = sphere(500)
    assert is_closed(mesh)
    assert not is_closed(replace(mesh, faces=mesh.faces[1:]))
    assert not is_closed(square(10, 0))
    flipped = mesh.faces.copy()
    flipped[0] = flipped[0][::-1]
    assert not is_closed(replace(mesh, faces=flipped))


def test_arrays_that_do_not_fit_are_refused_by_name() -> None:
    mesh = square(10, 0, name="jaw")
    with pytest.raises(ValueError, match=r"'jaw'.*4 vertices.*0 to 9"):
        AnatomyRenderer(anatomy_of(replace(mesh, faces=np.array([[0, 1, 9]], np.int32))))
    with pytest.raises(ValueError, match=r"'jaw'.*\(4, 3\) and \(3, 3\)"):
        AnatomyRenderer(anatomy_of(replace(mesh, normals=mesh.normals[:3])))
    with pytest.raises(ValueError, match=r"'jaw'.*\(2, 2\)"):
        AnatomyRenderer(anatomy_of(replace(mesh, faces=mesh.faces[:, :2])))
