"""Letters in a real browser: narrow and wide, light and dark, nothing cut, nothing fetched, everything legible."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from data.home import Home
from data.words import later
from tests.lettering import item
from tests.serving import browser

# Every text against what lies behind it, as WCAG 2 measures it.
_FAINT = """() => {
  const parts = text => (text.match(/[\\d.]+/g) || []).map(Number)
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0)
  const behind = node => { for (; node; node = node.parentElement) {
    const found = parts(getComputedStyle(node).backgroundColor); if (found.length == 3 || found[3] > 0) return found } return [255, 255, 255] }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), faint = []
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement
    if (!texts.currentNode.data.trim() || !node.getClientRects().length || node.tagName == "STYLE") continue
    const [a, b] = [light(parts(getComputedStyle(node).color)), light(behind(node))].sort((x, y) => y - x)
    if ((a + 0.05) / (b + 0.05) < 4.5) faint.push([texts.currentNode.data.slice(0, 30), ((a + 0.05) / (b + 0.05)).toFixed(2)])
  }
  return faint
}"""


@pytest.fixture(scope="module")
def chrome():  # type: ignore[no-untyped-def]
    with browser() as opened:
        yield opened


@pytest.mark.parametrize("to", [1, 2, 3])
def test_a_letter_is_legible_narrow_and_wide_light_and_dark(
    chrome: Browser, home: Home, written, tmp_path: Path, to: int
) -> None:
    now, today = home.clock.now(), home.clock.today()
    items = [
        item(1, urgent=True, expires_on=today, act_by=today),
        item(2, merchant="W" * 200, plan="长" * 200, expires_on=today - timedelta(days=2), stage="esc-lead"),
        item(3, observed_at=now - timedelta(days=3), price_fen=123_456_789),
        item(4, carrier="x" * 200, expires_on=None),
        item(5, subject="failed", on_date=today),
        item(6, in_progress=True),
        item(
            7,
            sim_id=None,
            subject="review",
            said=later("A mail to {name} could not be sent; the outbox says why", name="W" * 99),
        ),
    ]
    said = later("Type this code on the page Reminders: {code}", code="K7M4Q2P9")
    letters = {"digest": written(items, to=to), "verify": written([], to=to, kind="verify", said=said)}
    for kind, letter in letters.items():
        path = tmp_path / f"{kind}.html"
        path.write_text(letter.html, encoding="utf-8")
        for scheme in ("light", "dark"):
            context = chrome.new_context(color_scheme=scheme)
            page = context.new_page()
            fetched: list[str] = []
            page.on("request", lambda request, fetched=fetched: fetched.append(request.url))
            for width in (375, 800):
                page.set_viewport_size({"width": width, "height": 800})
                page.goto(path.as_uri())
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                assert page.evaluate(_FAINT) == []
            dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert dark == {"light": "rgb(241, 243, 248)", "dark": "rgb(13, 18, 32)"}[scheme]
            assert set(fetched) == {path.as_uri()}
            context.close()
