"""What `theatron doctor` looks at: each check finds one thing out and says what to do about it."""

import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import av.error
import numpy as np
import psutil

from streamer.encode.h264 import H264Encoder
from streamer.errors import TheatronError
from streamer.frames import I420
from streamer.paths import state_dir
from streamer.web.addresses import ALL_ADDRESSES, lan_addresses, link_host, reach
from streamer.web.authority import KEY_FILE, has_authority, read_authority
from streamer.web.certificates import LEAF_FILE, read_certificate, tls_folder
from streamer.web.listen import listen
from streamer.web.pages import Pages

GIB: Final = 1024**3
PACKAGES: Final = (
    "aiohttp",
    "aiortc",
    "av",
    "cryptography",
    "msgspec",
    "numba",
    "numpy",
    "opencv-python",
    "pydicom",
    "pyvista",
)
HARDWARE_ENCODERS: Final = {
    "h264_nvenc": "NVIDIA",
    "h264_qsv": "Intel Quick Sync",
    "h264_amf": "AMD",
    "h264_v4l2m2m": "V4L2",
    "h264_videotoolbox": "Apple VideoToolbox",
    "h264_mf": "Windows Media Foundation",
}


class Status(StrEnum):
    """How a check came out: `warn` works, but less well; `fail` keeps a room from opening."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: what was found, and what to do about it (empty: nothing)."""

    name: str
    status: Status
    found: str
    advice: str = ""


def run_checks(port: int) -> list[Check]:
    """All checks, in the order of the table; none raises."""
    checks: dict[str, Callable[[str], Check]] = {
        "system": check_system,
        "packages": check_packages,
        "processor": check_processor,
        "memory": check_memory,
        "disk": check_disk,
        "network": check_network,
        "port": lambda name: check_port(name, port),
        "certificate": check_certificate,
        "pages": check_pages,
        "video encoder": check_encoder,
        "hardware encoders": check_hardware,
        "kernels": check_kernels,
    }
    return [_safely(name, check) for name, check in checks.items()]


def _safely(name: str, check: Callable[[str], Check]) -> Check:
    try:
        return check(name)
    except TheatronError as error:
        return Check(name, Status.FAIL, str(error))
    except Exception as error:
        advice = "please report this, with the line to the left"
        return Check(name, Status.FAIL, f"could not be checked: {error!r}", advice)


def check_system(name: str) -> Check:
    """The operating system and Python."""
    found = f"{platform.platform(terse=True)}, Python {platform.python_version()}"
    if sys.maxsize < 2**32:
        return Check(name, Status.FAIL, f"{found}, 32 bits", "use a 64-bit Python")
    return Check(name, Status.OK, found)


def check_packages(name: str) -> Check:
    """The versions of the packages that the frame path stands on."""
    versions, missing = [], []
    for package in PACKAGES:
        try:
            versions.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(package)
    if missing:
        advice = "install theatron again into a fresh environment"
        return Check(name, Status.FAIL, f"missing: {', '.join(missing)}", advice)
    return Check(name, Status.OK, ", ".join(versions))


def check_processor(name: str) -> Check:
    """How many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    if cores < 2:
        advice = "1280x720 an eye at 30 frames a second needs two cores: use --size 640x360"
        return Check(name, Status.WARN, f"{cores} core", advice)
    return Check(name, Status.OK, f"{cores} cores")


def check_memory(name: str) -> Check:
    """Memory in all and to spare."""
    memory = psutil.virtual_memory()
    found = f"{memory.total / GIB:.1f} GiB, {memory.available / GIB:.1f} GiB of it free"
    if memory.available < GIB:
        return Check(name, Status.WARN, found, "close other programs: a CT import takes 1 GiB")
    return Check(name, Status.OK, found)


def check_disk(name: str) -> Check:
    """Space where the server keeps its own files."""
    folder = state_dir()
    free = shutil.disk_usage(folder).free
    found = f"{free / GIB:.1f} GiB free for {folder}"
    if not os.access(folder, os.W_OK):
        advice = "make the folder writable, or point THEATRON_HOME elsewhere"
        return Check(name, Status.FAIL, f"{folder} cannot be written", advice)
    if free < GIB:
        return Check(name, Status.WARN, found, "free some space")
    return Check(name, Status.OK, found)


def check_network(name: str) -> Check:
    """Addresses under which students reach this machine."""
    addresses = lan_addresses()
    if not addresses:
        advice = "connect a cable or join a wireless network: only this machine can watch"
        return Check(name, Status.WARN, "no LAN address", advice)
    link = link_host(ALL_ADDRESSES)
    return Check(name, Status.OK, f"{', '.join(map(str, addresses))}; links name {link}")


def check_port(name: str, port: int) -> Check:
    """Whether the server's port can be opened; raises ServerError if not."""
    listen(ALL_ADDRESSES, port).close()
    advice = "let it through the firewall (TCP, and UDP for the picture) if students cannot connect"
    return Check(name, Status.OK, f"{port} is free", advice)


def check_certificate(name: str) -> Check:
    """The local CA and the server's certificate, as they are; nothing is made or renewed."""
    folder = tls_folder()
    if not has_authority(folder):
        return Check(name, Status.OK, "none yet: made at first start", "then run theatron trust")
    authority = read_authority(folder)
    open_to_others = [
        path.name
        for path in (folder / KEY_FILE, folder / LEAF_FILE)
        if os.name == "posix" and path.exists() and path.stat().st_mode & 0o077
    ]
    if open_to_others:
        advice = f"chmod 600 {' '.join(str(folder / other) for other in open_to_others)}"
        return Check(name, Status.WARN, f"others can read {', '.join(open_to_others)}", advice)
    days = (authority.certificate.not_valid_after_utc - datetime.now(UTC)).days
    found = f"{authority.name}, {days} days left"
    if (folder / LEAF_FILE).exists():
        own = read_certificate(folder / LEAF_FILE)
        left = (own.not_valid_after_utc - datetime.now(UTC)).days
        found += f"; this server's: {left} days left, renewed by itself"
    refused = [other for other in reach().names if not authority.permits(other)]
    if refused:
        advice = f"this computer was renamed: use an address, or delete {folder} for a new CA"
        return Check(name, Status.WARN, f"{found}; not for {', '.join(refused)}", advice)
    return Check(name, Status.OK, found)


def check_pages(name: str) -> Check:
    """Whether the pages are built; raises ServerError if not."""
    Pages.built()
    return Check(name, Status.OK, "built")


def check_encoder(name: str) -> Check:
    """Encodes one frame as the server does; raises EncoderError if that fails."""
    encoder = H264Encoder(1280, 720, 30.0, 4_000_000)
    picture = I420.empty(1280, 720)
    for plane in (picture.y, picture.u, picture.v):
        plane[:] = np.arange(plane.shape[1], dtype=np.uint8)
    size = len(encoder.encode(picture, 0, keyframe=True))
    if size == 0:
        return Check(name, Status.FAIL, "x264 gave no data", "reinstall the package av")
    return Check(name, Status.OK, f"x264 encoded a 1280x720 frame into {size} bytes")


def check_hardware(name: str) -> Check:
    """Which H.264 encoders of the hardware open; the server does not need any."""
    opened = [maker for codec, maker in HARDWARE_ENCODERS.items() if _opens(codec)]
    found = ", ".join(opened) if opened else "none; x264 on the processor is used"
    return Check(name, Status.OK, found)


def check_kernels(name: str) -> Check:
    """Whether the rendering kernels have been compiled on this machine."""
    kernels = Path(__file__).resolve().parents[1] / "render" / "kernels"
    sources = [path for path in sorted(kernels.glob("*.py")) if "\n@" in path.read_text("utf-8")]
    places = numba_caches()
    cold = [source.stem for source in sources if not _is_cached(source, places)]
    if cold:
        advice = "theatron warmup compiles them now; otherwise the first start takes a minute"
        return Check(name, Status.WARN, f"not compiled yet: {', '.join(cold)}", advice)
    return Check(name, Status.OK, f"compiled: {', '.join(source.stem for source in sources)}")


def numba_caches() -> list[Path]:
    """Where numba keeps what it compiled of our kernels."""
    from streamer.render.kernels.jit import cache_folder  # numba takes a while to import

    if "NUMBA_CACHE_DIR" in os.environ:
        return [Path(os.environ["NUMBA_CACHE_DIR"])]
    return [cache_folder()]


def _is_cached(source: Path, places: list[Path]) -> bool:
    """Whether numba has an index for a kernel of `source` that is not older than the file."""
    changed_s = source.stat().st_mtime
    python = f"py{sys.version_info.major}{sys.version_info.minor}"
    return any(
        index.stat().st_mtime >= changed_s
        for place in places
        for index in place.rglob(f"{source.stem}.*{python}*.nbi")
    )


def _opens(codec: str) -> bool:
    try:
        context = av.CodecContext.create(codec, "w")
        if not isinstance(context, av.VideoCodecContext):
            return False
        context.width, context.height = 1280, 720
        formats = [format_.name for format_ in context.codec.video_formats or ()]
        context.pix_fmt = "yuv420p" if "yuv420p" in formats else "nv12"
        context.framerate = Fraction(30)
        context.bit_rate = 4_000_000
        context.open()
    except (av.error.FFmpegError, ValueError):  # UnknownCodecError is a ValueError
        return False
    return True
