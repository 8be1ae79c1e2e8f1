"""`theatron trust`: export the local CA and say, device by device, how to make it trusted."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from streamer.errors import ServerError
from streamer.web.authority import Authority, ensure_authority
from streamer.web.certificates import tls_folder
from streamer.web.profile import mobileconfig

CRT: Final = "theatron-ca.crt"
PEM: Final = "theatron-ca.pem"
PROFILE: Final = "theatron-ca.mobileconfig"


@dataclass(frozen=True, slots=True)
class Device:
    """A kind of device and the steps that make it trust the CA."""

    name: str
    steps: tuple[str, ...]


DEVICES: Final = (
    Device(
        "Windows (Chrome, Edge)",
        (
            f"In a command prompt: certutil -user -addstore Root {CRT}",
            f"or: double-click {CRT} > Install Certificate > Current User > Place all certificates "
            "in the following store > Trusted Root Certification Authorities.",
            "Answer Yes when Windows shows the fingerprint, then restart the browser.",
        ),
    ),
    Device(
        "macOS (Safari, Chrome)",
        (
            "In a terminal: security add-trusted-cert -r trustRoot "
            f"-k ~/Library/Keychains/login.keychain-db {CRT}",
            f"or: double-click {CRT}, find it in Keychain Access, open it, Trust > "
            "When using this certificate: Always Trust.",
        ),
    ),
    Device(
        "iPhone, iPad",
        (
            f"Open https://HOST:PORT/ca.mobileconfig in Safari, or send {PROFILE} by AirDrop.",
            "Settings > Profile Downloaded > Install.",
            "Settings > General > About > Certificate Trust Settings: switch it on.",
        ),
    ),
    Device(
        "Android (Chrome)",
        (
            f"Open https://HOST:PORT/ca.crt, or copy {CRT} to the device.",
            "Settings > Security and privacy > More security settings > Encryption and credentials "
            "> Install a certificate > CA certificate > Install anyway; choose the file. "
            "(Makers name these differently: search the settings for 'CA certificate'.)",
        ),
    ),
    Device(
        "Meta Quest (not tried on a device by us yet)",
        (
            "Simplest: open the link, Advanced > Proceed; the page still counts as secure, so that "
            "WebXR works.",
            f"For good: with developer mode on, adb push {CRT} /sdcard/Download/ and "
            "adb shell am start -a android.settings.SECURITY_SETTINGS; then as for Android.",
        ),
    ),
    Device(
        "Firefox (any desktop)",
        (
            "Settings > Privacy & Security > Certificates > View Certificates > Authorities > "
            f"Import {CRT}; tick 'Trust this CA to identify websites'.",
        ),
    ),
    Device(
        "Linux (Chrome, Chromium)",
        (
            'certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n "Theatron local CA" '
            f"-i {PEM}   (Debian, Ubuntu: apt install libnss3-tools)",
            f"for curl and the like: sudo cp {PEM} /usr/local/share/ca-certificates/{CRT} && "
            "sudo update-ca-certificates",
        ),
    ),
)


@click.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder for the exported files; the current one by default.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def trust(out: Path, as_json: bool) -> None:
    """Make tablets and phones trust this server.

    Exports the certificate of this computer's own certificate authority (made now if there is
    none) and explains how each kind of device is told to trust it. That is done once a device.
    """
    authority = ensure_authority(tls_folder())
    files = _export(authority, out)
    expires = authority.certificate.not_valid_after_utc.date().isoformat()
    if as_json:
        report = {
            "name": authority.name,
            "sha256": authority.fingerprint,
            "expires": expires,
            "files": [str(path) for path in files],
        }
        click.echo(json.dumps(report))
        return
    click.echo(f"{authority.name}, valid until {expires}")
    click.echo(f"SHA-256  {authority.fingerprint}")
    click.echo("Compare it with what a device shows before you trust it there.\n")
    for path in files:
        click.echo(f"  wrote {path}")
    click.echo(
        "\nThe running server hands out the same at https://HOST:PORT/ca.crt, HOST and PORT being "
        "those of\nthe students' link. The authority's key stays on this computer. It can sign for "
        "addresses,\n.local names and this computer's name only, for no web site outside."
    )
    for device in DEVICES:
        click.echo(f"\n{device.name}")
        for number, step in enumerate(device.steps, 1):
            click.echo(f"  {number}. {step}")


def _export(authority: Authority, out: Path) -> list[Path]:
    contents = {CRT: authority.der(), PEM: authority.pem(), PROFILE: mobileconfig(authority)}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            (out / name).write_bytes(content)
    except OSError as error:
        raise ServerError(
            f"the certificate cannot be written to {out} ({error.strerror}): "
            "name another folder with --out DIR"
        ) from error
    return [out / name for name in contents]
