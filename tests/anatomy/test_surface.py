"""The surface of a structure: where it lies, what is left out, how many triangles."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.anatomy.importer import read_volume
from streamer.anatomy.presets import BONE
from streamer.anatomy.surface import extract_surface
from streamer.anatomy.triangles import face_crosses, is_closed, signed_volume_mm3
from streamer.anatomy.volume import Volume
from streamer.errors import AnatomyError
from streamer.scene.model import Mesh
from tests.anatomy.made import BALL_MM, Array, Scan, World, ball, tilted, write_series

CENTRE = np.array([31.0, -52.0, 77.0])


def away(points: Array) -> Array:
    """The ball, somewhere else in the patient."""
    return ball(points - CENTRE)


def volume_of(world: World, step: float = 1.0, half: float = 44.0) -> Volume:
    """The world about the origin on a straight grid."""
    axis = np.arange(-half, half + 1e-6, step)
    points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij")[::-1], axis=-1)
    T = np.eye(4)
    T[:3, :3] = np.eye(3)[:, ::-1] * step
    T[:3, 3] = -half
    return Volume(np.rint(world(points)).astype(np.int16), (step,) * 3, T, step)


def radii(mesh: Mesh) -> Array:
    return np.asarray(np.linalg.norm(mesh.vertices_mm - CENTRE, axis=1))


def roundness(mesh: Mesh) -> float:
    """The longest axis over the shortest of the surface, weighted by area: 1 for a ball."""
    area = np.linalg.norm(face_crosses(mesh.vertices_mm, mesh.faces), axis=1)
    middles = mesh.vertices_mm[mesh.faces].mean(axis=1) - CENTRE
    spread = np.linalg.eigvalsh((middles * area[:, None]).T @ middles)
    return float(np.sqrt(spread.max() / spread.min()))


def imported(folder: Path, scan: Scan) -> Mesh:
    scan.centre = CENTRE
    return extract_surface(read_volume(write_series(folder, scan, away)), BONE)[0]


def assert_sound(mesh: Mesh) -> None:
    """Closed, outward, with unit normals that agree with the triangles."""
    assert is_closed(mesh.faces)
    assert signed_volume_mm3(mesh.vertices_mm, mesh.faces) > 0
    np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1, atol=1e-5)
    assert mesh.vertices_mm.dtype == mesh.normals.dtype == np.float32
    assert mesh.faces.dtype == np.int32


def test_a_straight_series_gives_the_ball_where_it_was(tmp_path: Path) -> None:
    mesh = imported(tmp_path, Scan())
    assert_sound(mesh)
    assert np.abs(radii(mesh) - BALL_MM).mean() < 0.1
    outward = (mesh.vertices_mm - CENTRE) / radii(mesh)[:, None]
    assert (outward * mesh.normals).sum(axis=1).min() > 0.9
    ideal = 4 / 3 * np.pi * BALL_MM**3
    assert signed_volume_mm3(mesh.vertices_mm, mesh.faces) == pytest.approx(ideal, rel=0.02)


@pytest.mark.parametrize("degrees", [18.5, -25.0])
def test_a_tilted_series_gives_a_round_ball(tmp_path: Path, degrees: float) -> None:
    """Stacked as they come, the slices would stretch the ball by tan(tilt): a third, a half."""
    orientation, shear = tilted(degrees)
    mesh = imported(tmp_path, Scan(orientation=orientation, shear=shear))
    assert np.abs(radii(mesh) - BALL_MM).mean() < 0.1
    assert roundness(mesh) < 1.01


def test_slices_4_then_7_mm_apart_give_a_round_ball(tmp_path: Path) -> None:
    depths = [*np.arange(-36, 0.1, 4), 1.1, *np.arange(8.1, 40, 7)]
    orientation, shear = tilted(18.5)
    mesh = imported(tmp_path, Scan(depths=depths, orientation=orientation, shear=shear))
    low, high = mesh.vertices_mm.min(axis=0), mesh.vertices_mm.max(axis=0)
    np.testing.assert_allclose(high - low, 2 * BALL_MM, atol=3.5)
    np.testing.assert_allclose((high + low) / 2, CENTRE, atol=1.8)
    assert np.abs(radii(mesh) - BALL_MM).mean() < 0.7
    assert roundness(mesh) < 1.1


@settings(max_examples=5, deadline=None)
@given(step=st.floats(0.8, 1.6), shift=st.tuples(*[st.floats(-3, 3)] * 3))
def test_the_surface_error_stays_below_a_quarter_voxel(
    step: float, shift: tuple[float, float, float]
) -> None:
    volume = volume_of(lambda points: ball(points - np.array(shift)), step, 40.0)
    mesh, _ = extract_surface(volume, BONE)
    error = np.linalg.norm(mesh.vertices_mm - np.array(shift), axis=1) - BALL_MM
    assert np.abs(error).mean() < step / 4
    assert abs(error.mean()) < step / 10


def head_rest(points: Array) -> Array:
    """A trough of dense plastic below the ball (at +y), touching its skin, foam beneath."""
    x, y = points[..., 0], points[..., 1]
    from_axis = np.hypot(x, y)
    shell = (np.abs(from_axis - (BALL_MM + 14)) < 1.6) & (y > 5)
    foam = (from_axis > BALL_MM + 12) & (y > 5)
    return np.where(shell, 600.0, np.where(foam, -950.0, ball(points)))


def specks(points: Array) -> Array:
    """Two bones of 4 mm and a speck of 1.5 mm in the flesh beside the ball of bone."""
    world = ball(points)
    for place, radius in (((25, 0, 5), 4), ((-25, 0, 5), 4), ((0, 26, 0), 1.5)):
        world = np.where(np.linalg.norm(points - np.array(place), axis=-1) < radius, 900, world)
    return world


def test_the_head_rest_is_left_out_and_said() -> None:
    mesh, notes = extract_surface(volume_of(head_rest), BONE)
    assert np.linalg.norm(mesh.vertices_mm, axis=1).max() < BALL_MM + 1
    assert notes == ("1 part(s) outside the body (head rest, table) were removed",)


def test_separate_bones_stay_and_specks_go() -> None:
    mesh, notes = extract_surface(volume_of(specks), BONE)
    x, y = mesh.vertices_mm[:, 0], mesh.vertices_mm[:, 1]
    assert x.max() > 27
    assert x.min() < -27
    assert y.max() < BALL_MM + 1
    assert notes == ()


def test_a_dry_bone_without_flesh_stays() -> None:
    bare: Callable[[Array], Array] = lambda p: np.where(ball(p) > 100, ball(p), -1000.0)  # noqa: E731
    mesh, notes = extract_surface(volume_of(bare), BONE)
    assert mesh.vertices_mm.max() == pytest.approx(BALL_MM, abs=0.6)
    assert notes == ()


def test_the_surface_is_closed_where_the_volume_ends() -> None:
    mesh, _ = extract_surface(volume_of(ball, half=12.0), BONE)
    assert_sound(mesh)
    assert np.abs(mesh.vertices_mm).max() < 13.5


def test_the_triangle_budget_is_kept() -> None:
    mesh, _ = extract_surface(volume_of(ball), BONE, triangle_budget=900)
    assert 600 < len(mesh.faces) <= 900
    assert_sound(mesh)
    assert np.abs(np.linalg.norm(mesh.vertices_mm, axis=1) - BALL_MM).mean() < 0.4


def test_a_ct_without_bone() -> None:
    with pytest.raises(AnatomyError, match=r"holds no bone: no voxel reaches 226 HU.*-1000 to 45"):
        extract_surface(volume_of(lambda points: np.minimum(ball(points), 45)), BONE)


def test_the_tilted_head_is_a_skull_of_a_head_s_size(shared_data: Path) -> None:
    volume = read_volume(shared_data / "ct_head_tilted")
    mesh, notes = extract_surface(volume, BONE)
    assert is_closed(mesh.faces)
    width, depth, height = np.ptp(mesh.vertices_mm, axis=0)
    assert 145 < width < 165
    assert 175 < depth < 195
    assert 140 < height < 175
    assert notes == ("2 part(s) outside the body (head rest, table) were removed",)
