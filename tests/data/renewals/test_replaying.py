"""An older database under a newer journal: everything that was bought is known again, everything else is asked about."""

import shutil
import threading

import pytest

from data.database import Query
from data.home import open_home
from data.renewals import checking, journal
from data.renewals import store as renewals
from data.renewals.recovery import recover
from jobs import run_renewals


def rows(home, text):
    return home.db.read().rows(Query("test", "", text))


def propose(home, people, sims, form_key):
    with home.db.write() as tx:
        return renewals.propose(tx, people["operator"], sim_ids=sims, form_key=form_key).batch


def approve(home, people, batch):
    status = renewals.status(home.db.read(), batch)
    with home.db.write() as tx:
        renewals.approve(tx, people["approver"], batch=batch, content_hash=status.content_hash, settings=home.settings)


def work(home):
    run_renewals.run(home, threading.Event())


def wrong(home):
    with home.db.write() as tx:
        return {
            found.what: found.wrong
            for found in checking.check(tx, journal_folder=home.journal, settings=home.settings)
            if found.wrong
        }


def put_back(home, copy):
    """The database as it was when `copy` was made, beside the journal as it is."""
    clock = home.clock
    home.close()
    (home.path / "flowcard.duckdb.wal").unlink(missing_ok=True)
    shutil.copyfile(copy, home.path / "flowcard.duckdb")
    journal._opened.clear()
    again = open_home(home.path)
    again.db.clock = clock
    return again


def copied(home, tmp_path):
    home.db.checkpoint()
    return shutil.copyfile(home.path / "flowcard.duckdb", tmp_path / "yesterday.duckdb")


@pytest.fixture
def older(demo_home, people, practice_fleet, tmp_path):
    """Batch 1 bought and batch 2 proposed when the copy was made; then 2 and 3 were approved and bought, all but two."""
    sims = practice_fleet(14, refused_share=0.0)
    propose(demo_home, people, sims[:4], "f1")
    approve(demo_home, people, 1)
    work(demo_home)
    propose(demo_home, people, sims[4:8], "f2")
    copy = copied(demo_home, tmp_path)
    approve(demo_home, people, 2)
    work(demo_home)
    propose(demo_home, people, sims[8:], "f3")
    approve(demo_home, people, 3)
    work(demo_home)
    before = rows(demo_home, "SELECT sim_id, expires_on FROM sim ORDER BY 1")
    home = put_back(demo_home, copy)
    yield home, before
    home.close()


def test_what_the_journal_proves_bought_is_bought_again_and_its_batches_wait(older):
    home, before = older
    found = recover(home.db, home.journal)
    assert (found.restored, found.in_doubt) == ("newer", 0)
    states = rows(
        home,
        "SELECT o.sim_id, s.st, r.state FROM obligation o JOIN state s ON s.obligation = o.id JOIN reservation r ON r.obligation = o.id",
    )
    assert len(states) == 14
    assert {(row["st"], row["state"]) for row in states} == {("succeeded", "spent")}
    assert rows(home, "SELECT sim_id, expires_on FROM sim ORDER BY 1") == before
    batches = rows(home, "SELECT id, state, pause_reason, items, amount_fen, checker FROM batch ORDER BY id")
    assert [(row["id"], row["state"], row["items"], row["amount_fen"]) for row in batches] == [
        (1, "done", 4, 4800),
        (2, "paused", 4, 4800),
        (3, "paused", 6, 7200),
    ]
    assert {row["pause_reason"] for row in batches[1:]} == {"restored"}
    assert {row["checker"] for row in batches[1:]} == {None}
    assert wrong(home) == {}


def test_a_second_start_finds_nothing_more_to_put_right(older):
    home, _before = older
    recover(home.db, home.journal)
    again = recover(home.db, home.journal)
    assert (again.restored, again.in_doubt) == (None, 0)


def test_the_numbers_of_lost_batches_are_used_up(older, people):
    home, _before = older
    recover(home.db, home.journal)
    with home.db.write() as tx:
        sim = tx.value(
            Query("t", "", "UPDATE sim SET expires_on = DATE '2026-12-20' WHERE sim_id = 1 RETURNING sim_id")
        )
        made = renewals.propose(tx, people["operator"], sim_ids=[sim], form_key="f4")
    assert made.batch == 4


def test_what_was_out_is_in_doubt_and_an_approver_lets_its_batch_go_on(demo_home, people, practice_fleet, tmp_path):
    sims = practice_fleet(8, lost_share=0.5)
    copy = copied(demo_home, tmp_path)
    propose(demo_home, people, sims, "f1")
    approve(demo_home, people, 1)
    for _ in range(3):
        work(demo_home)
    told = {
        row["sim_id"]: row["st"]
        for row in rows(demo_home, "SELECT o.sim_id, s.st FROM obligation o JOIN state s ON s.obligation = o.id")
    }
    sent = {
        row["sim_id"]
        for row in rows(demo_home, "SELECT o.sim_id FROM attempt t JOIN obligation o ON o.id = t.obligation")
    }
    assert "unknown" in told.values()
    home = put_back(demo_home, copy)
    try:
        found = recover(home.db, home.journal)
        now = {
            row["sim_id"]: row
            for row in rows(
                home,
                "SELECT o.sim_id, s.st, s.reason, r.state AS money FROM obligation o JOIN state s ON s.obligation = o.id JOIN reservation r ON r.obligation = o.id",
            )
        }
        assert set(now) == sent
        for sim_id, row in now.items():
            expected = ("succeeded", "spent") if told[sim_id] == "succeeded" else ("unknown", "held")
            assert (row["st"], row["money"]) == expected
        assert {row["reason"] for row in now.values() if row["st"] == "unknown"} == {"restored"}
        assert found.in_doubt == sum(row["st"] == "unknown" for row in now.values()) > 0
        work(home)
        assert not rows(home, "SELECT 1 FROM state WHERE st = 'submitted'")
        with home.db.write() as tx:
            renewals.resume(tx, people["approver"], batch=1)
        assert rows(home, "SELECT state FROM batch") == [{"state": "running"}]
        assert wrong(home) == {}
    finally:
        home.close()


def test_what_had_come_to_rest_is_asked_about_but_not_to_be_sent(demo_home, people, practice_fleet):
    sims = practice_fleet(6, refused_share=1.0)
    propose(demo_home, people, sims[:3], "f1")
    approve(demo_home, people, 1)
    work(demo_home)
    propose(demo_home, people, sims[3:], "f2")
    approve(demo_home, people, 2)
    with demo_home.db.write() as tx:
        assert renewals.restored(tx, people["operator"], journal.opened(demo_home.journal)) == 6
    found = rows(
        demo_home,
        "SELECT p.batch, s.reason, r.state FROM state s JOIN placement p USING (obligation) JOIN reservation r USING (obligation)",
    )
    assert {(row["batch"], row["reason"], row["state"]) for row in found} == {
        (1, "restored_rest", "held"),
        (2, "restored", "held"),
    }
    assert wrong(demo_home) == {}


def test_a_journal_that_ends_before_its_mark_puts_everything_not_bought_in_doubt(demo_home, people, practice_fleet):
    sims = practice_fleet(6)
    propose(demo_home, people, sims[:3], "f1")
    approve(demo_home, people, 1)
    work(demo_home)
    propose(demo_home, people, sims[3:], "f2")
    approve(demo_home, people, 2)
    (segment,) = demo_home.journal.glob("*.jsonl")
    segment.write_bytes(segment.read_bytes()[:-100])
    journal._opened.clear()
    found = recover(demo_home.db, demo_home.journal)
    assert (found.restored, found.in_doubt) == ("cut", 3)
    assert found.torn_bytes > 0
    assert [row["state"] for row in rows(demo_home, "SELECT state FROM batch ORDER BY id")] == ["done", "paused"]
    assert wrong(demo_home) == {}
    assert recover(demo_home.db, demo_home.journal).restored is None


class Killed(BaseException):
    """The process ends here."""


def test_one_interrupted_write_is_no_newer_journal(demo_home, people, practice_fleet, monkeypatch):
    propose(demo_home, people, practice_fleet(3), "f1")
    approve(demo_home, people, 1)

    def die(*_args):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(journal.Journal, "mark", die)
        patched.setattr(
            journal.Journal,
            "append",
            lambda book, entries, *, now, whole=journal.Journal.append: whole(
                book, [e for e in entries if e["kind"] != "abandoned"], now=now
            ),
        )
        with pytest.raises(Killed):
            work(demo_home)
    journal._opened.clear()
    found = recover(demo_home.db, demo_home.journal)
    assert (found.restored, found.in_doubt, found.lost_commits) == (None, 3, 3)
    assert rows(demo_home, "SELECT state FROM batch") == [{"state": "approved"}]
    assert wrong(demo_home) == {}
