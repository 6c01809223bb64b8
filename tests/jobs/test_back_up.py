"""Backups: what is copied is the home of one instant, is read back, and comes back whole; a damaged one is told."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from data.audit import store as audit
from data.clock import SystemClock
from data.database import FILE_NAME, Database, Query
from data.home import Home, open_home
from data.people.rules import SYSTEM, Event
from data.renewals import checking, journal, recovery
from data.words import spoken
from jobs import back_up, run_renewals
from jobs.backups import NOTE, BackupError, known, making, read
from jobs.backups.sealing import key_of, unseal
from tests.filling import rows, sql, tables
from tests.renewing import GO, charges, standing

UNFINISHED, WORK = ".making", ".backup"


def backed_up(home: Home) -> making.Backup:
    made = making.make(home, SYSTEM, GO)
    assert made
    return made


def unsealed(home: Home, made: making.Backup) -> Path:
    """What the backup holds, as plain files; their folder."""
    folder = home.path / "unsealed" / made.path.name
    unseal(made.path, folder, key_of(home), keys=home.path / "keys")
    return folder


def opened(folder) -> Database:
    return Database.open(folder, clock=SystemClock(), audit_key=b"")


_MADE_OF = {
    "keys and checks": "SELECT table_name, constraint_type, constraint_text FROM duckdb_constraints() ORDER BY ALL",
    "columns": "SELECT table_name, column_name, data_type, column_default, is_nullable FROM duckdb_columns() ORDER BY ALL",
    "views": "SELECT view_name, sql FROM duckdb_views() WHERE NOT internal ORDER BY ALL",
    "sequences": "SELECT sequence_name, last_value FROM duckdb_sequences() ORDER BY ALL",
}


def test_all_that_tables_are_made_of_is_in_the_copy(home: Home, people) -> None:
    # What is noted after the copy uses up no number of a sequence.
    frame = {what: home.db.read().rows(sql(text)) for what, text in _MADE_OF.items()}
    db = opened(unsealed(home, backed_up(home)))
    assert {what: db.read().rows(sql(text)) for what, text in _MADE_OF.items()} == frame
    db.close()
    assert all(frame.values())


def test_what_the_run_says_and_what_the_log_keeps(home: Home) -> None:
    head = audit.head(home.db.read())
    did = spoken(str(back_up.run(home, GO)))
    (path,) = known(home.path / "backups")
    assert did.startswith(f"{read(path).contents.rows} rows sealed in 2026-11-22-100000 and read back")
    entry = home.db.read().rows(sql("SELECT * FROM audit ORDER BY seq DESC LIMIT 1"))[0]
    assert (entry["event"], entry["object"]) == (Event.HOME_BACKED_UP.value, "backup 2026-11-22-100000")
    assert read(path).contents.audit_head == str(head)
    assert path.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in path.rglob("*.age")} == {0o600}


def test_a_copy_made_while_everybody_writes_is_one_instant(home: Home) -> None:
    book = journal.Journal(home.journal)
    stop, written = threading.Event(), [0]

    def write() -> None:
        while not stop.is_set():
            with home.db.write() as tx:
                # Two tables and the journal: all of it or nothing.
                written[0] += 1
                tx.run(sql(f"INSERT INTO holiday VALUES (DATE '2000-01-01' + {written[0]}, true)"))
                tx.run(sql(f"INSERT INTO setup_link VALUES ('{written[0]}', now(), NULL)"))
                book.append_in(tx, [{"kind": "test", "number": written[0], "filler": "x" * 500}])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = [backed_up(home) for _time in range(3)]
    finally:
        stop.set()
        writer.join()
    assert made[0].contents.tables["holiday"][0] < made[2].contents.tables["holiday"][0] <= written[0]
    for one in made:
        count = one.contents.tables["holiday"][0]
        assert one.contents.tables["setup_link"][0] == count
        last = list(journal.entries(unsealed(home, one) / "journal"))[-1][2]
        assert last["number"] == count


def test_a_line_that_is_just_being_written_is_not_in_the_copy(home: Home) -> None:
    with home.db.write() as tx:
        journal.Journal(home.journal).append_in(tx, [{"kind": "test"}])
    (segment,) = home.journal.glob("*.jsonl")
    whole = segment.read_bytes()
    segment.write_bytes(whole + b'{"kind":"aban')
    assert (unsealed(home, backed_up(home)) / "journal" / segment.name).read_bytes() == whole


def test_a_copy_made_while_a_batch_runs_comes_back_with_every_order_in_its_place(
    demo_home: Home, approved, tmp_path
) -> None:
    batch = approved(60, delay_ms=15)
    worker = threading.Thread(target=run_renewals.run, args=(demo_home, GO))
    worker.start()
    while len(charges(demo_home)) < 5:
        GO.wait(0.01)
    made = backed_up(demo_home)
    worker.join()
    copy = unsealed(demo_home, made)
    demo_home.close()
    journal._opened.clear()
    shutil.copyfile(copy / FILE_NAME, demo_home.path / FILE_NAME)
    home = open_home(demo_home.path)
    home.db.clock = demo_home.clock
    # The home's own journal knows what was bought after the copy.
    assert recovery.recover(home.db, home.journal).restored in {"newer", None}
    with home.db.write() as tx:
        wrong = {c.what: c.wrong for c in checking.check(tx, journal_folder=home.journal, settings=home.settings)}
    assert {what: told for what, told in wrong.items() if told} == {}
    there = standing(home, batch)
    assert sum(count for state, count in there.items() if state != "state") == 60
    assert there["succeeded"] + there.get("unknown", 0) >= 5
    assert set(charges(home).values()) == {1}
    home.close()


def test_only_the_newest_are_kept_and_what_a_kill_left_is_cleared(home: Home) -> None:
    (home.path / "backups" / UNFINISHED / "journal").mkdir(parents=True)
    (home.path / "backups" / UNFINISHED / FILE_NAME).write_bytes(b"half of it")
    (home.path / "backups" / "replaced-2026-11-01-000000").mkdir()
    kept = home.settings.model_copy(update={"backups_kept": 2})
    house = Home(home.path, home.kind, kept, home.db, home._lock)
    made = []
    for _night in range(3):
        home.clock.move(timedelta(days=1))  # type: ignore[attr-defined]
        made.append(backed_up(house).path)
    assert known(home.path / "backups") == made[1:]
    left = {path.name for path in (home.path / "backups").iterdir()}
    assert left == {made[1].name, made[2].name, "replaced-2026-11-01-000000"}
    assert not (home.exports / WORK).exists()


_MORTAL = """
import sys, threading
from pathlib import Path
from data.home import open_home
from data.people.rules import SYSTEM
from jobs.backups import making

def inside(*_told):
    print("inside", flush=True)
    threading.Event().wait(60)

setattr(making, sys.argv[2], inside)
making.make(open_home(Path(sys.argv[1])), SYSTEM, threading.Event())
"""


@pytest.mark.parametrize("point", ["_copy_and_sum", "verified"])
def test_a_kill_in_the_middle_costs_the_home_nothing_and_the_next_backup_is_whole(home: Home, people, point) -> None:
    before = {table: rows(home, table) for table in tables(home)}
    home.close()
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", _MORTAL, str(home.path), point]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root, text=True) as child:
        assert child.stdout and child.stdout.readline() == "inside\n"
        child.send_signal(signal.SIGKILL)
    assert (home.exports / WORK).is_dir()
    again = open_home(home.path)
    assert {table: rows(again, table) for table in before} == before
    assert known(home.path / "backups") == []
    assert backed_up(again).contents.tables["person"][0] == len(before["person"])
    assert not (home.path / "backups" / UNFINISHED).exists() and not (home.exports / WORK).exists()
    again.close()


def test_no_backup_is_made_where_orders_would_lose_their_room(home: Home, monkeypatch) -> None:
    usage = shutil._ntuple_diskusage(10**9, 10**9, 150 * 1024 * 1024)
    monkeypatch.setattr(making.shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(BackupError, match="where 150 MB are free"):
        back_up.run(home, GO)
    assert known(home.path / "backups") == []


def test_a_stop_ends_the_reading_back_and_leaves_no_backup(home: Home, monkeypatch) -> None:
    stop = threading.Event()
    slow = home.path / "slow.py"
    slow.write_text("import time; time.sleep(60)")
    monkeypatch.setattr(making.child, "__file__", str(slow))
    threading.Timer(0.2, stop.set).start()
    assert back_up.run(home, stop) is None
    assert known(home.path / "backups") == []


def _change_a_value(path) -> None:
    db = opened(path)
    with db.write() as tx:
        tx.run(sql("UPDATE holiday SET works = NOT works WHERE day = DATE '2000-01-02'"))
    db.close()


def _lose_a_table(path) -> None:
    db = opened(path)
    with db.write() as tx:
        tx.run(sql("DROP TABLE layout"))
    db.close()


def _cut_the_file(path) -> None:
    os.truncate(path / FILE_NAME, 4096 * 3)


def _change_the_journal(path) -> None:
    (segment,) = (path / "journal").iterdir()
    segment.write_bytes(segment.read_bytes().replace(b'"number":1', b'"number":7'))


def _lose_the_journals_end(path) -> None:
    (segment,) = (path / "journal").iterdir()
    segment.write_bytes(b"".join(segment.read_bytes().splitlines(keepends=True)[:-1]))


_DAMAGES = {
    _change_a_value: "should: holiday",
    _lose_a_table: "should: layout",
    _cut_the_file: "cannot be read back",
    _change_the_journal: "line 3 was changed",
    _lose_the_journals_end: "does not reach",
}


def test_a_copy_that_is_not_what_was_written_is_told(home: Home, tmp_path) -> None:
    with home.db.write() as tx:
        tx.run(sql("INSERT INTO holiday VALUES (DATE '2000-01-02', true)"))
        journal.Journal(home.journal).append_in(tx, [{"kind": "test", "number": number} for number in range(3)])
    made = backed_up(home)
    plain = unsealed(home, made)
    for damage, told in _DAMAGES.items():
        copy = tmp_path / damage.__name__
        shutil.copytree(plain, copy)
        damage(copy)
        with pytest.raises(BackupError, match=told):
            making.verified(copy, made, GO)


def test_a_note_that_is_not_of_this_copy_is_told(home: Home) -> None:
    made = backed_up(home)
    told = json.loads((made.path / NOTE).read_text())
    told["contents"]["audit_head"] = "9:" + "0" * 64
    (made.path / NOTE).write_text(json.dumps(told))
    with pytest.raises(BackupError, match="should: audit_head"):
        making.verified(unsealed(home, made), read(made.path), GO)


def test_what_is_no_backup_is_told(home: Home) -> None:
    with pytest.raises(BackupError, match="is no backup"):
        read(home.path)
    (home.path / NOTE).write_text('{"made_at": 1}')
    with pytest.raises(BackupError, match="is no backup"):
        read(home.path)


def test_a_backup_that_does_not_hold_is_a_failed_run_and_no_backup(home: Home, monkeypatch) -> None:
    copied = making._copied

    def differs(house, folder):
        contents, segments = copied(house, folder)
        return making.Contents({**contents.tables, "person": (99, "1")}, contents.audit_head), segments

    monkeypatch.setattr(making, "_copied", differs)
    with pytest.raises(BackupError, match="should: person"):
        back_up.run(home, GO)
    assert known(home.path / "backups") == []


def test_a_home_is_not_left_with_a_copy_attached(home: Home) -> None:
    backed_up(home)
    attached = "SELECT database_name FROM duckdb_databases() WHERE NOT internal"
    assert home.db.read().rows(Query("t", "", attached)) == [{"database_name": "flowcard"}]
