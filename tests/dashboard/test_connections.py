"""The page of carrier connections: every account in words, what each connector can do and why not, as every role sees it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from data.carriers import refreshing as store
from data.carriers.rules import ABILITY_WORDS
from data.database import Query
from data.people.rules import SYSTEM
from jobs.carriers import accounts

TOML = """
[[account]]
name = "mobile-a"
connector = "practice"
carrier = "mobile"
payee = "Practice Mobile"
support = "10086"

[[account]]
name = "agent"
connector = "offline"
carrier = "unicom"
payee = "Agent Wang"
"""


@pytest.fixture
def read(demo_home):
    """Two accounts; one was read an hour ago and is in trouble now."""
    demo_home.carriers_file.write_text(TOML, encoding="utf-8")
    accounts.load(demo_home)
    now, today = demo_home.clock.now(), demo_home.clock.today()
    good = store.Sync("mobile-a", "usage", now + timedelta(hours=11), today, good_at=now, calls=30)
    bad = store.Sync(
        "mobile-a",
        "sims",
        now + timedelta(minutes=4),
        today,
        place="list:7",
        good_at=now - timedelta(hours=7),
        as_of=now - timedelta(hours=5),
        calls=70,
        failed=5,
        rate_per_s=20.0,
        failures=2,
        error="the deadline passed",
    )
    with demo_home.db.write() as tx:
        store.keep_sync(tx, SYSTEM, good)
        store.keep_sync(tx, SYSTEM, bad)
    return bad


def tables(test):
    assert not test.exception
    return [one.value for one in test.dataframe]


@pytest.mark.parametrize("who", ["viewer", "operator", "approver", "administrator"])
def test_every_account_says_how_it_stands(demo_home, people, page, read, who):
    test = page("connections", who)
    listed, _abilities = tables(test)
    assert list(listed["account"]) == ["mobile-a", "agent"]
    assert listed["lag"][0] == "5 h" and listed["orders"][1] == ["by_hand"]
    assert listed["failed"][0] == "5 (5%)" and listed["limits"][0] == "100, at most 20/s"
    (trouble,) = [one.value for one in test.warning]
    assert trouble.startswith("mobile-a cannot be read: the deadline passed. It is tried again at ")
    assert listed["sims_good_at"][0] < listed["usage_good_at"][0]


def test_a_balance_and_missing_cards_are_said(demo_home, people, page, read):
    now = demo_home.clock.now()
    with demo_home.db.write() as tx:
        store.keep_balance(tx, SYSTEM, account="mobile-a", amount_fen=123_400, read_at=now - timedelta(hours=2))
        store.keep_sync(tx, SYSTEM, replace(read, error=None, missing=3))
    test = page("connections", "viewer")
    assert "Prepaid money: mobile-a ¥1,234.00 (2 h ago)" in [one.value for one in test.caption]
    (said,) = [one.value for one in test.warning]
    assert said == "mobile-a: nothing could be read of 3 cards; their older word stands."


def test_the_matrix_gives_every_answer_with_its_reason(demo_home, people, page, read):
    _listed, matrix = tables(page("connections", "viewer"))
    assert list(matrix.columns) == ["ability", "practice", "offline"]
    assert list(matrix["ability"]) == list(ABILITY_WORDS.values())
    cells = [*matrix["practice"], *matrix["offline"]]
    assert all(cell[0] in "✓◐✗" and len(cell) > 5 for cell in cells)


def test_a_chosen_account_shows_its_connector_only(demo_home, people, page, read):
    test = page("connections", "operator")
    test.session_state["connections:accounts"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    _listed, matrix = tables(test.run())
    assert list(matrix.columns) == ["ability", "practice"]
    assert any("10086" in one.value for one in test.caption)


@pytest.mark.parametrize(
    ("state", "error_class", "said"), [("open", "credential", "credential"), ("half_open", "no_answer", "trying")]
)
def test_an_open_breaker_is_said(demo_home, people, page, read, state, error_class, said):
    put = Query(
        "put",
        "By a test.",
        "INSERT INTO breaker VALUES ('mobile-a', $error_class, $state, 1, 'x', $now, $now)",
    )
    with demo_home.db.write() as tx:
        tx.run(put, error_class=error_class, state=state, now=tx.now)
    from data.carriers.connections import connections

    found = connections(demo_home.db.read(), today=demo_home.clock.today())
    assert [one.orders for one in found] == [said, "by_hand"]


def test_yesterdays_calls_are_not_todays(demo_home, people, page, read):
    with demo_home.db.write() as tx:
        store.keep_sync(tx, SYSTEM, replace(read, calls_on=read.calls_on - timedelta(days=1)))
    listed, _abilities = tables(page("connections", "viewer"))
    assert listed["failed"][0] == "0 (0%)" and listed["limits"][0] == "30, at most 20/s"


def test_without_accounts_the_page_says_where_they_stand(demo_home, people, page):
    test = page("connections", "viewer")
    assert not test.exception and "No accounts yet" in [head.value for head in test.subheader]


def test_the_page_speaks_chinese(demo_home, people, page, read):
    test = page("connections", "viewer", language="zh_CN")
    listed, matrix = tables(test)
    assert test.title[0].value == "接口状态"
    assert listed["lag"][0] == "5 小时" and matrix["ability"][0] == "列出卡片"
    assert not [cell for cell in [*matrix["practice"], *matrix["offline"]] if cell[2:].isascii()]


def test_what_a_carrier_sells_counts_as_reading_it_too(demo_home, people, page, read):
    now, today = demo_home.clock.now(), demo_home.clock.today()
    mended = replace(read, error=None, place=None)
    sells = store.Sync("mobile-a", "plans", now, today, place="all:", calls=11, failed=4, error="no list came")
    with demo_home.db.write() as tx:
        for sync in (mended, sells):
            store.keep_sync(tx, SYSTEM, sync)
    test = page("connections", "operator")
    listed, _abilities = tables(test)
    assert listed["failed"][0] == "9 (8%)" and listed["limits"][0] == "111, at most 20/s"
    assert ["no list came" in one.value for one in test.warning] == [True]
