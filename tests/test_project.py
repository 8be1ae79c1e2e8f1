"""The project keeps its word: documented commands exist, links lead somewhere, the walls stand."""

import ast
import json
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest

import streamer
from streamer.cli import COMMANDS, group

ROOT: Final = Path(__file__).resolve().parents[1]
PAGES: Final = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]

_FENCED: Final = re.compile(r"^```(?:sh|console|bash)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE: Final = re.compile(r"`((?:theatron|make) [^`\n]+)`")
_OPTION: Final = re.compile(r"`(--[a-z][a-z-]*)[^`]*`")
_LINK: Final = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


def text_of(page: str) -> str:
    """The text of the page of that name."""
    return next(path for path in PAGES if path.name == page).read_text(encoding="utf-8")


def documented_commands(program: str) -> list[tuple[str, str]]:
    """(page, command line) for each command of `program` that a page tells its reader to type."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        lines = [line for block in _FENCED.findall(text) for line in block.splitlines()]
        for line in [*lines, *_INLINE.findall(text)]:
            command = line.strip().removeprefix("$ ")
            if command.split()[:1] == [program]:
                found.append((page.name, command))
    return sorted(set(found))


def parse(words: list[str]) -> None:
    """Parse a command line as `theatron` would, without running it; raises ClickException."""
    command: click.Command = group
    name = "theatron"
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found_name, found, words = command.resolve_command(click.Context(command), words)
        assert found is not None
        name, command = found_name or "", found
    if words[:1] != ["--help"]:
        command.make_context(name, words).close()


@pytest.mark.parametrize(("page", "line"), documented_commands("theatron"))
def test_documented_command_parses(page: str, line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    try:
        parse(words)
    except click.MissingParameter:
        assert line in _INLINE.findall(text_of(page)), f"{page}: `{line}` lacks an argument"
    except click.ClickException as error:
        pytest.fail(f"{page} tells its reader to type `{line}`: {error.format_message()}")


@pytest.mark.parametrize(("page", "line"), documented_commands("make"))
def test_documented_make_target_exists(page: str, line: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE))
    wanted = [word for word in shlex.split(line, comments=True)[1:] if "=" not in word]
    assert wanted, f"{page}: `{line}` names no target"
    assert set(wanted) <= targets, f"{page} says `{line}`; make knows {sorted(targets)}"


def options_of(command: click.Command) -> Iterator[str]:
    """All long options of a command and its subcommands."""
    for parameter in command.params:
        yield from (name for name in parameter.opts if name.startswith("--"))
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            sub = command.get_command(context, name)
            assert sub is not None
            yield from options_of(sub)


def test_documented_options_exist() -> None:
    known = {*options_of(group), "--help"}
    for page in PAGES:
        if page.name == "CONTRIBUTING.md":
            continue
        named = set(_OPTION.findall(page.read_text(encoding="utf-8")))
        assert named <= known, f"{page.name} names options that no command has: {named - known}"


def test_every_command_of_the_table_loads_and_has_help() -> None:
    context = click.Context(group)
    for name in COMMANDS:
        command = group.get_command(context, name)
        assert command is not None
        assert command.name == name
        assert command.help, f"`theatron {name}` has no help text"


def test_links_between_pages_lead_somewhere() -> None:
    for page in [*PAGES, ROOT / "CHANGELOG.md"]:
        for target in _LINK.findall(page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not"


def test_versions_agree() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        declared = tomllib.load(file)["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[(\d+\.\d+\.\d+)\]", changelog, re.MULTILINE)
    assert newest is not None
    assert newest[1] == declared == streamer.__version__


def tracked_files() -> list[Path]:
    """Every file that git tracks or would track."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = [ROOT / name for name in done.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def test_lock_file_names_no_registry() -> None:
    lock = json.loads((ROOT / "viewers" / "package-lock.json").read_text(encoding="utf-8"))
    for name, package in lock["packages"].items():
        assert "resolved" not in package, f"{name} is locked to {package['resolved']}"
        assert not name or package.get("link") or "integrity" in package, f"{name} has no digest"


def test_no_file_names_a_machine() -> None:
    home = "|".join(["/ro" + "ot/", "/wo" + "rk/", "/Us" + "ers/[a-z]", r"C:\\Us" + "ers"])
    machine = re.compile(rf"(?<![\w.])(?:{home}|/ho" + r"me/[a-z])")
    for path in tracked_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found = machine.search(text)
        assert found is None, f"{path.relative_to(ROOT)} holds a path of one machine: {found}"


def imports_of(path: Path) -> set[str]:
    """Dotted names of the modules that a Python file imports, at its top or within."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


# A folder of the house, and what no file in it may import: frames go one way.
WALLS: Final = [
    ("streamer/scene", r"streamer\.(?!scene)"),
    ("streamer/capture", r"streamer\.(scene|render|encode|deliver|room|web|pipeline)"),
    ("streamer/anatomy", r"streamer\.(capture|render|encode|deliver|room|web|pipeline)"),
    ("streamer/render", r"streamer\.(capture|encode|deliver|web|pipeline)"),
    ("streamer/encode", r"streamer\.(capture|render|web|pipeline)"),
    ("streamer/deliver", r"streamer\.(capture|render|web|pipeline)"),
    ("streamer/room", r"streamer\.(capture|render|encode|deliver|web|pipeline)"),
    ("streamer/web", r"streamer\.(capture|render|encode|deliver|pipeline)"),
]


@pytest.mark.parametrize(("folder", "forbidden"), WALLS)
def test_frames_go_one_way(folder: str, forbidden: str) -> None:
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files
    for path in files:
        crossing = {name for name in imports_of(path) if re.match(forbidden, name)}
        assert not crossing, f"{path.relative_to(ROOT)} reaches through a wall to {crossing}"


def test_kernels_import_numpy_and_numba_only() -> None:
    allowed = re.compile(r"(numpy|numba|math|typing|collections)(\.|$)|streamer\.render\.kernels")
    for path in sorted((ROOT / "streamer/render/kernels").glob("*.py")):
        foreign = {name for name in imports_of(path) if not allowed.match(name)}
        if path.name == "jit.py":  # where the decorators and the cache are defined
            foreign -= {"os", "hashlib", "pathlib", "platformdirs", "shutil", "time"}
        assert not foreign, f"{path.name} imports {foreign}"
