"""What a job and a run are, when a job counts as overdue, and what about the schedule is worth a red line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from data.words import N_

OUTCOME_WORDS = {
    "running": N_("running"),
    "ok": N_("done"),
    "failed": N_("failed"),
    "missed": N_("missed"),
    "overlapped": N_("skipped: still running"),
    "stopped": N_("interrupted"),
}
WISH_WORDS = {"run_now": N_("Run now"), "pause": N_("Pause"), "resume": N_("Resume")}
ALARM_WORDS = {
    "late": N_("has not come round in time"),
    "long": N_("has been running for longer than it may"),
    "failed": N_("failed the last time"),
}
# What waits to be done by a job or a person, in the order a person asks about it.
QUEUE_WORDS = {
    "batches": N_("Batches under way"),
    "to_send": N_("Orders to be sent"),
    "unknown": N_("Unconfirmed orders"),
    "needs_review": N_("Orders that need a person"),
    "uploads": N_("Dropped files to be read or imported"),
    "exports": N_("Exports to be written"),
    "mails": N_("Mails and messages to be sent"),
    "mails_held": N_("Mails and messages held back"),
    "mails_unknown": N_("Mails that may have arrived or not"),
}


@dataclass(frozen=True)
class Planned:
    """One row of SCHEDULE, as pages may know it."""

    name: str
    place: int  # its order in SCHEDULE
    trigger: str  # "every 60 s", "00:10"
    sentence: str  # msgid of what it does
    every_s: float = 60.0  # between two looks at whether something is due
    budget_s: float = 1800.0  # a run that takes longer is told


@dataclass(frozen=True)
class Alarm:
    """A job that is not as it should be."""

    job: str
    kind: str  # a key of ALARM_WORDS
    sentence: str  # msgid of what the job does
    why: str | None = None  # a kept sentence


def overdue(*, last_end: datetime, every: timedelta, now: datetime) -> bool:
    """A tick is overdue when three of its intervals, and at least two minutes, have passed without an end."""
    return now - last_end > max(3 * every, timedelta(minutes=2))


def alarm(job: Mapping[str, Any], *, now: datetime) -> Alarm | None:
    """What is wrong with a row of `store.jobs`. A paused job rests, and one that runs is not late."""
    if job["last_outcome"] == "running":
        took = now - job["last_started_at"]
        long = bool(job["budget_s"]) and took.total_seconds() > job["budget_s"]
        return Alarm(job["name"], "long", job["sentence"]) if long else None
    if job["paused"]:
        return None
    seen, every = job["seen_at"], timedelta(seconds=job["every_s"] or 0)
    if seen is not None and overdue(last_end=seen, every=max(every, SEEN_EVERY), now=now):
        return Alarm(job["name"], "late", job["sentence"])
    failed = job["last_outcome"] == "failed"
    return Alarm(job["name"], "failed", job["sentence"], job["last_error"]) if failed else None


def unusual(job: Mapping[str, Any]) -> float | None:
    """How many times as long as usual the last run of a row of `store.jobs` took; None where that is nothing to tell."""
    took, usual = job["last_s"], job["usual_s"]
    if not took or not usual or took < _WORTH_TELLING_S or took < _UNUSUAL * usual:
        return None
    return float(took / usual)


# How often it is written down that jobs come round: often enough for a page, seldom enough for a disk.
SEEN_EVERY = timedelta(seconds=30)
# A run of seconds says nothing, and none takes quite as long as the last.
_WORTH_TELLING_S = 10.0
_UNUSUAL = 3.0
