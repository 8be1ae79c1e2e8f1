"""Under which addresses and names this machine is reached on its LAN."""

import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import ifaddr

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

LOOPBACK: Final[tuple[Address, ...]] = (
    ipaddress.IPv4Address("127.0.0.1"),
    ipaddress.IPv6Address("::1"),
)
ALL_ADDRESSES: Final = "0.0.0.0"  # noqa: S104 - a broadcast is for the LAN; roles are by token
ANY_HOSTS: Final = frozenset({ALL_ADDRESSES, "::", ""})
ROOM_NAME: Final = "theatron.local"
# TEST-NET-1 and the documentation prefix: routed like anything far away, owned by nobody.
_FAR_IPV4: Final = "192.0.2.1"
_FAR_IPV6: Final = "2001:db8::1"
_LABELS: Final = re.compile(
    r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*"
)


@dataclass(frozen=True, slots=True)
class Reach:
    """All addresses and (lower-case) names under which the server answers, loopback among them."""

    addresses: tuple[Address, ...]
    names: tuple[str, ...]

    def answers_to(self, host: str) -> bool:
        """Whether `host`, the host part of a URL (IPv6 in brackets or not), is one of them."""
        try:
            return ipaddress.ip_address(host.strip("[]")) in self.addresses
        except ValueError:
            return host.lower().rstrip(".") in self.names


def lan_addresses() -> tuple[Address, ...]:
    """This machine's addresses, sorted, without loopback and IPv6 link-local ones.

    A browser cannot open an IPv6 link-local address: a URL has no place for its zone.
    """
    found: set[Address] = set()
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            text = ip.ip if isinstance(ip.ip, str) else ip.ip[0]
            address = ipaddress.ip_address(text.partition("%")[0])
            link_local = address.version == 6 and address.is_link_local
            if not (address.is_loopback or link_local or address.is_unspecified):
                found.add(address)
    return tuple(sorted(found, key=lambda address: (address.version, int(address))))


def host_label() -> str:
    """This machine's name as one DNS label: lower case, without its domain; `theatron` if unfit."""
    label = socket.gethostname().partition(".")[0].lower().replace("_", "-")
    return label if _LABELS.fullmatch(label) else "theatron"


def host_names() -> tuple[str, ...]:
    """This machine's names: its label, and the full name where it has one."""
    names = (host_label(), socket.gethostname().lower())
    return tuple(dict.fromkeys(name for name in names if _LABELS.fullmatch(name)))


def reach(extra: Iterable[str] = ()) -> Reach:
    """Everything under which this machine is reached now; `extra` are names or addresses more."""
    addresses: list[Address] = [*lan_addresses(), *LOOPBACK]
    names = [*host_names(), f"{host_label()}.local", ROOM_NAME, "localhost"]
    for name in extra:
        try:
            addresses.append(ipaddress.ip_address(name))
        except ValueError:
            names.append(name.lower().rstrip("."))
    return Reach(
        tuple(dict.fromkeys(addresses)),
        tuple(dict.fromkeys(name for name in names if _LABELS.fullmatch(name))),
    )


def link_host(bound: str) -> str:
    """The host for links to a server bound to `bound`, IPv6 in brackets.

    Bound to all addresses, that is the one on the way to the default route; else the first LAN
    address; else loopback.
    """
    if bound not in ANY_HOSTS:
        return url_host(bound)
    routed = _routed_address(socket.AF_INET6 if bound == "::" else socket.AF_INET)
    version = 6 if bound == "::" else 4
    others = [address for address in lan_addresses() if address.version == version]
    if routed is not None and routed in others:
        return url_host(str(routed))
    private = [address for address in others if address.is_private]
    loopback = LOOPBACK[1] if version == 6 else LOOPBACK[0]
    return url_host(str(next(iter([*private, *others, loopback]))))


def is_loopback(host: str) -> bool:
    """Whether `host` (a name or an address) is this machine as only itself can reach it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def url_host(host: str) -> str:
    """`host` as a URL writes it."""
    return f"[{host}]" if ":" in host else host


def _routed_address(family: socket.AddressFamily) -> Address | None:
    """The local address that the default route uses; connecting a datagram socket sends nothing."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((_FAR_IPV6 if family == socket.AF_INET6 else _FAR_IPV4, 9))
            text = str(probe.getsockname()[0])
        except OSError:
            return None
    return ipaddress.ip_address(text.partition("%")[0])
