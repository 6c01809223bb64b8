"""What is removed after its time, and what never is."""

import os
from datetime import timedelta
from pathlib import Path

from data.database import Query
from data.files import exports_store as exports
from data.files import store as files
from data.home import Home
from data.keeping import keep_bytes
from data.mails.pruning import TEXTS_KEPT_FOR
from data.people.rules import SYSTEM
from data.renewals import stopping
from data.runs import store as runs
from data.words import spoken
from jobs import prune
from tests.renewing import GO


def sql(text: str) -> Query:
    return Query("test", "", text)


def dropped(home: Home, by, content: bytes, *, kind: str | None = "cards", state: str = "imported") -> str:
    """A file in the home whose upload ended now, or waits."""
    sha256, size = keep_bytes(home.incoming, content)
    touched(home, home.incoming / sha256)
    with home.db.write() as tx:
        upload_id = files.keep_upload(tx, by, sha256=sha256, filename="a.csv", size=size, source="page", kind=kind)
        tx.run(
            sql(
                "UPDATE upload SET state = $state, ended_at = CASE WHEN $state = 'previewed' THEN NULL ELSE $now END WHERE upload_id = $id"
            ),
            state=state,
            now=tx.now,
            id=upload_id,
        )
    return sha256


def left(home: Home) -> set[str]:
    return {path.name for path in home.incoming.iterdir()}


def touched(home: Home, path: Path) -> None:
    """Written at the home's own time."""
    os.utime(path, (home.clock.now().timestamp(), home.clock.now().timestamp()))


def later_by(home: Home, time: timedelta) -> None:
    home.clock.move(time)  # type: ignore[attr-defined]


def test_imported_files_go_after_their_days_and_what_waits_or_proves_a_purchase_stays(home: Home, people) -> None:
    by = people["operator"]
    gone = dropped(home, by, b"imported"), dropped(home, by, b"discarded", state="discarded")
    stay = {
        dropped(home, by, b"waits for a person", state="previewed"),
        dropped(home, by, b"result sheet", kind="receipts"),
    }
    days = timedelta(days=home.settings.uploads_days)
    later_by(home, days - timedelta(hours=1))
    assert prune.run(home, GO) is None
    assert left(home) == stay | set(gone)
    again = dropped(home, by, b"discarded")  # the same bytes, dropped once more
    later_by(home, timedelta(hours=2))
    assert spoken(str(prune.run(home, GO))).startswith("Removed: 1 uploaded files, 0 exports")
    assert left(home) == stay | {again}


def test_bytes_that_no_upload_names_go_after_a_day(home: Home) -> None:
    keep_bytes(home.incoming, b"killed before its row was written")
    (home.incoming / ".half").write_bytes(b"killed before it was whole")
    for path in home.incoming.iterdir():
        touched(home, path)
    later_by(home, timedelta(hours=23))
    prune.run(home, GO)
    assert len(left(home)) == 2
    later_by(home, timedelta(hours=2))
    prune.run(home, GO)
    assert left(home) == set()


def test_exports_go_after_their_week_and_only_they(home: Home, people) -> None:
    with home.db.write() as tx:
        ids = [
            exports.ask_export(tx, people["operator"], what="sims", format="csv", filters={}) for _export in range(3)
        ]
        for export_id in ids[:2]:
            exports.written(tx, SYSTEM, export_id=export_id, filename="a.csv", rows=0, sha256="0")
    for name in (*(f"{export_id}.csv" for export_id in ids), "99.csv", "audit-heads.txt"):
        (home.exports / name).write_bytes(b"iccid")
    home.clock.move(timedelta(days=7, seconds=-1))  # type: ignore[attr-defined]
    prune.run(home, GO)
    assert {path.name for path in home.exports.iterdir()} == {"1.csv", "2.csv", "3.csv", "audit-heads.txt"}
    home.clock.move(timedelta(seconds=2))  # type: ignore[attr-defined]
    assert "2 exports" in spoken(str(prune.run(home, GO)))
    assert {path.name for path in home.exports.iterdir()} == {"3.csv", "audit-heads.txt"}


def test_texts_of_mails_go_and_that_they_were_sent_stays(home: Home) -> None:
    add = """INSERT INTO mail (digest, recipient_id, channel, kind, slot, message_id, state, next_try, body, made_at, ended_at)
        VALUES ($digest::UUID, 1, 'mail', 'digest', $digest, '<a@b>', $state, $now, 'Seven cards', $now, $ended)"""
    with home.db.write() as tx:
        for place, (state, ended) in enumerate((("sent", tx.now), ("queued", None)), start=1):
            digest = f"00000000-0000-4000-8000-00000000000{place}"
            tx.run(sql(add), digest=digest, state=state, now=tx.now, ended=ended)
    home.clock.move(TEXTS_KEPT_FOR)  # type: ignore[attr-defined]
    assert prune.run(home, GO) is None
    home.clock.move(timedelta(seconds=1))  # type: ignore[attr-defined]
    assert "texts of 1 mails" in spoken(str(prune.run(home, GO)))
    found = home.db.read().rows(sql("SELECT state, body, message_id FROM mail ORDER BY mail_id"))
    assert found == [
        {"state": "sent", "body": None, "message_id": "<a@b>"},
        {"state": "queued", "body": "Seven cards", "message_id": "<a@b>"},
    ]


def test_old_runs_and_wishes_go_and_the_audit_keeps_who_asked(home: Home, people) -> None:
    with home.db.write() as tx:
        runs.ask(tx, people["operator"], job="prune", wish="run_now")
        runs.take_requests(tx)
        runs.keep_run(tx, job="prune", started_at=tx.now, outcome="ok")
    entries = home.db.read().value(sql("SELECT count(*) FROM audit"))
    home.clock.move(runs.KEPT_FOR)  # type: ignore[attr-defined]
    assert prune.run(home, GO) is None
    home.clock.move(timedelta(seconds=1))  # type: ignore[attr-defined]
    assert "1 runs" in spoken(str(prune.run(home, GO)))
    assert home.db.read().value(sql("SELECT count(*) FROM job_run")) == 0
    assert home.db.read().value(sql("SELECT count(*) FROM job_request")) == 0
    assert home.db.read().value(sql("SELECT count(*) FROM audit")) == entries


def test_nothing_that_money_stands_on_is_touched(home: Home, people) -> None:
    from tests.filling import fill_every_table, rows, tables

    fill_every_table(home)
    for folder in (home.vouchers, home.previews, home.journal, home.path / "keys", home.path / "backups"):
        (folder / "old").write_bytes(b"kept")
    emptied = {"job_run", "job_request"}
    before = {table: rows(home, table) for table in tables(home) if table not in emptied | {"mail"}}
    home.clock.move(timedelta(days=4000))  # type: ignore[attr-defined]
    prune.run(home, GO)
    assert {table: rows(home, table) for table in before} == before
    for folder in (home.vouchers, home.previews, home.journal, home.path / "keys", home.path / "backups"):
        assert (folder / "old").is_file()


def test_a_clock_that_was_set_a_year_ahead_makes_nothing_old(home: Home, people) -> None:
    dropped(home, people["operator"], b"imported")
    assert prune.run(home, GO) is None
    home.clock.jump(timedelta(days=365))  # type: ignore[attr-defined]
    assert prune.run(home, GO) is None
    assert len(left(home)) == 1
    with home.db.write() as tx:
        stopping.release(tx, people["approver"])
    assert prune.run(home, GO) is not None
