"""What each role finds in the menu, and what a page says to whom it is not for."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.menu import FIRST_PAGE, PAGES
from data.people.rules import ROLE_LIMITS, Action, Role, may

ICCID = "8986000000000000001"


def said(test: AppTest) -> str:
    return "\n".join(part.value for part in (*test.title, *test.warning, *test.markdown))


def test_every_role_that_signs_in_is_told_its_limits_and_may_open_its_first_page() -> None:
    assert set(ROLE_LIMITS) == set(Role) - {Role.SYSTEM}
    pages = {row.name: row for row in PAGES}
    assert all(may(role, pages[FIRST_PAGE.get(role, "today")].action) for role in ROLE_LIMITS)


def test_the_service_desk_has_the_look_up_and_the_page_of_a_card_and_nothing_else() -> None:
    assert {row.name for row in PAGES if may(Role.DESK, row.action)} == {"look_up", "sim"}
    assert {action for action in Action if may(Role.DESK, action)} == {Action.LOOK_UP}


def test_the_desk_reads_a_card_and_is_offered_no_way_on(
    fleet: Callable[..., list[int]], page: Callable[..., AppTest]
) -> None:
    fleet(1)
    test = page("sim", "desk", iccid=ICCID)
    assert not test.exception
    assert test.title[0].value == ICCID
    assert not {button.label for button in test.button} - {"Sign out", "Clear"}
    assert not test.get("page_link")
    found = page("look_up", "desk", q=ICCID)
    assert not found.exception
    assert found.dataframe[0].value["terminal"].tolist() == ["T0000001"]  # a number, no link to its page


@pytest.mark.parametrize("name", ["today", "expiry", "terminal", "batches", "exports", "payees"])
def test_the_desk_is_told_who_a_page_is_for_and_why_it_is_not(page: Callable[..., AppTest], name: str) -> None:
    test = page(name, "desk")
    assert "this page is for: viewer, operator, approver, finance, administrator." in said(test)
    assert "The service desk looks up cards and reads their pages" in said(test)


@pytest.mark.parametrize("name", ["renew", "approvals", "service_changes"])
def test_an_administrator_is_told_that_he_has_no_part_in_money(page: Callable[..., AppTest], name: str) -> None:
    assert "They have no part in money" in said(page(name, "administrator"))
    assert "不经手钱" in said(page(name, "administrator", language="zh_CN"))
