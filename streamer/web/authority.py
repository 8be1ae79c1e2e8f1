"""The local certificate authority: made once on this machine, for it alone, never sent anywhere."""

import datetime as dt
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from streamer.errors import ServerError
from streamer.room.private import write_private
from streamer.web.addresses import host_label, host_names

KEY_FILE: Final = "ca.key"
CERTIFICATE_FILE: Final = "ca.crt"
CA_LIFETIME: Final = dt.timedelta(days=3652)
RENEW_BEFORE: Final = dt.timedelta(days=30)
CLOCK_SKEW: Final = dt.timedelta(days=1)  # a tablet's clock may be behind ours

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Authority:
    """The CA's certificate and key, and the file that holds the certificate (PEM)."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    path: Path

    @property
    def name(self) -> str:
        """The CA's common name, as devices list it."""
        return common_name(self.certificate)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the certificate, as devices show it: AA:BB:..."""
        return self.certificate.fingerprint(hashes.SHA256()).hex(":").upper()

    def der(self) -> bytes:
        """The certificate as DER."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    def pem(self) -> bytes:
        """The certificate as PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def permits(self, name: str) -> bool:
        """Whether the CA may sign for a host name: `localhost`, `.local` and its own machine's."""
        return any(name == own or name.endswith(f".{own}") for own in permitted_names(self))


def ensure_authority(folder: Path, now: dt.datetime | None = None) -> Authority:
    """The CA kept in `folder`, made on first use and again when it has less than 30 days left.

    Raises ServerError where its files are damaged, incomplete or cannot be written.
    """
    now = now or dt.datetime.now(dt.UTC)
    if has_authority(folder):
        authority = read_authority(folder)
        if authority.certificate.not_valid_after_utc - now > RENEW_BEFORE:
            return authority
        _log.warning("the local CA has run out; a new one is made: each device must trust it anew")
    authority = _make(folder / CERTIFICATE_FILE, now)
    try:
        write_private(folder / KEY_FILE, key_pem(authority.key))
        write_private(authority.path, authority.pem())
    except OSError as error:
        raise cannot_write(folder, error) from error
    return authority


def _make(path: Path, now: dt.datetime) -> Authority:
    """A new CA, not written yet.

    Its names are constrained (RFC 5280, section 4.2.1.10): whoever steals the key can pose as no
    site of the outside world to the devices that trust it. Addresses are not: a clinic's LAN may
    well have public ones.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, f"Theatron local CA ({host_label()})"[:64]),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Theatron"),
        ]
    )
    own_names = dict.fromkeys(("local", "localhost", *host_names()))
    permitted = [x509.DNSName(own) for own in own_names]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + CA_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(ca=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(certificate, key, path)


def has_authority(folder: Path) -> bool:
    """Whether any part of a CA is kept in `folder`."""
    return (folder / KEY_FILE).exists() or (folder / CERTIFICATE_FILE).exists()


def read_authority(folder: Path) -> Authority:
    """The CA kept in `folder`; raises ServerError where its files are damaged or incomplete."""
    key_path, path = folder / KEY_FILE, folder / CERTIFICATE_FILE
    what = path
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        what = key_path
        key = serialization.load_pem_private_key(key_path.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("it is no elliptic-curve key")
        if key.public_key() != certificate.public_key():
            raise ValueError(f"it does not belong to {CERTIFICATE_FILE}")
    except (OSError, ValueError, TypeError) as error:
        raise ServerError(
            f"the local CA's file {what} cannot be used ({error}): put back {CERTIFICATE_FILE} "
            f"and {KEY_FILE} from a copy, or delete the folder {folder} and run 'theatron trust'; "
            "each device must then trust the new CA"
        ) from error
    return Authority(certificate, key, path)


def permitted_names(authority: Authority) -> list[str]:
    """The host names (each with all below it) that the CA's constraints permit."""
    constraints = authority.certificate.extensions.get_extension_for_class(x509.NameConstraints)
    return [
        subtree.value
        for subtree in constraints.value.permitted_subtrees or []
        if isinstance(subtree, x509.DNSName)
    ]


def common_name(certificate: x509.Certificate) -> str:
    """The subject's common name."""
    return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def key_usage(*, ca: bool) -> x509.KeyUsage:
    """Key usage of a CA (signs certificates) or of a server (signs handshakes)."""
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The private key as unencrypted PKCS #8 PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def cannot_write(folder: Path, error: OSError) -> ServerError:
    """The sentence for a state folder that cannot be written."""
    return ServerError(
        f"certificates cannot be written to {folder} ({error.strerror}): make the folder writable "
        "or point THEATRON_HOME elsewhere"
    )
