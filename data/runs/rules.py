"""What a job and a run are, and when a job counts as overdue."""

from dataclasses import dataclass
from datetime import datetime, timedelta

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


@dataclass(frozen=True)
class Planned:
    """One row of SCHEDULE, as pages may know it."""

    name: str
    place: int  # its order in SCHEDULE
    trigger: str  # "every 60 s", "00:10"
    sentence: str  # msgid of what it does


def overdue(*, last_end: datetime, every: timedelta, now: datetime) -> bool:
    """A tick is overdue when three of its intervals, and at least two minutes, have passed without an end."""
    return now - last_end > max(3 * every, timedelta(minutes=2))
