"""Listing and naming capture devices, on each system, and the command that lists them."""

import json
from pathlib import Path

import av
import pytest
from click.testing import CliRunner

from streamer.capture import devices as listing
from streamer.capture.devices import Device, list_devices
from streamer.capture.settings import CaptureSettings
from streamer.capture.sources import device as device_module
from streamer.capture.sources.choose import choose_source
from streamer.capture.sources.device import DeviceSource, ffmpeg_name, looks_like_device
from streamer.capture.sources.file import FileSource
from streamer.cli import group
from streamer.commands.devices import quoted, report
from streamer.errors import SourceError


@pytest.fixture
def two_cameras(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        av.DeviceInfo("@device_pnp_1", "USB Camera", True, ["video"]),
        av.DeviceInfo("@device_cm_2", "Microphone", False, ["audio"]),
        av.DeviceInfo("@device_pnp_3", "Grabber (HDMI)", False, ["video"]),
    ]
    monkeypatch.setattr(av, "enumerate_input_devices", lambda wanted: found)


@pytest.mark.usefixtures("two_cameras")
def test_windows_devices_are_named_by_their_description() -> None:
    assert list_devices("win32") == [
        Device("Grabber (HDMI)", "video=Grabber (HDMI)"),
        Device("USB Camera", "video=USB Camera"),
    ]
    assert ffmpeg_name("1", "win32") == "video=USB Camera"
    assert ffmpeg_name("USB Camera", "win32") == "video=USB Camera"
    assert looks_like_device("USB Camera", "win32")
    with pytest.raises(SourceError, match="number 7: 2 found"):
        ffmpeg_name("7", "win32")


def test_linux_names_without_enumeration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dev, sysfs = tmp_path / "dev", tmp_path / "sys"
    dev.mkdir()
    for number, name in ((10, "Grabber"), (2, "Endoscope")):
        (dev / f"video{number}").touch()
        (sysfs / f"video{number}").mkdir(parents=True)
        (sysfs / f"video{number}" / "name").write_text(f"{name}\n", encoding="utf-8")
    found = listing.from_sysfs(dev, sysfs)
    assert [device.name for device in found] == ["Endoscope", "Grabber"]
    assert found[1].video == str(dev / "video10")


@pytest.mark.parametrize(
    ("name", "platform", "expected"),
    [
        ("0", "linux", "/dev/video0"),
        ("/dev/video3", "linux", "/dev/video3"),
        ("0", "darwin", "0:none"),
        ("video=USB Camera", "win32", "video=USB Camera"),
    ],
)
def test_names_as_ffmpeg_takes_them(name: str, platform: str, expected: str) -> None:
    assert looks_like_device(name, platform)
    assert ffmpeg_name(name, platform) == expected


def test_a_file_called_like_a_device_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = CaptureSettings("0")
    assert isinstance(choose_source("0", settings, lambda: 0), DeviceSource)
    (tmp_path / "0").touch()
    assert isinstance(choose_source("0", settings, lambda: 0), FileSource)


def test_a_device_that_refuses_size_and_rate_is_taken_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(device_module, "input_format", lambda: "lavfi")
    monkeypatch.setattr(device_module, "ffmpeg_name", lambda name: "testsrc=size=320x240")
    # Not a size at all, as far as this device is concerned.
    source = DeviceSource("cam", lambda: 0, size=(0, 0), fps=30)
    reader = source.open(lambda seconds: False)
    try:
        assert (reader.format.width, reader.format.height) == (320, 240)
    finally:
        reader.close()


def test_command_says_plainly_that_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamer.commands.devices.list_devices", list)
    result = CliRunner().invoke(group, ["devices"])
    assert result.exit_code == 0
    assert "No capture device was found" in result.output
    assert "synthetic:field" in result.output
    for platform in ("linux", "win32", "darwin"):
        assert "Plug one in" in report([], platform)


def test_command_lists_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [Device("USB Camera", "video=USB Camera"), Device("Endoscope", "/dev/video2")]
    monkeypatch.setattr("streamer.commands.devices.list_devices", lambda: found)
    text = CliRunner().invoke(group, ["devices"])
    assert text.exit_code == 0
    assert '--video "video=USB Camera"' in text.output
    assert "--video /dev/video2" in text.output
    as_json = CliRunner().invoke(group, ["devices", "--json"])
    assert json.loads(as_json.output)["devices"][1] == {
        "name": "Endoscope",
        "video": "/dev/video2",
    }


def test_real_listing_runs_here() -> None:
    assert all(device.video for device in list_devices())


def test_quoting() -> None:
    assert quoted("/dev/video0") == "/dev/video0"
    assert quoted("video=A (B)") == '"video=A (B)"'
