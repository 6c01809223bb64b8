"""The worker against the practice carrier: one charge per obligation, whatever the carrier answers."""

import threading
from datetime import timedelta

import pytest

from data.audit.rules import canonical
from data.people.rules import Refused
from data.renewals import moves, rules
from data.renewals import store as renewals
from data.settings import Settings
from jobs import run_renewals
from jobs.carriers import Later, accounts
from tests.renewing import approve, charges, later, sql, standing, work


def test_a_batch_is_bought_once_and_the_cards_run_on(demo_home, approved):
    batch = approved(250)
    assert work(demo_home) == {"succeeded": "250"}
    assert work(demo_home) is None
    assert standing(demo_home, batch) == {"succeeded": 250, "state": "done"}
    assert set(charges(demo_home).values()) == {1}
    moved = sql(
        "SELECT count(*) FROM sim s JOIN sim_now n USING (sim_id) WHERE year(s.expires_on) = 2027 AND s.expires_on = n.expires_on AND expiry_source = 'renewal'"
    )
    assert demo_home.db.read().value(moved) == 250
    spent = demo_home.db.read().rows(sql("SELECT state, sum(amount_fen)::BIGINT AS fen FROM reservation GROUP BY 1"))
    assert spent == [{"state": "spent", "fen": 250 * 1200}]


def test_the_rest_waits_for_the_canary(demo_home, approved):
    batch = approved(20, lost_share=1.0)
    work(demo_home)
    assert standing(demo_home, batch) == {"unknown": 3, "pending": 17, "state": "running"}
    work(demo_home)
    assert standing(demo_home, batch)["pending"] == 17
    later(demo_home, seconds=10)
    work(demo_home)
    assert standing(demo_home, batch) == {"succeeded": 3, "unknown": 17, "state": "running"}


def test_later_waits_under_the_same_number(demo_home, approved):
    batch = approved(1, later_share=1.0, later_s=30)
    work(demo_home)
    assert standing(demo_home, batch) == {"pending": 1, "state": "running"}
    assert work(demo_home) is None
    demo_home.clock.move(timedelta(seconds=30))
    work(demo_home)
    assert standing(demo_home, batch) == {"succeeded": 1, "state": "done"}
    assert demo_home.db.read().rows(sql("SELECT n FROM attempt")) == [{"n": 1}]


def test_a_carrier_that_always_puts_off_ends_with_a_person(demo_home, approved, monkeypatch):
    batch = approved(1)
    carrier = accounts.connected(demo_home, "practice-a")
    monkeypatch.setattr(carrier, "place", lambda orders: [Later(demo_home.clock.now()) for _ in orders])
    for _ in range(8):
        work(demo_home)
    assert standing(demo_home, batch) == {"needs_review": 1, "state": "done"}
    assert demo_home.db.read().value(sql("SELECT reason FROM state")) == "too_many_trips"


def test_a_refusal_is_failed_with_its_reason_and_the_repaired_are_bought_under_the_next_number(
    demo_home, people, approved
):
    batch = approved(40, refused_share=1.0)
    work(demo_home)
    assert standing(demo_home, batch) == {"failed": 40, "state": "done"}
    found = renewals.trouble(demo_home.db.read(), states=("failed",), limit=100, offset=0).to_pylist()
    assert len({row["reason"] for row in found}) >= 4
    assert {row["reason"] for row in found} <= set(rules.REASONS)
    reasons = {row["obligation"]: row["reason"] for row in found}
    tried = [obligation for obligation, reason in reasons.items() if reason == "insufficient_balance"]
    dead = [obligation for obligation, reason in reasons.items() if reason == "cancelled"]
    assert tried and dead
    with demo_home.db.write() as tx:
        first = renewals.retry_repaired(tx, people["operator"], obligations=tried, form_key="r0")
        for obligation in tried + dead:
            renewals.note(
                tx, people["operator"], obligation=obligation, note="topped up", ticket_no="T1", repaired=True
            )
        again = renewals.retry_repaired(tx, people["operator"], obligations=tried + dead, form_key="r1")
    assert (first.batch, first.refused) == (None, len(tried))
    assert (again.items, again.refused) == (len(tried), len(dead))
    approve(demo_home, people["approver"], again.batch)
    work(demo_home)
    assert standing(demo_home, again.batch) == {"succeeded": len(tried), "state": "done"}
    assert standing(demo_home, batch) == {"failed": 40, "state": "done"}
    assert set(charges(demo_home).values()) == {1}
    assert all(order_no.endswith("02") for order_no in charges(demo_home))


FINDINGS = "SELECT kind, sim_id, object, detail, source FROM finding ORDER BY sim_id"


def test_a_new_expiry_that_is_not_the_approved_one_wins_and_is_a_finding(demo_home, approved):
    batch = approved(2)
    with demo_home.db.write() as tx:
        tx.run(sql("UPDATE batch_line SET new_expiry = new_expiry - 1 WHERE line = 1"))
    work(demo_home)
    assert standing(demo_home, batch) == {"succeeded": 2, "state": "done"}
    (found,) = demo_home.db.read().rows(sql(FINDINGS))
    (card,) = demo_home.db.read().rows(
        sql(
            "SELECT s.* FROM sim s JOIN batch_line l USING (sim_id) WHERE l.line = 1 AND s.expires_on = l.new_expiry + 1"
        )
    )
    told = card["expires_on"]
    assert found == {
        "kind": "expiry_differs",
        "sim_id": card["sim_id"],
        "object": card["iccid"],
        "detail": canonical({"told": told, "expected": told - timedelta(days=1)}),
        "source": "account practice-a",
    }


def test_a_stopped_card_that_was_paid_is_read_again_and_runs(demo_home, approved):
    approved(3)
    with demo_home.db.write() as tx:
        tx.run(sql("UPDATE sim SET status = 'stopped_expired'"))
        tx.run(sql("UPDATE sim_now SET status = 'stopped_expired'"))
    work(demo_home)
    found = demo_home.db.read().rows(
        sql("SELECT DISTINCT s.status, n.status AS joined FROM sim s JOIN sim_now n USING (sim_id)")
    )
    assert found == [{"status": "active", "joined": "active"}]
    changes = demo_home.db.read().rows(sql("SELECT before, after, source FROM sim_change WHERE field = 'status'"))
    assert changes == [{"before": "stopped_expired", "after": "active", "source": "account practice-a"}] * 3


BATCH_ACTS = {
    "proposed": lambda tx, people, batch: renewals.approve(
        tx, people["approver"], batch=batch, content_hash=renewals.status(tx, batch).content_hash, settings=Settings()
    ),
    "approved": lambda tx, people, batch: renewals.pause(tx, people["operator"], batch=batch),
    "paused": lambda tx, people, batch: renewals.resume(tx, people["approver"], batch=batch),
    "running": lambda tx, people, batch: renewals.cancel(tx, people["operator"], batch=batch),
}


@pytest.mark.parametrize("state", BATCH_ACTS)
def test_a_batch_goes_only_where_the_table_of_moves_leads(demo_home, people, approved, monkeypatch, state):
    batch = approved(1)
    with demo_home.db.write() as tx:
        tx.run(sql("UPDATE batch SET state = $state"), state=state)
        if state == "proposed":
            tx.run(sql("DELETE FROM state"))
    with monkeypatch.context() as table, pytest.raises(Refused), demo_home.db.write() as tx:
        table.setattr(moves, "BATCH_MOVES", dict.fromkeys(moves.BatchState, ()))
        BATCH_ACTS[state](tx, people, batch)
    assert renewals.status(demo_home.db.read(), batch).state == state


def test_a_worker_starts_and_closes_a_batch_by_the_table_of_moves(demo_home, approved, monkeypatch):
    batch = approved(1)
    forward = moves.BATCH_MOVES
    for shut in (moves.BatchState.RUNNING, moves.BatchState.DONE):
        table = {before: tuple(after for after in afters if after is not shut) for before, afters in forward.items()}
        with monkeypatch.context() as patched, pytest.raises(Refused):
            patched.setattr(moves, "BATCH_MOVES", table)
            work(demo_home)
    monkeypatch.undo()
    run_renewals.close_batches(demo_home)
    assert standing(demo_home, batch) == {"succeeded": 1, "state": "done"}


def test_a_resumed_batch_with_nothing_left_is_closed(demo_home, people, approved):
    batch = approved(1)
    work(demo_home)
    # Paused while its last order was out: the answer came when nobody was allowed to close it.
    with demo_home.db.write() as tx:
        tx.run(sql("UPDATE batch SET state = 'paused'"))
        renewals.resume(tx, people["approver"], batch=batch)
    shown = demo_home.db.version
    assert run_renewals.run(demo_home, threading.Event()) is None
    assert standing(demo_home, batch) == {"succeeded": 1, "state": "done"}
    assert demo_home.db.version > shown
