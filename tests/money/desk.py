"""A desk from which a test plays people, worker, time and death, at a home whose carrier is inside the test."""

import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from data.clock import MovedClock
from data.home import Home, open_home
from data.people import store as people_store
from data.people.rules import Actor
from data.renewals import journal, recovery, reviewing
from data.renewals import store as renewals
from jobs import reconcile, run_renewals, settle_unknowns
from jobs.carriers import accounts
from tests.money import border
from tests.money.building import NOW, make_home, sql, toml

GO = threading.Event()


class Killed(BaseException):
    """The process dies here: nothing behind this point happens."""


_templates: dict[str, tempfile.TemporaryDirectory[str]] = {}


def desk_at_border(path: Path, *, cards: int = 12, **account: object) -> "Desk":
    """A desk whose cards are at the carrier inside the test; homes that are alike are built once."""
    like = f"{cards} {account.get('canary_items')}"
    if like not in _templates:
        _templates[like] = tempfile.TemporaryDirectory(prefix="flowcard-")
        accounts_toml = toml("border-a", "border", **account)
        make_home(Path(_templates[like].name) / "home", cards=cards, accounts_toml=accounts_toml)
    shutil.copytree(Path(_templates[like].name) / "home", path)
    # What the carrier itself is like stands in this file only.
    (path / "carriers.toml").write_text(toml("border-a", "border", **account), encoding="utf-8")
    desk = Desk(path)
    desk.books.cards = {row["stem"]: row["expires_on"] for row in desk.rows("SELECT stem, expires_on FROM sim")}
    return desk


class Desk:
    """An open home, its people, its worker; and the steps of its process at which it can be made to die."""

    def __init__(self, path: Path, *, now: datetime = NOW) -> None:
        self.path = path
        self.clock = MovedClock(now)
        self.kill_in: int | None = None  # so many steps until the process dies
        self._dies_at: list[str] = []  # or at the last of these, after the ones before it
        self.dead = False
        self.fails_at: str | None = None  # the disk refuses, once, at this step
        self.reopened: recovery.Recovered | None = None
        self._forms = 0
        self._open()

    @property
    def books(self) -> border.Books:
        """The carrier's."""
        return border.books(self.path / "carrier")

    @property
    def folder(self) -> Path:
        """Where the carrier's ledger lies."""
        return self.path / "carrier"

    def rows(self, text: str, **params: Any) -> list[dict[str, Any]]:
        return self.home.db.read().rows(sql(text), **params)

    def states(self) -> dict[str, int]:
        """How many obligations stand where."""
        return {row["st"]: row["n"] for row in self.rows("SELECT st, count(*) AS n FROM state GROUP BY 1 ORDER BY 1")}

    def who(self, name: str) -> Actor:
        with self.home.db.write(quiet=True) as tx:
            person = people_store.by_name(tx, name)
        assert person
        return person.actor("command line")

    def propose(self, sims: list[int] | None = None, *, months: int | None = None, by: str = "operator") -> int | None:
        who = self.who(by)
        chosen = sims or [row["sim_id"] for row in self.rows("SELECT sim_id FROM sim ORDER BY sim_id")]
        with self.home.db.write() as tx:
            return renewals.propose(tx, who, sim_ids=chosen, months=months, form_key=self.form_key()).batch

    def form_key(self) -> str:
        self._forms += 1
        return f"form {self._forms}"

    def approve(self, batch: int, *, by: str = "approver") -> None:
        who = self.who(by)
        status = renewals.status(self.home.db.read(), batch)
        assert status
        with self.home.db.write() as tx:
            renewals.approve(tx, who, batch=batch, content_hash=status.content_hash, settings=self.home.settings)

    def approved(self, sims: list[int] | None = None, *, months: int | None = None) -> int:
        batch = self.propose(sims, months=months)
        assert batch
        self.approve(batch)
        return batch

    def work(self) -> None:
        """One pass of the worker."""
        with self._mortal():
            run_renewals.run(self.home, GO)

    def settle(self, **time: float) -> None:
        """Let time pass, then one pass of the settling job."""
        self.wait(**time)
        with self._mortal():
            settle_unknowns.run(self.home, GO)

    def wait(self, **time: float) -> None:
        self.clock.move(timedelta(**time))

    def rest(self, passes: int = 60) -> None:
        """Work and settle until nothing moves any more: at last everything comes to rest or to a person."""
        for _ in range(passes):
            self.work()
            if not set(self.states()) & {"pending", "submitted", "unknown"}:
                break
            self.settle(**({"minutes": 3} if _ < 20 else {"hours": 12}))

    def reconcile(self) -> None:
        """One pass over the carrier's statements."""
        with self._mortal():
            reconcile.run(self.home, GO)

    def review(self, obligation: int, verdict: Any) -> None:
        """What one person states of a renewal, another confirms."""
        operator, approver = self.who("operator"), self.who("approver")
        with self.home.db.write() as tx:
            said = {"obligation": obligation, "verdict": verdict, "evidence": "seen", "reference": "paper 1"}
            number = reviewing.state_review(tx, operator, **said)
        with self.home.db.write() as tx:
            book = journal.opened(self.home.journal)
            reviewing.confirm_review(tx, approver, review=number, password=None, book=book)

    def reopen(self, *, kill_in: int | None = None) -> None:
        """What a new process does: nothing of the old one is left but the disk."""
        self.dead, self.kill_in, self._dies_at = False, None, []
        self.home.close()
        journal._opened.pop(self.home.journal, None)
        accounts._open.clear()
        self._open()
        self.kill_in = kill_in
        try:
            self.reopened = recovery.recover(self.home.db, self.home.journal)
        except Killed:
            self.reopen()
        self.kill_in = None

    def close(self) -> None:
        self.home.close()
        del self.home.db.write  # the circle through this desk
        journal._opened.pop(self.home.journal, None)
        accounts._open.clear()
        border._books.pop(str(self.folder), None)

    def dies_at(self, step: str, *, after: str | None = None) -> None:
        """Let the process die at a step, the first one or the first one behind `after`."""
        self._dies_at = [step] if after in (None, step) else [after, step]

    def step(self, where: str) -> None:
        """A point at which the process may die, or its disk refuse."""
        if where == self.fails_at:
            self.fails_at = None
            raise OSError("no space left on device")
        if self._dies_at and where == self._dies_at[0]:
            self._dies_at.pop(0)
            self.dead = not self._dies_at
        if self.kill_in is not None and not self.dead:
            self.kill_in -= 1
            self.dead = self.kill_in < 0
        if self.dead:
            raise Killed

    @contextmanager
    def _mortal(self) -> Iterator[None]:
        try:
            yield
        except Killed:
            self.reopen()
        except RuntimeError as error:
            if "the connector broke" not in str(error):
                raise
        finally:
            self.kill_in = None

    def _open(self) -> None:
        self.home: Home = open_home(self.path)
        self.home.db.clock = self.clock
        write, book = self.home.db.write, journal.opened(self.home.journal)
        append = book.append

        @contextmanager
        def mortal_write(**how: Any) -> Iterator[Any]:
            self.step("before a transaction")
            with write(**how) as tx:
                yield tx
                self.step("before its commit")
            self.step("after its commit")

        def mortal_append(entries: Any, *, now: datetime) -> None:
            self.step("before the journal")
            append(entries, now=now)
            self.step("after the journal")

        self.books.step = self.step
        self.home.db.write = mortal_write  # type: ignore[method-assign]
        book.append = mortal_append  # type: ignore[method-assign]
