"""The pages as bundled: made from these sources, typed, unit-tested, and free of addresses."""

import re
import subprocess
from pathlib import Path
from typing import Final

import playwright
import pytest

from viewers import bundle

VIEWERS: Final = Path(bundle.__file__).resolve().parent
DIST: Final = VIEWERS / "dist"

# XML namespaces are names that look like addresses; nothing is ever fetched from them.
_ADDRESS: Final = re.compile(r"(?:https?|wss?|ftp)://(?!www\.w3\.org/)[a-z0-9.-]+\.[a-z]{2,}")


@pytest.fixture(scope="module")
def node() -> str:
    """Node: of a wheel, of the system, or the one that Playwright brings."""
    found = bundle.find_node()
    if found is not None:
        return found.node[0]
    driver = Path(playwright.__file__).parent / "driver"
    return str(next(path for path in (driver / "node", driver / "node.exe") if path.exists()))


@pytest.fixture(scope="module")
def tools() -> Path:
    """`viewers/node_modules`, made when the pages were built; skips where they came in a wheel."""
    modules = VIEWERS / "node_modules"
    if not modules.is_dir():
        pytest.skip("no viewers/node_modules: the pages were not built here")
    return modules


def run(*command: str) -> str:
    """Run a step in `viewers`; its output. Fails with it where the step fails."""
    done = subprocess.run(
        command, cwd=VIEWERS, capture_output=True, text=True, encoding="utf-8", check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


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


def test_the_pages_own_unit_tests(node: str, tools: Path) -> None:
    said = run(node, "test.mjs")
    passed = re.search(r"^\S*\s*pass (\d+)", said, re.MULTILINE)
    assert passed is not None, said
    assert int(passed[1]) > 20


def test_the_unit_tests_are_typed(node: str, tools: Path) -> None:
    compiler = tools / "typescript" / "bin" / "tsc"
    run(node, str(compiler), "--noEmit", "-p", "tests/tsconfig.json")
