"""Who hears of what: rules, recipients and their addresses, who stands in for whom, and what the next day would bring."""

import hashlib
import re
import secrets
from datetime import date, datetime, time
from typing import Any

import pyarrow as pa

from data.audit import store as audit
from data.clock import HOME_ZONE
from data.database import Queries, Reader, Row, Transaction
from data.people.rules import Action, Actor, Event, NotThere, Refused, Role
from data.people.store import person_now, require
from data.reminders.rules import CONCERNED, SUBJECTS, stages_of
from data.reminders.scanning import reached
from data.sims.rules import Workdays
from data.words import LANGUAGES, _

Q = Queries.beside(__file__, "choosing.sql")

KINDS = ("person", "agent", "branch", "chat")
# Kinds that do not sign in get their own cards only; a rule may name them as it names a role.
ROLES = (*(role.value for role in Role if role is not Role.SYSTEM), "agent", "branch", "chat", CONCERNED)
MOST_NAME, MOST_ADDRESS = 80, 254
# A mail server takes these everywhere; anything else in an address is a way around somebody's check.
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
# Read from a mail and typed: nothing that looks like something else.
_SIGNS, _CODE_LENGTH = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789", 8
# Longer than any leave.
MOST_DAYS = 92


def keep_rule(
    tx: Transaction,
    by: Actor,
    *,
    rule_id: int | None = None,
    subject: str,
    stages: str,
    role: str | None = None,
    recipient_id: int | None = None,
    region: str | None = None,
    branch: str | None = None,
    agent_no: str | None = None,
    merchant_no: str | None = None,
    carrier: str | None = None,
    active: bool = True,
) -> int:
    """Make a rule, or change one; its number. `merchant_no`: one or several with commas between. Raises Refused."""
    require(tx, by, Action.KEEP_REMINDERS, "reminder rules")
    if subject not in SUBJECTS:
        raise Refused(_("There is no such thing to be reminded of"))
    try:
        stages = ",".join(str(stage) for stage in stages_of(subject, stages))
    except ValueError:
        raise Refused(_("Stages are whole numbers with commas between, such as {example}", example=SUBJECTS[subject].stages)) from None  # fmt: skip
    if (role is None) == (recipient_id is None) or (role is not None and role not in ROLES):
        raise Refused(_("Choose either a role or one recipient"))
    if recipient_id is not None:
        _there(tx, recipient_id)
    told = {
        "subject": subject,
        "stages": stages,
        "role": role,
        "recipient_id": recipient_id,
        "region": region,
        "branch": branch,
        "agent_no": agent_no,
        "merchant_no": ",".join(dict.fromkeys(re.split(r"[\s,，、;；]+", merchant_no.strip())))
        if merchant_no
        else None,
        "carrier": carrier,
        "active": active,
    }
    kept = tx.value(Q.change_rule if rule_id else Q.add_rule, rule_id=rule_id, now=tx.now, **told)
    if kept is None:
        raise NotThere(_("There is no such rule"))
    audit.record(tx, by, Event.REMINDER_RULE_KEPT, f"reminder rule {kept}", **told)
    return int(kept)


def drop_rule(tx: Transaction, by: Actor, *, rule_id: int) -> None:
    """Nobody hears of anything by this rule any more."""
    require(tx, by, Action.KEEP_REMINDERS, "reminder rules")
    subject = tx.value(Q.drop_rule, rule_id=rule_id)
    if subject is None:
        raise NotThere(_("There is no such rule"))
    audit.record(tx, by, Event.REMINDER_RULE_DROPPED, f"reminder rule {rule_id}", subject=subject)


def keep_recipient(
    tx: Transaction,
    by: Actor,
    *,
    recipient_id: int | None = None,
    kind: str,
    name: str,
    person_id: int | None = None,
    part: str | None = None,
    address: str | None = None,
    secret_name: str | None = None,
    language: str | None = None,
    quiet_from: time | None = None,
    quiet_until: time | None = None,
    lead_id: int | None = None,
    active: bool = True,
) -> int:
    """Make a recipient, or change one; the number. Nothing but a code goes to an address before it is verified.

    Raises Refused with what is wrong.
    """
    require(tx, by, Action.KEEP_REMINDERS, "recipients")
    told = {
        "kind": kind,
        "name": name.strip()[:MOST_NAME],
        "person_id": person_id,
        "part": part or None,
        "address": (address or "").strip() or None,
        "secret_name": secret_name or None,
        "language": language or None,
        "quiet_from": quiet_from,
        "quiet_until": quiet_until,
        "lead_id": lead_id,
        "active": active,
    }
    _check(tx, recipient_id, told)
    if recipient_id is None:
        recipient_id = int(tx.value(Q.add_recipient, now=tx.now, **told))
    else:
        _there(tx, recipient_id)
        tx.run(Q.change_recipient, recipient_id=recipient_id, **told)
    if told["address"]:
        tx.run(Q.doubt_address, address=told["address"], now=tx.now)
    audit.record(tx, by, Event.RECIPIENT_KEPT, f"recipient {recipient_id}", **{k: v for k, v in told.items() if k != "secret_name"})  # fmt: skip
    return recipient_id


def send_code(tx: Transaction, by: Actor, *, recipient_id: int) -> str:
    """A new code for a recipient's address, good for two days, to be mailed by whoever asks. Raises Refused within a minute."""
    require(tx, by, Action.KEEP_REMINDERS, "recipients")
    address = _there(tx, recipient_id)["address"]
    if address is None:
        raise Refused(_("This recipient has no address"))
    code = "".join(secrets.choice(_SIGNS) for _place in range(_CODE_LENGTH))
    if not tx.rows(Q.ask_address, address=address, code_sha256=_digest(code), now=tx.now):
        raise Refused(_("A code was sent a moment ago; wait a minute"))
    audit.record(tx, by, Event.ADDRESS_ASKED, f"recipient {recipient_id}", address=address)
    return code


def verify_address(tx: Transaction, by: Actor, *, address: str, code: str) -> None:
    """The code that was mailed to the address, typed back. Raises Refused where it is another, or too old."""
    require(tx, by, Action.KEEP_REMINDERS, "recipients")
    typed = code.strip().upper()
    if not tx.rows(Q.verify_address, address=address, code_sha256=_digest(typed), now=tx.now):
        raise Refused(_("This is not the code, or it is older than two days; have another one sent"))
    audit.record(tx, by, Event.ADDRESS_VERIFIED, f"address {address}")


def hand_over(
    tx: Transaction, by: Actor, *, recipient_id: int, deputy_id: int, first: date, last: date
) -> None:  # fmt: skip
    """Let somebody else get one's own reminders between two days, once he has accepted. Raises Refused."""
    own, deputy = _own(tx, by, recipient_id), _there(tx, deputy_id)
    if deputy["kind"] != "person" or deputy_id == recipient_id or not deputy["active"]:
        raise Refused(_("Somebody else who signs in has to stand in"))
    if tx.value(Q.sees_less, person_id=deputy["person_id"], other_id=own["person_id"]):
        raise Refused(_("{name} does not see all of these cards", name=deputy["name"]))
    if not tx.today <= last >= first or (last - first).days >= MOST_DAYS:
        raise Refused(_("Choose days from today on, at most {days} of them", days=MOST_DAYS))
    tx.run(Q.hand_over, recipient_id=recipient_id, deputy_id=deputy_id, first=first, last=last)
    audit.record(tx, by, Event.HANDED_OVER, f"recipient {recipient_id}", deputy=deputy["name"], first=first, last=last)


def end_hand_over(tx: Transaction, by: Actor, *, recipient_id: int) -> None:
    """Get one's own reminders oneself again. Raises Refused."""
    _own(tx, by, recipient_id)
    tx.run(Q.hand_over, recipient_id=recipient_id, deputy_id=None, first=None, last=None)
    audit.record(tx, by, Event.HAND_OVER_ENDED, f"recipient {recipient_id}")


def accept_hand_over(tx: Transaction, by: Actor, *, recipient_id: int) -> None:
    """Stand in for somebody who has asked. Raises Refused where nobody has."""
    require(tx, by, Action.LOOK_UP, f"recipient {recipient_id}")
    if not tx.rows(Q.accept_hand_over, recipient_id=recipient_id, person_id=by.person_id, now=tx.now, today=tx.today):
        raise Refused(_("Nobody has asked you to stand in for them"))
    audit.record(tx, by, Event.HAND_OVER_ACCEPTED, f"recipient {recipient_id}")


def tomorrow(reader: Reader, *, day: date, calendar: Workdays) -> pa.Table:
    """Who would get what on `day` as things stand: recipient_id, recipient, kind, subject, urgent, things, amount_fen, first_on."""
    wanted, values = reached(reader, now=datetime.combine(day, time(9), HOME_ZONE), today=day, calendar=calendar)
    return reader.arrow(Q.tomorrow.fill(wanted=wanted.sql), **values)


def _check(tx: Transaction, recipient_id: int | None, told: dict[str, Any]) -> None:
    kind, person_id, address, lead_id = told["kind"], told["person_id"], told["address"], told["lead_id"]
    faults = (
        (kind not in KINDS or not told["name"], _("Say who it is")),
        ((kind == "person") != (person_id is not None), _("Choose the person")),
        (kind in {"agent", "branch"} and told["part"] is None, _("Choose whose cards it gets")),
        (kind == "chat" and told["secret_name"] is None, _("Say where the address of the group's bot stands")),
        (
            address is not None and (len(address) > MOST_ADDRESS or not _ADDRESS.fullmatch(address)),
            _("'{address}' is no mail address", address=address or ""),
        ),
        (told["language"] is not None and told["language"] not in LANGUAGES, _("Choose a language")),
        (lead_id is not None and lead_id == recipient_id, _("The lead is somebody else")),
        (
            person_id is not None
            and tx.value(Q.recipient_of, person_id=person_id, recipient_id=recipient_id) is not None,
            _("This person is a recipient already"),
        ),
        (person_id is not None and person_now(tx, person_id) is None, _("There is no such person")),
    )
    for wrong, sentence in faults:
        if wrong:
            raise Refused(sentence)
    if lead_id is not None:
        lead = _there(tx, lead_id)
        less = tx.value(Q.sees_less, person_id=lead["person_id"], other_id=person_id)
        if lead["kind"] != "person" or less:
            raise Refused(_("The lead is somebody who signs in and sees all of these cards"))


def _own(tx: Transaction, by: Actor, recipient_id: int) -> Row:
    """The recipient `by` is."""
    require(tx, by, Action.LOOK_UP, f"recipient {recipient_id}")
    found = _there(tx, recipient_id)
    if found["kind"] != "person" or found["person_id"] != by.person_id:
        raise NotThere(_("There is no such recipient"))
    return found


def _there(reader: Reader, recipient_id: int) -> Row:
    found = reader.row(Q.recipient, recipient_id=recipient_id)
    if found is None:
        raise NotThere(_("There is no such recipient"))
    return found


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
