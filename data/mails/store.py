"""Putting mails into the outbox, letting them go, stopping and starting the sending, and reading what stands there."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

import pyarrow as pa

from data.audit import store as audit
from data.database import Queries, Reader, Row, Transaction
from data.mails import rules
from data.mails.rules import State
from data.people.rules import Action, Actor, Event, Refused
from data.people.store import require
from data.words import N_, _, later

Q = Queries.beside(__file__)
Channel = Literal["mail", "chat"]

TEST_TEXT = N_("This is a test: {person} asked for it. Mail from here arrives.")


def queue(
    tx: Transaction,
    by: Actor,
    *,
    recipient_id: int,
    kind: str,
    slot: str,
    reminder_ids: Sequence[int] = (),
    said: str | None = None,
) -> int | None:
    """Put a mail into the outbox, or more into the one of that recipient, kind and slot; its id.

    None: that mail has left, or is leaving; what is to be said waits for the next slot (`rules.slot`). The reminders it
    takes are in_mail from here on. `said`: a kept sentence for what is no card.
    """
    require(tx, by, Action.WORK, f"recipient {recipient_id}")
    return _queued(tx, recipient_id=recipient_id, kind=kind, slot=slot, reminder_ids=reminder_ids, said=said)


def ask(
    tx: Transaction, by: Actor, *, recipient_id: int, kind: Literal["test", "verify"], said: str | None = None
) -> int:
    """A person wants a test mail, or a code (`said` is the sentence with it) sent; the mail's id, for `one`."""
    require(tx, by, Action.KEEP_REMINDERS, f"recipient {recipient_id}")
    mail_id = _queued(
        tx,
        recipient_id=recipient_id,
        kind=kind,
        slot=rules.slot(kind, tx.now),
        said=said or later(TEST_TEXT, person=by.name),
    )
    if mail_id is None:
        raise Refused(_("That mail is on its way; wait for what becomes of it"))
    audit.record(tx, by, Event.MAIL_ASKED, f"recipient {recipient_id}", kind=kind)
    return mail_id


def alarm(tx: Transaction, by: Actor, *, cause: str, said: str) -> list[int]:
    """Tell administrators and groups of our own, once for each cause and day; the mails made."""
    require(tx, by, Action.WORK, f"alarm {cause}")
    return _told(tx, "alarm", rules.slot("alarm", tx.now, cause=cause), said)


def sign_of_life(tx: Transaction, by: Actor, *, said: str) -> list[int]:
    """Tell the same people once a day that the fleet was looked at, also where nothing is due; the mails made."""
    require(tx, by, Action.WORK, "sign of life")
    return _told(tx, "heartbeat", rules.slot("heartbeat", tx.now), said)


def release(tx: Transaction, by: Actor, *, mail_id: int) -> None:
    """Let a held mail go in spite of quiet hours or a storm. Raises Refused where something else holds it."""
    require(tx, by, Action.KEEP_REMINDERS, f"mail {mail_id}")
    if tx.row(Q.held_mail, mail_id=mail_id) is None:
        raise Refused(_("Only what quiet hours or a storm of reminders hold back can be let go by hand"))
    rules.check(State.HELD, State.QUEUED)
    tx.run(Q.release, mail_id=mail_id, person_id=by.person_id)
    audit.record(tx, by, Event.MAIL_RELEASED, f"mail {mail_id}")


def stop(tx: Transaction, by: Actor, *, channel: Channel) -> None:
    """Nothing leaves by this channel until `go_on`; what is queued is held."""
    require(tx, by, Action.KEEP_REMINDERS, channel)
    tx.run(Q.stop, channel=channel, reason="person", now=tx.now, person_id=by.person_id)
    audit.record(tx, by, Event.MAIL_STOPPED, channel)


def go_on(tx: Transaction, by: Actor, *, channel: Channel) -> None:
    """What was stopped, by a person or for want of a password that works, leaves again."""
    require(tx, by, Action.KEEP_REMINDERS, channel)
    tx.run(Q.go_on, channel=channel)
    audit.record(tx, by, Event.MAIL_GOES_ON, channel)


def stops(reader: Reader) -> list[Row]:
    """Stopped channels: channel, reason (rules.STOPPED_WORDS), since, person."""
    return reader.rows(Q.stops)


def outbox(reader: Reader, *, state: str | None = None, limit: int = 50, offset: int = 0) -> pa.Table:
    """Mails newest first: mail_id, recipient, address, channel, kind, slot, state, held_for, items, tries, next_try,
    last_reply (a kept sentence), made_at, ended_at.
    """
    return reader.arrow(Q.outbox, state=state, limit=limit, offset=offset)


def count_outbox(reader: Reader, *, state: str | None = None) -> int:
    """How many mails `outbox` would page through."""
    return int(reader.value(Q.count_outbox, state=state))


def counts(reader: Reader) -> dict[str, Row]:
    """By state: how many mails, and since when the oldest (`mails`, `oldest`); a state with none is not named."""
    return {row["state"]: row for row in reader.rows(Q.counts)}


def one(reader: Reader, mail_id: int) -> Row | None:
    """One mail with its text as it left and how its last try ended (`last_reply`, a kept sentence)."""
    return reader.row(Q.one, mail_id=mail_id)


def unreachable(reader: Reader) -> list[Row]:
    """Cards of which nobody can be told: sim_id, recipient_id, recipient, since."""
    return reader.rows(Q.unreachable)


def _told(tx: Transaction, kind: str, slot: str, said: str) -> list[int]:
    recipients = [row["recipient_id"] for row in tx.rows(Q.alarmed)]
    # One that has been told today is not told again, whatever has become of that mail.
    new = [one for one in recipients if tx.row(Q.mail_of_slot, digest=rules.digest(one, kind, slot)) is None]
    made = (_queued(tx, recipient_id=one, kind=kind, slot=slot, said=said) for one in new)
    return [mail_id for mail_id in made if mail_id is not None]


def waits(reader: Reader, *, channel: Channel, now: datetime) -> bool:
    """Whether a worker has anything to look at."""
    return bool(reader.value(Q.waits, channel=channel, now=now))


def left_over(reader: Reader, *, today: date) -> bool:
    """Whether anything was to leave on a day that is over."""
    return bool(reader.value(Q.left_over, today=today))


def unclear(reader: Reader, *, now: datetime) -> bool:
    """Whether an unclear mail has waited long enough to go out once more."""
    return bool(reader.value(Q.unclear, now=now))


def in_the_air(reader: Reader, *, before: datetime) -> bool:
    """Whether something began to leave before this instant, and nothing of its end is written down."""
    return bool(reader.value(Q.sending, before=before))


def _queued(
    tx: Transaction,
    *,
    recipient_id: int,
    kind: str,
    slot: str,
    reminder_ids: Sequence[int] = (),
    said: str | None = None,
) -> int | None:
    digest = rules.digest(recipient_id, kind, slot)
    found = tx.row(Q.mail_of_slot, digest=digest)
    if found is None:
        rules.check(None, State.QUEUED)
        channel = tx.value(Q.channel_of, recipient_id=recipient_id)
        made = {"digest": digest, "recipient_id": recipient_id, "channel": channel, "kind": kind, "slot": slot}
        mail_id = int(tx.value(Q.add_mail, **made, said=said, now=tx.now))
    else:
        mail_id = found["mail_id"]
        if State(found["state"]) is State.MOOT:
            rules.check(State.MOOT, State.QUEUED)
            tx.run(Q.reopen_mail, mail_id=mail_id, now=tx.now)
        elif State(found["state"]) not in {State.QUEUED, State.HELD}:
            return None
    if kind == "urgent":
        _take_over_earlier(tx, mail_id=mail_id, recipient_id=recipient_id)
    if reminder_ids:
        tx.run(Q.add_items, mail_id=mail_id, reminder_ids=list(reminder_ids))
        tx.run(Q.into_mail, reminder_ids=list(reminder_ids))
    return mail_id


def _take_over_earlier(tx: Transaction, *, mail_id: int, recipient_id: int) -> None:
    """Nobody gets two urgent mails within an hour because the first was late."""
    for earlier in tx.rows(Q.earlier_urgent, recipient_id=recipient_id, mail_id=mail_id):
        rules.check(State(earlier["state"]), State.MOOT)
        tx.run(Q.take_over, mail_id=mail_id, earlier=earlier["mail_id"])
        tx.run(Q.overtaken, mail_id=earlier["mail_id"], now=tx.now)
