"""The circuit breaker: opens at its defaults, counts doubts, lets one order try, fails nothing, survives a restart; the canary."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from data import home as house
from data.clock import MovedClock
from data.home import open_home
from data.renewals import breaking
from data.renewals.breaking import Breaker, Limits
from jobs.carriers import Accepted, Confirmed, Later, Unknown, accounts
from jobs.carriers import Refused as CarrierRefused
from tests.renewing import charges, later, sql, standing, work

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def answers(demo_home, monkeypatch):
    """`answers(Unknown(), …)`: one order a call; these outcomes in turn, the last one for ever; None: as the carrier is.

    The list of order numbers that were sent.
    """

    def build(*outcomes):
        carrier = accounts.connected(demo_home, "practice-a")
        place, sent = carrier.place, []

        def answered(orders):
            sent.append(orders[0].order_no)
            outcome = outcomes[min(len(sent), len(outcomes)) - 1]
            if outcome is None:
                return place(orders)
            return [outcome(orders[0]) if callable(outcome) else outcome]

        monkeypatch.setattr(carrier, "terms", replace(carrier.terms, orders_per_call=1))
        monkeypatch.setattr(carrier, "place", answered)
        return sent

    return build


def breakers(home):
    rows = home.db.read().rows(sql("SELECT error_class, state FROM breaker ORDER BY 1"))
    return {row["error_class"]: row["state"] for row in rows}


def alarms(home):
    return home.db.read().value(sql("SELECT count(*) FROM finding WHERE kind = 'money_breaker' AND closed_at IS NULL"))


def test_five_doubts_in_a_row_open_it_and_nothing_else_is_sent(demo_home, approved, answers):
    batch = approved(20, canary_items=0)
    sent = answers(Unknown("no answer"))
    work(demo_home)
    assert len(sent) == 5
    # The others are held back, none of them has failed.
    assert standing(demo_home, batch) == {"unknown": 5, "pending": 15, "state": "running"}
    assert (breakers(demo_home)["no_answer"], alarms(demo_home)) == ("open", 1)
    assert work(demo_home) is None
    assert len(sent) == 5


def test_after_the_cooldown_one_order_tries_and_its_answer_decides(demo_home, approved, answers):
    batch = approved(20, canary_items=0)
    sent = answers(*[Unknown()] * 6, None)
    work(demo_home)
    demo_home.clock.move(timedelta(seconds=59))
    assert (work(demo_home), len(sent)) == (None, 5)
    demo_home.clock.move(timedelta(seconds=1))
    work(demo_home)
    assert (len(sent), breakers(demo_home)["no_answer"]) == (6, "open")
    demo_home.clock.move(timedelta(seconds=59))
    assert (work(demo_home), len(sent)) == (None, 6)
    demo_home.clock.move(timedelta(seconds=1))
    work(demo_home)
    assert breakers(demo_home)["no_answer"] == "closed"
    assert standing(demo_home, batch) == {"unknown": 6, "succeeded": 14, "state": "running"}
    assert alarms(demo_home) == 1


def test_more_than_a_fifth_of_the_last_fifty_opens_it_once_there_are_fifty(demo_home, approved, answers):
    batch = approved(80, canary_items=0)
    sent = answers(*[Unknown(), None, None, None] * 30)
    work(demo_home)
    assert len(sent) == 50
    assert standing(demo_home, batch)["pending"] == 30
    assert breakers(demo_home)["no_answer"] == "open"


def test_a_fifth_of_the_last_fifty_does_not_open_it(demo_home, approved, answers):
    approved(80, canary_items=0)
    sent = answers(*[Unknown(), None, None, None, None] * 16)
    work(demo_home)
    assert len(sent) == 80


@pytest.mark.parametrize(
    "outcome",
    [
        lambda order: Accepted(f"P{order.order_no}"),
        lambda order: CarrierRefused("arrears"),
        lambda order: Confirmed("P1", order.order_no, order.iccid, order.amount_fen, order.new_expiry),
    ],
    ids=["accepted", "refused", "confirmed"],
)
def test_an_answer_of_the_carrier_is_healthy(demo_home, approved, answers, outcome):
    approved(20, canary_items=0)
    sent = answers(*[Unknown()] * 4, outcome, *[Unknown()] * 4, outcome)
    work(demo_home)
    assert len(sent) == 20
    assert breakers(demo_home)["no_answer"] == "closed"


def test_a_sign_in_that_is_refused_opens_it_at_once(demo_home, approved, answers):
    batch = approved(20, canary_items=0)
    sent = answers(Later(demo_home.clock.now(), reason="credential_refused"), None)
    work(demo_home)
    assert len(sent) == 1
    assert breakers(demo_home)["credential"] == "open"
    assert standing(demo_home, batch) == {"pending": 20, "state": "running"}
    demo_home.clock.move(timedelta(seconds=60))
    work(demo_home)
    assert standing(demo_home, batch) == {"succeeded": 20, "state": "done"}


def test_it_survives_a_restart(demo_home, approved, answers):
    batch = approved(20, canary_items=0)
    answers(Unknown())
    work(demo_home)
    now = demo_home.clock.now()
    demo_home.close()
    house.install(None)
    again = open_home(demo_home.path)
    again.db.clock = MovedClock(now)
    try:
        assert work(again) is None
        assert standing(again, batch) == {"unknown": 5, "pending": 15, "state": "running"}
        again.clock.move(timedelta(seconds=60))
        # One tries, is bought, and the rest follow.
        assert work(again) == {"succeeded": "15"}
        assert len(charges(again)) == 15
    finally:
        again.close()


def test_questions_go_on_while_it_is_open(demo_home, approved, answers):
    batch = approved(5, lost_share=1.0, canary_items=0)
    answers(None)
    work(demo_home)
    assert breakers(demo_home)["no_answer"] == "open"
    assert later(demo_home, seconds=10) == {"succeeded": "5"}
    assert standing(demo_home, batch) == {"succeeded": 5, "state": "done"}


@pytest.mark.parametrize(("canary", "first"), [(1, 1), (5, 5), (0, 20)])
def test_the_account_says_how_many_go_alone_first(demo_home, approved, canary, first):
    batch = approved(20, lost_share=1.0, canary_items=canary, breaker_in_row=100)
    work(demo_home)
    assert standing(demo_home, batch)["unknown"] == first
    later(demo_home, seconds=10)
    work(demo_home)
    assert standing(demo_home, batch).get("pending", 0) == 0


def test_while_the_one_that_tries_is_out_no_other_goes(demo_home, approved):
    from data.people.rules import SYSTEM

    approved(3)
    limits = Limits()
    with demo_home.db.write() as tx:
        tx.run(
            sql("INSERT INTO breaker VALUES ('practice-a', 'no_answer', 'open', 5, 'xxxxx', $opened, $opened)"),
            opened=tx.now - timedelta(seconds=limits.breaker_cooldown_s),
        )
        assert breaking.try_one(tx, SYSTEM, account="practice-a") == 1
        tx.run(sql("UPDATE state SET st = 'submitted' WHERE obligation = 1"))
        assert breaking.try_one(tx, SYSTEM, account="practice-a") == 0


def test_the_window_counts_only_the_last():
    one, limits = Breaker("a", "no_answer"), Limits(breaker_in_row=100, breaker_window=10, breaker_share=0.2)
    for healthy in [False, False, *[True] * 8]:
        one = breaking.counted(one, healthy, limits, now=NOW)
    assert (one.state, one.recent) == ("closed", "xx........")
    one = breaking.counted(breaking.counted(one, True, limits, now=NOW), False, limits, now=NOW)
    assert (one.state, one.recent) == ("closed", "........x"[-10:].rjust(10, "."))
    for _ in range(2):
        one = breaking.counted(one, False, limits, now=NOW)
    assert (one.state, one.in_row, one.opened_at) == ("open", 3, NOW)
