"""One pass of a job in a process of its own that ends at an exact point, or meets a disk that takes no more.

    python tests/money/dying.py HOME NOW JOB POINT

NOW: what its clock says. JOB: work, settle, reconcile, checkpoint, wait. POINT: a key of POINTS; "-" lets it live.
It prints "working" when it begins; what breaks it, if that is no kill, is its last line and status 1.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from data.clock import MovedClock
from data.database import Database, Query
from data.disk import DiskError
from data.home import HomeError, open_home
from data.renewals import journal, recovery
from jobs import reconcile, run_renewals, settle_unknowns
from jobs.carriers import accounts
from jobs.carriers.http import wire
from tests.carrier import running


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def after_journal(kinds: set[str]) -> Callable[[], None]:
    """Die when such lines are on disk and their transaction is not committed."""

    def arm() -> None:
        append = journal.Journal.append

        def dying(book: journal.Journal, entries: Any, *, now: datetime) -> None:
            told = list(entries)
            append(book, told, now=now)
            if kinds & {entry["kind"] for entry in told}:
                die()

        journal.Journal.append = dying  # type: ignore[method-assign]

    return arm


def before_journal(kinds: set[str]) -> Callable[[], None]:
    """Die when such lines are about to be written."""

    def arm() -> None:
        append = journal.Journal.append

        def dying(book: journal.Journal, entries: Any, *, now: datetime) -> None:
            told = list(entries)
            if kinds & {entry["kind"] for entry in told}:
                die()
            append(book, told, now=now)

        journal.Journal.append = dying  # type: ignore[method-assign]

    return arm


def after_commit(kinds: set[str]) -> Callable[[], None]:
    """Die when the transaction that wrote such lines is committed."""

    def arm() -> None:
        append, write = journal.Journal.append, Database.write
        written: list[str] = []

        def noting(book: journal.Journal, entries: Any, *, now: datetime) -> None:
            told = list(entries)
            append(book, told, now=now)
            written.extend(entry["kind"] for entry in told)

        @contextmanager
        def dying(db: Database, **how: Any) -> Iterator[Any]:
            with write(db, **how) as tx:
                yield tx
            if kinds & set(written):
                die()

        journal.Journal.append = noting  # type: ignore[method-assign]
        Database.write = dying  # type: ignore[method-assign]

    return arm


def at_the_wire(*, sent: bool) -> Callable[[], None]:
    """Die before the first byte of an order leaves, or when all of it has left and nothing has been read."""

    def arm() -> None:
        write, read = wire.Line.write, wire.Line.read
        ordered: list[bool] = []

        def writing(line: wire.Line, buffer: bytes, timeout: float | None = None) -> None:
            ordered.extend([True] * buffer.startswith(b"POST /orders"))
            if ordered and not sent:
                die()
            write(line, buffer, timeout)

        def reading(line: wire.Line, most: int, timeout: float | None = None) -> bytes:
            if ordered:
                die()
            return read(line, most, timeout)

        wire.Line.write, wire.Line.read = writing, reading  # type: ignore[method-assign]

    return arm


POINTS: dict[str, Callable[[], None]] = {
    "-": lambda: None,
    "k1": after_journal({"intent"}),
    "k2": after_commit({"intent"}),
    "k3": at_the_wire(sent=False),
    "k4": at_the_wire(sent=True),
    "k5 before the journal": before_journal({"result"}),
    "k5 after the journal": after_journal({"result"}),
    "k6": after_commit({"result"}),
    "k7 before the journal": before_journal({"settled", "reconciled"}),
    "k7 after the journal": after_journal({"settled", "reconciled"}),
    "k7 after the commit": after_commit({"settled", "reconciled"}),
}
_ADD = Query("add", "", "INSERT INTO sim_change SELECT i, $now, $field, 'a', 'b', 'test' FROM range($count) t(i)")


def _checkpoint(db: Database) -> None:
    """Acknowledge a write, say so, fold the log in; again and again until killed."""
    for number in range(10_000):
        with db.write() as tx:
            tx.run(_ADD, now=tx.now, field=f"round {number}", count=20_000)
        print(number, flush=True)
        db.checkpoint()


def main() -> None:
    path, now, job, point = Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]), sys.argv[3], sys.argv[4]
    running.install()
    home = open_home(path, note=f"a test that plays {job}")
    home.db.clock = MovedClock(now)
    accounts.load(home)
    recovery.recover(home.db, home.journal)
    POINTS[point]()
    print("working", flush=True)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    jobs: dict[str, Callable[[], object]] = {
        "work": lambda: run_renewals.run(home, stop),
        "settle": lambda: settle_unknowns.run(home, stop),
        "reconcile": lambda: reconcile.run(home, stop),
        "checkpoint": lambda: _checkpoint(home.db),
        "wait": sys.stdin.read,
    }
    jobs[job]()
    home.close()


if __name__ == "__main__":
    try:
        main()
    except (HomeError, DiskError, journal.JournalBroken, recovery.RecoveryError) as error:
        print(error, flush=True)
        sys.exit(1)
