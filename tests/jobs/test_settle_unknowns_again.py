"""Second tries under a living key: the same bytes, the same brakes, and nothing learnt from a door that is shut."""

from dataclasses import replace
from datetime import timedelta

import pytest

from data.people.rules import SYSTEM
from data.renewals import moves
from data.renewals import store as renewals
from data.renewals.store import Again
from jobs.carriers import Accepted, Refused, Unknown, accounts
from jobs.carriers import Later as CarrierLater
from tests.conftest import NOW
from tests.renewing import charges, journal_lines, later, sql, work


@pytest.fixture
def lost_first(demo_home, approved, monkeypatch):
    """`lost_first(3, before_effect=True)`: an approved batch whose first sends got no answer; the order numbers sent so far."""

    def build(count, *, before_effect=True, key_life=timedelta(hours=1), **practice):
        approved(count, query="none", breaker_in_row=100, canary_items=0, **practice)
        carrier = accounts.connected(demo_home, "practice-a")
        monkeypatch.setattr(carrier, "terms", replace(carrier.terms, key_life=key_life, query_trusted=False))
        place, sent = carrier.place, []

        def unheard(orders):
            if not before_effect:
                place(orders)
            return [Unknown()] * len(orders)

        with monkeypatch.context() as first:
            first.setattr(carrier, "place", unheard)
            work(demo_home)

        def watched(orders):
            sent.extend(order.order_no for order in orders)
            return place(orders)

        monkeypatch.setattr(carrier, "place", watched)
        return sent

    return build


def arrows(home):
    rows = home.db.read().rows(sql("SELECT obligation, list(arrow ORDER BY seq) AS walked FROM event GROUP BY 1"))
    return {tuple(row["walked"]) for row in rows}


@pytest.mark.parametrize("before_effect", [True, False])
def test_under_a_living_key_an_order_goes_out_again_and_is_bought_once(demo_home, lost_first, before_effect):
    sent = lost_first(3, before_effect=before_effect)
    before = demo_home.db.read().rows(sql("SELECT * FROM attempt ORDER BY obligation"))
    if not before_effect:
        # The card would prove it too; here nothing can be read.
        accounts.connected(demo_home, "practice-a").cards = lambda _iccids: {}
    later(demo_home, seconds=10)
    assert sorted(sent) == sorted(row["order_no"] for row in before)
    assert arrows(demo_home) == {(1, 2, 6, 11, 4)}
    assert set(charges(demo_home).values()) == {1}
    after = demo_home.db.read().rows(sql("SELECT * FROM attempt ORDER BY obligation"))
    for was, now in zip(before, after, strict=True):
        assert now["deadline_at"] > was["deadline_at"]
        assert now | {"deadline_at": None} == was | {"deadline_at": None}
    hashes = {(line["order_no"], line["request_sha256"]) for line in journal_lines(demo_home, "intent")}
    assert hashes == {(row["order_no"], row["request_sha256"]) for row in after}
    assert len(journal_lines(demo_home, "intent")) == 6


def test_other_bytes_under_the_same_key_are_refused_here(demo_home, lost_first):
    sent = lost_first(1)
    with demo_home.db.write() as tx:
        tx.run(sql("UPDATE sim SET msisdn = '19900000000'"))
    assert later(demo_home, seconds=10) == {"unknown": "1"}
    assert (sent, arrows(demo_home)) == ([], {(1, 2, 6, 12)})


def test_the_bytes_are_compared_again_where_it_is_claimed(demo_home, lost_first):
    lost_first(1)
    reader = demo_home.db.read()
    (item,) = renewals.due_unknowns(reader, now=demo_home.clock.now() + timedelta(seconds=10), limit=9)
    with demo_home.db.write() as tx:
        assert renewals.claim_again(tx, SYSTEM, orders=[Again(item, "00" * 32)], deadline_at=tx.now) == []
        again = Again(item, item.request_sha256)
        assert renewals.claim_again(tx, SYSTEM, orders=[again], deadline_at=tx.now) == [again]
        assert renewals.claim_again(tx, SYSTEM, orders=[again], deadline_at=tx.now) == []


def test_a_dead_key_is_only_asked_about(demo_home, lost_first):
    sent = lost_first(1, key_life=timedelta(seconds=9))
    assert later(demo_home, seconds=10) == {"unknown": "1"}
    assert sent == []


@pytest.mark.parametrize("brake", ["switch", "account", "breaker", "paused", "approver"])
def test_nothing_goes_out_again_against_a_brake(demo_home, lost_first, brake):
    sent = lost_first(1)
    brakes = {
        "switch": "INSERT INTO stop_switch (account, person_id, ts) VALUES ('', 1, now())",
        "account": "INSERT INTO stop_switch (account, person_id, ts) VALUES ('practice-a', 1, now())",
        "breaker": "INSERT INTO breaker VALUES ('practice-a', 'no_answer', 'open', 5, 'x', '2027-01-01', now())"
        " ON CONFLICT (account, error_class) DO UPDATE SET state = 'open', opened_at = '2027-01-01'",
        "paused": "UPDATE batch SET state = 'paused'",
        "approver": "UPDATE person SET role = 'viewer' WHERE name = 'approver'",
    }
    with demo_home.db.write() as tx:
        tx.run(sql(brakes[brake]))
    assert later(demo_home, seconds=10) == {"unknown": "1"}
    assert (sent, arrows(demo_home)) == ([], {(1, 2, 6, 12)})


@pytest.mark.parametrize(
    ("outcome", "becomes", "reason"),
    [
        (Unknown(), "unknown", "no_answer"),
        (CarrierLater(NOW), "unknown", "rate_limited"),
        (Refused("window_closed"), "unknown", "window_closed"),
        (Refused("pin_refused"), "unknown", "pin_maybe_ours"),
        (Refused("arrears"), "failed", "arrears"),
        (Accepted("P1"), "unknown", "in_progress"),
    ],
    ids=str,
)
def test_what_would_refuse_or_put_off_a_first_try_says_nothing_of_it_on_a_second(
    demo_home, lost_first, monkeypatch, outcome, becomes, reason
):
    lost_first(1)
    doubted = demo_home.db.read().value(sql("SELECT changed_at FROM state"))
    monkeypatch.setattr(accounts.connected(demo_home, "practice-a"), "place", lambda _orders: [outcome])
    later(demo_home, seconds=10)
    (row,) = demo_home.db.read().rows(sql("SELECT * FROM state"))
    assert (row["st"], row["reason"]) == (becomes, reason)
    if becomes == "unknown":
        # The schedule goes on where it was.
        assert (row["asked"], row["changed_at"]) == (1, doubted)
        assert row["next_at"] == doubted + moves.SCHEDULE[1]


def test_a_key_without_an_answer_ever_ends_with_a_person(demo_home, lost_first, monkeypatch):
    lost_first(1, key_life=timedelta(days=30))
    sent = []
    monkeypatch.setattr(
        accounts.connected(demo_home, "practice-a"), "place", lambda orders: sent.append(orders) or [Unknown()]
    )
    for _ in range(45):
        later(demo_home, hours=6)
    assert demo_home.db.read().value(sql("SELECT st FROM state")) == "needs_review"
    assert len(sent) < len(moves.SCHEDULE)
    assert demo_home.db.read().rows(sql("SELECT kind FROM finding WHERE kind <> 'money_breaker'")) == [
        {"kind": "money_no_answer"}
    ]


def test_a_second_try_that_is_out_is_not_called_interrupted_by_the_worker(demo_home, lost_first, monkeypatch):
    lost_first(1)
    carrier = accounts.connected(demo_home, "practice-a")
    place = carrier.place
    monkeypatch.setattr(carrier, "place", lambda orders: (work(demo_home), place(orders))[1])
    assert later(demo_home, seconds=10) == {"succeeded": "1"}
    assert arrows(demo_home) == {(1, 2, 6, 11, 4)}
