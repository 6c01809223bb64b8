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
        return {found.what: found.wrong for found in checking.check(tx, journal_folder=home.journal) if found.wrong}


def tamper(home, text):
    with home.db.write() as tx:
        tx.run(Query("tamper", "By a test.", text))


TAMPERINGS = {
    "UPDATE audit SET object = 'batch 9' WHERE seq = 3": {"Audit chain": "entry 3 is not what was written"},
    "UPDATE audit SET detail = '{}' WHERE seq = (SELECT max(seq) FROM audit)": {"Audit chain": "entry"},
    "DELETE FROM event WHERE obligation = 2 AND to_state = 'succeeded'": {
        "States and their events": "1 wrong; first renewal 2: it is renewed, its last event says in progress"
    },
    "DELETE FROM state WHERE obligation = 1": {
        "States and their events": "1 wrong; first renewal 1: it is missing, its last event says renewed",
        "Approved lines and the money set aside": "1 wrong; first line 1 of batch 1",
    },
    "UPDATE obligation SET digest = uuid() WHERE id = 3": {
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


@pytest.mark.parametrize("text", TAMPERINGS)
def test_each_tampering_is_found_and_where(worked, text):
    tamper(worked, text)
    found, expected = wrong(worked), TAMPERINGS[text]
    assert found.keys() == expected.keys()
    for what, sentence in expected.items():
        assert found[what].startswith(sentence)


def test_a_changed_line_of_the_journal_is_found_with_its_number(worked):
    (segment,) = worked.journal.glob("*.jsonl")
    lines = segment.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(b'"amount_fen":1200', b'"amount_fen":1300')
    segment.write_bytes(b"".join(lines))
    assert wrong(worked) == {"Money journal": f"{segment} line 4 was changed; restore the file or ask for help"}


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
            f"Audit chain: {first}",
            "Money journal: in order",
            "States and their events: in order",
            "Index of the obligations: in order",
            "Approved lines and the money set aside: in order",
            "Money behind every live renewal: in order",
        ],
    )
