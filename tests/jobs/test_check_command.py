"""`flowcard check`: a sound home is in order; each tampering is found, and where."""

import threading

import pytest
from typer.testing import CliRunner

from data.database import Query
from data.renewals import checking
from data.renewals import store as renewals
from jobs import run_renewals
from jobs.command_line import app


@pytest.fixture
def worked(demo_home, people, practice_fleet):
    """A home with a batch bought, one taken back and adopted by a third, and one that waits for approval."""
    sims = practice_fleet(14)
    for number, cards in enumerate((sims[:5], sims[5:9], sims[5:10], sims[10:]), start=1):
        with demo_home.db.write() as tx:
            made = renewals.propose(tx, people["operator"], sim_ids=cards, form_key=f"f{number}")
        if number == 4:
            break
        content_hash = renewals.status(demo_home.db.read(), made.batch).content_hash
        with demo_home.db.write() as tx:
            renewals.approve(
                tx, people["approver"], batch=made.batch, content_hash=content_hash, settings=demo_home.settings
            )
            if number == 2:
                renewals.cancel(tx, people["operator"], batch=made.batch)
        if number == 1:
            run_renewals.run(demo_home, threading.Event())
    return demo_home


def wrong(home):
    with home.db.write() as tx:
        return {
            found.what: found.wrong
            for found in checking.check(tx, journal_folder=home.journal, settings=home.settings)
            if found.wrong
        }


def tamper(home, text):
    with home.db.write() as tx:
        tx.run(Query("tamper", "By a test.", text))


TAMPERINGS = {
    "UPDATE audit SET object = 'batch 9' WHERE seq = 3": {"Audit chain": "entry 3 is not what was written"},
    "UPDATE audit SET detail = '{}' WHERE seq = (SELECT max(seq) FROM audit)": {"Audit chain": "entry"},
    "DELETE FROM event WHERE obligation = 2 AND to_state = 'succeeded'": {
        "States and their events": "1 wrong; first renewal 2: it is renewed, its last event says in progress",
        "States and the journal": "1 wrong; first order R",
    },
    "UPDATE event SET to_state = 'failed' WHERE obligation = 2 AND to_state = 'succeeded'": {
        "States and their events": "1 wrong; first renewal 2: it is renewed, its last event says renewal failed",
        "States and the journal": "1 wrong; first order R",
    },
    "UPDATE attempt SET request_sha256 = 'x' WHERE obligation = 2": {
        "What was sent and the journal": "1 wrong; first order R"
    },
    "UPDATE attempt SET amount_fen = 1 WHERE obligation = 2": {
        "What was sent and the journal": "1 wrong; first order R"
    },
    "UPDATE attempt SET order_no = 'R1' WHERE obligation = 2": {
        "What was sent and the journal": "1 wrong; first order R1",
        "Keys and order numbers": "1 wrong; first order R1",
    },
    "UPDATE obligation SET key = replace(key, '|1', '|2') WHERE id = 8": {
        "Keys and order numbers": "1 wrong; first renewal 8",
        "Index of the obligations": "1 of 10 are not found by their key; first renewal 8",
    },
    "UPDATE journal_mark SET line = line + 1": {
        "States and the journal": "it ends before line",
        "What was sent and the journal": "it ends before line",
    },
    "UPDATE batch SET checker = NULL WHERE id = 1": {"Four eyes on every batch": "1 wrong; first batch 1"},
    "UPDATE batch SET maker = 77 WHERE id = 1": {"Four eyes on every batch": "1 wrong; first batch 1"},
    "UPDATE batch SET checker = 78 WHERE id = 3": {"Four eyes on every batch": "1 wrong; first batch 3"},
    "UPDATE batch SET urgent = true, checker = NULL, items = 6 WHERE id = 1": {
        "Four eyes on every batch": "urgent batch 1 is larger than the lane"
    },
    "DELETE FROM state WHERE obligation = 1": {
        "States and their events": "1 wrong; first renewal 1: it is missing, its last event says renewed",
        "Approved lines and the money set aside": "1 wrong; first line 1 of batch 1",
    },
    "UPDATE obligation SET digest = uuid() WHERE id = 3": {
        "Keys and order numbers": "1 wrong; first renewal 3",
        "Index of the obligations": "1 of 10 are not found by their key; first renewal 3",
        "Approved lines and the money set aside": "1 wrong; first line 3 of batch 1",
    },
    "UPDATE reservation SET amount_fen = 1 WHERE obligation = 4": {
        "Approved lines and the money set aside": "1 wrong; first line 4 of batch 1"
    },
    "UPDATE reservation SET state = 'released' WHERE obligation = 4": {
        "Approved lines and the money set aside": "1 wrong; first line 4 of batch 1"
    },
    "DELETE FROM placement_past": {"Approved lines and the money set aside": "4 wrong; first line 1 of batch 2"},
    "INSERT INTO reservation VALUES (99, 1, 'practice-a', 1, DATE '2026-11-22', 700, 'held')": {
        "Approved lines and the money set aside": "the lines come to ¥120.00, held, spent and released to ¥127.00"
    },
    "DELETE FROM reservation WHERE obligation IN (7, 8)": {
        "Approved lines and the money set aside": "2 wrong; first line",
        "Money behind every live renewal": "2 have nothing set aside; first renewal 7",
    },
}


def test_a_home_that_was_worked_in_is_in_order(worked):
    assert wrong(worked) == {}


class Undone(Exception):
    """So that one home serves every tampering."""


def wrong_after(home, text, **settings):
    """What the checks find inside the transaction of a tampering, which is then rolled back."""
    found = {}
    with pytest.raises(Undone), home.db.write() as tx:
        tx.run(Query("tamper", "By a test.", text))
        changed = home.settings.model_copy(update=settings)
        checks = checking.check(tx, journal_folder=home.journal, settings=changed)
        found = {check.what: check.wrong for check in checks if check.wrong}
        raise Undone
    return found


def test_each_tampering_is_found_and_where(worked):
    for text, expected in TAMPERINGS.items():
        found = wrong_after(worked, text)
        assert found.keys() == expected.keys(), text
        for what, sentence in expected.items():
            assert found[what].startswith(sentence), text
    assert wrong(worked) == {}


def test_a_changed_line_of_the_journal_is_found_with_its_number(worked):
    (segment,) = worked.journal.glob("*.jsonl")
    lines = segment.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(b'"amount_fen":1200', b'"amount_fen":1300')
    segment.write_bytes(b"".join(lines))
    assert wrong(worked) == {
        "Money journal": f"{segment} line 4 was changed; restore the file or ask for help",
        "States and the journal": "not compared: the journal is broken",
        "What was sent and the journal": "not compared: the journal is broken",
    }


CAPS = {
    "day_max_yuan": "all of today: ¥120.00 is set aside, ¥30.00 is the most",
    "person_day_max_yuan": "batches of operator: ¥120.00 is set aside, ¥30.00 is the most",
    "account_day_max_yuan": "account practice-a: ¥120.00 is set aside, ¥30.00 is the most",
    "batch_max_yuan": "batch 1: ¥60.00 is set aside, ¥30.00 is the most",
    "item_max_yuan": "renewal 1: ¥12.00 is set aside, ¥3.00 is the most",
}


def test_more_than_a_cap_is_found(worked):
    for cap, sentence in CAPS.items():
        most = 3 if cap == "item_max_yuan" else 30
        assert wrong_after(worked, "SELECT 1", **{cap: most}) == {"Caps of today": sentence}


def test_more_than_the_urgent_lane_takes_in_a_day_is_found(worked):
    urgent = "UPDATE batch SET urgent = true, checker = NULL WHERE id = 1"
    assert wrong_after(worked, urgent) == {}
    assert wrong_after(worked, urgent, urgent_day_yuan=30) == {
        "Four eyes on every batch": "today's urgent batches come to more than the lane takes in a day"
    }


@pytest.mark.parametrize("sound", [True, False])
def test_the_command_says_a_line_per_check_and_ends_with_zero_or_one(worked, monkeypatch, sound):
    if not sound:
        tamper(worked, "UPDATE audit SET object = 'x' WHERE seq = 1")
    worked.close()
    monkeypatch.setenv("FLOWCARD_LANGUAGE", "en")
    done = CliRunner().invoke(app, ["check", "--home", str(worked.path)])
    first = "in order" if sound else "entry 1 is not what was written"
    assert (done.exit_code, done.stdout.splitlines()) == (
        0 if sound else 1,
        [
            "Database file: in order",
            f"Audit chain: {first}",
            "Money journal: in order",
            "States and their events: in order",
            "States and the journal: in order",
            "What was sent and the journal: in order",
            "Keys and order numbers: in order",
            "Index of the obligations: in order",
            "Approved lines and the money set aside: in order",
            "Money behind every live renewal: in order",
            "Caps of today: in order",
            "Four eyes on every batch: in order",
        ],
    )
