"""One window that notices whatever a page did that it should not: dialogs, scripts, foreign requests, links made of data."""

from dataclasses import dataclass, field
from typing import Any

from naughty import HOST
from playwright.sync_api import Error, Page

from tests.serving import Served

_WATCH = """
window.naughty = 0; window.blocked = [];
document.addEventListener('securitypolicyviolation', (event) => window.blocked.push(event.violatedDirective + ' ' + event.blockedURI));
"""
_LOOK = f"""() => [
  ...[...document.querySelectorAll('a[href*="{HOST}"], img[src*="{HOST}"], iframe, object, embed, form[action*="{HOST}"], base, meta[http-equiv=refresh]')]
    .filter((one) => !one.closest('[data-testid=stIFrame]')).map((one) => one.outerHTML.slice(0, 160)),
  ...[...document.querySelectorAll('[onerror],[onload],[onclick],[onfocus],[ontoggle],a[href^="javascript:" i]')].map((one) => one.outerHTML.slice(0, 160)),
]"""
# A page of filters has eight fields; each costs a rerun.
_FIELDS = 4
# What our own error handler says, and the framework's own box.
_BROKEN = ("Something broke on this page",)


@dataclass
class Window:
    """A page of Chromium and what it was caught at."""

    page: Page
    server: Served
    caught: list[str] = field(default_factory=list)
    visits: int = 0
    requests: int = 0

    def __post_init__(self) -> None:
        self.page.add_init_script(_WATCH)
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._request)
        self.page.on("popup", lambda popup: self.caught.append(f"popup {popup.url}"))

    def visit(self, path: str) -> None:
        """Open an address of ours and look."""
        self.page.goto(self.server.url + path)
        self.page.wait_for_selector("[data-testid=stMain]", timeout=30_000)
        self._rest()
        self.visits += 1
        self.look(path)

    def look(self, where: str) -> None:
        """Note what is wrong on the page as it stands."""
        ran, blocked = self.page.evaluate("() => [window.naughty, window.blocked.splice(0)]")
        if ran:
            self.caught.append(f"{where}: a script ran")
        # The framework asks for it on every page and does without.
        self.caught += [f"{where}: asked for {one}" for one in blocked if "wasm-eval" not in one]
        self.caught += [f"{where}: made of data: {one}" for one in self.page.evaluate(_LOOK)]
        text = self.page.inner_text("body")
        if any(words in text for words in _BROKEN) or self.page.locator("[data-testid=stException]").count():
            self.caught.append(f"{where}: broken")

    def write(self, where: str, texts: list[str]) -> int:
        """One text into each field of free text on the page; how many fields there were."""
        fields = self.page.locator(
            "[data-testid=stMain] input[type=text]:visible, [data-testid=stMain] textarea:visible"
        )
        count = min(fields.count(), _FIELDS)
        for number in range(count):
            text = texts[number % len(texts)]
            try:
                box = fields.nth(number)
                box.fill(text.replace("\0", ""), timeout=3_000)
                box.press("Tab", timeout=3_000)
                self._rest()
            except Error:
                # The field went away with the one before it, or is shut.
                continue
        self.look(f"{where} after typing")
        return count

    def _rest(self) -> None:
        """Until the script has run; a page that shows progress never rests, and one second of it is enough."""
        self.page.wait_for_timeout(150)
        try:
            self.page.wait_for_function(
                "() => document.querySelector('[data-testid=stApp]')?.getAttribute('data-test-script-state') !== 'running'",
                timeout=4_000,
            )
        except Error:
            return

    def _dialog(self, dialog: Any) -> None:
        self.caught.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Any) -> None:
        self.requests += 1
        if not request.url.startswith((self.server.url, self.server.url.replace("http", "ws"), "data:", "blob:")):
            self.caught.append(f"foreign request {request.url[:120]}")
