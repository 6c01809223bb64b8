"""What a person's hands do on a page: go there, press, tick a row."""

import re

from playwright.sync_api import Locator, Page

from tests.serving import Served, settled

ROW = 32  # pixels of a row of a table, its header too


def go(page: Page, server: Served, path: str) -> None:
    page.goto(server.url + path)
    page.wait_for_selector("[data-testid=stSidebarNav]")
    settled(page)


def button(page: Page, words: str | re.Pattern[str]) -> Locator:
    return page.get_by_role("button", name=words).first


def tick(page: Page, table: int, row: int = 0) -> None:
    """Tick a row of the n-th table: tables are drawn on a canvas, so by place."""
    drawn = page.get_by_test_id("stDataFrame").nth(table)
    # On a busy machine the grid is drawn some time after the script has come to rest.
    drawn.locator("canvas").first.wait_for(state="visible")
    page.wait_for_timeout(250)
    drawn.scroll_into_view_if_needed()
    box = drawn.bounding_box()
    assert box
    page.mouse.click(box["x"] + 16, box["y"] + ROW + row * ROW + ROW / 2)
    settled(page)
