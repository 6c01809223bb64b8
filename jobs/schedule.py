"""SCHEDULE: every job's name, trigger, function and one sentence; started and stopped with the process.

The scheduler only ticks. What is due is found by a query, so a missed, doubled or late tick changes nothing.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from apscheduler.events import EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from data.clock import HOME_ZONE
from data.disk import DiskError
from data.home import Home
from data.runs import store as runs
from data.runs.rules import Planned, overdue
from data.words import N_, ToldError, later, speaking, spoken
from jobs import (
    import_inbox,
    read_uploads,
    read_vouchers,
    reconcile,
    refresh_plans,
    refresh_sims,
    refresh_usage,
    roll_up,
    run_renewals,
    settle_unknowns,
    verify_audit,
    verify_renewals,
    write_exports,
)

log = logging.getLogger("flowcard.schedule")
Run = Callable[[Home, threading.Event], str | None]


@dataclass(frozen=True)
class Job:
    """One line of SCHEDULE: `every` so long, or daily `at` a time in Shanghai."""

    name: str
    run: Run  # does what is due; a sentence for later of what it did, None when nothing was due
    sentence: str
    every: timedelta | None = None
    at: time | None = None

    @property
    def trigger(self) -> str:
        """As people read it."""
        return f"every {self.every.total_seconds():g} s" if self.every else f"{self.at:%H:%M}"


SCHEDULE: tuple[Job, ...] = (
    Job("run_renewals", run_renewals.run, N_("Works off approved batches"), every=timedelta(seconds=1)),
    Job(
        "settle_unknowns",
        settle_unknowns.run,
        N_("Asks carriers about orders without a clear answer"),
        every=timedelta(seconds=5),
    ),
    Job(
        "verify_renewals",
        verify_renewals.run,
        N_("Reads paid cards again: do they run on?"),
        every=timedelta(minutes=1),
    ),
    # After midnight in every carrier's books, before anybody works.
    Job("reconcile", reconcile.run, N_("Compares our orders with the carriers' statements"), at=time(4, 10)),
    Job("verify_audit", verify_audit.run, N_("Follows the audit log and writes its head down outside"), at=time(4, 40)),
    Job(
        "refresh_sims",
        refresh_sims.run,
        N_("Reads cards from their carriers: states, expiries, plans"),
        every=timedelta(minutes=1),
    ),
    Job(
        "refresh_usage",
        refresh_usage.run,
        N_("Reads from carriers what cards have used"),
        every=timedelta(minutes=1),
    ),
    Job(
        "refresh_plans",
        refresh_plans.run,
        N_("Reads what carriers sell; another price, term or volume becomes a notice"),
        every=timedelta(minutes=10),
    ),
    Job(
        "read_uploads",
        read_uploads.run,
        N_("Reads dropped files and imports accepted ones"),
        every=timedelta(seconds=1),
    ),
    Job(
        "read_vouchers",
        read_vouchers.run,
        N_("Reads what filed invoices say of themselves"),
        every=timedelta(seconds=1),
    ),
    Job(
        "import_inbox",
        import_inbox.run,
        N_("Imports files from the inbox folder under saved layouts"),
        every=timedelta(seconds=30),
    ),
    Job("write_exports", write_exports.run, N_("Writes the exports people asked for"), every=timedelta(seconds=1)),
    Job(
        "roll_up",
        roll_up.run,
        N_("Makes the joined view of every SIM anew for the new day"),
        every=timedelta(minutes=1),
    ),
)

# Every tick may wait for a busy worker; none is thrown away for being late.
_WORKERS = 4
_TAKE_REQUESTS_EVERY = timedelta(seconds=1)


@dataclass
class Scheduler:
    """The running schedule of one home."""

    home: Home
    jobs: tuple[Job, ...] = SCHEDULE
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._ended: dict[str, datetime] = {}
        self._paused: frozenset[str] = frozenset()
        self._locks = {job.name: threading.Lock() for job in self.jobs}
        self._scheduler = BackgroundScheduler(
            timezone=HOME_ZONE,
            executors={"default": ThreadPoolExecutor(_WORKERS)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Write SCHEDULE into its table, then tick."""
        planned = [Planned(job.name, place, job.trigger, job.sentence) for place, job in enumerate(self.jobs)]
        with self.home.db.write() as tx:
            runs.keep_schedule(tx, planned)
        self._paused = runs.paused(self.home.db.read())
        now = self.home.clock.now()
        for job in self.jobs:
            self._ended[job.name] = now
            trigger = (
                IntervalTrigger(seconds=job.every.total_seconds())
                if job.every
                else CronTrigger(hour=job.at.hour, minute=job.at.minute, timezone=HOME_ZONE)  # type: ignore[union-attr]
            )
            # A tick's first run is now, not one interval from now.
            first = {"next_run_time": datetime.now(HOME_ZONE)} if job.every else {}
            self._scheduler.add_job(self._tick, trigger, args=[job], id=job.name, replace_existing=True, **first)
        self._scheduler.add_job(
            self._take_requests, IntervalTrigger(seconds=_TAKE_REQUESTS_EVERY.total_seconds()), id="take_requests"
        )
        self._scheduler.add_listener(self._note_missed, EVENT_JOB_MISSED)
        self._scheduler.start()

    def stop(self) -> None:
        """Pause the ticking, let running jobs reach their next stopping place, then end."""
        self._scheduler.pause()
        self.stopping.set()
        self._scheduler.shutdown(wait=True)

    def ages(self) -> dict[str, timedelta]:
        """How long ago each job last came round, whether or not there was anything to do."""
        now = self.home.clock.now()
        return {job.name: now - self._ended[job.name] for job in self.jobs}

    def late(self) -> list[str]:
        """Names of jobs that have not come round for too long; a long batch being worked off is not late."""
        now = self.home.clock.now()
        return [
            job.name
            for job in self.jobs
            if job.name not in self._paused
            and not self._locks[job.name].locked()
            and overdue(last_end=self._ended[job.name], every=job.every or timedelta(days=1), now=now)
        ]

    def _tick(self, job: Job) -> None:
        if job.name not in self._paused:
            self._run(job)

    def _run(self, job: Job) -> None:
        lock = self._locks[job.name]
        if self.stopping.is_set() or not lock.acquire(blocking=False):
            return
        started = self.home.clock.now()
        try:
            # What a job writes down of its own words, beside a carrier's, is in the language of the house.
            with speaking(self.home.settings.language):
                did = job.run(self.home, self.stopping)
            if did:
                with speaking("en"):
                    log.info("%s: %s", job.name, spoken(did))
                self._note(job.name, started, "ok", did=did)
        except Exception as error:  # one job's trouble never stops the others; it is logged and recorded
            log.exception("%s failed", job.name)
            self._note(job.name, started, "failed", error=_why(error))
        finally:
            self._ended[job.name] = self.home.clock.now()
            lock.release()

    def _take_requests(self) -> None:
        if not runs.waiting(self.home.db.read()):
            return
        with self.home.db.write() as tx:
            requests = runs.take_requests(tx)
        self._paused = runs.paused(self.home.db.read())
        by_name = {job.name: job for job in self.jobs}
        for request in requests:
            if request["wish"] == "run_now" and request["job"] in by_name:
                self._run_now(by_name[request["job"]])

    def _run_now(self, job: Job) -> None:
        self._scheduler.add_job(self._run, args=[job], id=f"{job.name} now", replace_existing=True)

    def _note(
        self, name: str, started: datetime, outcome: str, *, did: str | None = None, error: str | None = None
    ) -> None:
        # Quiet: a run's own rows have already told the pages; the Jobs page reads runs fresh.
        try:
            with self.home.db.write(quiet=True) as tx:
                runs.keep_run(tx, job=name, started_at=started, outcome=outcome, did=did, error=error)
        except DiskError as trouble:
            # Where nothing can be written down, every page says so from the database's own word.
            log.error("%s", trouble)

    def _note_missed(self, event: JobExecutionEvent) -> None:
        log.warning("%s did not run at %s", event.job_id, event.scheduled_run_time)


def _why(error: Exception) -> str:
    if isinstance(error, ToldError):
        return later(error.msgid, **error.values)
    return later("It broke off with {error}; the server's log says where", error=f"{type(error).__name__}: {error}")
