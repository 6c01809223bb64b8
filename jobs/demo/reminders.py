"""Reminders of a demo: who is reminded and at which address, the rules, and what left the house in the last days."""

import threading
from contextlib import AbstractContextManager
from datetime import datetime, time, timedelta

from data.clock import HOME_ZONE, MovedClock
from data.database import Queries, Transaction
from data.home import Home
from data.mails import claiming
from data.mails import store as mails
from data.mails.rules import Outcome
from data.people import store as people
from data.people.rules import SYSTEM, Actor
from data.reminders import choosing, scanning, showing
from data.reminders import store as reminders
from data.words import later
from jobs import send_outbox, send_reminders
from jobs.demo.pastbatch import Cast, back_then
from jobs.mail import NO_RECIPIENT

Q = Queries.beside(__file__, "reminders.sql")

# Colleagues, and who learns of what they do not answer.
_COLLEAGUES = {
    "approver": None,
    "deputy": "approver",
    "operator": "approver",
    "finance": "approver",
    "administrator": None,
}
_AGENTS, _BRANCHES = 3, 1
# Addresses are of a domain that nobody can have.
_DOMAIN = "example.invalid"
_BOT = "env:WECOM_BOT"
_LOOKED_AT = time(9, 5)
_DAYS = 3
_ANSWERED, _PUT_OFF = 4, 2


def make_reminders(home: Home, cast: Cast) -> None:
    """What was reminded of in the last days.

    1. Colleagues, agents, a branch and a chat group are recipients; most of their addresses are confirmed. One agent's
       mail server does not know his any more.
    2. On the first morning far more comes up than ever, and the operator lets it go; letters are files.
    3. On the next mornings the fleet is looked at again; the operator answers some, the approver will be away.
    """
    with _morning(home, _DAYS + 1), home.db.write() as tx:
        colleagues = _colleagues(tx, cast.operator)
        agents = _partners(tx, cast.operator, lead=colleagues["operator"])
        if agents:
            _refused(tx, cast.operator, agents[0])
    for ago in range(_DAYS, 0, -1):
        with _morning(home, ago):
            send_reminders.run(home, threading.Event())
            with home.db.write() as tx:
                if scanning.held(tx):
                    scanning.release_storm(tx, cast.operator)
            send_reminders.run(home, threading.Event())
            send_outbox.run(home, threading.Event())
    with home.db.write() as tx:
        _answers(tx, cast.operator)
        away, deputy, first = colleagues["approver"], colleagues["deputy"], tx.today + timedelta(days=2)
        last = first + timedelta(days=4)
        choosing.hand_over(tx, cast.approver, recipient_id=away, deputy_id=deputy, first=first, last=last)


def _morning(home: Home, ago: int) -> AbstractContextManager[MovedClock]:
    then = datetime.combine(home.clock.today() - timedelta(days=ago), _LOOKED_AT, HOME_ZONE)
    return back_then(home, home.clock.now() - then)


def _colleagues(tx: Transaction, by: Actor) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for name, lead in _COLLEAGUES.items():
        person = people.by_name(tx, name)
        if person is not None:
            about = {"person_id": person.person_id, "lead_id": numbers.get(lead or "")}
            hours = {"quiet_from": time(21), "quiet_until": time(8)}
            numbers[name] = _kept(tx, by, "person", name, f"{name}@{_DOMAIN}", **about, **hours)
            _confirm(tx, by, numbers[name], f"{name}@{_DOMAIN}")
    return numbers


def _partners(tx: Transaction, by: Actor, *, lead: int) -> list[int]:
    """Agents, of whom the last has not answered yet, a branch, and the operators' chat group; the agents' numbers."""
    numbers: dict[str, list[int]] = {"agent": [], "branch": []}
    for kind, rows in (("agent", tx.rows(Q.agents, limit=_AGENTS)), ("branch", tx.rows(Q.branches, limit=_BRANCHES))):
        for place, row in enumerate(rows, start=1):
            address = f"{kind}{place}@{_DOMAIN}"
            number = _kept(tx, by, kind, row["name"], address, part=row["part"], lead_id=lead)
            numbers[kind].append(number)
            if place < _AGENTS:
                _confirm(tx, by, number, address)
    _kept(tx, by, "chat", "运营值班群", None, secret_name=_BOT)
    return numbers["agent"]


def _kept(tx: Transaction, by: Actor, kind: str, name: str, address: str | None, **more: object) -> int:
    return choosing.keep_recipient(tx, by, kind=kind, name=name, address=address, **more)  # type: ignore[arg-type]


def _confirm(tx: Transaction, by: Actor, number: int, address: str) -> None:
    choosing.verify_address(tx, by, address=address, code=choosing.send_code(tx, by, recipient_id=number))


def _refused(tx: Transaction, by: Actor, number: int) -> None:
    """A test mail to an agent whose server refuses it."""
    mails.ask(tx, by, recipient_id=number, kind="test")
    mail = claiming.next_mail(tx, SYSTEM, channel="mail", limits=claiming.Limits())
    if mail is None:
        return
    claiming.claim(tx, SYSTEM, mail=mail, domain=_DOMAIN, body="", body_sha256="")
    said = later(NO_RECIPIENT, host=f"mx.{_DOMAIN}", answer="550 5.1.1 user unknown")
    claiming.record(tx, SYSTEM, mail_id=mail.mail_id, outcome=Outcome("refused", 550, said))


def _answers(tx: Transaction, by: Actor) -> None:
    found = showing.mine(tx, by.person_id, today=tx.today, subject="expiry", limit=2_000).to_pylist()
    known = [row["reminder_id"] for row in found if row["days_left"] > 3]
    if len(known) > _ANSWERED + _PUT_OFF:
        reminders.acknowledge(tx, by, reminder_ids=known[:_ANSWERED])
        later_ones = known[_ANSWERED : _ANSWERED + _PUT_OFF]
        reminders.snooze(tx, by, reminder_ids=later_ones, until=tx.today + timedelta(days=2))
