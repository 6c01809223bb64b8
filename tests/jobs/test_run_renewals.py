"""The worker and its settling job against the practice carrier: one charge per obligation, whatever goes wrong."""

import json
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from data.audit.rules import canonical
from data.database import Query
from data.people.rules import SYSTEM, Refused
from data.renewals import journal, moves, recovery, rules
from data.renewals import store as renewals
from data.settings import Settings
from jobs import run_renewals, settle_unknowns
from jobs.carriers import Later, accounts
from jobs.carriers.practice import ledger as practice_ledger
from jobs.recording import Pass

GO = threading.Event()


def sql(text):
    return Query("test", "", text)


@pytest.fixture
def approved(demo_home, people, practice_fleet):
    """`approved(5, lost_share=1.0)`: the number of an approved batch of so many cards."""

    def build(count, **practice):
        sims = practice_fleet(count, **practice)
        with demo_home.db.write() as tx:
            made = renewals.propose(tx, people["operator"], sim_ids=sims, form_key="f")
        approve(demo_home, people["approver"], made.batch)
        return made.batch

    return build


def approve(home, by, batch):
    status = renewals.status(home.db.read(), batch)
    with home.db.write() as tx:
        renewals.approve(tx, by, batch=batch, content_hash=status.content_hash, settings=home.settings)


def standing(home, batch):
    status = renewals.status(home.db.read(), batch)
    counts = {
        name: getattr(status, name)
        for name in ("pending", "submitted", "unknown", "succeeded", "failed", "cancelled", "needs_review")
    }
    assert sum(counts.values()) == status.items
    assert sum(status.fen.values()) == status.amount_fen
    return {name: count for name, count in counts.items() if count} | {"state": status.state}


def ready(home, batch, limit):
    """The next items of the batch with what a claim wants to know."""
    work = renewals.Work(batch, "practice-a", None)
    items = renewals.next_items(home.db.read(), work, now=home.clock.now(), limit=limit)
    return [renewals.Ready(item, "00" * 32) for item in items]


def charges(home):
    """Charges per order number, from the carrier's own file."""
    ledger = practice_ledger.Ledger(home.practice / "ledger.jsonl")
    return Counter(
        entry.order_no for of_order in ledger._by_order.values() for entry in of_order if entry.kind == "charge"
    )


def moved(said):
    """What a run says it moved, without the zeros; None when nothing was due."""
    return said and {state: count for state, count in json.loads(said)["values"].items() if count != "0"}


def work(home):
    return moved(run_renewals.run(home, GO))


def later(home, **delta):
    home.clock.move(timedelta(**delta))
    return moved(settle_unknowns.run(home, GO))


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


def test_a_lost_answer_is_unknown_and_the_query_finds_it(demo_home, approved):
    batch = approved(3, lost_share=1.0)
    work(demo_home)
    assert standing(demo_home, batch) == {"unknown": 3, "state": "running"}
    assert later(demo_home, seconds=5) is None
    assert later(demo_home, seconds=5) == {"succeeded": "3"}
    assert standing(demo_home, batch) == {"succeeded": 3, "state": "done"}
    assert set(charges(demo_home).values()) == {1}


def test_the_rest_waits_for_the_canary(demo_home, approved):
    batch = approved(20, lost_share=1.0)
    work(demo_home)
    assert standing(demo_home, batch) == {"unknown": 3, "pending": 17, "state": "running"}
    work(demo_home)
    assert standing(demo_home, batch)["pending"] == 17
    later(demo_home, seconds=10)
    work(demo_home)
    assert standing(demo_home, batch) == {"succeeded": 3, "unknown": 17, "state": "running"}


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


def test_a_card_renewed_elsewhere_waits_for_a_person(demo_home, approved):
    batch = approved(5)
    with demo_home.db.write() as tx:
        tx.run(sql("UPDATE sim SET expires_on = DATE '2027-12-31' WHERE sim_id = (SELECT min(sim_id) FROM sim)"))
    work(demo_home)
    assert standing(demo_home, batch) == {"succeeded": 4, "needs_review": 1, "state": "done"}
    assert len(charges(demo_home)) == 4


def test_nothing_is_sent_while_the_switch_is_thrown(demo_home, people, approved):
    batch = approved(5)
    for account in ("", "practice-a"):
        with demo_home.db.write() as tx:
            renewals.stop(tx, people["operator"], account=account)
        assert work(demo_home) is None
        with demo_home.db.write() as tx:
            assert renewals.release(tx, people["approver"], account=account)
    assert standing(demo_home, batch) == {"pending": 5, "state": "approved"}
    work(demo_home)
    assert standing(demo_home, batch)["succeeded"] == 5


def test_a_batch_whose_approver_lost_the_right_pauses_and_another_takes_it_over(demo_home, people, approved):
    batch = approved(5)
    with demo_home.db.write() as tx:
        tx.run(sql("UPDATE person SET role = 'viewer' WHERE name = 'approver'"))
    assert work(demo_home) is None
    status = renewals.status(demo_home.db.read(), batch)
    assert (status.state, status.pause_reason) == ("paused", "approver")
    with demo_home.db.write() as tx:
        renewals.resume(tx, people["approver2"], batch=batch)
    work(demo_home)
    assert standing(demo_home, batch) == {"succeeded": 5, "state": "done"}


def test_a_batch_whose_lines_were_changed_after_the_approval_pauses(demo_home, approved):
    batch = approved(5)
    with demo_home.db.write() as tx:
        tx.run(sql("UPDATE batch_line SET months = 24 WHERE line = 2"))
    work(demo_home)
    assert renewals.status(demo_home.db.read(), batch).pause_reason == "content"
    assert not charges(demo_home)


def test_a_connector_that_breaks_leaves_the_item_unknown_and_sends_nothing_else(demo_home, approved, monkeypatch):
    batch = approved(10)
    carrier = accounts.connected(demo_home, "practice-a")
    monkeypatch.setattr(carrier, "place", lambda _orders: 1 / 0)
    assert work(demo_home) == {"unknown": "3"}
    assert standing(demo_home, batch) == {"unknown": 3, "pending": 7, "state": "running"}


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
    monkeypatch.setattr(carrier, "find_order", lambda order_no: questions.append(order_no) or find_order(order_no))
    work(demo_home)
    assert later(demo_home, days=8) == {"needs_review": "1"}
    assert len(questions) == 1
    assert standing(demo_home, batch) == {"needs_review": 1, "state": "done"}


def test_the_question_after_a_long_sleep_still_finds_a_purchase(demo_home, approved):
    batch = approved(1, lost_share=1.0)
    work(demo_home)
    assert later(demo_home, days=8) == {"succeeded": "1"}
    assert standing(demo_home, batch) == {"succeeded": 1, "state": "done"}


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


def test_a_reading_within_the_tolerance_proves_the_purchase_and_is_still_a_finding(demo_home, approved, monkeypatch):
    approved(1, lost_share=1.0, query="none")
    carrier = accounts.connected(demo_home, "practice-a")
    monkeypatch.setattr(carrier, "terms", replace(carrier.terms, expiry_tolerance_days=1))
    with demo_home.db.write() as tx:
        tx.run(sql("UPDATE batch_line SET new_expiry = new_expiry + 1"))
    work(demo_home)
    assert later(demo_home, seconds=10) == {"succeeded": "1"}
    assert [row["kind"] for row in demo_home.db.read().rows(sql(FINDINGS))] == ["expiry_differs"]


def test_what_was_out_when_the_process_ended_is_unknown_at_the_start(demo_home, approved, monkeypatch):
    batch = approved(3)
    monkeypatch.setattr(Pass, "record", lambda *_args, **_how: None)
    work(demo_home)
    monkeypatch.undo()
    assert standing(demo_home, batch) == {"submitted": 3, "state": "running"}
    assert recovery.recover(demo_home.db, demo_home.journal).in_doubt == 3
    assert standing(demo_home, batch) == {"unknown": 3, "state": "running"}
    later(demo_home, seconds=10)
    assert standing(demo_home, batch) == {"succeeded": 3, "state": "done"}
    assert set(charges(demo_home).values()) == {1}


def test_an_intent_whose_commit_was_lost_becomes_unknown_at_the_start(demo_home, approved):
    batch = approved(3)
    now = demo_home.clock.now()
    lines = renewals.intents(ready(demo_home, batch, 3), batch=batch, sent_at=now, deadline_at=now)
    journal.opened(demo_home.journal).append(lines, now=now)
    found = recovery.recover(demo_home.db, demo_home.journal)
    assert (found.in_doubt, found.lost_commits) == (3, 3)
    assert standing(demo_home, batch) == {"unknown": 3, "state": "approved"}
    assert demo_home.db.read().value(sql("SELECT count(*) FROM attempt")) == 3
    assert recovery.recover(demo_home.db, demo_home.journal).in_doubt == 0


def test_a_commit_that_fails_sends_nothing_and_the_journal_says_so(demo_home, approved, monkeypatch):
    batch = approved(3)

    commits = demo_home.db.write

    @contextmanager
    def failing(**how):
        with commits(**how) as tx:
            yield tx
            raise OSError("no space left on device")

    with monkeypatch.context() as full:
        full.setattr(demo_home.db, "write", failing)
        with pytest.raises(OSError, match="no space"):
            work(demo_home)
    # The claim was rolled back with its transaction; the answer of nothing was ever asked for.
    assert standing(demo_home, batch) == {"pending": 3, "state": "approved"}
    assert [entry["kind"] for entry in journal.opened(demo_home.journal).behind(None)] == ["intent"] * 3 + ["abandoned"] * 3
    assert not charges(demo_home)
    work(demo_home)
    assert standing(demo_home, batch) == {"succeeded": 3, "state": "done"}


def test_of_eight_threads_each_item_is_claimed_by_one(demo_home, approved):
    batch = approved(200)
    items = ready(demo_home, batch, 200)

    won: list[int] = []

    def claim():
        for start in range(0, 200, 20):
            with demo_home.db.write(quiet=True) as tx:
                claimed, _parked = renewals.claim(
                    tx, SYSTEM, batch=batch, ready=items[start : start + 20], deadline_at=tx.now
                )
            won.extend(one.item.obligation for one in claimed)

    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == sorted(one.item.obligation for one in items)
    assert demo_home.db.read().value(sql("SELECT count(*) FROM attempt")) == 200


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
