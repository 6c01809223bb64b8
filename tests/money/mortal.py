"""A home between lives: worked in by processes that end as a test says, looked into and brought to rest by the test itself."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from data.clock import MovedClock
from data.home import Home, open_home
from data.people import store as people_store
from data.renewals import checking, journal, recovery
from data.renewals import store as renewals
from jobs import run_renewals, settle_unknowns
from jobs.carriers import accounts, pacing
from tests.carrier.running import Carrier
from tests.money import invariants
from tests.money.building import NOW, sql

ROOT = Path(__file__).parents[2]


class Mortal:
    """`dies(point)` is one life that ends by a kill; `rest()` is the last one, which must put everything right."""

    def __init__(self, path: Path, carrier: Carrier, *, key: bool) -> None:
        self.path, self.carrier, self.key = path, carrier, key
        self.clock = MovedClock(NOW)
        self.recovered: recovery.Recovered | None = None

    @contextmanager
    def open(self, *, recover: bool = True) -> Iterator[Home]:
        """The home in this process, after what every start does."""
        home = open_home(self.path)
        home.db.clock = self.clock
        try:
            accounts.load(home)
            if recover:
                self.recovered = recovery.recover(home.db, home.journal)
            yield home
        finally:
            home.close()
            journal._opened.pop(home.journal, None)
            opened = accounts._open.pop((home.path, "test-a"), None)
            if opened:
                opened[2].close()
            pacing._paces.clear()

    def approved(self, count: int, *, first: int = 1) -> None:
        with self.open() as home:
            self.approve(home, count, first=first)

    def approve(self, home: Home, count: int, *, first: int = 1) -> None:
        """An approved batch of so many cards."""
        with home.db.write() as tx:
            maker = people_store.by_name(tx, "operator").actor("command line")
            checker = people_store.by_name(tx, "approver").actor("command line")
            sims = list(range(first, first + count))
            made = renewals.propose(tx, maker, sim_ids=sims, form_key=f"form {first}")
        status = renewals.status(home.db.read(), made.batch)
        with home.db.write() as tx:
            hashed = status.content_hash
            renewals.approve(tx, checker, batch=made.batch, content_hash=hashed, settings=home.settings)

    def start(self, job: str, point: str = "-", **how: Any) -> subprocess.Popen[str]:
        """One life, begun; back when it works."""
        command = [sys.executable, "-m", "tests.money.dying", str(self.path), self.clock.now().isoformat(), job, point]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        child = subprocess.Popen(
            command, cwd=ROOT, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, **pipes, **how
        )
        said = child.stdout.readline().strip()
        if said != "working":
            child.kill()
            raise AssertionError(said + child.communicate()[1])
        return child

    def lives(self, job: str, **how: Any) -> tuple[int, str, str]:
        """One life to its end: status, what it said, what it said to standard error."""
        child = self.start(job, **how)
        said, trouble = child.communicate(timeout=60)
        return child.returncode, said, trouble

    def dies(self, point: str, job: str = "work") -> None:
        child = self.start(job, point)
        trouble = child.communicate(timeout=60)[1]
        assert child.returncode == -signal.SIGKILL, f"it lived through {point}: {trouble}"

    def wait(self, **time: float) -> None:
        """Time passes for us and the carrier."""
        self.clock.move(timedelta(**time))
        self.carrier.settings(now=self.clock.now().isoformat())

    def rest(self, home: Home) -> dict[str, int]:
        """Settle and work until nothing moves any more; how many stand where."""
        for step in range(60):
            run_renewals.run(home, threading.Event())
            if not set(self.states(home)) & {"pending", "submitted", "unknown"}:
                break
            self.wait(**({"minutes": 2} if step < 20 else {"hours": 12}))
            settle_unknowns.run(home, threading.Event())
        return self.states(home)

    def states(self, home: Home) -> dict[str, int]:
        return {
            row["st"]: row["n"] for row in self.rows(home, "SELECT st, count(*) AS n FROM state GROUP BY 1 ORDER BY 1")
        }

    def rows(self, home: Home, text: str) -> list[dict[str, Any]]:
        return home.db.read().rows(sql(text))

    def sound(self, home: Home) -> None:
        """No invariant is broken, and `flowcard check` finds everything in order."""
        keyless = frozenset() if self.key else frozenset({"test-a"})
        found = invariants.check(home, self.carrier.folder, asked=invariants.Asked(keyless=keyless))
        assert not found, found
        assert self.wrong(home) == {}

    def wrong(self, home: Home) -> dict[str, str]:
        """What `flowcard check` finds."""
        with home.db.write() as tx:
            checks = checking.check(tx, journal_folder=home.journal, settings=home.settings)
            return {check.what: check.wrong for check in checks if check.wrong}

    def copy(self, to: Path) -> Path:
        """The home's database as it is now; the home is closed."""
        shutil.copyfile(self.path / "flowcard.duckdb", to)
        return to
