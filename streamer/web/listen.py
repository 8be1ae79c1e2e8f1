"""Binds the server's port, or says in a sentence why it cannot."""

import errno
import socket
from typing import Final

from streamer.errors import ServerError
from streamer.web.addresses import ALL_ADDRESSES, ANY_HOSTS

BACKLOG: Final = 128  # a class that opens its links at once
_TRY_PORTS: Final = 20


def listen(host: str, port: int) -> socket.socket:
    """A listening TCP socket at `host` (a name or an address) and `port` (0: any free one).

    `::` takes IPv4 too where the system can. Raises ServerError: port in use (with another one
    that is free), not allowed, or a host that is not this machine's.
    """
    try:
        return _bind(host, port)
    except (socket.gaierror, UnicodeError) as error:
        raise ServerError(
            f"{host!r} is no address or name that this machine knows: "
            "leave --host out to serve on all of its addresses"
        ) from error
    except OSError as error:
        raise ServerError(_sentence(host, port, error)) from error


def free_port_after(host: str, port: int) -> int | None:
    """The next port above `port` that could be bound just now, or None if none of 20 could."""
    for candidate in range(port + 1, min(port + 1 + _TRY_PORTS, 65536)):
        try:
            _bind(host, candidate).close()
        except OSError:
            continue
        return candidate
    return None


def _bind(host: str, port: int) -> socket.socket:
    address = ALL_ADDRESSES if host == "" else host
    family, _, _, _, where = socket.getaddrinfo(
        address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    both = host in ANY_HOSTS and family == socket.AF_INET6 and socket.has_dualstack_ipv6()
    return socket.create_server(where[:2], family=family, backlog=BACKLOG, dualstack_ipv6=both)


def _sentence(host: str, port: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            free = free_port_after(host, port)
            hint = f"use --port {free}, which is free" if free else "use --port 0 for any free one"
            return f"port {port} is in use, perhaps by another theatron: close that, or {hint}"
        case errno.EACCES | errno.EPERM:
            return (
                f"port {port} may not be opened by this user: use --port 8443 or another above 1023"
            )
        case errno.EADDRNOTAVAIL:
            return (
                f"{host!r} is not an address of this machine: "
                "leave --host out to serve on all of its addresses"
            )
        case _:
            return (
                f"port {port} on {host!r} cannot be opened ({error.strerror}): use another --port"
            )
