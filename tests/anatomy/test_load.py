"""What `--ct` names, as one anatomy: dispatch, names, colours, progress, refusals."""

from pathlib import Path

import pytest
import pyvista as pv

from streamer.anatomy.load import import_anatomy, load_anatomy, structure_name
from streamer.errors import AnatomyError
from tests.anatomy.made import Scan, write_series, zipped


def test_several_paths_become_one_anatomy_in_distinct_colours(tmp_path: Path) -> None:
    folder = write_series(tmp_path / "series", Scan())
    archive = zipped(folder, tmp_path / "series.zip")
    mesh = tmp_path / "Smith_John_mandible.stl"
    pv.Sphere(radius=10).save(mesh)
    stages: list[tuple[str, float]] = []
    anatomy = load_anatomy(
        [folder, archive, mesh], lambda stage, done: stages.append((stage, done))
    )
    assert [part.name for part in anatomy.meshes] == ["bone", "bone 2", "mandible"]
    assert len({part.colour for part in anatomy.meshes}) == 3
    assert anatomy.triangles == sum(len(part.faces) for part in anatomy.meshes)
    assert {"reading headers", "reading slices", "smoothing", "reading the mesh"} <= {
        stage for stage, _ in stages
    }
    assert all(0 <= done <= 1 for _, done in stages)
    finished = {stage for stage, done in stages if done == 1}
    assert finished == {stage for stage, _ in stages}


def test_notes_name_the_structure_and_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = write_series(tmp_path / "Quorndon", Scan(depths=[-8.0, -4, 0, 8, 12]))
    notes = import_anatomy([folder]).notes
    assert any(note.startswith("bone: 1 slice(s) missing") for note in notes)
    with caplog.at_level("INFO"):
        load_anatomy([folder])
    assert [record.getMessage() for record in caplog.records] == list(notes)
    assert "Quorndon" not in caplog.text


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("mandible.stl", "mandible"),
        ("Left_Lung-final.PLY", "lung"),
        ("YAMADA Taro 1956.stl", "surface"),
        ("liver_tumor_liver.obj", "liver tumor"),
    ],
)
def test_only_words_of_anatomy_become_names(file: str, name: str) -> None:
    assert structure_name(Path(file)) == name


def test_what_is_neither_ct_nor_mesh(tmp_path: Path) -> None:
    (tmp_path / "video.mp4").write_bytes(b"x")
    with pytest.raises(AnatomyError, match="neither a CT nor a mesh"):
        load_anatomy([tmp_path / "video.mp4"])
    with pytest.raises(AnatomyError, match="no such file or folder"):
        load_anatomy([tmp_path / "absent.stl"])
    with pytest.raises(AnatomyError, match="no anatomy was named"):
        load_anatomy([])


def test_a_ct_without_bone_is_named(tmp_path: Path) -> None:
    folder = write_series(tmp_path / "soft", Scan(), lambda points: points[..., 0] * 0 + 40)
    with pytest.raises(AnatomyError, match=r"soft: the CT holds no bone"):
        load_anatomy([folder])
