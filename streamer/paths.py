"""Where the server keeps what outlives it: certificates, room tokens, caches."""

import os
from pathlib import Path

import platformdirs


def state_dir() -> Path:
    """The folder for the server's own files, created on first use, readable by its owner only.

    `THEATRON_HOME` overrides the platform's usual place.
    """
    root = os.environ.get("THEATRON_HOME")
    path = Path(root) if root else Path(platformdirs.user_data_dir("theatron", appauthor=False))
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path
