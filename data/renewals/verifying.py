"""Verification: whether a card that was paid really runs on, read again at 15 minutes, an hour and a day after its success."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from data.audit import store as audit
from data.database import Queries, Reader, Transaction
from data.people.rules import Action, Actor, Event, Refused
from data.people.store import require
from data.sims.rules import STOPPED
from data.words import _

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
# Credit after a payment takes 1 to 15 minutes, on bad days hours; after a day somebody has to ask.
LOOKS = (timedelta(minutes=15), timedelta(hours=1), timedelta(days=1))
# A card that has not run on after the last of them is read daily, until it does or a person closes it.
_THEN_EVERY = timedelta(days=1)
# What went through longer ago is not looked at any more.
OLDEST = timedelta(days=31)
_MOST_NOTE, _MOST_TICKET = 500, 60

_LOOKS = pa.schema(
    [
        ("obligation", pa.int64()),
        ("sim_id", pa.int64()),
        ("iccid", pa.string()),
        ("account", pa.string()),
        ("expected", pa.date32()),
        ("ended_at", pa.timestamp("us", tz="UTC")),
        ("outcome", pa.string()),
        ("looked", pa.int32()),
        ("next_at", pa.timestamp("us", tz="UTC")),
        ("expires_on", pa.date32()),
        ("status", pa.string()),
        ("read_at", pa.timestamp("us", tz="UTC")),
        ("alarm", pa.bool_()),
    ]
)


class Reading(Protocol):
    """What a carrier says of one card."""

    @property
    def expires_on(self) -> date | None: ...
    @property
    def status(self) -> str | None: ...
    @property
    def read_at(self) -> datetime: ...


@dataclass(frozen=True)
class Paid:
    """A renewal that went through and whose card is to be read now."""

    obligation: int
    sim_id: int
    iccid: str
    account: str
    expected: date  # the card runs on at least until this day
    ended_at: datetime  # when the renewal went through
    looked: int  # readings so far


@dataclass(frozen=True)
class VerificationCount:
    """How many cards stand in one way."""

    outcome: str  # a key of OUTCOMES
    cards: int
    fen: int
    unowned: int
    oldest: datetime


def due_verifications(reader: Reader, *, now: datetime, limit: int) -> list[Paid]:
    """Paid cards to read now, oldest first."""
    said = {"now": now, "since": now - OLDEST, "first_s": int(LOOKS[0].total_seconds()), "limit": limit}
    return reader.records(Paid, Q.due_cards, **said)


def runs_on(reading: Reading, expected: date) -> bool:
    """Whether the card does what was paid for."""
    return reading.expires_on is not None and reading.expires_on >= expected and reading.status not in STOPPED


def keep_looks(tx: Transaction, by: Actor, *, paid: Sequence[Paid], readings: Mapping[str, Reading]) -> int:
    """Write down what was read (by ICCID; a card may be missing); how many cards are paid and not extended.

    Nothing of the money's state changes here: a card that does not run on stands on a queue, after a day as an alarm.
    """
    require(tx, by, Action.WORK, "verification")
    looks = [_look(one, readings.get(one.iccid), tx.now) for one in paid]
    with tx.frame("looks", pa.Table.from_pylist(looks, schema=_LOOKS)):
        tx.run(Q.further_looks)
        tx.run(Q.first_looks)
        tx.run(Q.open_alarms, now=tx.now)
    fine = [look["sim_id"] for look in looks if look["outcome"] == "verified"]
    tx.run(Q.close_alarms, sims=fine, now=tx.now)
    return sum(look["outcome"] == "not_extended" for look in looks)


def _look(paid: Paid, reading: Reading | None, now: datetime) -> dict[str, object]:
    # Slots that passed while the machine slept are gone: one reading stands for all of them.
    looked = max(paid.looked + 1, sum(paid.ended_at + slot <= now for slot in LOOKS))
    fine = reading is not None and runs_on(reading, paid.expected)
    upcoming = paid.ended_at + LOOKS[looked] if looked < len(LOOKS) else now + _THEN_EVERY
    return {
        **vars(paid),
        "outcome": "verified" if fine else "waiting" if reading is None else "not_extended",
        "looked": looked,
        "next_at": None if fine else upcoming,
        "expires_on": reading and reading.expires_on,
        "status": reading and reading.status,
        "read_at": reading and reading.read_at,
        "alarm": not fine and reading is not None and looked >= len(LOOKS),
    }


def verification_counts(reader: Reader) -> dict[str, VerificationCount]:
    """Cards and money by outcome."""
    return {one.outcome: one for one in reader.records(VerificationCount, Q.counted)}


def verification_queue(reader: Reader, *, outcome: str, today: date, limit: int, offset: int) -> pa.Table:
    """A page of cards that stand in one way (a key of OUTCOMES), longest wait first."""
    return reader.arrow(Q.queue, outcome=outcome, today=today, limit=limit, offset=offset)


def take_on_verifications(tx: Transaction, by: Actor, *, obligations: Sequence[int]) -> None:
    """Look after these from now on. Raises Refused where there is nothing to look after."""
    require(tx, by, Action.NOTE, "verification")
    for obligation in obligations:
        _open(tx, obligation)
        tx.run(Q.take, obligation=obligation, person_id=by.person_id)
        audit.record(tx, by, Event.VERIFICATION_TAKEN, f"renewal {obligation}")


def write_on_verifications(
    tx: Transaction, by: Actor, *, obligations: Sequence[int], ticket_no: str | None, note: str | None
) -> None:
    """A ticket number or a word on these. Raises Refused."""
    require(tx, by, Action.NOTE, "verification")
    if not (ticket_no or note):
        raise Refused(_("Nothing was written: give a note or a ticket number."))
    said = {"ticket_no": ticket_no[:_MOST_TICKET] if ticket_no else None, "note": note[:_MOST_NOTE] if note else None}
    for obligation in obligations:
        _open(tx, obligation)
        tx.run(Q.write_on, obligation=obligation, **said)
        audit.record(tx, by, Event.VERIFICATION_NOTED, f"renewal {obligation}", ticket_no=said["ticket_no"])


def close_verifications(tx: Transaction, by: Actor, *, obligations: Sequence[int], note: str) -> None:
    """Settle these by hand, with a word on how; they are not read again. Raises Refused."""
    require(tx, by, Action.NOTE, "verification")
    if not note.strip():
        raise Refused(_("Say in a few words how it was settled"))
    sims = [_open(tx, obligation) for obligation in obligations]
    for obligation in obligations:
        tx.run(Q.close, obligation=obligation, note=note.strip()[:_MOST_NOTE], person_id=by.person_id, now=tx.now)
        audit.record(tx, by, Event.VERIFICATION_CLOSED, f"renewal {obligation}", note=note)
    tx.run(Q.close_alarms, sims=sims, now=tx.now)


def _open(tx: Transaction, obligation: int) -> int:
    """The card of a renewal on the queue. Raises Refused where it is not on it."""
    found = tx.row(Q.one, obligation=obligation)
    if found is None or found["outcome"] not in {"waiting", "not_extended"}:
        raise Refused(_("Renewal {obligation} does not wait for anything any more", obligation=obligation))
    return int(found["sim_id"])
