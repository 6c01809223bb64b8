"""A real server for tests: `flowcard serve` as its own process, stopped, killed and started again; a real browser on it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
FLOWCARD = Path(sys.executable).parent / "flowcard"
_QUIET_CHROMIUM = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
_START_WITHIN_S = 60


class Served:
    """One home behind one port."""

    def __init__(self, home: Path, *, port: int | None = None) -> None:
        self.home = home
        self.port = port or free_port()
        self.log = home.parent / f"{home.name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "Served":
        """Start and wait until /healthz answers 200."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [FLOWCARD, "serve", "--home", self.home, "--port", str(self.port)],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self.home.parent,
                env={name: value for name, value in os.environ.items() if name != "FLOWCARD_HOME"},
            )
        deadline = time.monotonic() + _START_WITHIN_S
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.url}/healthz", timeout=2).status_code == 200:
                    return self
            except httpx.TransportError:
                time.sleep(0.1)
            assert self.process.poll() is None, self.log.read_text(encoding="utf-8")[-3000:]
        raise AssertionError(f"not up within {_START_WITHIN_S} s: {self.log.read_text(encoding='utf-8')[-3000:]}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal and wait for the end; the exit status."""
        assert self.process
        self.process.send_signal(how)
        return self.process.wait(timeout=30)

    def kill(self) -> None:
        """kill -9."""
        self.stop(signal.SIGKILL)


@contextmanager
def served(home: Path) -> Iterator[Served]:
    """A server for the with-block."""
    server = Served(home).start()
    try:
        yield server
    finally:
        if server.process and server.process.poll() is None:
            server.stop()


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(
    *words: str | Path, home: Path | None = None, code: int | None = 0, **env: str
) -> subprocess.CompletedProcess[str]:
    """`flowcard …` as a person would type it; checks the exit code unless `code` is None."""
    command = [str(FLOWCARD), *map(str, words), *(["--home", str(home)] if home else [])]
    result = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **env}, timeout=240, check=False
    )
    assert code is None or result.returncode == code, (result.returncode, result.stdout[-2000:], result.stderr[-3000:])
    return result


def demo(home: Path, *, sims: int = 2_000, days: int = 90) -> dict[str, str]:
    """Make a demo home; each sign-in name with its password, read off what `flowcard demo` prints."""
    printed = run("demo", "--sims", str(sims), "--days", str(days), home=home, COLUMNS="200").stdout
    return dict(re.findall(r"│\s*(\w+)\s*│\s*\w+\s*│\s*(\S+)\s*│", printed))


def chromium() -> str:
    """Where Chromium is; skips without it, fails where the suite was told that it must be there."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        if os.environ.get("FLOWCARD_REQUIRE_BROWSER") == "1":
            pytest.fail("FLOWCARD_REQUIRE_BROWSER=1, but there is no chromium on the path")
        pytest.skip("no chromium on the path")
    return path


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless Chromium for the with-block."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=list(_QUIET_CHROMIUM))
        try:
            yield opened
        finally:
            opened.close()


def sign_in(
    opened: Browser,
    server: Served,
    name: str,
    password: str,
    *,
    path: str = "/",
    language: str = "zh-CN",
    scheme: str = "light",
) -> Page:
    """A new window of its own, signed in and past the first paint of `path`."""
    context = opened.new_context(
        viewport={"width": 1440, "height": 1080}, locale=language, color_scheme=scheme, accept_downloads=True
    )
    page = context.new_page()
    page.goto(server.url + path)
    page.fill("#name", name)
    page.fill("#password", password)
    page.click("button")
    page.wait_for_selector("[data-testid=stSidebarNav]")
    settled(page)
    return page


def settled(page: Page) -> None:
    """Wait until the script of the page has come to rest."""
    page.wait_for_timeout(250)
    page.wait_for_function(
        "() => !document.querySelector('[data-testid=stStatusWidget]')"
        " && document.querySelector('[data-testid=stApp]')?.getAttribute('data-test-script-state') !== 'running'",
        timeout=30_000,
    )
