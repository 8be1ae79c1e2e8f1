"""CT series and GLB files made for tests: a field in patient space, sampled as a scanner would."""

import json
import struct
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

Array = NDArray[np.float64]
World = Callable[[Array], Array]

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
BALL_MM = 20.0
SECRETS = ("Quorndon", "Zebediah", "QX-4711-Z", "19340229", "Dr. Wolverhampton", "St. Elsewhere")


@dataclass
class Scan:
    """How a made-up scanner looks at the world."""

    depths: Sequence[float] = tuple(np.arange(-40.0, 40.1, 2.0))
    shape: tuple[int, int] = (80, 84)
    pixel_mm: tuple[float, float] = (1.0, 1.0)
    orientation: Array = field(default_factory=lambda: np.array([1.0, 0, 0, 0, 1, 0]))
    centre: Array = field(default_factory=lambda: np.zeros(3))
    shear: tuple[float, float] = (0.0, 0.0)  # mm of drift down the column and along the row per mm

    @property
    def axes(self) -> tuple[Array, Array, Array]:
        """(row direction, column direction, normal)."""
        row, column = self.orientation[:3], self.orientation[3:]
        return row, column, np.cross(row, column)

    def positions(self) -> Array:
        """ImagePositionPatient (N, 3) of the slices, the stack's middle at `centre`."""
        row, column, normal = self.axes
        depths = np.array(self.depths)
        down = depths * self.shear[0] - (self.shape[0] - 1) / 2 * self.pixel_mm[0]
        along = depths * self.shear[1] - (self.shape[1] - 1) / 2 * self.pixel_mm[1]
        place: Array = self.centre + np.outer(depths, normal) + np.outer(down, column)
        place += np.outer(along, row)
        return place

    def sample(self, world: World) -> Array:
        """The world at every pixel of every slice: (slices, rows, columns)."""
        row, column, _ = self.axes
        i, j = np.indices(self.shape)
        inside = (i * self.pixel_mm[0])[..., None] * column + (j * self.pixel_mm[1])[
            ..., None
        ] * row
        return np.stack([world(inside + first) for first in self.positions()])


def ball(points: Array) -> Array:
    """A ball of bone, radius `BALL_MM`, in a ball of flesh, in air; edges a few voxels wide."""
    from_centre = np.linalg.norm(points, axis=-1)
    bone = np.clip(226 - 250 * (from_centre - BALL_MM), 45, 1200)
    return np.where(from_centre < BALL_MM + 12, bone, -1000.0)


def tilted(degrees: float) -> tuple[Array, tuple[float, float]]:
    """Orientation and shear of a head scan with the gantry tilted by `degrees`."""
    angle = np.radians(degrees)
    orientation = np.array([1, 0, 0, 0, np.cos(angle), -np.sin(angle)])
    return orientation, (float(-np.tan(angle)), 0.0)


def dataset(
    pixels: NDArray[Any],
    position: Array,
    scan: Scan,
    number: int,
    series: str = "1.2.3.4",
    **elements: Any,
) -> FileDataset:
    """One CT slice of stored values `pixels` (uint16 or int16); `elements` override the rest."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(CT_IMAGE)
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = CT_IMAGE, meta.MediaStorageSOPInstanceUID
    ds.Modality, ds.SeriesInstanceUID, ds.SeriesNumber = "CT", series, 3
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.PatientName, ds.PatientID = f"{SECRETS[0]}^{SECRETS[1]}", SECRETS[2]
    ds.PatientBirthDate, ds.ReferringPhysicianName = SECRETS[3], SECRETS[4]
    ds.InstitutionName, ds.SeriesDescription = SECRETS[5], f"head {SECRETS[0]}"
    ds.InstanceNumber = number
    ds.ImagePositionPatient = [f"{part:.8g}" for part in position]
    ds.ImageOrientationPatient = [f"{part:.8g}" for part in scan.orientation]
    ds.PixelSpacing, ds.SliceThickness = list(scan.pixel_mm), 2.0
    ds.Rows, ds.Columns = pixels.shape[:2]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 16, 15
    ds.PixelRepresentation = int(pixels.dtype.kind == "i")
    ds.RescaleSlope, ds.RescaleIntercept = 1, -1024
    ds.PixelData = pixels.tobytes()
    for keyword, value in elements.items():
        if value is None:
            del ds[keyword]
        else:
            setattr(ds, keyword, value)
    return ds


def datasets(scan: Scan, world: World = ball, **elements: Any) -> list[FileDataset]:
    """The slices of one series, in order."""
    stored = np.rint(scan.sample(world) + 1024).astype(np.uint16)
    return [
        dataset(pixels, position, scan, number, **elements)
        for number, (pixels, position) in enumerate(
            zip(stored, scan.positions(), strict=True), start=1
        )
    ]


def save(folder: Path, slices: Sequence[FileDataset], name: str = "slice") -> Path:
    """Write `slices` into `folder`, in an order of names that is not their order in space."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, ds in enumerate(slices):
        ds.save_as(folder / f"{name}{(index * 7919) % 1009:04d}.dcm", enforce_file_format=True)
    return folder


def write_series(
    folder: Path, scan: Scan | None = None, world: World = ball, **elements: Any
) -> Path:
    """Write a whole series into `folder`."""
    return save(folder, datasets(scan or Scan(), world, **elements))


def zipped(folder: Path, archive: Path) -> Path:
    """The files below `folder` as a zip."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for path in sorted(folder.rglob("*")):
            out.write(path, f"export/{path.relative_to(folder)}")
    return archive


def write_glb(
    path: Path,
    points: NDArray[np.floating[Any]],
    faces: NDArray[np.int32],
    nodes: list[dict[str, Any]] | None = None,
    **document: Any,
) -> Path:
    """A GLB of one mesh, shown by `nodes` (by default one without transform)."""
    corners, indices = points.astype("<f4").tobytes(), faces.astype("<u4").tobytes()
    description = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": nodes or [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": len(points), "type": "VEC3"},
            {"bufferView": 1, "componentType": 5125, "count": faces.size, "type": "SCALAR"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": len(corners)},
            {"buffer": 0, "byteOffset": len(corners), "byteLength": len(indices)},
        ],
        "buffers": [{"byteLength": len(corners) + len(indices)}],
    } | document
    text = json.dumps(description).encode()
    text += b" " * (-len(text) % 4)
    binary = corners + indices
    total = 12 + 8 + len(text) + 8 + len(binary)
    path.write_bytes(
        struct.pack("<4sII", b"glTF", 2, total)
        + struct.pack("<II", len(text), 0x4E4F534A)
        + text
        + struct.pack("<II", len(binary), 0x004E4942)
        + binary
    )
    return path
