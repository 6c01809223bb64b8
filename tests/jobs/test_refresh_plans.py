"""Reading what carriers sell: once a day each, one account's trouble stays its own, and only notices come of it."""

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Literal

import pytest

from data.carriers import refreshing as store
from data.database import Query
from data.plans import notices
from jobs import refresh_plans
from jobs.carriers import CARRIERS, Connector, Terms, accounts
from jobs.carriers.account import Account
from jobs.carriers.http import Doubt
from jobs.carriers.readings import PlanOffer

_CARRIERS: dict = {}
ABILITIES = {"plans": ("yes", "in this test")}
TERMS = Terms(orders_per_call=1, promises=frozenset())


class ACCOUNT(Account):
    """An account of this file."""

    connector: Literal["sells"]


def connect(home, account):
    return _CARRIERS[account.name]


@dataclass
class Seller:
    """Tells what it sells; `broken`: raised instead."""

    offers: list
    broken: Exception | None = None
    asked: int = 0
    terms: Terms = field(default=TERMS)

    def plans(self):
        self.asked += 1
        if self.broken:
            raise self.broken
        return self.offers


@pytest.fixture
def sells(home, monkeypatch):
    """`sells(a=Seller(…))`: these accounts; our plan 30M costs ¥15.00."""
    monkeypatch.setitem(CARRIERS, "sells", Connector("sells_by_tests", "for tests"))
    module = SimpleNamespace(ACCOUNT=ACCOUNT, ABILITIES=ABILITIES, connect=connect)
    monkeypatch.setitem(__import__("sys").modules, "sells_by_tests", module)
    monkeypatch.setattr(accounts, "_open", {})
    with home.db.write() as tx:
        for text in (
            "INSERT INTO plan (plan_id, plan, carrier, term_months) VALUES (1, '30M', 'mobile', 12)",
            "INSERT INTO price (plan_id, channel, term_months, price_fen, valid_from) VALUES (1, '', 12, 1500, DATE '2026-01-01')",
        ):
            tx.run(Query("add", "By a test.", text))

    def build(**carriers):
        _CARRIERS.clear()
        _CARRIERS.update(carriers)
        text = "".join(
            f'[[account]]\nname = "{name}"\nconnector = "sells"\ncarrier = "mobile"\npayee = "P"\n' for name in carriers
        )
        home.carriers_file.write_text(text, encoding="utf-8")
        accounts.load(home)

    return build


def run(home):
    return refresh_plans.run(home, threading.Event())


def sync(home, name):
    return store.sync_of(home.db.read(), name, "plans", now=home.clock.now(), today=home.clock.today())


def offer(fen=1600):
    return PlanOffer("30M", "main", None, 12, fen)


def said(home):
    return [notice.said() for notice in notices.notices(home.db.read())]


def test_another_price_becomes_a_notice_and_ours_stays(home, sells):
    seller = Seller([offer()])
    sells(a=seller)
    assert run(home)
    assert said(home) == ["30M: 12 months cost ¥16.00 instead of ¥15.00"]
    assert home.db.read().value(Query("price", "By a test.", "SELECT price_fen FROM price")) == 1500
    assert run(home) is None and seller.asked == 1, "not due before tomorrow"
    home.clock.move(timedelta(days=1))
    run(home)
    assert seller.asked == 2 and len(said(home)) == 1


def test_one_accounts_trouble_stays_its_own_and_is_tried_again(home, sells):
    broken = Seller([], broken=Doubt("no answer"))
    sells(a=broken, b=Seller([offer()]))
    run(home)
    assert len(said(home)) == 1
    assert (sync(home, "a").error, sync(home, "b").error) == ("no answer", None)
    broken.broken, broken.offers = None, [offer(1700)]
    home.clock.move(timedelta(minutes=2))
    run(home)
    assert sync(home, "a").error is None and len(said(home)) == 2


def test_a_carrier_that_tells_no_plans_is_not_asked(home, sells):
    sells(a=SimpleNamespace(terms=TERMS))
    assert run(home) is None
    assert sync(home, "a").started_at is None
