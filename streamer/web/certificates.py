"""The server's own certificate: signed by the local CA for all current addresses and names."""

import datetime as dt
import logging
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from streamer.errors import ServerError
from streamer.paths import state_dir
from streamer.room.private import write_private
from streamer.web.addresses import ROOM_NAME, Reach
from streamer.web.authority import (
    CLOCK_SKEW,
    RENEW_BEFORE,
    Authority,
    cannot_write,
    ensure_authority,
    key_pem,
    key_usage,
)

LEAF_LIFETIME: Final = dt.timedelta(days=397)  # the longest that browsers accept is 398
LEAF_FILE: Final = "server.pem"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """The certificate, the file that holds it after its key (PEM), and the CA that signed it."""

    certificate: x509.Certificate
    path: Path
    authority: Authority

    def context(self) -> ssl.SSLContext:
        """A TLS 1.2+ server context with this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        self.load_into(context)
        return context

    def load_into(self, context: ssl.SSLContext) -> None:
        """Use this certificate for the handshakes to come on `context`."""
        context.load_cert_chain(self.path)


def tls_folder() -> Path:
    """Where the CA and the server's certificate are kept by default."""
    return state_dir() / "tls"


def ensure_certificate(
    folder: Path, reach: Reach, now: dt.datetime | None = None
) -> ServerCertificate:
    """The server's certificate kept in `folder`, for exactly what `reach` lists.

    Made anew when the addresses or names changed, when less than 30 days are left, or when the CA
    did. Names that the CA's constraints do not permit are left out. Raises ServerError where a
    file is damaged or cannot be written.
    """
    now = now or dt.datetime.now(dt.UTC)
    authority = ensure_authority(folder, now)
    names = _alternative_names(authority, reach)
    path = folder / LEAF_FILE
    if path.exists():
        found = ServerCertificate(read_certificate(path), path, authority)
        if _still_good(found, names, now):
            return found
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _sign(authority, key, names, now)
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    try:
        write_private(path, key_pem(key) + pem)
    except OSError as error:
        raise cannot_write(folder, error) from error
    return ServerCertificate(certificate, path, authority)


def alternative_names(certificate: x509.Certificate) -> frozenset[x509.GeneralName]:
    """The subject alternative names, as a set; empty if there are none."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(found.value)


def _alternative_names(authority: Authority, reach: Reach) -> list[x509.GeneralName]:
    refused = [name for name in reach.names if not authority.permits(name)]
    if refused:
        _log.warning(
            "the local CA may not sign for %s: browsers will warn there; use an address or %s",
            ", ".join(refused),
            ROOM_NAME,
        )
    names = [x509.DNSName(name) for name in reach.names if name not in refused]
    return [*names, *(x509.IPAddress(address) for address in reach.addresses)]


def _sign(
    authority: Authority,
    key: ec.EllipticCurvePrivateKey,
    names: list[x509.GeneralName],
    now: dt.datetime,
) -> x509.Certificate:
    begin = now - CLOCK_SKEW
    issuer_id = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, ROOM_NAME)]))
        .issuer_name(authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(min(begin + LEAF_LIFETIME, authority.certificate.not_valid_after_utc))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_id.value),
            critical=False,
        )
        .sign(authority.key, hashes.SHA256())
    )


def read_certificate(path: Path) -> x509.Certificate:
    """The certificate in a file made by `ensure_certificate`; raises ServerError if damaged."""
    try:
        content = path.read_bytes()
        certificate = x509.load_pem_x509_certificate(content)
        key = serialization.load_pem_private_key(content, None)
        if key.public_key() != certificate.public_key():
            raise ValueError("its key and its certificate do not belong together")
    except (OSError, ValueError, TypeError) as error:
        raise ServerError(
            f"the server's certificate {path} cannot be used ({error}): delete that file and start "
            "again; devices that trust the CA notice nothing"
        ) from error
    return certificate


def _still_good(found: ServerCertificate, names: list[x509.GeneralName], now: dt.datetime) -> bool:
    certificate = found.certificate
    try:
        certificate.verify_directly_issued_by(found.authority.certificate)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return (
        alternative_names(certificate) == frozenset(names)
        and certificate.not_valid_after_utc - now > RENEW_BEFORE
        and certificate.not_valid_before_utc <= now
    )
