"""A browser that was given the server's authority opens the page without a warning."""

import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Error, sync_playwright

from tests.e2e.pages import FLAGS, START_MS, TheatronPage
from tests.e2e.process import ServerProcess

pytestmark = pytest.mark.e2e

CERTIFICATE_ERROR = "net::ERR_CERT_AUTHORITY_INVALID"


@pytest.fixture
def browser_home(tmp_path: Path, server: ServerProcess) -> Path:
    """A home folder whose certificate store holds the server's authority."""
    certutil = shutil.which("certutil")
    if certutil is None:
        pytest.skip("no certutil (Debian's libnss3-tools) to put a certificate into the store")
    home = tmp_path / "browser-home"
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True)
    authority = tmp_path / "authority.crt"
    authority.write_bytes(server.get("/ca.crt"))
    for arguments in (
        ["-N", "--empty-password"],
        ["-A", "-n", "theatron", "-t", "C,,", "-i", str(authority)],
    ):
        subprocess.run([certutil, "-d", f"sql:{store}", *arguments], check=True)
    return home


def test_the_page_opens_on_real_trust(
    chromium: str, server: ServerProcess, browser_home: Path
) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=FLAGS, env={"HOME": str(browser_home)}
        )
        page = TheatronPage.open(browser.new_context(), server.student_url)
        page.wait_for_picture()
        assert page.page.evaluate("() => window.isSecureContext")
        page.assert_quiet()
        browser.close()


def test_without_the_authority_the_browser_warns(
    chromium: str, server: ServerProcess, tmp_path: Path
) -> None:
    """Otherwise the test above would prove nothing."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=FLAGS, env={"HOME": str(tmp_path)}
        )
        page = browser.new_context().new_page()
        with pytest.raises(Error, match=CERTIFICATE_ERROR):
            page.goto(server.student_url, timeout=START_MS)
        browser.close()
