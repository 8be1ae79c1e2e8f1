"""Fixtures that all tests share: real data where it is, a state folder of one's own, Chromium."""

import os
import shutil
from pathlib import Path
from typing import Final

import pytest

SHARED_DATA: Final = Path(__file__).resolve().parents[1] / ".." / "shared" / "data"
CHROMIUM_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real CT series and stereo pictures; skips where this machine has none."""
    if not SHARED_DATA.is_dir():
        pytest.skip("no ../shared/data beside the repository: this test needs its real data")
    return SHARED_DATA.resolve()


@pytest.fixture
def state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of this test's own, named by `THEATRON_HOME`."""
    home = tmp_path / "theatron-home"
    monkeypatch.setenv("THEATRON_HOME", str(home))
    return home


def find_chromium() -> str | None:
    """Path of the browser that THEATRON_CHROMIUM names, or of one under its usual names."""
    for name in (os.environ.get("THEATRON_CHROMIUM", ""), *CHROMIUM_NAMES):
        found = shutil.which(name) if name else None
        if found is not None:
            return found
    return None


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium that decodes H.264; skips, or fails in CI, where there is none."""
    found = find_chromium()
    if found is not None:
        return found
    reason = "no Chromium found; install it (`make test` says how) or set THEATRON_CHROMIUM"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
