"""How one job runs: never twice at once, daily ones once for what they missed, each run written down with its log."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TypeVar

from data.database import Transaction
from data.disk import DiskError
from data.home import Home
from data.mails import store as mails
from data.people.rules import SYSTEM
from data.runs import slots
from data.runs import store as runs
from data.runs.rules import overdue
from data.words import N_, ToldError, later, moment, speaking, spoken
from jobs.running.logs import kept

log = logging.getLogger("flowcard.schedule")
Run = Callable[[Home, threading.Event], str | None]
Result = TypeVar("Result")
# A run that takes longer is noted before its end: pages show it, and a kill leaves it behind as interrupted.
_NOTED_AFTER = timedelta(seconds=10)
# The same trouble every second is one piece of news a minute.
_SAME_TROUBLE_EVERY = timedelta(minutes=1)
_LATE = N_("It has not come round since {moment}")
# What administrators are mailed, once a day for each job and trouble.
_ALARMS = {
    "late": N_("The job {job} has not come round in time; the page Jobs says since when"),
    "long": N_("The job {job} has been running for longer than it may; it goes on, and the page Jobs says since when"),
    "failed": N_("The job {job} failed; the page Jobs says why"),
}


@dataclass(frozen=True)
class Job:
    """One line of SCHEDULE: `every` so long, or daily `at` a time in Shanghai."""

    name: str
    run: Run  # does what is due; a sentence for later of what it did, None when nothing was due
    sentence: str
    every: timedelta | None = None
    at: time | None = None
    budget: timedelta = timedelta(minutes=30)  # a run that takes longer is told, and goes on

    @property
    def trigger(self) -> str:
        """As people read it."""
        return f"every {self.every.total_seconds():g} s" if self.every else f"{self.at:%H:%M}"


class Running:
    """One job of a home."""

    def __init__(self, home: Home, job: Job, stopping: threading.Event) -> None:
        self.job = job
        self.came_round_at = home.clock.now()
        self._home = home
        self._stopping = stopping
        self._lock = threading.Lock()  # who holds it is the run
        self._noting = threading.Lock()  # beginning and end of a noted run do not cross
        self._started: datetime | None = None
        self._run_id: int | None = None
        self._suspected = False
        self._told_long = False
        self._trouble: tuple[str, datetime] | None = None  # the last failure, and when it was noted

    def remember(self, *, trouble: str, at: datetime) -> None:
        """Its last run before this start failed: the first good one ends that, also where it has nothing to tell."""
        self._trouble = (trouble, at)

    def tick(self) -> None:
        """Run where something may be due: an `every` always, a daily one when its newest slot is not done."""
        if self.job.at is not None and not self._lock.locked():
            now = self._home.clock.now()
            if not slots.due(self._home.db.read(), job=self.job.name, at=self.job.at, now=now):
                self.came_round_at = now
                return
        self.run()

    def run(self, *, asked: bool = False) -> None:
        """Run now. `asked`: by a person, who is told when it is running already."""
        if self._stopping.is_set():
            return
        if not self._lock.acquire(blocking=False):
            if asked:
                self._keep("overlapped", self._home.clock.now())
            return
        try:
            started = self._started = self._home.clock.now()
            self._told_long = False
            # A daily run that cannot be noted would be done again and again.
            if self.job.at is None or self._begin():
                with kept() as lines:
                    self._do(started, lines)
        finally:
            self._started = None
            self.came_round_at = self._home.clock.now()
            self._lock.release()

    def at_work(self) -> bool:
        """Whether it runs."""
        return self._lock.locked()

    def late(self, now: datetime, *, look_every: timedelta) -> bool:
        """Whether it has not come round for too long; a long run is not late."""
        every = self.job.every or look_every
        return not self.at_work() and overdue(last_end=self.came_round_at, every=every, now=now)

    def long(self, now: datetime) -> bool:
        """Whether its run is over its budget."""
        started = self._started
        return started is not None and now - started > self.job.budget

    def watch(self, *, look_every: timedelta) -> None:
        """Note a run that takes long while it takes, and a job that stopped coming round (seen so at two looks)."""
        now, started = self._home.clock.now(), self._started
        if started is not None and now - started > _NOTED_AFTER:
            self._begin()
        if self.long(now) and not self._told_long:
            self._told_long = True
            log.warning("%s has been running since %s, its budget is %s", self.job.name, started, self.job.budget)
            self._alarm("long")
        late = self.late(now, look_every=look_every)
        if late and self._suspected and (self._trouble is None or self._trouble[0] != _LATE):
            log.error("%s has not come round since %s", self.job.name, self.came_round_at)
            self._trouble = (_LATE, now)
            self._keep("missed", now, error=later(_LATE, moment=moment(self.came_round_at)))
            self._alarm("late")
        self._suspected = late

    def _do(self, started: datetime, lines: Sequence[str]) -> None:
        try:
            # What a job writes down of its own words, beside a carrier's, is in the language of the house.
            with speaking(self._home.settings.language):
                did = self.job.run(self._home, self._stopping)
        except Exception as error:  # one job's trouble never stops the others; it is logged and recorded
            why, now = _why(error), self._home.clock.now()
            known, run_id = self._trouble, self._end()
            if run_id is None and known and known[0] == why and now - known[1] < _SAME_TROUBLE_EVERY:
                return
            # What has a sentence of its own needs no trace.
            log.error("%s failed: %s", self.job.name, error, exc_info=not isinstance(error, ToldError))
            self._trouble = (why, now)
            self._keep("failed", started, run_id=run_id, error=why, lines=lines)
            # What is looked at every minute may stumble once; a night has one chance.
            if known or self.job.at is not None:
                self._alarm("failed")
            return
        run_id = self._end()
        if did:
            with speaking("en"):
                log.info("%s: %s", self.job.name, spoken(did))
        # Where nothing was due there is nothing to tell, but that trouble is over.
        if did or run_id is not None or self._trouble is not None:
            self._trouble = None
            cut_off = self._stopping.is_set() and self.job.at is not None
            self._keep("stopped" if cut_off else "ok", started, run_id=run_id, did=did, lines=lines)

    def _begin(self) -> bool:
        """Note the run that is at work, once; whether it is noted."""
        with self._noting:
            started = self._started
            if self._run_id is None and started is not None:
                self._run_id = written(self._home, lambda tx: runs.begin_run(tx, job=self.job.name, started_at=started))
            return self._run_id is not None

    def _end(self) -> int | None:
        """From here on nobody begins to note this run; its run_id where it was noted."""
        with self._noting:
            run_id, self._run_id, self._started = self._run_id, None, None
            return run_id

    def _keep(
        self,
        outcome: str,
        started: datetime,
        *,
        run_id: int | None = None,
        did: str | None = None,
        error: str | None = None,
        lines: Sequence[str] = (),
    ) -> None:
        ended = {"did": did, "error": error, "log": "\n".join(lines) or None}

        def keep(tx: Transaction) -> None:
            if run_id is not None:
                runs.end_run(tx, run_id=run_id, outcome=outcome, **ended)
            else:
                runs.keep_run(tx, job=self.job.name, started_at=started, outcome=outcome, **ended)

        written(self._home, keep)

    def _alarm(self, kind: str) -> None:
        cause, said = f"job {self.job.name} {kind}", later(_ALARMS[kind], job=self.job.name)
        written(self._home, lambda tx: mails.alarm(tx, SYSTEM, cause=cause, said=said))


def note_seen(home: Home, running: Sequence[Running]) -> None:
    """Write down when each job last came round, for the pages; now where one is at work."""
    now = home.clock.now()
    seen = {one.job.name: now if one.at_work() else one.came_round_at for one in running}
    written(home, lambda tx: runs.seen(tx, jobs=seen))


def written(home: Home, write: Callable[[Transaction], Result]) -> Result | None:
    """What `write` returns; None where nothing can be written down: every page says so from the database's own word."""
    try:
        # Quiet: a run's own rows have already told the pages; the Jobs page reads runs fresh.
        with home.db.write(quiet=True) as tx:
            return write(tx)
    except DiskError as trouble:
        log.error("%s", trouble)
        return None


def _why(error: Exception) -> str:
    if isinstance(error, ToldError):
        return later(error.msgid, **error.values)
    return later("It broke off with {error}; the server's log says where", error=f"{type(error).__name__}: {error}")
