"""Looks at the fleet once a day, puts what is due into the outbox, gives a sign of life, and raises the alarm without one.

1. No look has ended for a day: an alarm, before anything else, so that a look that fails over and over is told of too.
2. After the hour, unless today's look has ended: look. A storm, or no card where there were some, is an alarm; every look
   is a sign of life, written with it in one transaction.
3. What is due goes into a mail of its recipient: urgent things at once, the others after today's look.
"""

import threading

from data.clock import HOME_ZONE
from data.database import Reader, Transaction
from data.home import Home
from data.mails import rules
from data.mails import store as mails
from data.people.rules import SYSTEM
from data.reminders import scanning, showing
from data.reminders import store as reminders
from data.reminders.scanning import Scanned
from data.sims import store as sims
from data.sims.holidays import workdays
from data.words import later, moment, number


def run(home: Home, stop: threading.Event) -> str | None:
    """What was found and queued, as a kept sentence; None when nothing was due."""
    reader, now = home.db.read(), home.clock.now()
    since = showing.standing(reader).silent_since(now=now)
    if since is not None:
        _alarm(
            home,
            "no look",
            later("Nobody has looked at the fleet since {moment}: no reminder is found", moment=moment(since)),
        )
    found = None
    if now.astimezone(HOME_ZONE).hour >= home.settings.reminder_hour and not scanning.looked_on(
        reader, home.clock.today()
    ):
        found = _look(home)
    queued = 0 if stop.is_set() else _queue(home)
    if found is None and not queued:
        return None
    made, late = (number(found.made), number(found.late)) if found else ("0", "0")
    return later("{made} reminders found, {late} too late; {mails} mails queued", made=made, late=late, mails=queued)


def _look(home: Home) -> Scanned:
    with home.db.write() as tx:
        found = scanning.scan(tx, SYSTEM, calendar=workdays(tx))
        if not found.looked_at and found.held:
            said = later("Today's look saw no card at all; nothing but urgent mail leaves before somebody says so")
            mails.alarm(tx, SYSTEM, cause="no cards", said=said)
        elif found.held:
            said = later(
                "{count} reminders came up at once, far more than ever; nothing but urgent mail leaves before somebody says so",
                count=number(found.made),
            )
            mails.alarm(tx, SYSTEM, cause="storm", said=said)
        if found.unheard:
            said = later("{count} cards are due and nobody is reminded of them", count=number(found.unheard))
            mails.alarm(tx, SYSTEM, cause="nobody hears", said=said)
        mails.sign_of_life(tx, SYSTEM, said=_sign_of_life(tx, found))
    return found


def _sign_of_life(tx: Transaction, found: Scanned) -> str:
    counts = mails.counts(tx)
    waiting = [counts[state]["oldest"] for state in ("queued", "held") if state in counts]
    minutes = (tx.now - min(waiting)).total_seconds() // 60 if waiting else 0
    return later(
        "{due} reminders due, {sims} SIMs looked at, last refresh {refresh}, oldest mail waiting for {minutes} min, {unknown} unclear,"
        " {kept_back} kept back because nobody takes them",
        due=number(found.made),
        sims=number(found.looked_at),
        refresh=_refreshed(tx),
        minutes=number(minutes),
        unknown=number(counts["unknown"]["mails"] if "unknown" in counts else 0),
        kept_back=number(showing.kept_back(tx, today=tx.today)),
    )


def _refreshed(tx: Transaction) -> str:
    seen = [row for row in sims.data_age(tx, today=tx.today)["seen_at"].to_pylist() if row]
    return moment(max(seen)) if seen else "–"


def _queue(home: Home) -> int:
    """Put what is due into mails; how many mails were made or got more."""
    due = _leaving(home, home.db.read())
    if not due:
        return 0
    queued = set()
    with home.db.write(quiet=True) as tx:
        for one in due:
            kind = "urgent" if one.urgent else "digest"
            mail_id = mails.queue(
                tx,
                SYSTEM,
                recipient_id=one.recipient_id,
                kind=kind,
                slot=rules.slot(kind, tx.now),
                reminder_ids=one.reminder_ids,
            )
            queued |= {mail_id} - {None}
    if queued:
        home.db.bump()
    return len(queued)


def _leaving(home: Home, reader: Reader) -> list[reminders.Due]:
    looked = scanning.looked_on(reader, home.clock.today())
    # A digest that left before today's look would have taken the day's only place.
    return [one for one in reminders.due_for(reader, now=home.clock.now()) if one.urgent or looked]


def _alarm(home: Home, cause: str, said: str) -> None:
    with home.db.write(quiet=True) as tx:
        mails.alarm(tx, SYSTEM, cause=cause, said=said)
