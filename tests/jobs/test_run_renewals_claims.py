"""Claims: what is not sound any more is not sent, each item goes to one thread, and what is claimed is durable."""

import threading
from contextlib import contextmanager

import pytest

from data.people.rules import SYSTEM
from data.renewals import checking, journal, recovery
from data.renewals import store as renewals
from data.sims import store as sims
from jobs import run_renewals
from jobs.carriers import Later, accounts
from jobs.recording import Pass
from tests.renewing import GO, charges, later, ready, sql, standing, work


def test_a_card_renewed_elsewhere_waits_for_a_person(demo_home, approved):
    batch = approved(5)
    with demo_home.db.write() as tx:
        tx.run(sql("UPDATE sim SET expires_on = DATE '2027-12-31' WHERE sim_id = (SELECT min(sim_id) FROM sim)"))
    work(demo_home)
    assert standing(demo_home, batch) == {"succeeded": 4, "needs_review": 1, "state": "done"}
    assert len(charges(demo_home)) == 4


def test_a_card_that_is_not_to_be_renewed_any_more_leaves_its_approved_batch(demo_home, people, approved):
    batch = approved(5)
    one, other = [row["sim_id"] for row in demo_home.db.read().rows(sql("SELECT sim_id FROM sim ORDER BY 1 LIMIT 2"))]
    with demo_home.db.write() as tx:
        sims.decide(tx, people["operator"], sim_ids=[one], decision="decline", reason="terminal withdrawn")
        # Of the other one somebody thought again.
        sims.decide(tx, people["operator"], sim_ids=[other], decision="decline", reason="a slip")
        sims.decide(tx, people["operator"], sim_ids=[other], decision="renew", reason="still trades")
    work(demo_home)
    assert standing(demo_home, batch) == {"succeeded": 4, "cancelled": 1, "state": "done"}
    assert len(charges(demo_home)) == 4
    freed = demo_home.db.read().rows(sql("SELECT state, count(*) AS n FROM reservation GROUP BY 1 ORDER BY 1"))
    assert [(row["state"], row["n"]) for row in freed] == [("released", 1), ("spent", 4)]
    with demo_home.db.write() as tx:
        found = checking.check(tx, journal_folder=demo_home.journal, settings=demo_home.settings)
    assert {one.what: one.wrong for one in found if one.wrong} == {}


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
    assert [entry["kind"] for entry in journal.opened(demo_home.journal).behind(None)] == ["intent"] * 3 + [
        "abandoned"
    ] * 3
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


def test_a_number_that_went_out_before_never_goes_out_with_other_contents(demo_home, approved, monkeypatch):
    batch = approved(2)
    carrier = accounts.connected(demo_home, "practice-a")
    with monkeypatch.context() as busy:
        busy.setattr(carrier, "place", lambda orders: [Later(demo_home.clock.now()) for _ in orders])
        run_renewals._page(Pass(demo_home, journal.opened(demo_home.journal)), *_first(demo_home), GO)
    assert standing(demo_home, batch) == {"pending": 2, "state": "running"}
    with demo_home.db.write() as tx:
        tx.run(sql("UPDATE sim SET msisdn = '19900000000' WHERE sim_id = 1"))
    work(demo_home)
    assert standing(demo_home, batch) == {"succeeded": 1, "needs_review": 1, "state": "done"}
    assert demo_home.db.read().value(sql("SELECT reason FROM state WHERE st = 'needs_review'")) == "not_buildable"
    assert len(charges(demo_home)) == 1


def _first(home):
    return renewals.open_work(home.db.read(), now=home.clock.now())[:1]


def elsewhere(home, *, st, batch_line):
    """The same term of the same card at another account, by its own obligation."""
    with home.db.write() as tx:
        tx.run(
            sql(
                "INSERT INTO obligation (id, digest, key, sim_id, account, stem, kind, old_expiry, seq)"
                " SELECT $id, gen_random_uuid(), replace(key, 'practice-a|', 'by-hand|'), sim_id, 'by-hand', stem, kind, old_expiry, 1 FROM obligation WHERE id = $of"
            ),
            id=1000 if batch_line != "earlier" else 0,
            of=1,
        )
        tx.run(
            sql("INSERT INTO state (obligation, st, n, changed_at) VALUES ($id, $st, 1, $now)"),
            id=1000 if batch_line != "earlier" else 0,
            st=st,
            now=tx.now,
        )


@pytest.mark.parametrize(
    ("st", "place", "becomes"),
    [
        ("needs_review", "later", "needs_review"),
        ("succeeded", "later", "needs_review"),
        ("pending", "earlier", "needs_review"),
        ("pending", "later", "succeeded"),
        ("failed", "earlier", "succeeded"),
        ("unknown", "later", "pending"),
        ("submitted", "later", "pending"),
    ],
)
def test_what_lives_at_another_account_is_not_bought_here(demo_home, approved, monkeypatch, st, place, becomes):
    approved(1)
    elsewhere(demo_home, st=st, batch_line=place)
    # Nobody is to call the other one interrupted.
    monkeypatch.setattr(recovery, "doubt_submitted", lambda *_args, **_how: 0)
    work(demo_home)
    assert demo_home.db.read().value(sql("SELECT st FROM state WHERE obligation = 1")) == becomes
    reason = demo_home.db.read().value(sql("SELECT reason FROM state WHERE obligation = 1"))
    assert (reason == "other_account") == (becomes == "needs_review")


def test_a_card_whose_order_is_out_does_not_hold_back_the_cards_behind_it(demo_home, approved):
    batch = approved(20)
    with demo_home.db.write() as tx:
        tx.run(
            sql(
                "INSERT INTO obligation (id, digest, key, sim_id, account, stem, kind, old_expiry, seq)"
                " SELECT id + 1000, gen_random_uuid(), 'add-on ' || id, sim_id, account, stem, 'add-on', NULL, 1 FROM obligation"
                " ORDER BY id LIMIT 5"
            )
        )
        tx.run(
            sql(
                "INSERT INTO state (obligation, st, n, changed_at) SELECT id, 'unknown', 1, now() FROM obligation WHERE id > 1000"
            )
        )
    work(demo_home)
    assert standing(demo_home, batch) == {"succeeded": 15, "pending": 5, "state": "running"}


def test_nothing_is_claimed_while_the_clock_is_held(demo_home, approved):
    batch = approved(3)
    with demo_home.db.write() as tx:
        tx.run(sql("INSERT INTO clock_hold (held_at, jumped_s) VALUES ($now, 3600)"), now=tx.now)
        assert renewals.claim(tx, SYSTEM, batch=batch, ready=ready(demo_home, batch, 3), deadline_at=tx.now) == ([], [])
    assert work(demo_home) is None
    assert standing(demo_home, batch) == {"pending": 3, "state": "approved"}
