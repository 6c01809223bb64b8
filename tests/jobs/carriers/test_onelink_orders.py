"""OneLink under the worker and the settling job: payments taken, refused, lost and paid later, each charged once."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from data.clock import MovedClock
from data.home import Home, open_home
from data.people.rules import Actor
from data.renewals import journal
from data.renewals import store as renewals
from jobs import run_renewals, settle_unknowns
from jobs.carriers import accounts, pacing
from tests.jobs.carriers.stubs.onelink import OneLink
from tests.money.building import EXPIRY, NOW, PEOPLE, make_home, sql

CARDS = 5


def number(card: int) -> str:
    return f"8986041012345{card:06d}7"


@pytest.fixture
def stub() -> Iterator[OneLink]:
    with OneLink(CARDS) as started:
        cards = list(started.cards.values())
        held = [
            replace(card, iccid=number(n), msisdn=f"144{n:08d}", expires_on=EXPIRY) for n, card in enumerate(cards, 1)
        ]
        started.cards = {card.iccid: card for card in held}
        yield started


@pytest.fixture
def opened(tmp_path: Path, stub: OneLink, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    for name, value in stub.secrets.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(pacing, "_paces", {})
    careless = "canary_items = 0\nbreaker_in_row = 10000\nbreaker_share = 1.0\n"
    said = stub.account_toml().replace("\n", f"\n{careless}", 1)
    make_home(tmp_path / "home", cards=CARDS, accounts_toml=said, account="stub-a")
    home = open_home(tmp_path / "home")
    home.db.clock = MovedClock(NOW)
    accounts.load(home)
    yield home
    home.close()
    journal._opened.pop(home.journal, None)


def approve(home: Home, **wish: str) -> None:
    people = {row["name"]: row["person_id"] for row in home.db.read().rows(sql("SELECT person_id, name FROM person"))}
    maker, checker = (Actor(people[name], name, PEOPLE[name], "command line") for name in ("operator", "approver"))
    with home.db.write() as tx:
        made = renewals.propose(tx, maker, sim_ids=list(range(1, CARDS + 1)), form_key="form", **wish)
    status = renewals.status(home.db.read(), made.batch)
    with home.db.write() as tx:
        renewals.approve(tx, checker, batch=made.batch, content_hash=status.content_hash, settings=home.settings)


def stand(home: Home) -> dict[str, tuple[str, str | None, str | None]]:
    """Each card's state, reason and proof."""
    rows = home.db.read().rows(
        sql(
            "SELECT m.iccid, s.st, s.reason, s.proof FROM state s JOIN obligation o ON o.id = s.obligation JOIN sim m USING (sim_id)"
        )
    )
    return {row["iccid"]: (row["st"], row["reason"], row["proof"]) for row in rows}


def settle(home: Home, **after: float) -> None:
    home.clock.move(timedelta(**after))
    settle_unknowns.run(home, threading.Event())


def test_payments_are_made_once_whatever_becomes_of_their_answers(opened: Home, stub: OneLink) -> None:
    stub.payment_state = "1"
    stub.one_bad_card(number(2))
    stub.lose_answer()
    approve(opened)
    run_renewals.run(opened, threading.Event())
    told = stand(opened)
    assert told.pop(number(2)) == ("failed", "not_our_card", "reply")
    assert sorted(told.values()) == [("unknown", "in_progress", None)] * 3 + [("unknown", "no_answer", None)]
    lost = next(card for card, state in told.items() if state[1] == "no_answer")

    settle(opened, seconds=30)
    told = stand(opened)
    assert told.pop(lost) == ("succeeded", None, "reading")
    assert [state for state, *_more in told.values()].count("unknown") == 3, "nobody has paid yet"

    stub.payment_state = "2"
    settle(opened, minutes=10)
    assert [stand(opened)[card][::2] for card in told if card != number(2)] == [("succeeded", "query")] * 3
    run_renewals.run(opened, threading.Event())
    settle(opened, hours=2)
    assert sorted(line.iccid for line in stub.ledger) == [number(card) for card in (1, 3, 4, 5)]


def test_an_order_that_no_answer_names_goes_to_a_person_in_the_end_and_never_out_again(
    opened: Home, stub: OneLink
) -> None:
    stub.lose_answer(after_effect=False, times=CARDS)
    approve(opened)
    run_renewals.run(opened, threading.Event())
    for hours in (0.01, 0.1, 1, 24, 24 * 3, 24 * 4):
        settle(opened, hours=hours)
        run_renewals.run(opened, threading.Event())
    assert {state[:2] for state in stand(opened).values()} == {("needs_review", "schedule_used")}
    assert not stub.ledger
    assert len([one for one in stub.requests if stub.is_order(one)]) == CARDS


def test_a_stop_of_many_cards_outlives_the_one_that_spoils_the_list(opened: Home, stub: OneLink) -> None:
    stub.one_bad_card(number(2))
    approve(opened, kind="suspend")
    run_renewals.run(opened, threading.Event())
    assert {state[:2] for state in stand(opened).values()} == {("pending", "batch_refused")}
    for _step in range(4):
        settle(opened, seconds=30)
        run_renewals.run(opened, threading.Event())
    settle(opened, minutes=2)
    told = stand(opened)
    assert told.pop(number(2)) == ("failed", "not_our_card", "reply")
    assert set(told.values()) == {("succeeded", None, "query")}
    assert [card.iccid for card in stub.cards.values() if card.status == "4"] == sorted(told)
    assert len(stub.jobs) == len(told) - 1, "two together, the last one, and the one that stood beside the bad card"
