"""The bundled pages: made from the sources that lie here, and free of addresses."""

import re
from pathlib import Path
from typing import Final

from viewers import bundle

VIEWERS: Final = Path(bundle.__file__).resolve().parent
DIST: Final = VIEWERS / "dist"

# XML namespaces are names that look like addresses; nothing is ever fetched from them.
_ADDRESS: Final = re.compile(r"(?:https?|wss?|ftp)://(?!www\.w3\.org/)[a-z0-9.-]+\.[a-z]{2,}")


def test_the_bundle_is_made_from_these_sources() -> None:
    stamp = DIST / bundle.STAMP
    assert stamp.is_file(), "the pages are not built: `make build`"
    assert stamp.read_text(encoding="ascii") == bundle.digest(VIEWERS), (
        "the sources of the pages changed since they were bundled: `make build`"
    )


def test_the_bundle_names_no_address() -> None:
    texts = [path for path in DIST.rglob("*") if path.suffix in (".js", ".css", ".html", ".svg")]
    assert len(texts) >= 4
    for path in texts:
        found = _ADDRESS.findall(path.read_text(encoding="utf-8"))
        assert not found, f"{path.name} names {found}"
