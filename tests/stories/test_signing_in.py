"""In a real browser: an administrator invites, and disables somebody whose page is open; the cookie changes on the way."""

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page

from data.home import open_home
from tests.conftest import PASSWORD, add_people
from tests.serving import Served, settled, sign_in
from tests.stories.hands import tick


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("signing") / "home"


@pytest.fixture(scope="module")
def passwords(home: Path) -> dict[str, str]:
    """One person per role, all with the same password."""
    opened = open_home(home, create="real")
    people = add_people(opened)
    opened.close()
    return dict.fromkeys(people, PASSWORD)


def token_of(page: Page) -> str:
    return next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "flowcard_sid")


def test_who_is_disabled_is_sent_to_the_sign_in_page_and_the_administrator_gets_a_new_cookie(
    server: Served, window: Browser
) -> None:
    errors: list[str] = []
    victim = sign_in(window, server, "approver", PASSWORD, path="/exports", language="en-US")
    boss = sign_in(window, server, "administrator", PASSWORD, path="/users", language="en-US")
    boss.on("pageerror", lambda error: errors.append(str(error)))
    before = token_of(boss)
    disable = boss.get_by_role("button", name="Disable")
    tick(boss, 0, 1, brings=disable)
    boss.get_by_label("Your password").last.fill(PASSWORD)
    disable.click()
    # Nobody touches the victim's tab.
    victim.wait_for_selector("#password", timeout=15_000)
    assert "/sign-in" in victim.url
    boss.wait_for_function("() => fetch('/exports').then(answer => answer.ok)", timeout=15_000)
    settled(boss)
    boss.wait_for_timeout(1_000)
    after = token_of(boss)
    assert after != before
    assert httpx.get(server.url, headers={"cookie": f"flowcard_sid={before}"}).status_code == 401
    boss.reload()
    boss.wait_for_selector("[data-testid=stSidebarNav]")
    victim.fill("#name", "approver")
    victim.fill("#password", PASSWORD)
    victim.click("button")
    victim.wait_for_selector("[role=alert]")
    assert not errors


def test_somebody_new_comes_in_through_the_link(server: Served, window: Browser) -> None:
    boss = sign_in(window, server, "administrator", PASSWORD, path="/users", language="en-US")
    boss.get_by_role("button", name="New person").click()
    boss.get_by_label("Sign-in name").fill("newcomer")
    boss.get_by_label("Your password").first.fill(PASSWORD)
    boss.get_by_role("button", name="Make the link").click()
    boss.wait_for_selector("[data-testid=stCode]")
    link = boss.locator("[data-testid=stCode] code").inner_text()
    token = link.split("token=")[1].strip()
    context = window.new_context(locale="en-US")
    page = context.new_page()
    page.goto(f"{server.url}/reset?token={token}")
    page.fill("#new", "an evening at the harbour")
    page.fill("#again", "an evening at the harbour")
    page.click("button")
    page.wait_for_selector("#name:not([readonly])")
    page.fill("#name", "newcomer")
    page.fill("#password", "an evening at the harbour")
    page.click("button")
    page.wait_for_selector("[data-testid=stSidebarNav]")
    page.goto(f"{server.url}/reset?token={token}")
    assert "has been used" in page.inner_text("main")
