"""`theatron trust` and `theatron doctor`, run as a user runs them."""

import json
import os
import plistlib
import socket
import sys
from pathlib import Path
from typing import Any

import av
import av.error
import pytest
from click.testing import CliRunner, Result
from cryptography import x509

from streamer.cli import group, main
from streamer.commands import machine
from streamer.errors import EncoderError, ServerError
from streamer.web.addresses import reach
from streamer.web.certificates import ensure_certificate, tls_folder
from streamer.web.pages import Pages
from tests.web.doubles import bundle

pytestmark = pytest.mark.usefixtures("state_home")


def run(*words: str) -> Result:
    return CliRunner().invoke(group, words)


def checks(*words: str) -> tuple[int, dict[str, Any]]:
    result = run("doctor", "--json", *words)
    report = json.loads(result.stdout)
    assert report["ok"] == (result.exit_code == 0)
    return result.exit_code, {check["name"]: check for check in report["checks"]}


@pytest.fixture
def pages_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The doctor finds built pages, whether or not this checkout has them."""
    folder = bundle(tmp_path)
    monkeypatch.setattr(Pages, "built", lambda: Pages(folder))


def test_trust_exports_the_ca_in_three_forms(tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder"
    result = run("trust", "--out", str(out), "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    authority = ensure_certificate(tls_folder(), reach()).authority
    assert report["sha256"] == authority.fingerprint
    assert report["name"] == authority.name
    der = (out / "theatron-ca.crt").read_bytes()
    assert x509.load_der_x509_certificate(der) == authority.certificate
    pem = (out / "theatron-ca.pem").read_bytes()
    assert x509.load_pem_x509_certificate(pem) == authority.certificate
    profile = plistlib.loads((out / "theatron-ca.mobileconfig").read_bytes())
    (payload,) = profile["PayloadContent"]
    assert payload["PayloadType"] == "com.apple.security.root"
    assert payload["PayloadContent"] == der
    assert {Path(path).name for path in report["files"]} == {path.name for path in out.iterdir()}


def test_trust_explains_every_kind_of_device(tmp_path: Path) -> None:
    result = run("trust", "--out", str(tmp_path))
    for device in ("Windows", "macOS", "iPhone", "Android", "Quest", "Firefox", "Linux"):
        assert device in result.output
    assert "PRIVATE KEY" not in result.output
    again = run("trust", "--out", str(tmp_path))
    assert again.output == result.output


def test_trust_says_where_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run("trust", "--out", str(tmp_path / "file" / "x"))
    assert isinstance(result.exception, ServerError)
    assert "--out DIR" in str(result.exception)


def test_doctor_finds_a_sound_machine_sound(pages_built: None) -> None:
    status, found = checks("--port", "0")
    failed = {name: check for name, check in found.items() if check["status"] == "fail"}
    assert (status, failed) == (0, {})
    assert "x264 encoded" in found["video encoder"]["found"]
    assert "aiortc" in found["packages"]["found"]
    assert "made at first start" in found["certificate"]["found"]


def test_doctor_makes_no_certificate(pages_built: None) -> None:
    checks("--port", "0")
    assert not tls_folder().exists()


def test_doctor_says_what_is_in_the_certificate(pages_built: None) -> None:
    ensure_certificate(tls_folder(), reach())
    _, found = checks("--port", "0")
    assert found["certificate"]["status"] == "ok"
    assert (
        "396 days left" in found["certificate"]["found"] or "395" in found["certificate"]["found"]
    )


def test_doctor_sees_a_key_that_others_can_read(pages_built: None) -> None:
    if os.name != "posix":
        pytest.skip("Windows has access lists, not modes")
    ensure_certificate(tls_folder(), reach())
    (tls_folder() / "ca.key").chmod(0o644)
    _, found = checks("--port", "0")
    assert found["certificate"]["status"] == "warn"
    assert "chmod 600" in found["certificate"]["advice"]


def test_doctor_sees_a_damaged_ca(pages_built: None) -> None:
    ensure_certificate(tls_folder(), reach())
    (tls_folder() / "ca.crt").write_text("garbage")
    status, found = checks("--port", "0")
    assert (status, found["certificate"]["status"]) == (1, "fail")
    assert "ca.crt cannot be used" in found["certificate"]["found"]


def test_doctor_sees_a_port_in_use(pages_built: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        status, found = checks("--port", str(port))
    assert (status, found["port"]["status"]) == (1, "fail")
    assert f"port {port} is in use" in found["port"]["found"]


def test_doctor_sees_that_pages_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pages, "built", lambda: Pages(tmp_path))
    status, found = checks("--port", "0")
    assert (status, found["pages"]["status"]) == (1, "fail")
    assert "make build" in found["pages"]["found"]


def test_doctor_sees_a_broken_encoder(pages_built: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise EncoderError("x264 is not there")

    monkeypatch.setattr(machine, "H264Encoder", broken)
    status, found = checks("--port", "0")
    assert (status, found["video encoder"]["found"]) == (1, "x264 is not there")


def test_doctor_itself_never_fails(pages_built: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ZeroDivisionError("a bug [/]")

    monkeypatch.setattr("psutil.virtual_memory", broken)
    status, found = checks("--port", "0")
    assert (status, found["memory"]["status"]) == (1, "fail")
    table = run("doctor", "--port", "0")
    assert table.exit_code == 1
    assert "No room can be opened until this is seen to: memory." in table.output


def test_doctor_lists_the_hardware_encoders_that_open(
    pages_built: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = av.CodecContext.create

    def only_nvenc(codec: str, mode: str) -> Any:
        if codec == "h264_nvenc":
            return real("libx264", "w")
        raise av.error.EncoderNotFoundError(1, codec)

    monkeypatch.setattr(av.CodecContext, "create", only_nvenc)
    assert machine.check_hardware("hardware").found == "NVIDIA"


def test_doctor_sees_cold_and_warm_kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernels = Path(machine.__file__).parents[1] / "render" / "kernels"
    names = [path.stem for path in kernels.glob("*.py") if "\n@" in path.read_text("utf-8")]
    assert names, "there are no kernels to look for"
    monkeypatch.setattr(machine, "numba_caches", lambda: [tmp_path])
    cold = machine.check_kernels("kernels")
    assert cold.status is machine.Status.WARN
    assert all(name in cold.found for name in names)
    version = f"py{sys.version_info.major}{sys.version_info.minor}"
    for name in names:
        (tmp_path / f"{name}.kernel-12.{version}.1.nbi").write_bytes(b"")
    assert machine.check_kernels("kernels").status is machine.Status.OK


def test_the_command_line_prints_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("sys.argv", ["theatron", "trust", "--out", str(tmp_path / "file" / "x")])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == ServerError.exit_code
    assert capsys.readouterr().err.startswith("theatron: the certificate cannot be written to")
