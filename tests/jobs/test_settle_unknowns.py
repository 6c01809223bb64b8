"""Orders without a clear answer: asked by the schedule, proven by query or reading, given up to a person."""

from dataclasses import replace

import pytest

from jobs import settle_unknowns
from jobs.carriers import Refused, Unknown, accounts
from tests.renewing import charges, later, sql, standing, work


def test_a_lost_answer_is_unknown_and_the_query_finds_it(demo_home, approved):
    batch = approved(3, lost_share=1.0)
    work(demo_home)
    assert standing(demo_home, batch) == {"unknown": 3, "state": "running"}
    assert later(demo_home, seconds=5) is None
    assert later(demo_home, seconds=5) == {"succeeded": "3"}
    assert standing(demo_home, batch) == {"succeeded": 3, "state": "done"}
    assert set(charges(demo_home).values()) == {1}


def test_without_a_query_the_reading_proves_the_purchase(demo_home, approved):
    batch = approved(3, lost_share=1.0, query="none")
    work(demo_home)
    later(demo_home, seconds=10)
    assert standing(demo_home, batch) == {"succeeded": 3, "state": "done"}
    proofs = demo_home.db.read().rows(sql("SELECT DISTINCT proof FROM state"))
    assert proofs == [{"proof": "reading"}]


def test_accepted_is_not_proof_until_it_is_in_effect(demo_home, approved):
    batch = approved(2, accepted_share=1.0, accepted_s=40)
    work(demo_home)
    reasons = demo_home.db.read().rows(sql("SELECT DISTINCT reason, carrier_ref IS NOT NULL AS ref FROM state"))
    assert reasons == [{"reason": "in_progress", "ref": True}]
    assert later(demo_home, seconds=10) == {"unknown": "2"}
    assert later(demo_home, seconds=50) == {"succeeded": "2"}
    assert standing(demo_home, batch)["state"] == "done"


def test_no_effect_is_proven_by_two_late_not_founds_and_the_order_goes_out_again(demo_home, approved, monkeypatch):
    batch = approved(1, horizon_s=60)
    carrier = accounts.connected(demo_home, "practice-a")
    with monkeypatch.context() as broken:
        broken.setattr(carrier, "place", lambda _orders: [])
        work(demo_home)
    # Asked at 10 s and at 60 s: before deadline + horizon, a not-found proves nothing.
    for delta in (10, 50, 240, 1500):
        assert work(demo_home) is None
        assert later(demo_home, seconds=delta)
    assert standing(demo_home, batch) == {"pending": 1, "state": "running"}
    work(demo_home)
    assert standing(demo_home, batch) == {"succeeded": 1, "state": "done"}
    attempts = demo_home.db.read().rows(sql("SELECT n, order_no FROM attempt"))
    assert [row["n"] for row in attempts] == [1]
    assert charges(demo_home) == {attempts[0]["order_no"]: 1}


def test_a_used_up_schedule_ends_with_a_person_and_the_money_stays_set_aside(demo_home, approved, monkeypatch):
    batch = approved(1, query="none")
    carrier = accounts.connected(demo_home, "practice-a")
    monkeypatch.setattr(carrier, "place", lambda _orders: [])
    work(demo_home)
    for _ in range(45):
        later(demo_home, hours=6)
    assert standing(demo_home, batch) == {"needs_review": 1, "state": "done"}
    found = demo_home.db.read().rows(sql("SELECT s.reason, r.state FROM state s JOIN reservation r USING (obligation)"))
    assert found == [{"reason": "schedule_used", "state": "held"}]


def test_a_machine_that_slept_three_days_asks_once_and_goes_on_with_the_slots_ahead(demo_home, approved, monkeypatch):
    batch = approved(1, query="none")
    monkeypatch.setattr(accounts.connected(demo_home, "practice-a"), "place", lambda _orders: [])
    work(demo_home)
    assert later(demo_home, days=3) == {"unknown": "1"}
    assert later(demo_home, hours=23) is None
    assert later(demo_home, hours=1) == {"unknown": "1"}
    assert standing(demo_home, batch) == {"unknown": 1, "state": "running"}
    assert demo_home.db.read().value(sql("SELECT count(*) FROM event WHERE arrow = 12")) == 2


def test_a_machine_that_slept_eight_days_asks_once_more_and_only_then_gives_up(demo_home, approved, monkeypatch):
    batch = approved(1)
    carrier = accounts.connected(demo_home, "practice-a")
    questions, find_order = [], carrier.find_order
    monkeypatch.setattr(carrier, "place", lambda _orders: [])
    monkeypatch.setattr(
        carrier, "find_order", lambda order_no, _ref=None: questions.append(order_no) or find_order(order_no)
    )
    work(demo_home)
    assert later(demo_home, days=8) == {"needs_review": "1"}
    assert len(questions) == 1
    assert standing(demo_home, batch) == {"needs_review": 1, "state": "done"}


def test_the_question_after_a_long_sleep_still_finds_a_purchase(demo_home, approved):
    batch = approved(1, lost_share=1.0)
    work(demo_home)
    assert later(demo_home, days=8) == {"succeeded": "1"}
    assert standing(demo_home, batch) == {"succeeded": 1, "state": "done"}


def test_a_reading_within_the_tolerance_proves_the_purchase_and_is_still_a_finding(demo_home, approved, monkeypatch):
    approved(1, lost_share=1.0, query="none")
    carrier = accounts.connected(demo_home, "practice-a")
    monkeypatch.setattr(carrier, "terms", replace(carrier.terms, expiry_tolerance_days=1))
    with demo_home.db.write() as tx:
        tx.run(sql("UPDATE batch_line SET new_expiry = new_expiry + 1"))
    work(demo_home)
    assert later(demo_home, seconds=10) == {"succeeded": "1"}
    assert [row["kind"] for row in demo_home.db.read().rows(sql("SELECT kind FROM finding"))] == ["expiry_differs"]


def test_while_the_clock_is_held_only_proof_counts(demo_home, approved, monkeypatch):
    approved(4, horizon_s=1)
    carrier = accounts.connected(demo_home, "practice-a")
    place = carrier.place
    monkeypatch.setattr(carrier, "place", lambda orders: (place(orders[:1]), [Unknown()] * len(orders))[1])
    work(demo_home)
    settle_unknowns._asked_in_hold.clear()
    with demo_home.db.write() as tx:
        tx.run(sql("INSERT INTO clock_hold (held_at, jumped_s) VALUES ($now, 3600)"), now=tx.now)
    assert later(demo_home, days=9) == {"succeeded": "1"}
    rows = demo_home.db.read().rows(sql("SELECT DISTINCT st, asked, not_found FROM state WHERE st = 'unknown'"))
    assert rows == [{"st": "unknown", "asked": 0, "not_found": 0}]


def test_hundreds_are_asked_about_in_one_pass_and_their_cards_read_together(demo_home, approved, monkeypatch):
    batch = approved(450, lost_share=1.0, canary_items=0, breaker_in_row=1000, breaker_share=1.0)
    carrier = accounts.connected(demo_home, "practice-a")
    readings, cards = [], carrier.cards
    work(demo_home)
    monkeypatch.setattr(carrier, "cards", lambda iccids: readings.append(len(iccids)) or cards(iccids))
    monkeypatch.setattr(carrier, "find_order", lambda _order_no, _ref=None: Unknown())
    assert later(demo_home, seconds=10) == {"succeeded": "450"}
    assert readings == [200, 200, 50]
    assert standing(demo_home, batch)["state"] == "done"


def restore(home, reason):
    """As after an older copy was put back: nobody knows what became of any of them, nor whether they were sent."""
    with home.db.write() as tx:
        tx.run(
            sql("UPDATE state SET st = 'unknown', reason = $reason, next_at = $now, changed_at = $now"),
            reason=reason,
            now=tx.now,
        )


@pytest.mark.parametrize(("reason", "becomes"), [("restored", "pending"), ("restored_rest", "cancelled")])
def test_after_a_restore_both_numbers_have_to_be_unknown_to_the_carrier(
    demo_home, approved, monkeypatch, reason, becomes
):
    approved(2, horizon_s=60)
    restore(demo_home, reason)
    asked, carrier = [], accounts.connected(demo_home, "practice-a")
    find = carrier.find_order
    monkeypatch.setattr(carrier, "find_order", lambda order_no, _ref=None: asked.append(order_no) or find(order_no))
    assert later(demo_home, seconds=30) == {"unknown": "2"}
    assert {order_no[-2:] for order_no in asked} == {"01", "02"}
    assert later(demo_home, minutes=1) == {"unknown": "2"}
    later(demo_home, minutes=10)
    assert demo_home.db.read().rows(sql("SELECT DISTINCT st, n FROM state")) == [{"st": becomes, "n": 1}]
    released = demo_home.db.read().value(sql("SELECT bool_and(state = 'released') FROM reservation"))
    assert released == (becomes == "cancelled")


def test_after_a_restore_a_next_number_that_the_carrier_knows_is_a_persons_case(demo_home, approved, monkeypatch):
    approved(1)
    restore(demo_home, "restored")
    carrier = accounts.connected(demo_home, "practice-a")
    find = carrier.find_order
    monkeypatch.setattr(
        carrier,
        "find_order",
        lambda order_no, _ref=None: Refused("arrears") if order_no.endswith("02") else find(order_no),
    )
    assert later(demo_home, seconds=30) == {"needs_review": "1"}
    assert demo_home.db.read().value(sql("SELECT reason FROM state")) == "restored_newer"
