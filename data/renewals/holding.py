"""The hold: after the clock was set, or when too much falls due at once, nothing is sent until a person lets it go on."""

from datetime import datetime, timedelta
from pathlib import Path

from data.audit import store as audit
from data.audit.rules import canonical
from data.database import Database, Queries, Reader, Transaction
from data.people.rules import SYSTEM, Event
from data.renewals import moves

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
# What a clock may lag behind its own newest event at a start: other machines' clocks, a daylight of drift.
_BEHIND = timedelta(seconds=60)
# More of the cards in use that fall due from one day to the next than this, and the days themselves are in doubt.
MASS_SHARE, MASS_CARDS = 0.20, 50


def watched(db: Database) -> bool:
    """Whether a hold is on, after a look at the clock. For a worker, before every claim and every settling."""
    if db.watch.jumped(db.clock):
        with db.write() as tx:
            jumped = db.watch.jumped(db.clock)
            if jumped:
                _hold(tx, jumped)
        db.watch.seen(db.clock)
    return clock_held(db.read())


def clock_held(reader: Reader) -> bool:
    """Whether the clock was set and nobody has let it go on since."""
    return bool(reader.value(Q.held))


def horizon_base(reader: Reader, deadline_at: datetime, *, now: datetime) -> datetime:
    """From when an order's horizon counts: its deadline, or the end of the last hold, whichever is later."""
    released: datetime | None = reader.value(Q.last_release, now=now)
    return max(deadline_at, released) if released else deadline_at


def hold_if_behind(tx: Transaction) -> bool:
    """At a start: hold when the clock is behind what has already happened. Whether it is."""
    newest: datetime | None = tx.value(Q.newest_event)
    if newest is None or newest - tx.now <= _BEHIND:
        return False
    if not clock_held(tx):
        _hold(tx, tx.now - newest)
    return True


def hold_if_mass_due(tx: Transaction) -> bool:
    """At the first look of a day: stop everything when too much of the fleet ran out since the last one. Whether it did."""
    due = tx.row(Q.fallen_due, today=tx.today)
    if due is None or due["fallen"] < MASS_CARDS or due["fallen"] <= MASS_SHARE * due["live"]:
        return False
    _stop(tx, "mass_due")
    _find(tx, "money_mass_due", tx.today.isoformat(), cards=due["fallen"], live=due["live"], since=due["since"])
    return True


def release_hold(tx: Transaction) -> None:
    """A person lets it go on: horizons and the schedule of what is unconfirmed count from now."""
    tx.run(Q.close_findings, now=tx.now)
    if clock_held(tx):
        tx.run(Q.release, now=tx.now)
        tx.run(Q.begin_schedule_anew, now=tx.now, next_at=moves.first_slot(tx.now))
        tx.run(Q.wait_no_longer, now=tx.now)


def _hold(tx: Transaction, jumped: timedelta) -> None:
    seconds = round(jumped.total_seconds())
    tx.run(Q.hold, now=tx.now, jumped_s=seconds)
    _stop(tx, "clock")
    _find(tx, "money_clock", tx.now.isoformat(), jumped_s=seconds)


def _stop(tx: Transaction, reason: str) -> None:
    tx.run(Q.stop_all, person_id=SYSTEM.person_id, now=tx.now, reason=reason)
    audit.record(tx, SYSTEM, Event.RENEWALS_STOPPED, "all accounts", reason=reason)


def _find(tx: Transaction, kind: str, object: str, **detail: object) -> None:
    tx.run(Q.add_finding, kind=kind, object=object, detail=canonical(detail), now=tx.now)
