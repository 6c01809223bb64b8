"""Reminders on their way: what is due for whom, whether it still holds when its mail is claimed, and what people answer."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime

from data.audit import store as audit
from data.clock import HOME_ZONE
from data.database import Queries, Reader, Transaction
from data.people.rules import Action, Actor, Event, NotThere, Refused
from data.people.store import require
from data.reminders.rules import SUBJECTS
from data.reminders.scanning import heard
from data.words import _, day

Q = Queries.beside(__file__, "store.sql")

# More than a page shows; nobody answers more at once.
MOST_AT_ONCE = 20_000


@dataclass(frozen=True)
class Due:
    """Reminders that one mail is to carry."""

    recipient_id: int  # who gets the mail: a deputy may stand in for whose they are
    urgent: bool
    reminder_ids: list[int]


@dataclass(frozen=True)
class Item:
    """One line of a letter. What is of a card is None where the thing is none, or where it is not known."""

    reminder_id: int
    subject: str  # a key of SUBJECTS
    stage: str  # days ahead, percent, esc-lead, esc-deputy
    on_date: date  # the date it is about
    thing: str  # "sim 12", "batch 7", …
    said: str | None  # of what is no card: a kept sentence
    sim_id: int | None
    urgent: bool
    days_left: int  # to on_date; negative: over
    in_progress: bool  # its renewal is under way at the carrier: nothing to do
    instead_of: str | None  # whose it is, where somebody stands in
    iccid: str | None
    msisdn: str | None
    terminal_id: str | None
    merchant: str | None
    merchant_no: str | None
    region: str | None
    branch: str | None
    agent: str | None
    carrier: str | None
    account: str | None
    plan: str | None
    term_months: int | None
    expires_on: date | None
    act_by: date | None
    cancel_by: date | None
    price_fen: int | None
    monthly_takings_fen: int | None
    quota_bytes: int | None
    used_bytes: int | None
    used_as_of: datetime | None
    exhausts_on: date | None
    contact_name: str | None
    contact_phone: str | None
    observed_at: datetime | None  # last time any source spoke of the card


_FIELDS = tuple(field.name for field in fields(Item))


def due_for(reader: Reader, *, now: datetime) -> list[Due]:
    """What waits to be put into a mail now."""
    today = now.astimezone(HOME_ZONE).date()
    return [Due(row["goes_to"], row["urgent"], row["reminder_ids"]) for row in reader.rows(Q.due_for, today=today)]


def recheck(tx: Transaction, *, mail_id: int) -> list[Item]:
    """What a mail still has to say, the most pressing first. What is true no more, or said by a later one, leaves it."""
    subjects = [row["subject"] for row in tx.rows(Q.subjects_of, mail_id=mail_id)]
    query = Q.its_items.fill(heard=heard(subjects, which=Q.its_cards.sql).sql)
    rows = tx.rows(query, mail_id=mail_id, now=tx.now, today=tx.today)
    for becomes in {row["becomes"] for row in rows} - {"in_mail"}:
        reminder_ids = [row["reminder_id"] for row in rows if row["becomes"] == becomes]
        tx.run(Q.drop, becomes=becomes, reminder_ids=reminder_ids, now=tx.now)
        tx.run(Q.take_out, mail_id=mail_id, reminder_ids=reminder_ids)
    return [Item(**{name: row[name] for name in _FIELDS}) for row in rows if row["becomes"] == "in_mail"]


def done(tx: Transaction, *, mail_id: int) -> None:
    """The mail has left: what it carried was said."""
    tx.run(Q.settle, mail_id=mail_id, became="done", now=tx.now)


def back_to_due(tx: Transaction, *, mail_id: int) -> None:
    """The mail will not leave: what it carried goes into the next."""
    tx.run(Q.settle, mail_id=mail_id, became="due", now=tx.now)


def unsaid(tx: Transaction, *, mail_id: int) -> None:
    """The mail came back: what it carried was not heard, and is as if the mail had not left."""
    tx.run(Q.unsaid, mail_id=mail_id)


def acknowledge(tx: Transaction, by: Actor, *, reminder_ids: Sequence[int]) -> int:
    """Say that one knows of these: no more of them until the last call; how many. Raises Refused for others' reminders."""
    _own(tx, by, reminder_ids)
    count = tx.run(Q.acknowledge, reminder_ids=list(reminder_ids), person_id=by.person_id, now=tx.now)
    audit.record(tx, by, Event.REMINDER_ACKNOWLEDGED, "reminders", reminders=list(reminder_ids), count=count)
    return count


def snooze(tx: Transaction, by: Actor, *, reminder_ids: Sequence[int], until: date) -> int:
    """Put these off until a day; how many. The last call comes whatever was put off. Raises Refused past it."""
    latest = _own(tx, by, reminder_ids)
    if until <= tx.today:
        raise Refused(_("Choose a day after today"))
    if until > latest:
        raise Refused(_("It can be put off until {day} at the latest", day=day(latest)))
    count = tx.run(Q.snooze, reminder_ids=list(reminder_ids), until=until)
    audit.record(tx, by, Event.REMINDER_SNOOZED, "reminders", reminders=list(reminder_ids), until=until, count=count)
    return count


def _own(tx: Transaction, by: Actor, reminder_ids: Sequence[int]) -> date:
    """The day until which all of them may be put off, once they are all `by`'s own."""
    require(tx, by, Action.LOOK_UP, "reminders")
    if not 0 < len(reminder_ids) <= MOST_AT_ONCE:
        raise Refused(_("Choose the reminders it is about"))
    ahead = [name for name, subject in SUBJECTS.items() if not subject.event]
    found = tx.rows(Q.own, reminder_ids=list(reminder_ids), person_id=by.person_id, ahead=ahead, today=tx.today)
    if {row["reminder_id"] for row in found} != set(reminder_ids):
        raise NotThere(_("There is no such reminder of yours"))
    until: date = min(row["until"] for row in found)
    return until
