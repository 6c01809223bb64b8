"""What a person's hands do on a page: go there, press, tick a row."""

import re

from playwright.sync_api import Locator, Page, TimeoutError, expect

from tests.serving import Served, settled

ROW = 32  # pixels of a row of a table, its header too
_TRIES = 30
# One breath of the browser: nothing is drawn anew between the scrolling and the measuring.
_PLACE = """grid => {
    grid.scrollIntoView({block: "nearest"})
    const {x, y, height} = grid.getBoundingClientRect()
    return [x, y, grid.isConnected ? height : 0]
}"""


def go(page: Page, server: Served, path: str) -> None:
    page.goto(server.url + path)
    page.wait_for_selector("[data-testid=stSidebarNav]")
    settled(page)


def button(page: Page, words: str | re.Pattern[str]) -> Locator:
    return page.get_by_role("button", name=words).first


def tick(page: Page, table: int, row: int = 0, *, brings: Locator) -> None:
    """Tick a row of the n-th table until it brings what it should: tables are drawn on a canvas, so by place.

    A page that is drawn anew while a job works may take the grid away, or move it, under the hand.
    """
    grid = page.get_by_test_id("stDataFrame").nth(table)
    grid.locator("canvas").first.wait_for(state="visible")
    before = None
    for _ in range(_TRIES):
        x, y, height = grid.evaluate(_PLACE)
        if height and (x, y) == before:
            page.mouse.click(x + 16, y + ROW + row * ROW + ROW / 2)
            settled(page)
            if appears(brings, within_ms=2_000):
                return
        before = (x, y)
        page.wait_for_timeout(250)
    expect(brings).to_be_visible()


def appears(what: Locator, *, within_ms: float) -> bool:
    try:
        what.wait_for(state="visible", timeout=within_ms)
    except TimeoutError:
        return False
    return True
