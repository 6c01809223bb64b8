"""Homes for money tests: made once, copied for each test; and a desk from which a test plays people, worker and death."""

import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from data.clock import MovedClock
from data.database import Query
from data.home import Home, open_home
from data.people import store as people_store
from data.people.rules import Actor, Role
from data.renewals import journal, recovery
from data.renewals import store as renewals
from data.sims.rolling import roll_up
from jobs import run_renewals, settle_unknowns
from jobs.carriers import accounts
from tests.money import border

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
EXPIRY = date(2026, 11, 30)
PRICE_FEN = 1200
PEOPLE = {
    "operator": Role.OPERATOR,
    "approver": Role.APPROVER,
    "operator2": Role.OPERATOR,
    "approver2": Role.APPROVER,
}
GO = threading.Event()
ACCOUNT = """
[[account]]
name = "{name}"
connector = "{connector}"
carrier = "mobile"
payee = "Test Mobile"
canary_items = 0
breaker_in_row = 10000
breaker_share = 1.0
breaker_window = 1000
breaker_cooldown_s = 1
"""
_CARDS = """
INSERT INTO sim (stem, iccid, msisdn, carrier, account, plan_id, status, activated_on, expires_on, auto_renew, observed_at)
SELECT printf('8986041012345%06d', i), printf('8986041012345%06d7', i), printf('144%08d', i), 'mobile', $account, 1,
    'active', DATE '2025-11-30', $expires_on, false, $now
FROM generate_series(1, $count) t(i)
"""


class Killed(BaseException):
    """The process dies here: nothing behind this point happens."""


def sql(text: str) -> Query:
    return Query("test", "", text)


def toml(name: str, connector: str, **keys: object) -> str:
    """One account for carriers.toml."""
    said = {key: f'"{value}"' if isinstance(value, str) else str(value).lower() for key, value in keys.items()}
    lines = ACCOUNT.format(name=name, connector=connector).strip().splitlines()
    kept = [line for line in lines if line.split(" = ")[0] not in said]
    return "\n".join([*kept, *(f"{key} = {value}" for key, value in said.items())]) + "\n"


def make_home(
    path: Path,
    *,
    cards: int,
    accounts_toml: str,
    account: str = "border-a",
    now: datetime | None = NOW,
    expires_on: date = EXPIRY,
) -> None:
    """A closed real home with people, accounts, two plans, and `cards` cards of one account.

    `now`: when it was made; None: by the machine's clock.
    """
    border.install()
    home = open_home(path, create="real")
    home.carriers_file.write_text(accounts_toml, encoding="utf-8")
    if now:
        home.db.clock = MovedClock(now)
    full, people_store._hasher = people_store._hasher, PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    try:
        with home.db.write() as tx:
            maker = Actor(0, "tests", Role.SYSTEM, "command line")
            for name, role in PEOPLE.items():
                people_store.add(tx, maker, name=name, role=role, password="three quiet terminals", language="en")
            for plan_id, plan in ((1, "M30"), (2, "M50")):
                tx.run(
                    sql(
                        "INSERT INTO plan (plan_id, plan, carrier, network, quota_bytes, term_months) "
                        "VALUES ($plan_id, $plan, 'mobile', '4G', 31457280, 12)"
                    ),
                    plan_id=plan_id,
                    plan=plan,
                )
                tx.run(
                    sql(
                        "INSERT INTO price (plan_id, channel, term_months, price_fen, valid_from) "
                        "VALUES ($plan_id, '', 12, $price_fen, DATE '2025-01-01')"
                    ),
                    plan_id=plan_id,
                    price_fen=PRICE_FEN * plan_id,
                )
            tx.run(sql(_CARDS), account=account, count=cards, expires_on=expires_on, now=tx.now)
        accounts.load(home)
        with home.db.write() as tx:
            roll_up(tx)
    finally:
        people_store._hasher = full
        home.close()


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

    def reopen(self) -> None:
        """What a new process does: nothing of the old one is left but the disk."""
        self.dead, self.kill_in, self._dies_at = False, None, []
        self.home.close()
        journal._opened.pop(self.home.journal, None)
        accounts._open.clear()
        self._open()
        self.reopened = recovery.recover(self.home.db, self.home.journal)

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
