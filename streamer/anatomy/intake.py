"""The door: the files of a folder or a zip archive as readable members, with guards against bombs.

Nothing is ever written or unpacked to disk: members of an archive are read in memory, one by one.
"""

import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final

from streamer.errors import AnatomyError

MAX_MEMBERS: Final = 20_000
MAX_UNPACKED_BYTES: Final = 8 << 30
FREE_UNPACKED_BYTES: Final = 256 << 20  # below this size no compression ratio is suspicious
MAX_RATIO: Final = 100.0  # CT slices deflate to between a half and a tenth
SYSTEM_NAMES: Final = frozenset({"desktop.ini", "thumbs.db"})

EMPTY: Final = "an empty file"
UNKNOWN: Final = "of an unknown format"
_MAGICS: Final = (
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x89PNG", "a PNG picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"BM", "a BMP picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\3\4", "a zip archive"),
    (b"\x1f\x8b", "a gzip file"),
    (b"NRRD", "an NRRD volume"),
    (b"glTF", "a GLB mesh"),
    (b"solid", "an STL mesh"),
    (b"ply", "a PLY mesh"),
)


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a series on disk or inside an archive; `label` is the path that users know."""

    label: str
    path: Path
    archive: zipfile.ZipFile | None = None
    entry: str = ""

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """The file's bytes, read-only. Raises `AnatomyError` where they cannot be read."""
        try:
            if self.archive is None:
                with self.path.open("rb") as file:
                    yield file
            else:
                with self.archive.open(self.entry) as file:
                    yield file
        except (zipfile.BadZipFile, NotImplementedError) as error:
            raise AnatomyError(
                f"{self.label}: this part of the archive is damaged or packed in an unknown way;"
                " make the zip anew, or unpack it and give the folder"
            ) from error
        except OSError as error:
            raise AnatomyError(
                f"{self.label}: cannot be read ({error.strerror}); check the disk and the rights"
            ) from error

    def head(self, count: int = 512) -> bytes:
        """The first `count` bytes."""
        with self.open() as file:
            return file.read(count)


@contextmanager
def open_members(path: Path) -> Iterator[list[Member]]:
    """The files below `path` (a folder, nested or not, a zip archive or one file), sorted by name.

    Raises `AnatomyError` for a missing or empty path, an archive that is encrypted, damaged, too
    large, packed suspiciously tightly, or that holds a path which leaves the archive.
    """
    if path.is_dir():
        yield _folder_members(path)
    elif not path.exists():
        raise AnatomyError(
            f"{path}: no such file or folder; give a CT folder, a zip or a mesh file"
        )
    elif is_zip(path):
        with _open_archive(path) as archive:
            yield _archive_members(path, archive)
    else:
        yield [Member(path.name, path)]


def is_zip(path: Path) -> bool:
    """Whether the file at `path` begins as a zip archive does."""
    try:
        with path.open("rb") as file:
            return file.read(4) in (b"PK\3\4", b"PK\5\6")
    except OSError:
        return False


def kind_of(head: bytes) -> str:
    """What a file that is not DICOM seems to be, from its first bytes, as a phrase."""
    for magic, kind in _MAGICS:
        if head.startswith(magic):
            return kind
    if not head:
        return EMPTY
    printable = sum(byte in b"\t\n\r" or 32 <= byte < 127 for byte in head)
    return "a text file" if printable > 0.95 * len(head) else UNKNOWN


def _folder_members(path: Path) -> list[Member]:
    members: list[Member] = []
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        members += [
            Member(str((Path(folder) / name).relative_to(path)), Path(folder) / name)
            for name in sorted(names)
            if _worth_reading(name)
        ]
        if len(members) > MAX_MEMBERS:
            raise AnatomyError(
                f"{path}: more than {MAX_MEMBERS} files; give the folder of one series"
            )
    if not members:
        raise AnatomyError(f"{path}: the folder is empty; give the folder that holds the CT slices")
    return members


@contextmanager
def _open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise AnatomyError(
            f"{path}: the zip archive is damaged or cut short; copy it again"
        ) from error
    with archive:
        yield archive


def _archive_members(path: Path, archive: zipfile.ZipFile) -> list[Member]:
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > MAX_MEMBERS:
        raise AnatomyError(
            f"{path}: {len(infos)} files in the archive, at most {MAX_MEMBERS} are read;"
            " pack one series"
        )
    for info in infos:
        if _leaves_archive(info.filename):
            raise AnatomyError(
                f"{path}: the entry {info.filename!r} points outside the archive, which no honest"
                " CT archive does; pack the folder again"
            )
        if info.flag_bits & 1:
            raise AnatomyError(
                f"{path}: the archive is encrypted; unpack it with its password and give the folder"
            )
    unpacked = sum(info.file_size for info in infos)
    ratio = unpacked / max(sum(info.compress_size for info in infos), 1)
    if unpacked > MAX_UNPACKED_BYTES:
        raise AnatomyError(
            f"{path}: would unpack to {unpacked / 2**30:.1f} GiB, at most"
            f" {MAX_UNPACKED_BYTES / 2**30:.0f} GiB are read; pack one series"
        )
    if unpacked > FREE_UNPACKED_BYTES and ratio > MAX_RATIO:
        raise AnatomyError(
            f"{path}: would unpack to {ratio:.0f} times its size ({unpacked / 2**20:.0f} MiB), as a"
            " zip bomb does and no CT; unpack it yourself and give the folder"
        )
    members = [
        Member(info.filename, path, archive, info.filename)
        for info in sorted(infos, key=lambda info: info.filename)
        if _worth_reading(PurePosixPath(info.filename).name)
        and not info.filename.startswith("__MACOSX/")
    ]
    if not members:
        raise AnatomyError(f"{path}: the archive is empty; pack the folder of the CT slices")
    return members


def _worth_reading(name: str) -> bool:
    return not name.startswith(".") and name.lower() not in SYSTEM_NAMES


def _leaves_archive(name: str) -> bool:
    plain = name.replace("\\", "/")
    return plain.startswith("/") or plain[1:2] == ":" or ".." in plain.split("/")
