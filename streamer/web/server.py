"""The web server of one room: HTTPS, the pages, the socket, and the links to them."""

import asyncio
import contextlib
import logging
import ssl
from typing import Final

from aiohttp import web

from streamer import __version__
from streamer.clock import CaptureClock
from streamer.errors import AccessError, ServerError, TheatronError
from streamer.room.messages import Role
from streamer.room.room import Room
from streamer.room.tokens import RoomTokens
from streamer.web.addresses import ANY_HOSTS, Reach, is_loopback, link_host, reach
from streamer.web.certificates import ServerCertificate, ensure_certificate, tls_folder
from streamer.web.doors import Doorkeeper
from streamer.web.hub import Hub
from streamer.web.listen import listen
from streamer.web.pages import Pages
from streamer.web.profile import mobileconfig
from streamer.web.seams import Delivery
from streamer.web.session import Sessions
from streamer.web.settings import WebSettings

__all__ = ["WebServer", "WebSettings"]

ADDRESSES_EVERY_S: Final = 30.0
SHUTDOWN_S: Final = 3.0
GOODBYE: Final = "The room is closed for now; this page comes back by itself when it opens again."

_log = logging.getLogger(__name__)


class WebServer:
    """Serves one room until it is stopped.

    `hub` is what delivery talks to (`HubCalls`). Build, `start` and `stop` it in one event loop.
    """

    def __init__(
        self,
        room: Room,
        tokens: RoomTokens,
        delivery: Delivery,
        clock: CaptureClock,
        settings: WebSettings,
        pages: Pages | None = None,
    ) -> None:
        """`pages` is what is served in place of the built ones.

        Raises ServerError for plain HTTP on a network without `insecure`.
        """
        if settings.plain_http and not (settings.insecure or is_loopback(settings.host)):
            raise ServerError(
                f"--plain-http on {settings.host!r} would send the links unencrypted over the "
                "network, and browsers withhold WebXR and the wake lock from such pages: leave it "
                "out, add --host 127.0.0.1, or say --insecure too if that is what you want"
            )
        self.hub = Hub(room, delivery, clock, settings.max_viewers)
        self._tokens = tokens
        self._settings = settings
        self._pages = pages
        self._sessions = Sessions(self.hub, tokens, settings)
        self._doors = Doorkeeper(self._reach(), settings.plain_http)
        self._certificate: ServerCertificate | None = None
        self._context: ssl.SSLContext | None = None
        self._runner: web.AppRunner | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._port = settings.port

    @property
    def port(self) -> int:
        """The port that is served, known once started."""
        return self._port

    @property
    def student_url(self) -> str:
        """The students' link; the token is in its fragment, which browsers keep to themselves."""
        return self._url("watch", "student")

    @property
    def instructor_url(self) -> str:
        """The instructor's link."""
        return self._url("teach", "instructor")

    async def start(self) -> None:
        """Open the doors; raises ServerError: pages not built, certificate damaged, port in use."""
        settings = self._settings
        if self._pages is None:
            self._pages = await asyncio.to_thread(Pages.built)
        if not settings.plain_http:
            self._certificate = await asyncio.to_thread(self._ensure_certificate)
            self._context = self._certificate.context()
        sock = await asyncio.to_thread(listen, settings.host, settings.port)
        self._port = int(sock.getsockname()[1])
        self._runner = web.AppRunner(
            self._application(self._pages),
            access_log=None,
            handle_signals=False,
            shutdown_timeout=SHUTDOWN_S,
        )
        await self._runner.setup()
        self.hub.start()
        await web.SockSite(self._runner, sock, ssl_context=self._context).start()
        self._watcher = asyncio.create_task(self._watch_addresses())

    async def stop(self) -> None:
        """Say goodbye to the pages and close everything; harmless where nothing was started."""
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
        if self._runner is not None:
            await self._close(self._runner)
            self._runner = None
        await self.hub.stop()

    async def _close(self, runner: web.AppRunner) -> None:
        for site in list(runner.sites):
            await site.stop()
        served = [] if runner.server is None else runner.server.connections
        lines = [handler.transport for handler in served if handler.transport is not None]
        await self._sessions.dismiss_strangers(GOODBYE)
        await self.hub.say_goodbye(GOODBYE)
        await runner.cleanup()
        for line in lines:
            # TLS's own goodbye would wait for the other end, up to 30 s. A line that has closed
            # meanwhile holds no transport any more, over which Python 3.11.2 trips.
            with contextlib.suppress(AttributeError):
                line.abort()
        await asyncio.sleep(0)

    def _url(self, page: str, role: Role) -> str:
        scheme = "http" if self._settings.plain_http else "https"
        host = link_host(self._settings.host)
        return f"{scheme}://{host}:{self._port}/{page}#{self._tokens.token(role)}"

    # ------------------------------------------------------------ addresses

    def _reach(self) -> Reach:
        host = self._settings.host
        return reach(() if host in ANY_HOSTS else (host,))

    def _ensure_certificate(self) -> ServerCertificate:
        return ensure_certificate(self._settings.tls_folder or tls_folder(), self._doors.reach)

    async def _watch_addresses(self) -> None:
        """Follow the machine to other addresses (DHCP, another cable) without a restart."""
        while True:
            await asyncio.sleep(ADDRESSES_EVERY_S)
            await self.follow_addresses()

    async def follow_addresses(self) -> None:
        """Answer to the machine's addresses of now, with a certificate for them."""
        try:
            now = await asyncio.to_thread(self._reach)
            if now == self._doors.reach:
                return
            host = link_host(self._settings.host)
            _log.warning("this machine's addresses changed; links now name %s", host)
            self._doors.reach = now
            if self._context is not None:
                self._certificate = await asyncio.to_thread(self._ensure_certificate)
                self._certificate.load_into(self._context)
        except (TheatronError, OSError):
            _log.exception("the change of addresses could not be followed")

    # ------------------------------------------------------------ answers

    def _application(self, pages: Pages) -> web.Application:
        app = web.Application(middlewares=[self._doors.middleware()], client_max_size=1024)
        app.on_response_prepare.append(self._doors.add_headers)

        async def page(request: web.Request) -> web.StreamResponse:
            asset = pages.find(request.path)
            return asset.response(request) if asset else _text(404, "There is no such page.\n")

        app.router.add_get("/", self._to_watch)
        app.router.add_get("/ws", self._socket)
        app.router.add_get("/healthz", self._health)
        app.router.add_get("/api/stats", self._stats)
        app.router.add_get("/ca.crt", self._ca)
        app.router.add_get("/ca.mobileconfig", self._ca_profile)
        app.router.add_get("/{path:.+}", page)
        return app

    async def _to_watch(self, request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "/watch"})

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        refused = self._doors.origin_refused(request)
        if refused is not None:
            self.hub.counted["foreign origins"] += 1
            _log.warning("refused a socket: %s", refused.strip())
            return _text(403, refused)
        return await self._sessions.serve(request)

    async def _health(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"status": "ok", "version": __version__})

    async def _stats(self, request: web.Request) -> web.StreamResponse:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        try:
            role = self._tokens.check(token.strip() if scheme.lower() == "bearer" else "")
        except AccessError as error:
            return _text(401, f"{error}\n", {"WWW-Authenticate": 'Bearer realm="theatron"'})
        if role != "instructor":
            return _text(403, "The statistics are for the instructor's token only.\n")
        hub = self.hub
        return web.json_response(
            {
                "room": hub.room.name,
                "version": __version__,
                "hub": hub.counters(),
                "delivery": hub.delivery.counters(),
            }
        )

    async def _ca(self, request: web.Request) -> web.StreamResponse:
        return self._download("theatron-ca.crt", "application/x-x509-ca-cert")

    async def _ca_profile(self, request: web.Request) -> web.StreamResponse:
        return self._download("theatron-ca.mobileconfig", "application/x-apple-aspen-config")

    def _download(self, name: str, content_type: str) -> web.Response:
        if self._certificate is None:
            return _text(404, "This server speaks plain HTTP and has no certificate.\n")
        authority = self._certificate.authority
        body = mobileconfig(authority) if name.endswith(".mobileconfig") else authority.der()
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return web.Response(body=body, content_type=content_type, headers=headers)


def _text(status: int, text: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, text=text, headers=headers)
