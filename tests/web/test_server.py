"""The server's start and end: ports, hosts, pages, addresses that change."""

import asyncio
import ipaddress
import socket
import ssl
from pathlib import Path

import pytest

from streamer.errors import ServerError
from streamer.web import addresses
from streamer.web.addresses import Reach, host_label, is_loopback, lan_addresses, link_host, reach
from streamer.web.bucket import TokenBucket
from streamer.web.listen import free_port_after, listen
from streamer.web.pages import Pages
from tests.web.conftest import OpenHouse
from tests.web.doubles import bundle

ANY = "0.0.0.0"  # noqa: S104


def _ipv6_works() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


with_ipv6 = pytest.mark.skipif(not _ipv6_works(), reason="this machine has no IPv6 loopback")


async def test_a_port_in_use_is_quoted_with_a_free_one(open_house: OpenHouse) -> None:
    async with open_house() as house:
        port = house.server.port
        second = open_house(port=port)
        with pytest.raises(ServerError, match=f"port {port} is in use") as caught:
            await second.__aenter__()
        await second.__aexit__()
        hint = str(caught.value).partition("--port ")[2].partition(",")[0]
        assert port < int(hint) <= port + 20
        listen("127.0.0.1", int(hint)).close()
        await house.enter()


def test_a_host_that_is_not_ours_is_quoted() -> None:
    with pytest.raises(ServerError, match=r"'203\.0\.113\.9' is not an address of this machine"):
        listen("203.0.113.9", 0)


@pytest.mark.parametrize("host", ["no such host", "x" * 300])
def test_a_host_that_nobody_knows_is_quoted(host: str) -> None:
    with pytest.raises(ServerError, match="is no address or name"):
        listen(host, 0)


def test_no_free_port_above_the_last() -> None:
    assert free_port_after("127.0.0.1", 65535) is None


@with_ipv6
@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="no dual-stack sockets here")
def test_all_ipv6_addresses_are_all_addresses() -> None:
    with listen("::", 0) as listening:
        port = listening.getsockname()[1]
        socket.create_connection(("127.0.0.1", port)).close()
        socket.create_connection(("::1", port)).close()


@pytest.mark.parametrize("host", [ANY, "::", "192.168.0.3", "example.org"])
async def test_plain_http_is_refused_on_a_network(open_house: OpenHouse, host: str) -> None:
    with pytest.raises(ServerError, match=r"--plain-http on .*--insecure"):
        open_house(host=host, plain_http=True)
    insisted = open_house(host=host, plain_http=True, insecure=True)
    assert insisted.server.student_url.startswith("http://")
    await insisted.__aexit__()


@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("::1", marks=with_ipv6), "localhost"])
async def test_plain_http_is_fine_on_loopback(open_house: OpenHouse, host: str) -> None:
    assert is_loopback(host)
    async with (
        open_house(host=host, plain_http=True) as house,
        house.client.get(house.server.student_url) as response,
    ):
        assert response.status == 200


async def test_pages_that_are_not_built_are_said_so(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match=r"lacks watch\.html and teach\.html.*make build"):
        Pages(tmp_path / "dist")
    built = bundle(tmp_path)
    (built / "teach.html").unlink()
    with pytest.raises(ServerError, match=r"lacks teach\.html\)"):
        Pages(built)


async def test_a_server_that_never_started_stops(open_house: OpenHouse) -> None:
    house = open_house()
    await house.__aexit__()


@with_ipv6
async def test_ipv6_links(open_house: OpenHouse) -> None:
    async with open_house(host="::1") as house:
        assert house.server.student_url.startswith(f"https://[::1]:{house.server.port}/watch#")
        url = house.server.student_url.partition("#")[0]
        async with house.client.get(url, ssl=house.trust) as response:
            assert response.status == 200


async def test_the_server_follows_its_machine_to_another_address(
    open_house: OpenHouse,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with open_house(tls_folder=tmp_path / "tls") as house:
        page = await house.enter()
        assert (await house.get("/watch", Host="10.9.8.7"))[0].status == 421
        moved = ipaddress.ip_address("10.9.8.7")
        monkeypatch.setattr(addresses, "lan_addresses", lambda: (moved,))
        await house.server.follow_addresses()
        assert (await house.get("/watch", Host="10.9.8.7"))[0].status == 200
        assert await _certified_for("10.9.8.7", house.server.port, tmp_path / "tls" / "ca.crt")
        assert not page.socket.closed
        assert "addresses changed" in caplog.text
        assert house.tokens.token("student") not in caplog.text


async def _certified_for(name: str, port: int, ca: Path) -> bool:
    """Whether a handshake there ends with a certificate that is good for `name`."""
    trust = ssl.create_default_context(cafile=str(ca))
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trust, server_hostname=name)
    writer.close()
    await writer.wait_closed()
    return True


def test_this_machine_reaches_itself() -> None:
    here = reach(["192.0.2.77", "Room.Example.Org."])
    for host in ("127.0.0.1", "::1", "[::1]", "localhost", "theatron.local", "192.0.2.77"):
        assert here.answers_to(host)
    assert here.answers_to("room.example.org")
    assert here.answers_to(f"{host_label().upper()}.local.")
    for address in lan_addresses():
        assert here.answers_to(str(address))
    assert not here.answers_to("evil.example")
    assert not Reach((), ()).answers_to("")


def test_lan_addresses_can_be_opened_in_a_browser() -> None:
    for address in lan_addresses():
        assert not address.is_loopback
        assert not (address.version == 6 and address.is_link_local)


@pytest.mark.parametrize(
    ("bound", "link"),
    [("192.0.2.5", "192.0.2.5"), ("fd00::5", "[fd00::5]"), ("localhost", "localhost")],
)
def test_a_bound_host_is_the_one_in_links(bound: str, link: str) -> None:
    assert link_host(bound) == link


def test_bound_to_all_the_link_names_a_lan_address(monkeypatch: pytest.MonkeyPatch) -> None:
    own = link_host(ANY)
    assert ipaddress.ip_address(own) in (*lan_addresses(), ipaddress.ip_address("127.0.0.1"))
    public, private = ipaddress.ip_address("8.8.4.4"), ipaddress.ip_address("10.0.0.4")
    monkeypatch.setattr(addresses, "_routed_address", lambda family: None)
    monkeypatch.setattr(addresses, "lan_addresses", lambda: (public, private))
    assert link_host(ANY) == "10.0.0.4"
    monkeypatch.setattr(addresses, "_routed_address", lambda family: public)
    assert link_host(ANY) == "8.8.4.4"
    monkeypatch.setattr(addresses, "lan_addresses", tuple)
    assert link_host(ANY) == "127.0.0.1"
    assert link_host("::") == "[::1]"


def test_a_bucket_lets_so_many_through() -> None:
    now_s = [0.0]
    bucket = TokenBucket(10.0, 3, lambda: now_s[0])
    assert [bucket.take() for _ in range(5)] == [True, True, True, False, False]
    now_s[0] = 0.1
    assert [bucket.take() for _ in range(2)] == [True, False]
    now_s[0] = 100.0
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
