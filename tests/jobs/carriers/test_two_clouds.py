"""Renewals from proposal to rest at two clouds, one with a key and one without, faults on: both ledgers are equal in the end."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from data.clock import MovedClock
from data.home import Home, open_home
from data.people import store as people_store
from data.people.rules import Actor
from data.renewals import journal
from data.renewals import store as renewals
from jobs.carriers import accounts, pacing
from tests.jobs.carriers.stubs.alibaba_linkcard import Alibaba, no
from tests.jobs.carriers.stubs.base import Card, Stub
from tests.jobs.carriers.stubs.tencent_ic import Tencent
from tests.money.building import EXPIRY, NOW, make_home, sql
from tests.renewing import approve, later, standing, work

CARDS = 12
_FAR = {"canary_items": 0, "breaker_in_row": 10000, "breaker_share": 1.0, "breaker_window": 1000, "horizon_s": 2}
World = tuple[Home, Any, int]


def card_no(number: int) -> str:
    """The n-th card of the home, from 1."""
    return f"8986041012345{number:06d}7"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., World]]:
    """`world(Alibaba)`: a real home with an account at the stub, the stub, and an approved batch of all its cards."""
    opened: list[tuple[Stub, Home]] = []

    def build(kind: type[Stub], *, cards: int = CARDS, **keys: Any) -> World:
        stub = kind(cards=0).__enter__()
        for number in range(1, cards + 1):
            made = stub.card(number)
            stub.cards[card_no(number)] = Card(
                card_no(number), made.msisdn, made.imsi, EXPIRY, made.status, "M30", more=made.more
            )
        said = stub.account_keys() | _FAR | keys
        monkeypatch.setattr(stub, "account_keys", lambda: said)
        for name, value in stub.secrets.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(pacing, "_paces", {})
        make_home(tmp_path / "home", cards=cards, accounts_toml=stub.account_toml(), account="stub-a")
        home = open_home(tmp_path / "home")
        home.db.clock = MovedClock(NOW)
        opened.append((stub, home))
        accounts.load(home)
        maker, checker = (_person(home, name) for name in ("operator", "approver"))
        with home.db.write() as tx:
            batch = renewals.propose(tx, maker, sim_ids=list(range(1, cards + 1)), form_key="f").batch
        approve(home, checker, batch)
        return home, stub, batch

    yield build
    for stub, home in opened:
        home.close()
        journal._opened.pop(home.journal, None)
        known = accounts._open.pop((home.path, "stub-a"), None)
        if known:
            known[2].close()
        stub.__exit__()


def _person(home: Home, name: str) -> Actor:
    person = people_store.by_name(home.db.read(), name)
    assert person
    return person.actor("command line")


def succeeded(home: Home) -> Counter[str]:
    """Paid cards, by their number."""
    rows = home.db.read().rows(
        sql(
            "SELECT m.iccid FROM state s JOIN obligation o ON o.id = s.obligation JOIN sim m USING (sim_id) WHERE s.st = 'succeeded'"
        )
    )
    return Counter(row["iccid"] for row in rows)


def charged(stub: Stub) -> Counter[str]:
    """Charges of each card, from the carrier's own ledger."""
    return Counter(line.iccid for line in stub.ledger)


def test_at_alibaba_every_doubt_ends_in_one_charge(world) -> None:
    home, stub, batch = world(Alibaba, yearly_plans=["M30"])
    stub.lose_answer(times=2)
    stub.lose_answer(after_effect=False, times=2)
    stub.say(no("InternalError").body, on="order", times=1)
    stub.say(b"<html>502</html>", 502, on="order", times=1)
    stub.refuse(card_no(CARDS))
    assert work(home) == {"failed": "1", "unknown": "11"}
    assert max(charged(stub).values()) == 1 and len(stub.ledger) == CARDS - 3, "two orders never arrived"
    # A slot later the readings prove what had its effect, and what had none goes out once more under its number.
    assert later(home, seconds=11)["succeeded"] == "9"
    assert later(home, minutes=2) == {"succeeded": "2"}
    assert standing(home, batch) == {"succeeded": 11, "failed": 1, "state": "done"}
    assert succeeded(home) == charged(stub) and set(charged(stub).values()) == {1}
    assert {line.months for line in stub.ledger} == {12}


def test_at_alibaba_nothing_goes_out_again_where_the_account_forbids_it(world) -> None:
    home, stub, _batch = world(Alibaba, cards=2, yearly_plans=["M30"], resend_same_serial=False)
    stub.lose_answer(after_effect=False, times=1)
    assert work(home) == {"unknown": "2"}
    assert later(home, seconds=11)["succeeded"] == "1"
    for _hours in range(9 * 24):
        later(home, hours=1)
    assert len([request for request in stub.requests if stub.is_order(request)]) == 2
    assert len(stub.ledger) == 1 and succeeded(home) == charged(stub)
    assert Counter(row["st"] for row in home.db.read().rows(sql("SELECT st FROM state"))) == {
        "succeeded": 1,
        "needs_review": 1,
    }


def test_at_alibaba_an_order_that_fails_afterwards_is_failed_by_the_list_of_orders(world) -> None:
    home, stub, _batch = world(Alibaba, cards=2, yearly_plans=["M30"])
    work(home)
    first = stub.ledger[0]
    stub.cards[first.iccid].expires_on = first.before
    stub.statuses[first.ref] = "failure"
    assert later(home, seconds=11) == {"succeeded": "1", "failed": "1"}


def test_at_tencent_a_lost_list_is_settled_card_by_card(world) -> None:
    home, stub, batch = world(Tencent)
    stub.lose_answer()
    assert work(home) == {"unknown": "12"}
    assert len(stub.renewals) == 1
    assert later(home, seconds=11) == {"succeeded": "12"}
    assert standing(home, batch) == {"succeeded": 12, "state": "done"}
    assert succeeded(home) == charged(stub) and set(charged(stub).values()) == {1} and len(stub.renewals) == 1


def test_at_tencent_a_card_left_out_is_never_bought_again_by_itself(world) -> None:
    home, stub, _batch = world(Tencent, cards=3)
    stub.failing.add(card_no(2))
    work(home)
    assert later(home, seconds=11)["succeeded"] == "2"
    for _days in range(9):
        later(home, days=1)
    assert len(stub.renewals) == 1 and succeeded(home) == charged(stub) == {card_no(1): 1, card_no(3): 1}
    (left,) = home.db.read().rows(sql("SELECT st, reason FROM state WHERE st <> 'succeeded'"))
    assert left == {"st": "needs_review", "reason": "schedule_used"}


def test_at_tencent_a_list_one_card_spoils_is_cut_and_the_others_are_bought(world) -> None:
    home, stub, batch = world(Tencent)
    stub.refuse(card_no(7))
    work(home)
    for _round in range(6):
        home.clock.move(timedelta(seconds=11))
        work(home)
    later(home, seconds=11)
    assert standing(home, batch) == {"succeeded": 11, "failed": 1, "state": "done"}
    assert succeeded(home) == charged(stub) and card_no(7) not in charged(stub)
