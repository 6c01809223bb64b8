"""Keeping and reading the schedule, its runs and people's wishes about it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

import pyarrow as pa

from data.audit import store as audit
from data.database import Queries, Reader, Row, Transaction
from data.people import store as people
from data.people.rules import SYSTEM, Action, Actor, Event
from data.runs.rules import Alarm, Planned, alarm

Q = Queries.beside(__file__)
Wish = Literal["run_now", "pause", "resume"]
# A quarter: long enough to compare a month's end with the one before.
KEPT_FOR = timedelta(days=90)


def keep_schedule(tx: Transaction, schedule: Sequence[Planned]) -> None:
    """Write SCHEDULE into its table at start and mark runs that the last stop cut off."""
    people.require(tx, SYSTEM, Action.WORK, "job")
    for job in schedule:
        tx.run(Q.keep_job, **vars(job), now=tx.now)
    tx.run(Q.drop_jobs_but, names=[job.name for job in schedule])
    tx.run(Q.interrupt_runs, now=tx.now)


def keep_run(
    tx: Transaction,
    *,
    job: str,
    started_at: datetime,
    outcome: str,
    did: str | None = None,
    error: str | None = None,
    log: str | None = None,
) -> None:
    """Note a run that did something, or failed, or did not happen."""
    said = {"outcome": outcome, "did": did, "error": error, "log": log}
    tx.run(Q.add_ended_run, job=job, started_at=started_at, ended_at=tx.now, **said)


def begin_run(tx: Transaction, *, job: str, started_at: datetime) -> int:
    """Note a run before its end, so that a kill in the middle shows; its run_id."""
    return int(tx.value(Q.begin_run, job=job, started_at=started_at))


def end_run(
    tx: Transaction, *, run_id: int, outcome: str, did: str | None = None, error: str | None = None, log: str | None
) -> None:
    """How a run that was noted at its beginning ended."""
    tx.run(Q.end_run, run_id=run_id, ended_at=tx.now, outcome=outcome, did=did, error=error, log=log)


def seen(tx: Transaction, *, jobs: Mapping[str, datetime]) -> None:
    """When these jobs last came round."""
    tx.run(Q.seen, names=list(jobs), moments=list(jobs.values()))


def prune(tx: Transaction, by: Actor) -> int:
    """Forget runs older than `KEPT_FOR`, and wishes taken as long ago; how many runs."""
    people.require(tx, by, Action.WORK, "runs")
    tx.run(Q.prune_requests, before=tx.now - KEPT_FOR)
    return tx.run(Q.prune_runs, before=tx.now - KEPT_FOR)


def backed_up(tx: Transaction, by: Actor, *, name: str, rows: int, head: str) -> None:
    """A backup was made and read back; it holds so many rows, and the audit log up to `head`."""
    people.require(tx, by, Action.WORK, f"backup {name}")
    audit.record(tx, by, Event.HOME_BACKED_UP, f"backup {name}", rows=rows, head=head)


def put_back(tx: Transaction, by: Actor, *, name: str, head: str) -> None:
    """This database is a backup that was put back; what it replaces ended with the audit entry `head`, '' not known."""
    people.require(tx, by, Action.WORK, f"backup {name}")
    audit.record(tx, by, Event.HOME_RESTORED, f"backup {name}", head_before=head)


def ask(tx: Transaction, by: Actor, *, job: str, wish: Wish) -> None:
    """Write a person's wish about a job; the schedule takes it within seconds."""
    people.require(tx, by, Action.RUN_JOBS, job)
    tx.run(Q.ask, job=job, wish=wish, person_id=by.person_id, now=tx.now)
    audit.record(tx, by, Event.JOB_ASKED, f"job {job}", wish=wish)


def take_requests(tx: Transaction) -> list[Row]:
    """Wishes not taken yet (request_id, job, wish), now taken; pauses and resumes are noted on the job."""
    requests = tx.rows(Q.open_requests)
    if requests:
        tx.run(Q.take_requests, now=tx.now, last=requests[-1]["request_id"])
    for request in requests:
        if request["wish"] != "run_now":
            tx.run(Q.set_paused, name=request["job"], paused=request["wish"] == "pause")
    return requests


def waiting(reader: Reader) -> bool:
    """Whether anyone has asked something."""
    return bool(reader.rows(Q.open_requests))


def paused(reader: Reader) -> frozenset[str]:
    """Names of paused jobs."""
    return frozenset(row["name"] for row in reader.rows(Q.paused_jobs))


def jobs(reader: Reader, *, now: datetime) -> list[Row]:
    """Every job with trigger, sentence, pause, last run, last and usual seconds, and its last day's counts."""
    return reader.rows(Q.jobs, now=now)


def alarms(reader: Reader, *, now: datetime) -> list[Alarm]:
    """What is wrong with the schedule, in its order; nothing where no server has written it yet."""
    return [found for job in jobs(reader, now=now) if (found := alarm(job, now=now))]


def queues(reader: Reader) -> list[Row]:
    """What waits: queue (a key of QUEUE_WORDS), count, oldest_at."""
    return reader.rows(Q.queues)


def runs(
    reader: Reader, *, job: str | None = None, failed_only: bool = False, limit: int = 50, offset: int = 0
) -> pa.Table:
    """The latest runs: run_id, job, started_at, ended_at, took_s, outcome, did, error, has_log."""
    return reader.arrow(Q.runs, job=job, failed_only=failed_only, limit=limit, offset=offset)


def log_of(reader: Reader, run_id: int) -> str | None:
    """What a run wrote to the log; None where it wrote nothing, or is at work."""
    found: str | None = reader.value(Q.log_of, run_id=run_id)
    return found


def count_runs(reader: Reader, *, job: str | None = None, failed_only: bool = False) -> int:
    """How many runs `runs` would page through."""
    return int(reader.value(Q.count_runs, job=job, failed_only=failed_only))


def runs_by_hour(reader: Reader, *, now: datetime) -> pa.Table:
    """The last 24 hours: job, hour, runs, failed."""
    return reader.arrow(Q.runs_by_hour, now=now)
