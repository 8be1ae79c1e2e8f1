"""Mesh files of every format, read back to the same surface, and refused where they are broken."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvista as pv
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from streamer.anatomy.mesh_file import MESH_SUFFIXES, read_mesh
from streamer.anatomy.triangles import is_closed, signed_volume_mm3
from streamer.errors import AnatomyError
from streamer.scene.model import Mesh
from tests.anatomy.made import write_glb

GREY = (0.5, 0.5, 0.5)
R_GLTF_LPS = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])


def shape() -> pv.PolyData:
    """An egg, turned and off-centre, so that no axis can be swapped unseen."""
    egg = pv.ParametricEllipsoid(30, 20, 45, u_res=40, v_res=40, w_res=40).triangulate().clean()
    turned: pv.PolyData = egg.rotate_x(20).rotate_z(35).translate((12.0, -34.0, 56.0))
    return turned


def arrays(surface: pv.PolyData) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    return (
        np.asarray(surface.points, np.float32),
        np.asarray(surface.regular_faces, np.int32),
    )


def read(path: Path, budget: int = 150_000) -> tuple[Mesh, tuple[str, ...]]:
    return read_mesh(path, "egg", GREY, budget)


def refusal(path: Path) -> str:
    with pytest.raises(AnatomyError) as refused:
        read(path)
    return str(refused.value)


def save_glb(path: Path, binary: bool = True) -> None:
    points, faces = arrays(shape())
    write_glb(path, points @ R_GLTF_LPS.T.astype(np.float32) / 1000, faces)


def save_with_pyvista(path: Path, binary: bool = True) -> None:
    shape().save(path, binary=binary)


def save_coloured_ply(path: Path, binary: bool = True) -> None:
    surface = shape()
    surface.save(path, binary=binary, texture=np.full((surface.n_points, 3), 200, np.uint8))


def save_big_endian_ply(path: Path, binary: bool = True) -> None:
    points, faces = arrays(shape())
    header = (
        "ply\nformat binary_big_endian 1.0\ncomment made\n"
        f"element vertex {len(points)}\nproperty double x\nproperty double y\nproperty double z\n"
        "property uchar red\n"
        f"element face {len(faces)}\nproperty uchar flag\nproperty list uchar uint vertex_index\n"
        "end_header\n"
    )
    rows: Any = np.zeros(len(points), [("p", ">f8", 3), ("red", "u1")])
    rows["p"] = points
    cells: Any = np.zeros(len(faces), [("flag", "u1"), ("n", "u1"), ("v", ">u4", 3)])
    cells["n"], cells["v"] = 3, faces
    path.write_bytes(header.encode() + rows.tobytes() + cells.tobytes())


Save = Callable[[Path, bool], None]


@pytest.mark.parametrize(
    ("suffix", "save", "binary"),
    [
        (".stl", save_with_pyvista, True),
        (".stl", save_with_pyvista, False),
        (".ply", save_with_pyvista, True),
        (".ply", save_with_pyvista, False),
        (".ply", save_coloured_ply, True),
        (".ply", save_big_endian_ply, True),
        (".obj", save_with_pyvista, True),
        (".vtp", save_with_pyvista, True),
        (".glb", save_glb, True),
    ],
)
def test_each_format_gives_the_same_surface(
    tmp_path: Path, suffix: str, save: Save, binary: bool
) -> None:
    path = tmp_path / f"egg{suffix}"
    save(path, binary)
    mesh, notes = read(path)
    points, faces = arrays(shape())
    assert notes == ()
    assert len(mesh.faces) == len(faces)
    assert len(mesh.vertices_mm) == len(points)
    assert np.max(cKDTree(points).query(mesh.vertices_mm)[0]) < 2e-3
    assert is_closed(mesh.faces)
    expected = abs(signed_volume_mm3(points, faces))
    assert signed_volume_mm3(mesh.vertices_mm, mesh.faces) == pytest.approx(expected, rel=1e-4)
    outward = mesh.vertices_mm - mesh.vertices_mm.mean(axis=0)
    assert (outward * mesh.normals).sum(axis=1).min() > 0
    assert mesh.colour == GREY


def test_every_suffix_is_covered_above() -> None:
    assert set(MESH_SUFFIXES) == {".stl", ".ply", ".obj", ".vtp", ".glb"}


def test_glb_nodes_move_turn_and_scale_what_they_hold(tmp_path: Path) -> None:
    points, faces = arrays(shape())
    turn = Rotation.from_euler("xyz", [0.3, -0.8, 1.1])
    nodes = [
        {"children": [1], "translation": [0.1, 0.2, -0.3], "rotation": turn.as_quat().tolist()},
        {"mesh": 0, "matrix": [2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0.05, 0, 0, 1]},
    ]
    mesh, _ = read(write_glb(tmp_path / "a.glb", points / 1000, faces, nodes))
    inner = points / 1000 * np.array([2, 1, 1]) + np.array([0.05, 0, 0])
    scene_m = turn.apply(inner) + np.array([0.1, 0.2, -0.3])
    expected = scene_m @ R_GLTF_LPS * 1000  # the inverse turn, from the other side
    assert np.max(cKDTree(expected).query(mesh.vertices_mm)[0]) < 5e-3


def test_a_mirrored_glb_node_keeps_the_outside_out(tmp_path: Path) -> None:
    points, faces = arrays(shape())
    path = write_glb(tmp_path / "a.glb", points / 1000, faces, [{"mesh": 0, "scale": [-1, 1, 1]}])
    mesh, _ = read(path)
    assert signed_volume_mm3(mesh.vertices_mm, mesh.faces) > 0


def test_a_glb_in_millimetres_is_taken_so_and_said(tmp_path: Path) -> None:
    points, faces = arrays(shape())
    mesh, notes = read(write_glb(tmp_path / "a.glb", points, faces))
    assert "taken as millimetres" in notes[0]
    assert np.ptp(mesh.vertices_mm, axis=0).max() < 100


def test_a_glb_that_needs_a_decoder(tmp_path: Path) -> None:
    points, faces = arrays(shape())
    path = write_glb(
        tmp_path / "a.glb", points, faces, extensionsRequired=["KHR_draco_mesh_compression"]
    )
    assert "KHR_draco_mesh_compression, which is not read" in refusal(path)


def test_a_glb_whose_nodes_form_a_circle(tmp_path: Path) -> None:
    points, faces = arrays(shape())
    nodes: list[dict[str, Any]] = [{"children": [1]}, {"children": [0], "mesh": 0}]
    assert "circle" in refusal(write_glb(tmp_path / "a.glb", points, faces, nodes))


def test_polygons_become_triangles(tmp_path: Path) -> None:
    path = tmp_path / "box.obj"
    path.write_text(
        "v 0 0 0\nv 9 0 0\nv 9 9 0\nv 0 9 0\nv 0 0 9\nv 9 0 9\nv 9 9 9\nv 0 9 9\n"
        "f 4 3 2 1\nf 5 6 7 8\nf 1 2 6 5\nf 2 3 7 6\nf 3 4 8 7\nf 4 1 5 8\n"
    )
    mesh, _ = read(path)
    assert len(mesh.faces) == 12
    assert signed_volume_mm3(mesh.vertices_mm, mesh.faces) == pytest.approx(729)


@pytest.mark.parametrize("turned", ["all", "some"])
def test_triangles_wound_inwards_are_turned(tmp_path: Path, turned: str) -> None:
    points, faces = arrays(shape())
    chosen = slice(None) if turned == "all" else slice(100, 300)
    outward = faces if signed_volume_mm3(points, faces) > 0 else faces[:, ::-1].copy()
    outward[chosen] = outward[chosen, ::-1]
    path = tmp_path / "inside-out.ply"
    pv.PolyData.from_regular_faces(points.astype(float), outward.astype(int)).save(path)
    mesh, _ = read(path)
    from_middle = mesh.vertices_mm - mesh.vertices_mm.mean(axis=0)
    assert (from_middle * mesh.normals).sum(axis=1).min() > 0


def test_a_mesh_over_the_budget_is_thinned_and_said(tmp_path: Path) -> None:
    path = tmp_path / "egg.stl"
    save_with_pyvista(path)
    mesh, notes = read(path, budget=500)
    assert len(mesh.faces) <= 500
    assert "thinned to 500" in notes[0]


def test_a_mesh_in_metres_is_left_alone_and_said(tmp_path: Path) -> None:
    path = tmp_path / "egg.stl"
    shape().scale(0.001).save(path)
    mesh, notes = read(path)
    assert "meant in metres" in notes[0]
    assert np.ptp(mesh.vertices_mm, axis=0).max() < 1


@pytest.mark.parametrize("suffix", MESH_SUFFIXES)
@pytest.mark.parametrize("content", [b"", b"this is no mesh\n" * 40, bytes(range(256)) * 8])
def test_what_is_no_mesh_is_refused(
    tmp_path: Path, suffix: str, content: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_bytes(content)
    assert str(path) in refusal(path)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("suffix", MESH_SUFFIXES)
@pytest.mark.parametrize("binary", [True, False])
def test_a_mesh_that_is_cut_short_is_refused(tmp_path: Path, suffix: str, binary: bool) -> None:
    path = tmp_path / f"egg{suffix}"
    (save_glb if suffix == ".glb" else save_with_pyvista)(path, binary)
    data = path.read_bytes()
    for share in (0.97, 0.6, 0.2):
        path.write_bytes(data[: int(len(data) * share)])
        assert str(path) in refusal(path)


PLY = (
    "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\n"
    "property float z\nelement face {faces}\nproperty list uchar int vertex_indices\nend_header\n"
)


@pytest.mark.parametrize(
    ("body", "faces", "expected"),
    [
        ("0 0 0\n9 0 0\n0 9 0\n", 0, "holds no triangles (3 points)"),
        ("0 0 0\n9 0 0\n0 9 0\n3 0 1 7\n", 1, "names point 7, there are 3"),
        ("0 0 0\n9 0 0\n0 9 0\n3 0 1 -1\n", 1, "the file is damaged"),
        ("0 0 nan\n9 0 0\n0 9 0\n3 0 1 2\n", 1, "no numbers"),
        ("0 0 inf\n9 0 0\n0 9 0\n3 0 1 2\n", 1, "no numbers"),
        ("0 0 0\n9 0 0\n4 0 0\n3 0 1 2\n", 1, "none of its 1 triangles has any area"),
        ("0 0 0\n9 0 0\n0 9 0\n3 1 1 1\n", 1, "none of its 1 triangles has any area"),
        ("0 0 zero\n", 1, "no number"),
    ],
)
def test_broken_triangles(tmp_path: Path, body: str, faces: int, expected: str) -> None:
    path = tmp_path / "x.ply"
    path.write_text(PLY.format(faces=faces) + body)
    assert expected in refusal(path)


def test_a_vtp_whose_polygons_name_absent_points(tmp_path: Path) -> None:
    path = tmp_path / "x.vtp"
    surface = pv.PolyData()
    surface.points = np.array([[0.0, 0, 0], [9, 0, 0], [0, 9, 0]])
    surface.faces = np.array([3, 0, 1, 2])
    surface.save(path, binary=False)
    text = path.read_text()
    at = text.index("0 1 2", text.index('Name="connectivity"'))
    path.write_text(text[:at] + "0 1 9" + text[at + 5 :])
    assert "names point 9, there are 3" in refusal(path)


def test_an_unknown_suffix(tmp_path: Path) -> None:
    (tmp_path / "x.3ds").write_bytes(b"x")
    assert ".3ds is no mesh format that is read" in refusal(tmp_path / "x.3ds")


def test_the_liver_surface_keeps_its_place(shared_data: Path) -> None:
    path = shared_data / "overlay_liver" / "liver_sub.ply"
    mesh, notes = read(path)
    theirs = pv.read(path)
    assert isinstance(theirs, pv.PolyData)
    assert notes == ()
    assert len(mesh.faces) == theirs.n_cells
    np.testing.assert_allclose(
        [mesh.vertices_mm.min(axis=0), mesh.vertices_mm.max(axis=0)],
        np.reshape(theirs.bounds, (3, 2)).T,
        rtol=1e-6,
    )
