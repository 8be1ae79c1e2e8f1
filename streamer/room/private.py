"""Files that only their owner may read: written whole or not at all."""

import os
import secrets
from pathlib import Path


def private_folder(path: Path) -> Path:
    """`path`, made with its parents where missing, readable by its owner only."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def write_private(path: Path, content: bytes) -> None:
    """Replace `path` by `content` in one step, with mode 0600 from its first byte on.

    On Windows the folder's inherited access list protects the file; the mode does nothing there.
    """
    private_folder(path.parent)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
