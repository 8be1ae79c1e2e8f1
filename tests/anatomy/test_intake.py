"""Folders and archives at the door: what is let in, and the sentence for what is not."""

import struct
import zipfile
from pathlib import Path

import pytest

from streamer.anatomy import intake
from streamer.anatomy.importer import read_volume
from streamer.anatomy.intake import open_members
from streamer.errors import AnatomyError
from tests.anatomy.made import write_series, zipped


def refusal(path: Path) -> str:
    with pytest.raises(AnatomyError) as refused, open_members(path):
        pass
    return str(refused.value)


def test_a_zip_gives_the_same_volume_as_its_folder(tmp_path: Path) -> None:
    folder = write_series(tmp_path / "patient" / "nested" / "series")
    from_folder = read_volume(tmp_path / "patient")
    from_zip = read_volume(zipped(folder, tmp_path / "series.zip"))
    assert (from_folder.hu == from_zip.hu).all()
    assert (from_folder.T_lps_index == from_zip.T_lps_index).all()


def test_reading_leaves_the_originals_as_they_are(tmp_path: Path) -> None:
    folder = write_series(tmp_path / "series")
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    read_volume(folder)
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.iterdir()} == before


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    assert "no such file or folder" in refusal(tmp_path / "absent")


def test_an_empty_folder_and_an_empty_zip(tmp_path: Path) -> None:
    assert "the folder is empty" in refusal(tmp_path)
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    assert "the archive is empty" in refusal(tmp_path / "empty.zip")


@pytest.mark.parametrize("name", ["../evil.dcm", "a/../../b.dcm", "/etc/x", "C:\\x.dcm", "..\\x"])
def test_a_zip_whose_paths_leave_it(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr(name, b"x")
    said = refusal(tmp_path / "bad.zip")
    assert "points outside the archive" in said
    assert repr(name) in said


def test_a_zip_bomb_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "FREE_UNPACKED_BYTES", 4 << 20)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(5):
            archive.writestr(f"{number}.dcm", bytes(1 << 20))
    assert "zip bomb" in refusal(tmp_path / "bomb.zip")


def test_a_zip_that_says_it_is_huge(tmp_path: Path) -> None:
    path = tmp_path / "huge.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(3):
            archive.writestr(f"{number}.dcm", b"x" * 100)
    data = bytearray(path.read_bytes())
    at = data.find(b"PK\1\2")
    while at >= 0:
        struct.pack_into("<I", data, at + 24, 0xFFFFFF00)  # the uncompressed size
        at = data.find(b"PK\1\2", at + 4)
    path.write_bytes(data)
    assert "would unpack to 12.0 GiB" in refusal(path)


def test_a_damaged_zip(tmp_path: Path) -> None:
    folder = write_series(tmp_path / "series")
    whole = zipped(folder, tmp_path / "whole.zip").read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    assert "damaged or cut short" in refusal(tmp_path / "cut.zip")
    spoilt = bytearray(whole)
    spoilt[2000:3000] = bytes(1000)
    (tmp_path / "spoilt.zip").write_bytes(spoilt)
    with pytest.raises(AnatomyError, match="archive is damaged"):
        read_volume(tmp_path / "spoilt.zip")


def test_an_encrypted_zip(tmp_path: Path) -> None:
    path = tmp_path / "locked.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.dcm", b"x")
    data = bytearray(path.read_bytes())
    data[data.find(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)
    assert "encrypted" in refusal(path)


def test_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MAX_MEMBERS", 3)
    folder = write_series(tmp_path / "series")
    assert "more than 3 files" in refusal(folder)
    assert "at most 3" in refusal(zipped(folder, tmp_path / "series.zip"))
