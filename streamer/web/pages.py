"""The built pages and their assets, read once from the package `viewers`, ready to be sent."""

import gzip
import hashlib
import importlib.resources
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Final

from aiohttp import web

from streamer.errors import ServerError

PAGES: Final = ("watch", "teach")

# Not from `mimetypes`: on Windows that asks the registry, which may call JavaScript plain text.
_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "glb": "model/gltf-binary",
    "html": "text/html; charset=utf-8",
    "ico": "image/x-icon",
    "jpg": "image/jpeg",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "map": "application/json",
    "mjs": "text/javascript; charset=utf-8",
    "mp4": "video/mp4",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
    "wasm": "application/wasm",
    "webmanifest": "application/manifest+json",
    "webp": "image/webp",
    "woff2": "font/woff2",
}
_ZIP: Final = frozenset({"css", "html", "js", "json", "map", "mjs", "svg", "txt", "webmanifest"})
# A bundler's content hash: eight or more letters and digits, not all lower-case letters.
_HASHED: Final = re.compile(r"[-.](?=[A-Za-z0-9_]*[A-Z0-9])[A-Za-z0-9_]{8,}\.[a-z0-9.]+$")


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent: its bytes, also compressed where that pays, and its headers."""

    content: bytes
    zipped: bytes | None
    headers: dict[str, str]

    def response(self, request: web.Request) -> web.Response:
        """The answer to a GET: the file, or 304 where the browser has it."""
        headers = dict(self.headers)
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        body = self.content
        if self.zipped is not None:
            headers["Vary"] = "Accept-Encoding"
            if "gzip" in request.headers.get("Accept-Encoding", ""):
                headers["Content-Encoding"] = "gzip"
                body = self.zipped
        return web.Response(body=body, headers=headers)


class Pages:
    """`/watch`, `/teach` and every other file of the bundle, by URL path."""

    def __init__(self, folder: Traversable) -> None:
        """Raises ServerError where a page is missing."""
        missing = [f"{page}.html" for page in PAGES if not (folder / f"{page}.html").is_file()]
        if missing:
            raise ServerError(
                f"the pages are not built ({folder} lacks {' and '.join(missing)}): run make build"
            )
        self._assets = {
            path: _asset(path.rpartition("/")[2], file.read_bytes())
            for path, file in _files(folder, "")
            if "/." not in path
        }
        for page in PAGES:
            self._assets[f"/{page}"] = self._assets.pop(f"/{page}.html")

    @classmethod
    def built(cls) -> "Pages":
        """The bundle inside the installed package; raises ServerError if it is not built."""
        return cls(importlib.resources.files("viewers") / "dist")

    def find(self, path: str) -> Asset | None:
        """The file at a URL path, or None."""
        return self._assets.get(path)


def _files(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _files(entry, f"{prefix}/{entry.name}")
        else:
            yield f"{prefix}/{entry.name}", entry


def _asset(name: str, content: bytes) -> Asset:
    ending = name.rpartition(".")[2].lower()
    zipped = gzip.compress(content, 6, mtime=0) if ending in _ZIP else None
    if ending == "html":
        cache = "no-store"
    elif _HASHED.search(name):
        cache = "public, max-age=31536000, immutable"
    else:
        cache = "no-cache"
    headers = {
        "Content-Type": _TYPES.get(ending, "application/octet-stream"),
        "Cache-Control": cache,
        "ETag": f'"{hashlib.sha256(content).hexdigest()[:32]}"',
    }
    return Asset(content, zipped if zipped and len(zipped) < len(content) else None, headers)
