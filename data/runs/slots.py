"""When a daily job is due: its time of day in Shanghai, and what stands in the way of running it now."""

from datetime import datetime, time, timedelta

from data.clock import HOME_ZONE
from data.database import Queries, Reader

Q = Queries.beside(__file__)
# A daily job that failed is tried again after so long; so is one that the process died in so often.
TRY_AGAIN_AFTER = timedelta(hours=1)
MOST_STOPS = 3


def last_slot(at: time, *, now: datetime) -> datetime:
    """The newest `at` that is not in the future."""
    today = datetime.combine(now.astimezone(HOME_ZONE).date(), at, HOME_ZONE)
    return today if today <= now else today - timedelta(days=1)


def next_slot(at: time, *, now: datetime) -> datetime:
    """The first `at` in the future."""
    return last_slot(at, now=now) + timedelta(days=1)


def due(reader: Reader, *, job: str, at: time, now: datetime) -> bool:
    """Whether the newest slot has not been done: however many were slept through, one run makes up for them."""
    return bool(
        reader.value(
            Q.slot_open,
            job=job,
            slot=last_slot(at, now=now),
            now=now,
            tried_after=now - TRY_AGAIN_AFTER,
            most_stops=MOST_STOPS,
        )
    )
