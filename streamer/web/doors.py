"""What each request must pass and each answer carries: Host and Origin checks, headers."""

import re
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from streamer.web.addresses import Reach

HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "fullscreen=(self), xr-spatial-tracking=(self), screen-wake-lock=(self), "
        "camera=(), microphone=(), geolocation=(), display-capture=(), usb=(), payment=()"
    ),
    "Server": "theatron",
}


_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::\d{1,5})?")


def policy(socket_origin: str) -> str:
    """The Content-Security-Policy of every answer.

    `socket_origin` (wss://host:port) is named as Safari before 15.4 takes 'self' for HTTP only.
    """
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "worker-src 'self'",
            "style-src 'self'",
            f"connect-src 'self' {socket_origin}",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            "font-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


class Doorkeeper:
    """Checks each request against what the server answers to, which may change while it runs."""

    def __init__(self, reach: Reach, plain_http: bool) -> None:
        self.reach = reach
        self._scheme = "http" if plain_http else "https"
        self._socket_scheme = "ws" if plain_http else "wss"

    def middleware(self) -> Middleware:
        """The aiohttp middleware that refuses a foreign `Host` (DNS rebinding) with 421."""

        @web.middleware
        async def check_host(request: web.Request, handler: Handler) -> web.StreamResponse:
            host = request.headers.get("Host", "")
            if not self._serves(host):
                text = (
                    f"This server does not answer to the host {host[:100]!r}. "
                    "Open the link that it printed.\n"
                )
                return web.Response(status=421, text=text)
            return await handler(request)

        return check_host

    async def add_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        """Put the security headers on an answer; to be an `on_response_prepare` signal."""
        response.headers.update(HEADERS)
        response.headers.setdefault("Cache-Control", "no-store")
        host = request.headers.get("Host", "")
        own = f"{self._socket_scheme}://{host}" if self._serves(host) else ""
        response.headers["Content-Security-Policy"] = policy(own)

    def origin_refused(self, request: web.Request) -> str | None:
        """Why a socket from this page is refused, or None.

        A browser always sends `Origin`; what sends none is no browser, and no foreign page.
        """
        origin = request.headers.get("Origin")
        own = f"{self._scheme}://{request.headers.get('Host', '')}"
        if origin is None or origin.lower() == own.lower():
            return None
        return f"This socket is for the pages of {own}, not for those of {origin[:100]!r}.\n"

    def _serves(self, host: str) -> bool:
        found = _HOST.fullmatch(host)
        return found is not None and self.reach.answers_to(found[1])
