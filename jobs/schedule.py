"""SCHEDULE: every job's name, trigger, function and one sentence; started and stopped with the process.

The scheduler only ticks. What is due is found by a query, so a missed, doubled or late tick changes nothing.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from data.clock import HOME_ZONE
from data.home import Home
from data.runs import store as runs
from data.runs.rules import SEEN_EVERY, Planned
from data.words import N_
from jobs import (
    back_up,
    import_inbox,
    prune,
    read_bounces,
    read_uploads,
    read_vouchers,
    reconcile,
    refresh_plans,
    refresh_sims,
    refresh_usage,
    roll_up,
    run_renewals,
    send_outbox,
    send_reminders,
    settle_unknowns,
    verify_audit,
    verify_renewals,
    write_exports,
)
from jobs.running import Job, Running, note_seen, written

SCHEDULE: tuple[Job, ...] = (
    # A batch of a hundred thousand at one order a second takes a working day.
    Job(
        "run_renewals",
        run_renewals.run,
        N_("Works off approved batches"),
        every=timedelta(seconds=1),
        budget=timedelta(hours=12),
    ),
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
    # Ahead of the other nightly jobs: what they change, the backup shows as it was.
    Job(
        "back_up",
        back_up.run,
        N_("Makes a sealed backup while everybody works on, and reads it back"),
        at=time(3, 10),
        budget=timedelta(hours=2),
    ),
    Job("prune", prune.run, N_("Removes what nobody needs any more; nothing that money stands on"), at=time(3, 50)),
    # After midnight in every carrier's books, before anybody works.
    Job(
        "reconcile",
        reconcile.run,
        N_("Compares our orders with the carriers' statements"),
        at=time(4, 10),
        budget=timedelta(hours=2),
    ),
    Job("verify_audit", verify_audit.run, N_("Follows the audit log and writes its head down outside"), at=time(4, 40)),
    # A fleet of two hundred thousand at ten cards a second.
    Job(
        "refresh_sims",
        refresh_sims.run,
        N_("Reads cards from their carriers: states, expiries, plans"),
        every=timedelta(minutes=1),
        budget=timedelta(hours=6),
    ),
    Job(
        "refresh_usage",
        refresh_usage.run,
        N_("Reads from carriers what cards have used"),
        every=timedelta(minutes=1),
        budget=timedelta(hours=6),
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
    Job(
        "send_reminders",
        send_reminders.run,
        N_("Finds what is to be reminded of and puts it into mails"),
        every=timedelta(minutes=1),
    ),
    Job(
        "send_outbox",
        send_outbox.run,
        N_("Sends what stands in the outbox, by mail and to chat groups"),
        every=timedelta(seconds=5),
    ),
    Job(
        "read_bounces",
        read_bounces.run,
        N_("Reads which letters came back, and who complained"),
        every=timedelta(minutes=15),
    ),
)

# Besides a thread for each job: one run asked for, and one to spare.
_MORE_WORKERS = 2
_WATCH_EVERY = timedelta(seconds=1)


@dataclass
class Scheduler:
    """The running schedule of one home."""

    home: Home
    jobs: tuple[Job, ...] = SCHEDULE
    look_every: timedelta = timedelta(seconds=30)  # whether a daily job is due
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._paused: frozenset[str] = frozenset()
        self._running = {job.name: Running(self.home, job, self.stopping) for job in self.jobs}
        self._noted_at: datetime | None = None
        self._scheduler = BackgroundScheduler(
            timezone=HOME_ZONE,
            # Nobody waits for another's long run, least of all who watches them.
            executors={
                "default": ThreadPoolExecutor(len(self.jobs) + _MORE_WORKERS),
                "watch": ThreadPoolExecutor(1),
            },
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Write SCHEDULE into its table, then tick."""
        planned = [
            Planned(
                job.name, place, job.trigger, job.sentence, self._every(job).total_seconds(), job.budget.total_seconds()
            )
            for place, job in enumerate(self.jobs)
        ]
        with self.home.db.write() as tx:
            runs.keep_schedule(tx, planned)
        self._paused = runs.paused(self.home.db.read())
        for row in runs.jobs(self.home.db.read(), now=self.home.clock.now()):
            if row["last_outcome"] == "failed":
                self._running[row["name"]].remember(trouble=row["last_error"] or "", at=row["last_ended_at"])
        for name, one in self._running.items():
            self._every_so_often(self._tick, self._every(one.job), name, one)
        self._every_so_often(self._watch, _WATCH_EVERY, "watch", executor="watch")
        self._scheduler.start()

    def stop(self) -> None:
        """Pause the ticking, let running jobs reach their next stopping place, then end."""
        self._scheduler.pause()
        self.stopping.set()
        self._scheduler.shutdown(wait=True)

    def ages(self) -> dict[str, timedelta]:
        """How long ago each job last came round, whether or not there was anything to do."""
        now = self.home.clock.now()
        return {name: now - one.came_round_at for name, one in self._running.items()}

    def late(self) -> list[str]:
        """Names of jobs that have not come round for too long; a long batch being worked off is not late."""
        now = self.home.clock.now()
        return [
            name
            for name, one in self._running.items()
            if name not in self._paused and one.late(now, look_every=self.look_every)
        ]

    def long(self) -> list[str]:
        """Names of jobs whose run is over its budget."""
        now = self.home.clock.now()
        return [name for name, one in self._running.items() if one.long(now)]

    def _every(self, job: Job) -> timedelta:
        return job.every or self.look_every

    def _every_so_often(
        self, act: Callable[..., None], every: timedelta, name: str, *args: Running, executor: str = "default"
    ) -> None:
        # A tick's first run is now, not one interval from now.
        self._scheduler.add_job(
            act,
            IntervalTrigger(seconds=every.total_seconds()),
            args=args,
            id=name,
            executor=executor,
            replace_existing=True,
            next_run_time=datetime.now(HOME_ZONE),
        )

    def _tick(self, one: Running) -> None:
        if one.job.name not in self._paused:
            one.tick()

    def _watch(self) -> None:
        """Take what people ask, tell what takes long or stays away, and note now and then that all come round."""
        if runs.waiting(self.home.db.read()):
            self._take_requests()
        for name, one in self._running.items():
            if name not in self._paused:
                one.watch(look_every=self.look_every)
        now = self.home.clock.now()
        if self._noted_at is None or not timedelta() <= now - self._noted_at < SEEN_EVERY:
            note_seen(self.home, list(self._running.values()))
            self._noted_at = now

    def _take_requests(self) -> None:
        requests = written(self.home, runs.take_requests) or []
        self._paused = runs.paused(self.home.db.read())
        for request in requests:
            one = self._running.get(request["job"])
            if one and request["wish"] == "run_now":
                name = f"{one.job.name} now"
                self._scheduler.add_job(one.run, kwargs={"asked": True}, id=name, replace_existing=True)
