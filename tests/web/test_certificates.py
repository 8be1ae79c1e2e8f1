"""Certificates: what the CA and the server's certificate say, when they are renewed, who agrees."""

import asyncio
import datetime as dt
import ipaddress
import os
import shutil
import ssl
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from streamer.errors import ServerError
from streamer.web.addresses import Address, Reach, reach
from streamer.web.authority import ensure_authority
from streamer.web.certificates import (
    ServerCertificate,
    alternative_names,
    ensure_certificate,
)
from tests.web.conftest import OpenHouse

LOOPBACK: tuple[Address, ...] = (ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1"))
REACH = Reach(
    (ipaddress.ip_address("192.168.7.4"), ipaddress.ip_address("fd00::7"), *LOOPBACK),
    ("theatron.local", "localhost"),
)
NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def verify(own: ServerCertificate, subject: x509.GeneralName, when: dt.datetime = NOW) -> None:
    assert isinstance(subject, x509.DNSName | x509.IPAddress)
    builder = PolicyBuilder().store(Store([own.authority.certificate])).time(when)
    builder.build_server_verifier(subject).verify(own.certificate, [])


def test_the_certificate_verifies_for_every_address_and_name(tmp_path: Path) -> None:
    own = ensure_certificate(tmp_path, REACH, NOW)
    names = alternative_names(own.certificate)
    assert names == {
        *(x509.IPAddress(address) for address in REACH.addresses),
        *(x509.DNSName(name) for name in REACH.names),
    }
    for name in names:
        verify(own, name)
    with pytest.raises(VerificationError):
        verify(own, x509.DNSName("other.local"))
    with pytest.raises(VerificationError):
        verify(own, x509.IPAddress(ipaddress.ip_address("192.168.7.5")))


def test_it_verifies_on_this_machine_as_it_is(tmp_path: Path) -> None:
    here = reach()
    own = ensure_certificate(tmp_path, here)
    for address in here.addresses:
        verify(own, x509.IPAddress(address), dt.datetime.now(dt.UTC))
    for name in here.names:
        verify(own, x509.DNSName(name), dt.datetime.now(dt.UTC))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl on this machine")
def test_openssl_agrees(tmp_path: Path) -> None:
    own = ensure_certificate(tmp_path, REACH)
    for flag, name in (("-verify_ip", "192.168.7.4"), ("-verify_hostname", "theatron.local")):
        command = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", flag, name]
        command += ["-CAfile", str(tmp_path / "ca.crt"), str(own.path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_the_server_certificate_is_one_that_browsers_take(tmp_path: Path) -> None:
    certificate = ensure_certificate(tmp_path, REACH, NOW).certificate
    lifetime = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert lifetime <= 397 * DAY
    assert certificate.not_valid_before_utc == NOW - DAY
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    extensions = certificate.extensions
    usage = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert not extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_the_ca_signs_for_nobody_outside(tmp_path: Path) -> None:
    authority = ensure_authority(tmp_path, NOW)
    assert authority.permits("theatron.local")
    assert authority.permits("localhost")
    for outside in ("example.org", "notlocal", "local.example.org"):
        assert not authority.permits(outside)
    constraints = authority.certificate.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    assert (authority.certificate.not_valid_after_utc - NOW) / DAY > 3650
    assert "Theatron local CA (" in authority.name
    assert len(authority.fingerprint.split(":")) == 32


def test_names_that_the_ca_may_not_sign_are_left_out_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own = ensure_certificate(tmp_path, Reach(LOOPBACK, ("localhost", "or.example.org")), NOW)
    assert x509.DNSName("or.example.org") not in alternative_names(own.certificate)
    assert "or.example.org" in caplog.text
    verify(own, x509.DNSName("localhost"))


def test_the_certificate_is_kept_while_nothing_changes(tmp_path: Path) -> None:
    first = ensure_certificate(tmp_path, REACH, NOW)
    shuffled = Reach(REACH.addresses[::-1], REACH.names[::-1])
    again = ensure_certificate(tmp_path, shuffled, NOW + 300 * DAY)
    assert again.certificate == first.certificate


def test_the_certificate_is_renewed_when_addresses_change(tmp_path: Path) -> None:
    first = ensure_certificate(tmp_path, REACH, NOW)
    moved = Reach((ipaddress.ip_address("10.1.1.1"), *LOOPBACK), REACH.names)
    again = ensure_certificate(tmp_path, moved, NOW)
    assert again.certificate != first.certificate
    assert again.authority.certificate == first.authority.certificate
    verify(again, x509.IPAddress(ipaddress.ip_address("10.1.1.1")))


def test_the_certificate_is_renewed_a_month_before_it_ends(tmp_path: Path) -> None:
    first = ensure_certificate(tmp_path, REACH, NOW)
    later = NOW + 367 * DAY
    again = ensure_certificate(tmp_path, REACH, later)
    assert again.certificate != first.certificate
    verify(again, x509.DNSName("localhost"), later)


def test_the_ca_is_made_anew_when_it_has_run_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = ensure_certificate(tmp_path, REACH, NOW)
    later = NOW + 3630 * DAY
    again = ensure_certificate(tmp_path, REACH, later)
    assert again.authority.certificate != first.authority.certificate
    assert "must trust it anew" in caplog.text
    verify(again, x509.DNSName("localhost"), later)


def test_a_certificate_never_outlives_its_ca(tmp_path: Path) -> None:
    own = ensure_certificate(tmp_path, REACH, NOW)
    late = NOW + 3600 * DAY
    again = ensure_certificate(tmp_path, REACH, late)
    assert again.authority.certificate == own.authority.certificate
    assert again.certificate.not_valid_after_utc == own.authority.certificate.not_valid_after_utc


@pytest.mark.skipif(os.name != "posix", reason="Windows has access lists, not modes")
def test_keys_are_for_the_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    ensure_certificate(folder, REACH, NOW)
    for name in ("ca.key", "server.pem"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["ca.crt", "ca.key"])
def test_half_a_ca_is_said_in_a_sentence(tmp_path: Path, name: str) -> None:
    ensure_certificate(tmp_path, REACH, NOW)
    (tmp_path / name).unlink()
    with pytest.raises(ServerError, match=rf"{name} cannot be used \(.*delete"):
        ensure_certificate(tmp_path, REACH, NOW)


@pytest.mark.parametrize("name", ["ca.crt", "ca.key", "server.pem"])
@pytest.mark.parametrize("content", [b"", b"garbage", b"\xff\xfe\x00"])
def test_damaged_files_are_said_in_a_sentence(tmp_path: Path, name: str, content: bytes) -> None:
    ensure_certificate(tmp_path, REACH, NOW)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ServerError, match=rf"{name} cannot be used \(.*delete"):
        ensure_certificate(tmp_path, REACH, NOW)


def test_a_foreign_key_is_noticed(tmp_path: Path) -> None:
    ensure_certificate(tmp_path / "a", REACH, NOW)
    ensure_certificate(tmp_path / "b", REACH, NOW)
    shutil.copy(tmp_path / "b" / "ca.key", tmp_path / "a" / "ca.key")
    with pytest.raises(ServerError, match="does not belong"):
        ensure_certificate(tmp_path / "a", REACH, NOW)


def test_a_certificate_of_another_ca_is_replaced(tmp_path: Path) -> None:
    ensure_certificate(tmp_path / "a", REACH, NOW)
    other = ensure_certificate(tmp_path / "b", REACH, NOW)
    shutil.copy(other.path, tmp_path / "a" / "server.pem")
    verify(ensure_certificate(tmp_path / "a", REACH, NOW), x509.DNSName("localhost"))


def test_a_folder_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ServerError, match="THEATRON_HOME"):
        ensure_certificate(tmp_path / "file" / "tls", REACH, NOW)


async def test_a_client_that_does_not_know_the_ca_is_not_fooled(open_house: OpenHouse) -> None:
    async with open_house() as house:
        with pytest.raises(ssl.SSLError):
            await _handshake(house.server.port, ssl.create_default_context())
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        assert house.settings.tls_folder is not None
        old.load_verify_locations(house.settings.tls_folder / "ca.crt")
        assert await _handshake(house.server.port, old) in ("TLSv1.2", "TLSv1.3")


async def _handshake(port: int, context: ssl.SSLContext) -> str | None:
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    version: str | None = writer.get_extra_info("ssl_object").version()
    writer.close()
    await writer.wait_closed()
    return version
