"""Naughty strings in every text of a home, in every field and on every page of a real browser: nothing runs, nothing breaks."""

import itertools
import os
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import report
from naughty import ACTIVE, STRINGS
from playwright.sync_api import Browser
from poisoning import cards, poison
from walking import Window

from dashboard.menu import PAGES
from data.people.rules import Role, may
from tests.serving import Served, browser, demo, served

pytestmark = pytest.mark.browser

# The pages of one thing, each of one that is there.
DETAILS: dict[str, tuple[str, ...]] = {
    "terminal": ("?id=1", "?id=9", "?id=40"),
    "batches": ("?batch=1", "?batch=6", "?batch=7"),
    "vouchers": ("?voucher=1", "?voucher=3", "?voucher=20"),
    "notices": ("?notice=1", "?notice=2"),
    "providers": ("?provider=1", "?provider=4"),
    "payees": ("?payee=1", "?payee=5"),
    "review": ("?renewal=1",),
    "payment_request": ("?request=1",),
}
# Who sees what others do not; every page is seen by at least one of them.
ROLES = ("operator", "approver", "finance", "administrator", "desk", "field")
SEEN_BY_ALL = ("look_up", "sim")
# In the suite the desks of two; `make hostile` walks every page as all of them and types into the fields.
WALKING = ROLES if os.environ.get("TESTS_HOSTILE") == "campaign" else ("approver", "desk")


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Browser, dict[str, str]]]:
    home = tmp_path_factory.mktemp("naughty") / "home"
    signs = demo(home, sims=300, days=40)
    written = poison(home)
    assert len(written) > 70 and all(written.values())
    DETAILS["sim"] = tuple(f"?iccid={iccid}" for iccid in cards(home, 4))
    with served(home) as server, browser() as opened:
        yield server, opened, signs


def test_there_are_enough_of_them() -> None:
    assert len(STRINGS) >= 300 and len(ACTIVE) >= 100


@pytest.mark.parametrize("who", WALKING)
def test_no_page_runs_asks_for_or_breaks_on_what_data_says(
    poisoned: tuple[Served, Browser, dict[str, str]], who: str
) -> None:
    server, opened, signs = poisoned
    window = signed_in(opened, server, who, signs[who])
    # One role types into all of its fields; each begins where the one before ended.
    texts = itertools.cycle(STRINGS)
    fields = 0
    for row in PAGES:
        if not may(Role(who), row.action) or (row.name in _seen_before(who) and row.name not in SEEN_BY_ALL):
            continue
        window.visit(f"/{row.name}")
        if who == "operator":
            fields += window.write(f"/{row.name}", list(itertools.islice(texts, 12)))
        for query in DETAILS.get(row.name, ()):
            window.visit(f"/{row.name}{query}")
    report.walk(who, visits=window.visits, fields=fields, requests=window.requests, caught=len(window.caught))
    window.page.context.close()
    assert window.caught == []


def signed_in(opened: Browser, server: Served, name: str, password: str) -> Window:
    """As tests.serving does it, for roles of one page too: they have no menu to wait for."""
    page = opened.new_context(viewport={"width": 1440, "height": 1080}, locale="en-US").new_page()
    window = Window(page, server)
    page.goto(server.url)
    page.fill("#name", name)
    page.fill("#password", password)
    page.click("button")
    page.wait_for_selector("[data-testid=stMain]")
    return window


def _seen_before(who: str) -> set[str]:
    before = ROLES[: ROLES.index(who)]
    return {row.name for row in PAGES if any(may(Role(role), row.action) for role in before)} - {
        # Where an approver, finance and an administrator have other controls than an operator.
        "approvals", "review", "payees", "payment_requests", "notices", "batches", "users", "audit", "jobs", "providers",
    }  # fmt: skip


def test_what_is_asked_for_in_an_address_is_only_text(poisoned: tuple[Served, Browser, dict[str, str]]) -> None:
    server, opened, signs = poisoned
    window = signed_in(opened, server, "operator", signs["operator"])
    for text in ACTIVE[::12]:
        window.visit(f"/look_up?q={quote(text)}")
    for path in ("/batches?batch=", "/sim?iccid=", "/vouchers?voucher=", "/notices?notice=", "/records?order="):
        window.visit(path + quote(ACTIVE[0]))
    assert window.caught == []


def test_the_window_catches_a_page_that_does_all_of_it(poisoned: tuple[Served, Browser, dict[str, str]]) -> None:
    server, opened, _signs = poisoned
    page = opened.new_page()
    window = Window(page, server)
    page.goto("about:blank")
    page.set_content(
        "<div data-testid=stException></div><img src='http://naughty.invalid/x' onerror='window.naughty=1;alert(1)'>"
    )
    page.wait_for_timeout(500)
    window.look("here")
    said = "\n".join(window.caught)
    for word in ("dialog 1", "foreign request http://naughty.invalid/x", "a script ran", "made of data", "broken"):
        assert word in said, said
