"""Passwords: how one is kept, and the proof that its owner typed it again just before a grave act.

A hash takes a fifth of a second on purpose: none is made or checked inside a transaction, which would hold up every other.
"""

import hashlib
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from data.audit import store as audit
from data.database import Queries, Reader, Transaction
from data.people.password_rules import password_fault
from data.people.rules import Action, Actor, Event, Refused, WrongPassword
from data.people.store import NewPassword, Person, by_name, require
from data.words import _

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
_hasher = PasswordHasher()
# Unknown names cost the same time as known ones: they are checked against this hash of nothing anyone knows. It stands
# here because hashing one would cost every start a tenth of a second; a test holds its cost to that of the others.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$aGkiD3YveDX/FRJyRtmluA$cnTLyi0x2Du6jq4KfXRrGSRe68Tl3F3CTT3j3lYZElE"
# Whoever sits at a screen left open may guess a few times, not all day.
_WRONG_TRIES = 5
_WRONG_WITHIN = timedelta(minutes=15)
# As long as a confirm form may take to reach its transaction.
_PROOF_LASTS = timedelta(minutes=5)
# Held over count, hash and record of a password asked for again: tabs that guess at the same time count one another.
one_try_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Proof:
    """A person typed their password for this act on this thing, and for no other."""

    person_id: int
    event: Event  # what the audit log will call the act
    object: str  # what it is about
    at: datetime
    password: str  # SHA-256 of the hash it was checked against: a password changed meanwhile proves nothing


def chosen(name: str, password: str) -> NewPassword:
    """The new password of the person called `name`, hashed. Raises Refused for one that is too easy."""
    fault = password_fault(name, password)
    if fault:
        raise Refused(_(fault))
    return NewPassword(_hasher.hash(password))


def fits(reader: Reader, name: str, password: str) -> Person | None:
    """The active person whose password this is, else None; takes the same time for unknown names."""
    return by_name(reader, name) if _verified(_hash_of(reader, name), password) else None


def prove(reader: Reader, by: Actor, typed: str | None, event: Event, object: str, *, now: datetime) -> Proof:
    """Check the password asked for again before the act `event` on `object`. Never inside a transaction.

    Raises Refused without a password and after too many wrong ones, WrongPassword for a wrong one; whoever calls
    records that try (`was_wrong`) before the next one.
    """
    if not typed:
        raise Refused(_("Type your password: this act asks for it again"))
    tries = reader.value(
        Q.wrong_passwords,
        person_id=by.person_id,
        event=Event.REAUTHENTICATION_REFUSED.value,
        since=now - _WRONG_WITHIN,
    )
    if tries >= _WRONG_TRIES:
        minutes = round(_WRONG_WITHIN.total_seconds() / 60)
        raise Refused(_("{n} wrong passwords within {minutes} minutes; wait and try again", n=tries, minutes=minutes))
    stored = _hash_of(reader, by.name)
    person = by_name(reader, by.name) if _verified(stored, typed) else None
    if person is None or person.person_id != by.person_id:
        raise WrongPassword(_("This is not your password; nothing was done"))
    return Proof(by.person_id, event, object, now, _digest(stored))


def was_wrong(tx: Transaction, by: Actor) -> None:
    """Remember that the password asked for again was wrong."""
    require(tx, by, Action.LOOK_UP, "")
    audit.record(tx, by, Event.REAUTHENTICATION_REFUSED, f"person {by.name}")


def reauthenticate(tx: Transaction, by: Actor, password: Proof | None, event: Event, object: str) -> None:
    """Whether whoever is behind a page has proved a moment ago that it is still they, for exactly this act.

    A command line and a job have no password to give: who can open the home's files owns them. Raises Refused.
    """
    if by.source != "page":
        return
    if password is None:
        raise Refused(_("Type your password: this act asks for it again"))
    bound = (password.person_id, password.event, password.object) == (by.person_id, event, object)
    if not bound or abs(tx.now - password.at) > _PROOF_LASTS or password.password != _digest(_hash_of(tx, by.name)):
        raise Refused(_("Your password was typed for something else or too long ago; type it again"))


def _verified(stored: str | None, password: str) -> bool:
    try:
        return _hasher.verify(stored or _NOBODY, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def _hash_of(reader: Reader, name: str) -> str | None:
    found: str | None = reader.value(Q.password_hash, name=name)
    return found


def _digest(stored: str | None) -> str:
    return hashlib.sha256((stored or "").encode()).hexdigest()
