"""The CT phantom of `theatron demo`: a head in Hounsfield units, written as a real DICOM series."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

from streamer.anatomy.headers import CT_IMAGE
from streamer.anatomy.phantom_shapes import Field, Grid, add
from streamer.anatomy.phantom_skull import (
    LOWER_ARCH,
    UPPER_ARCH,
    VAULT_MM,
    air_spaces,
    braincase,
    canals,
    mandible,
    skull,
    soft_tissue,
    teeth,
)
from streamer.anatomy.progress import Progress, silent
from streamer.anatomy.volume import AIR_HU, Volume

VOXEL_MM: Final = 0.9
LOW_MM: Final = (-86.0, -128.0, -104.0)
HIGH_MM: Final = (86.0, 102.0, 126.0)
SOFT_HU, BRAIN_HU, CANAL_HU = 45, 35, 30
CORTEX_HU, SPONGE_HU, DENTINE_HU, ENAMEL_HU = 1350, 520, 1650, 2700
CORTEX_MM: Final = 1.6
ENAMEL_MM: Final = 1.3
NOISE_HU: Final = 8.0
EDGE_VOXELS: Final = 2.4  # from none to all of a tissue: as sharp as a scanner makes it
MISSING_TOOTH: Final = 5  # right lower first molar, counted from the midline
INTERCEPT: Final = -1024


def phantom_volume(voxel_mm: float = VOXEL_MM, progress: Progress = silent) -> Volume:
    """The phantom head, axial slices, in HU with noise; the same at each call.

    Bone, teeth and soft tissue at the values of a clinical CT; the mandibular canal is a tube of
    soft tissue in the jaw. `voxel_mm` is the edge of its cubic voxels.
    """
    half = _grid(0.0, voxel_mm)
    layers = _layers(half, progress)
    progress("shaping the phantom", 0.9)
    whole = np.concatenate([layers[:, :, :0:-1], layers], axis=2)
    _take_out_tooth(whole, half, MISSING_TOOTH)
    noise = np.random.default_rng(1).standard_normal(whole.shape, np.float32)
    whole += np.float32(NOISE_HU) * noise
    T_lps_index = np.eye(4)
    T_lps_index[:3, :3] = np.eye(3)[:, ::-1] * voxel_mm
    T_lps_index[:3, 3] = (-half.x[-1], half.y[0], half.z[0])
    hu = np.rint(np.clip(whole, INTERCEPT, 3071)).astype(np.int16)
    progress("shaping the phantom", 1.0)
    return Volume(hu, (voxel_mm,) * 3, T_lps_index, voxel_mm)


def write_phantom_series(
    folder: Path, voxel_mm: float = VOXEL_MM, progress: Progress = silent
) -> None:
    """Write the phantom as a CT series, one file a slice, into `folder`, which is made.

    CT Image Storage, Explicit VR Little Endian, patient "PHANTOM": what a scanner would send, for
    the same import as a patient's. Stale slices of an older phantom in `folder` are replaced.
    """
    volume = phantom_volume(voxel_mm, progress)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("phantom-*.dcm"):
        old.unlink()
    study, series, frame = (generate_uid(entropy_srcs=["theatron phantom", s]) for s in "123")
    for k, picture in enumerate(volume.hu):
        ds = _slice_dataset(volume, k)
        ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = study, series, frame
        ds.PixelData = (picture.astype(np.int32) - INTERCEPT).astype("<u2").tobytes()
        ds.save_as(folder / f"phantom-{k + 1:04d}.dcm", enforce_file_format=True)
        progress("writing the phantom", (k + 1) / len(volume.hu))


def _slice_dataset(volume: Volume, k: int) -> FileDataset:
    """One slice's header: all that the CT Image IOD asks for, but UIDs and pixels."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(CT_IMAGE)
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["theatron phantom", str(k)])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID = meta.MediaStorageSOPClassUID
    ds.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.ImageType = ["DERIVED", "PRIMARY", "AXIAL"]
    ds.Modality = "CT"
    ds.Manufacturer = "Theatron"
    ds.PatientName = ds.PatientID = "PHANTOM"
    ds.PatientIdentityRemoved = "YES"
    ds.DeidentificationMethod = "Synthetic: no patient"
    ds.BurnedInAnnotation = "NO"
    ds.PatientPosition = "HFS"
    for keyword in (
        *("PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID", "KVP"),
        *("AccessionNumber", "ReferringPhysicianName", "PositionReferenceIndicator"),
    ):
        setattr(ds, keyword, None if keyword == "KVP" else "")
    ds.SeriesNumber = ds.AcquisitionNumber = 1
    ds.InstanceNumber = k + 1
    step, row_mm, column_mm = volume.spacing_mm
    ds.ImagePositionPatient = [
        f"{part:.6g}" for part in volume.lps_mm(np.array([[k, 0.0, 0.0]]))[0]
    ]
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.PixelSpacing = [row_mm, column_mm]
    ds.SliceThickness = step
    ds.Rows, ds.Columns = volume.hu.shape[1:]
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = INTERCEPT, 1, "HU"
    ds.WindowCenter, ds.WindowWidth = 500, 2500
    return ds


def _grid(low_x: float, voxel_mm: float) -> Grid:
    x, y, z = (
        np.arange(low, high, voxel_mm).astype(np.float32)
        for low, high in zip((low_x, *LOW_MM[1:]), HIGH_MM, strict=True)
    )
    return Grid(x, y, z)


def _layers(grid: Grid, progress: Progress = silent, missing: int | None = None) -> Field:
    """HU of the left half (x >= 0), each tissue drawn over the one before, edges half-filled."""
    brain = braincase(grid)
    progress("shaping the phantom", 0.2)
    bone = np.minimum(skull(grid, brain), mandible(grid))
    progress("shaping the phantom", 0.5)
    canal = canals(grid)
    crowns, roots = grid.empty(), grid.empty()
    for upper, arch in ((True, UPPER_ARCH), (False, LOWER_ARCH)):
        for index, (crown, root) in enumerate(teeth(arch, upper)):
            if upper or index != missing:
                add(crowns, grid, crown)
                add(roots, grid, root)
    hu = np.full(grid.shape, AIR_HU, np.float32)
    for field, inside in (
        (soft_tissue(grid, brain), SOFT_HU),
        (air_spaces(grid), AIR_HU),
        (brain + np.float32(VAULT_MM), BRAIN_HU),
        (bone, CORTEX_HU),
        (bone + np.float32(CORTEX_MM), SPONGE_HU),
        (np.maximum(canal - np.float32(0.9), bone), CORTEX_HU),
        (canal, CANAL_HU),
        (roots, DENTINE_HU),
        (crowns, ENAMEL_HU),
        (crowns + np.float32(ENAMEL_MM), DENTINE_HU),
    ):
        _fill(hu, field, inside, float(grid.x[1] - grid.x[0]))
    return hu


def _take_out_tooth(whole: NDArray[np.float32], half: Grid, missing: int) -> None:
    """Draw the jaw of the right side anew around a lower tooth, without it."""
    crown, root = teeth(LOWER_ARCH, upper=False)[missing]
    low = np.minimum(crown.low, root.low) - 2.0
    high = np.maximum(crown.high, root.high) + 2.0
    box = half.box((low[0], low[1], low[2]), (high[0], high[1], high[2]))
    part = Grid(half.x[box[2]], half.y[box[1]], half.z[box[0]])
    middle = len(half.x) - 1
    mirrored = slice(middle - box[2].stop + 1, middle - box[2].start + 1)
    whole[box[0], box[1], mirrored] = _layers(part, missing=missing)[:, :, ::-1]


def _fill(hu: NDArray[np.float32], field: Field, inside: int, voxel_mm: float) -> None:
    """Bring the voxels inside `field` to `inside` HU; one at the edge by the share that is in."""
    share = np.clip(0.5 - field / np.float32(EDGE_VOXELS * voxel_mm), 0, 1)
    share *= share * (3 - 2 * share)
    hu += share * (np.float32(inside) - hu)
