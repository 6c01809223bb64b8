"""The frame: what every page carries, and how one leaves."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import viewer
from data.database import Query
from data.home import REHEARSAL_FILE, Home
from data.people import scopes, sessions
from data.people.rules import Action, Actor
from data.people.scope_rules import Scope
from data.renewals import store as renewals
from tests.conftest import PASSWORD


def test_signing_out_ends_the_session_at_once(home: Home, page: Callable[..., AppTest]) -> None:
    test = page("exports", "viewer")
    session = viewer.session_id()
    test.button(key="frame:sign_out").click().run()
    now, long = home.clock.now(), timedelta(hours=1)
    assert sessions.of_socket(home.db.read(), session, now=now, idle=long, longest=long) is None
    assert "Your session has ended" in test.info[0].value


def test_a_language_chosen_once_is_spoken_from_then_on(
    home: Home, people: dict[str, Actor], page: Callable[..., AppTest]
) -> None:
    test = page("exports", "viewer")
    test.segmented_control(key="frame:language").set_value("zh_CN").run()
    assert test.title[0].value == "导出中心"


def test_a_list_pasted_into_the_box_is_answered_with_where_lists_go(page: Callable[..., AppTest]) -> None:
    test = page("exports", "viewer")
    test.text_input(key="frame:box").set_value("89860012345678901234 " * 300).run()
    assert not test.exception
    assert "Paste a list on Look up" in test.warning[0].value
    assert test.text_input(key="frame:box").value == ""


def test_a_menu_shows_what_the_role_may_open(page: Callable[..., AppTest]) -> None:
    assert "Not for your role" in page("renew", "viewer").title[0].value
    assert "Not for your role" not in page("renew", "operator").title[0].value


def test_who_sees_a_part_of_the_fleet_reads_on_every_page_which_part(
    home: Home, people: dict[str, Actor], page: Callable[..., AppTest]
) -> None:
    assert not any("part of the fleet" in caption.value for caption in page("exports", "viewer").sidebar.caption)
    with home.db.write() as tx:
        for region in ("North_East", "West", "South", "*East*"):
            tx.run(
                Query("t", "", "INSERT INTO merchant (merchant_no, region) VALUES ($region, $region)"), region=region
            )
        given = Scope(region=("North_East", "West", "South", "*East*"))
        scopes.give(tx, people["administrator"], person_id=people["viewer"].person_id, scope=given)
    said = [caption.value for caption in page("exports", "viewer").sidebar.caption]
    assert r":material/filter_alt: You see a part of the fleet: Region \*East\*, North\_East, South +1" in said


def test_what_comes_round_by_itself_asks_for_the_right_again(
    home: Home, people: dict[str, Actor], page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    fragments = []
    monkeypatch.setattr(viewer.st, "fragment", lambda inside, **_how: fragments.append(inside) or inside)
    test = page("exports", "operator")
    shown = viewer.fragment(run_every="1s")(lambda: "shown")
    kept = viewer.kept
    of_page = {"viewer:entered": Action.EXPORT}
    monkeypatch.setattr(viewer, "kept", lambda key, default=None: of_page.get(key) or kept(key, default))
    monkeypatch.setattr(viewer, "browser_language", lambda _locale, default: default)
    assert test.session_state["viewer:entered"] is Action.EXPORT
    assert shown() == "shown"
    with home.db.write() as tx:
        tx.run(Query("t", "", "UPDATE person SET role = 'desk' WHERE name = 'operator'"))

    class Asked(Exception):
        pass

    def rerun() -> None:
        raise Asked

    monkeypatch.setattr(viewer.st, "rerun", rerun)
    with pytest.raises(Asked):
        shown()
    assert "Not for your role" in test.run().title[0].value


def test_every_page_of_a_rehearsal_says_that_it_is_one(demo_home: Home, page: Callable[..., AppTest]) -> None:
    said = "Demo home: made-up data"
    assert any(said in caption.value for caption in page("exports", "viewer").sidebar.caption)
    (demo_home.path / REHEARSAL_FILE).write_text("{}", encoding="utf-8")
    test = page("exports", "viewer")
    assert any("Rehearsal" in text.value for text in test.sidebar.markdown)
    assert not any(said in caption.value for caption in test.sidebar.caption)


def test_the_switch_in_every_header_is_thrown_by_whoever_works_here(
    home: Home, people: dict[str, Actor], page: Callable[..., AppTest]
) -> None:
    for name in ("operator", "approver", "administrator"):
        assert page("exports", name).button(key="stop:now")
    assert "stop:now" not in {button.key for button in page("exports", "viewer").button}
    test = page("exports", "operator")
    test.text_input(key="stop:why").set_value("wrong prices")
    test.button(key="stop:now").click().run()
    assert [(stop.account, stop.name, stop.reason) for stop in renewals.stops(home.db.read())] == [
        ("", "operator", "wrong prices")
    ]


def test_every_header_says_who_stopped_what_and_only_another_approver_lets_it_go_on(
    home: Home, people: dict[str, Actor], page: Callable[..., AppTest]
) -> None:
    with home.db.write() as tx:
        renewals.stop(tx, people["approver"])
    for name in people:
        test = page("exports", name)
        assert "All renewals are stopped: approver, 2026-11-22 10:00" in test.error[0].value
        assert ("release:" in {button.key for button in test.button}) == (name == "approver2")
    test = page("exports", "approver2")
    test.text_input(key="release::password").set_value(PASSWORD)
    test.button(key="release:").click().run()
    assert renewals.stops(home.db.read()) == []


def test_one_account_is_stopped_by_itself(home: Home, people: dict[str, Actor], page: Callable[..., AppTest]) -> None:
    add = "INSERT INTO account BY NAME SELECT 'mobile-a' AS account, 'practice' AS connector, 'mobile' AS carrier, 'P' AS payee,"
    rest = " 'prepaid' AS way_to_pay, 1 AS working_days, 90 AS cancel_after_days, 'from_old_expiry' AS expiry_rule, true AS gives_invoice, '' AS support"
    with home.db.write() as tx:
        tx.run(Query("t", "", add + rest))
    test = page("exports", "operator")
    test.selectbox(key="stop:account").set_value("mobile-a")
    test.button(key="stop:now").click().run()
    assert [stop.account for stop in renewals.stops(home.db.read())] == ["mobile-a"]
    assert "Renewals of mobile-a are stopped" in test.error[0].value


def test_an_open_breaker_stands_in_the_header(home: Home, page: Callable[..., AppTest]) -> None:
    with home.db.write() as tx:
        tx.run(Query("t", "", "INSERT INTO breaker VALUES ('mobile-a', 'no_answer', 'open', 5, 'xxxxx', now(), now())"))
    assert "Orders at mobile-a are held back: too many orders" in page("exports", "viewer").warning[0].value
