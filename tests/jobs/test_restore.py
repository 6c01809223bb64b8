"""`flowcard backup` and `flowcard restore`: the way back, what it refuses, what it keeps, and that nothing is bought twice by it."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from data import home as house
from data.audit import store as audit
from data.database import FILE_NAME
from data.home import Home, open_home
from data.people import sessions
from data.people import store as people_store
from data.people.rules import Event
from data.renewals import checking, journal, recovery
from data.renewals import store as renewals
from data.runs import store as runs
from jobs import run_renewals, settle_unknowns, verify_audit
from jobs.backups import known
from jobs.command_line import app
from jobs.commands import ERROR, HELD, OK
from tests.filling import fill_every_table, rows, sql, tables
from tests.renewing import charges, standing, work

GO = threading.Event()
# What a restored home says of the restoring itself, beyond what the backup held.
SAYS_SO = {"audit", "stop_switch", "session"}


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWCARD_LANGUAGE", "en")


def flowcard(path: Path, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, [*words, "--home", str(path)])
    return result.exit_code, result.output


def closed(home: Home) -> Path:
    """The home at rest."""
    home.close()
    journal._opened.clear()
    return home.path


def opened(path: Path, clock=None) -> Home:
    home = open_home(path)
    home.db.clock = clock or home.db.clock
    return home


def newest(path: Path) -> str:
    return known(path / "backups")[-1].name


def test_every_row_of_every_table_comes_back(home: Home, people) -> None:
    with home.db.write() as tx:
        for _run in range(3):
            runs.keep_run(tx, job="prune", started_at=tx.now, outcome="ok")
    assert fill_every_table(home) == set()
    with home.db.write() as tx:
        tx.run(sql("DELETE FROM journal_mark"))
        journal.Journal(home.journal).append_in(tx, [{"kind": "test"}])
    before = {table: rows(home, table) for table in tables(home)}
    path = closed(home)
    code, said = flowcard(path, "backup")
    assert (code, "read back" in said) == (OK, True)
    home = opened(path)
    with home.db.write() as tx:
        for table in ("job_run", "upload", "person_scope", "usage_day"):
            tx.run(sql(f"DELETE FROM {table}"))
        tx.run(sql("UPDATE sim SET expires_on = NULL"))
    closed(home)
    code, said = flowcard(path, "restore", newest(path))
    assert code == OK, said
    assert "flowcard renew restored --as NAME" in said
    home = opened(path)
    after = {table: rows(home, table) for table in tables(home)}
    assert {table for table in before if after[table] != before[table]} <= SAYS_SO
    assert after["audit"][: len(before["audit"])] == before["audit"]
    assert [entry["event"] for entry in after["audit"][len(before["audit"]) :]] == [
        Event.RENEWALS_STOPPED.value,
        Event.HOME_RESTORED.value,
    ]
    # Numbers go on where they were.
    with home.db.write() as tx:
        assert runs.begin_run(tx, job="prune", started_at=tx.now) == 4
    home.close()


def test_nothing_is_sent_and_nobody_is_signed_in_until_a_person_has_looked(home: Home, people) -> None:
    with home.db.write() as tx:
        person = people_store.by_name(tx, "operator")
        assert person
        session = sessions.sign_in(tx, person, address="127.0.0.1")
    verify_audit.run(home, GO)
    head = (home.exports / verify_audit.HEADS_FILE).read_text()
    path = closed(home)
    flowcard(path, "backup")
    assert flowcard(path, "restore", newest(path))[0] == OK
    home = opened(path)
    (stop,) = renewals.stops(home.db.read())
    assert (stop.account, stop.reason) == ("", "restored")
    assert sessions.ended(home.db.read(), [session.session_id]) == [session.session_id]
    assert audit.first_broken(home.db.read(), home.db.audit_key) is None
    # Heads of entries that came after the backup would be told as tampering; the last of them stands in the log.
    assert not (home.exports / verify_audit.HEADS_FILE).exists()
    entry = home.db.read().rows(sql("SELECT * FROM audit ORDER BY seq DESC LIMIT 1"))[0]
    assert head.strip() in entry["detail"]
    home.close()


def test_the_files_that_were_there_are_kept(home: Home, people) -> None:
    path = closed(home)
    flowcard(path, "backup")
    (path / FILE_NAME).write_bytes(b"a disk has eaten it")
    (path / f"{FILE_NAME}.wal").write_bytes(b"and this")
    name = newest(path)
    code, said = flowcard(path, "restore", name)
    assert code == OK, said
    (old,) = path.glob("replaced-*")
    assert (old / FILE_NAME).read_bytes() == b"a disk has eaten it"
    assert (old / f"{FILE_NAME}.wal").read_bytes() == b"and this"
    assert str(old) in said
    assert not (path / f"{FILE_NAME}.wal").exists()
    home = opened(path)
    assert len(people_store.everyone(home.db.read())) == len(people)
    home.close()


def test_an_order_placed_after_the_backup_is_known_from_the_homes_own_journal(demo_home: Home, approved) -> None:
    batch = approved(6)
    path, clock = closed(demo_home), demo_home.clock
    flowcard(path, "backup")
    home = opened(path, clock)
    assert work(home) == {"succeeded": "6"}
    bought = charges(home)
    closed(home)
    code, said = flowcard(path, "restore", newest(path))
    assert (code, "own money journal stays" in said) == (OK, True)
    home = opened(path, clock)
    assert recovery.recover(home.db, home.journal).restored == "newer"
    assert work(home) is None  # the switch is thrown
    release_and_resume(home, batch)
    rest(home)
    assert standing(home, batch)["succeeded"] == 6
    assert charges(home) == bought
    assert wrong(home) == {}
    home.close()


def test_with_the_backups_journal_everything_not_bought_is_asked_about_before_it_is_sent(
    demo_home: Home, approved
) -> None:
    batch = approved(6)
    path, clock = closed(demo_home), demo_home.clock
    flowcard(path, "backup")
    home = opened(path, clock)
    assert work(home) == {"succeeded": "6"}
    bought = charges(home)
    closed(home)
    (segment,) = (path / "journal").glob("*.jsonl")
    segment.write_bytes(segment.read_bytes().replace(b'"kind":"intent"', b'"kind":"INTENT"', 1))
    code, said = flowcard(path, "restore", newest(path))
    assert (code, "journal is the backup's" in said) == (OK, True)
    (old,) = path.glob("replaced-*")
    assert b"INTENT" in (old / "journal" / segment.name).read_bytes()
    code, said = flowcard(path, "renew", "restored", "--as", "operator")
    assert (code, said.split(" ")[0]) == (OK, "6")
    home = opened(path, clock)
    recovery.recover(home.db, home.journal)
    assert work(home) is None
    release_and_resume(home, batch)
    rest(home)
    assert standing(home, batch) == {"succeeded": 6, "state": "done"}
    assert charges(home) == bought
    assert wrong(home) == {}
    home.close()


def release_and_resume(home: Home, batch: int) -> None:
    """What an approver does after a restore."""
    with home.db.write() as tx:
        approver = people_store.by_name(tx, "approver")
        assert approver
        by = approver.actor("command line")
        renewals.release(tx, by)
        status = renewals.status(tx, batch)
        if status and status.state == "paused":
            renewals.resume(tx, by, batch=batch)


def rest(home: Home) -> None:
    for _turn in range(6):
        home.clock.move(timedelta(minutes=10))  # type: ignore[attr-defined]
        settle_unknowns.run(home, GO)
        run_renewals.run(home, GO)


def wrong(home: Home) -> dict[str, str]:
    with home.db.write() as tx:
        found = checking.check(tx, journal_folder=home.journal, settings=home.settings)
        return {one.what: one.wrong for one in found if one.wrong}


def test_a_log_that_was_tampered_with_comes_back_as_it_is_and_is_told(home: Home, people) -> None:
    with home.db.write() as tx:
        tx.run(sql("UPDATE audit SET person = 'nobody' WHERE seq = 3"))
    path = closed(home)
    flowcard(path, "backup")
    assert flowcard(path, "restore", newest(path))[0] == OK
    assert "Entry 3 of the audit log" in flowcard(path, "audit", "verify")[1].replace("\n", " ")


def test_a_running_home_is_not_touched(home: Home, people) -> None:
    path = closed(home)
    flowcard(path, "backup")
    home = opened(path)
    code, said = flowcard(path, "restore", newest(path))
    assert (code, "is held by process" in said) == (HELD, True)
    assert flowcard(path, "backup")[0] == HELD
    assert not list(path.glob("replaced-*"))
    assert renewals.stops(home.db.read()) == []
    home.close()


def test_what_does_not_hold_changes_nothing(home: Home, people, tmp_path: Path) -> None:
    path = closed(home)
    flowcard(path, "backup")
    name = newest(path)
    before = (path / FILE_NAME).read_bytes()
    keys = (path / "keys" / "audit").read_bytes()

    def refused(said: str, *words: str) -> None:
        code, told = flowcard(path, "restore", *words)
        assert (code, said in told) == (ERROR, True), told
        assert (path / FILE_NAME).read_bytes() == before
        assert not list(path.glob("replaced-*"))

    refused("is no backup", "2026-11-21-000000")
    refused("is no backup", str(tmp_path))
    (path / "keys" / "audit").write_bytes(b"0" * 32)
    refused("is not the one this backup", name)
    (path / "keys" / "audit").unlink()
    refused("There are no keys", name)
    (path / "keys" / "audit").write_bytes(keys)
    copy = path / "backups" / name / f"{FILE_NAME}.age"
    copy.write_bytes(copy.read_bytes()[:20_000])
    refused("does not open: either it is damaged", name)


def test_without_a_name_the_backups_are_listed(home: Home, people) -> None:
    path = closed(home)
    assert "no backup yet" in flowcard(path, "restore")[1]
    flowcard(path, "backup")
    code, said = flowcard(path, "restore")
    assert (code, newest(path) in said) == (OK, True)
    assert house.exists(path)
