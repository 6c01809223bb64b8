"""Keeping and reading the schedule, its runs and people's wishes about it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import pyarrow as pa

from data.audit import store as audit
from data.database import Queries, Reader, Row, Transaction
from data.people import store as people
from data.people.rules import SYSTEM, Action, Actor, Event
from data.runs.rules import Planned

Q = Queries.beside(__file__)
Wish = Literal["run_now", "pause", "resume"]
_KEEP_RUNS = timedelta(days=90)


def keep_schedule(tx: Transaction, schedule: Sequence[Planned]) -> None:
    """Write SCHEDULE into its table at start and mark runs that the last stop cut off."""
    people.require(tx, SYSTEM, Action.WORK, "job")
    for job in schedule:
        tx.run(Q.keep_job, name=job.name, place=job.place, trigger=job.trigger, sentence=job.sentence)
    tx.run(Q.drop_jobs_but, names=[job.name for job in schedule])
    tx.run(Q.interrupt_runs, now=tx.now)
    tx.run(Q.prune_runs, before=tx.now - _KEEP_RUNS)


def keep_run(
    tx: Transaction, *, job: str, started_at: datetime, outcome: str, did: str | None = None, error: str | None = None
) -> None:
    """Note a run that did something, or failed, or did not happen."""
    tx.run(Q.add_ended_run, job=job, started_at=started_at, ended_at=tx.now, outcome=outcome, did=did, error=error)


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
    """Every job with trigger, sentence, pause, last run, usual seconds, and its last day's counts."""
    return reader.rows(Q.jobs, now=now)


def runs(
    reader: Reader, *, job: str | None = None, failed_only: bool = False, limit: int = 50, offset: int = 0
) -> pa.Table:
    """The latest runs: run_id, job, started_at, ended_at, took_s, outcome, did, error."""
    return reader.arrow(Q.runs, job=job, failed_only=failed_only, limit=limit, offset=offset)


def count_runs(reader: Reader, *, job: str | None = None, failed_only: bool = False) -> int:
    """How many runs `runs` would page through."""
    return int(reader.value(Q.count_runs, job=job, failed_only=failed_only))


def runs_by_hour(reader: Reader, *, now: datetime) -> pa.Table:
    """The last 24 hours: job, hour, runs, failed."""
    return reader.arrow(Q.runs_by_hour, now=now)
