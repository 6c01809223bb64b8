"""People and their sessions. `require` is the first call of every writing function of every store."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from data.audit import store as audit
from data.database import Queries, Reader, Transaction
from data.people.rules import (
    ACTION_WORDS,
    ROLE_WORDS,
    SYSTEM,
    Action,
    Actor,
    Event,
    Refused,
    Role,
    WrongPassword,
    may,
    password_fault,
    session_ended,
)
from data.words import N_, _

Q = Queries.beside(__file__)
_hasher = PasswordHasher()
# Unknown names cost the same time as known ones: they are checked against this hash of nothing anyone knows.
_NOBODY = _hasher.hash(secrets.token_hex(16))
# A page clicks several times a second; the idle clock is good enough to the minute.
_TOUCH_EVERY = timedelta(minutes=1)
# Whoever sits at a screen left open may guess a few times, not all day.
_WRONG_TRIES = 5
_WRONG_WITHIN = timedelta(minutes=15)

NO_RIGHT = N_("{name} ({role}) may not do this: {action}")
GONE = N_("{name} may not do this any more: the account is not active")


@dataclass(frozen=True)
class Person:
    """One row of `person`, without the password."""

    person_id: int
    name: str
    role: str
    language: str | None
    active: bool

    def actor(self, source: str) -> Actor:
        """This person as the one who acts."""
        return Actor(self.person_id, self.name, Role(self.role), source)


def person_now(reader: Reader, person_id: int) -> Person | None:
    """The person as they are at this moment, active or not."""
    return reader.record(Person, Q.person_by_id, person_id=person_id)


def require(tx: Reader, by: Actor, action: Action, object: str) -> None:
    """Raise Refused unless the person, read again now, may do `action` on `object`."""
    # What the actor says of his role is not asked: the product itself has no person behind it and comes from no page.
    if by.role is Role.SYSTEM and by.person_id == SYSTEM.person_id and by.source != "page":
        role = Role.SYSTEM
    else:
        person = person_now(tx, by.person_id)
        if person is None or not person.active:
            raise Refused(_(GONE, name=by.name))
        role = Role(person.role)
    if not may(role, action):
        # The object is named as the audit log names it.
        asked = f"{_(ACTION_WORDS[action])} ({object})" if object else _(ACTION_WORDS[action])
        raise Refused(_(NO_RIGHT, name=by.name, role=_(ROLE_WORDS[role]), action=asked))


def add(tx: Transaction, by: Actor, *, name: str, role: Role, password: str, language: str | None = None) -> int:
    """Make a person who can sign in; their id. Raises Refused for a name taken or a password too weak."""
    # A command line owns the home's files and may always make people; on a page only an administrator may.
    if by.source == "page":
        require(tx, by, Action.MANAGE_PEOPLE, name)
    fault = password_fault(name, password)
    if fault:
        raise Refused(_(fault))
    if tx.row(Q.person_by_name, name=name):
        raise Refused(_("There is already someone named {name}", name=name))
    person_id = int(
        tx.value(
            Q.add_person,
            name=name,
            role=role.value,
            password_hash=_hasher.hash(password),
            language=language,
            now=tx.now,
        )
    )
    audit.record(tx, by, Event.PERSON_ADDED, f"person {name}", role=role.value)
    return person_id


def everyone(reader: Reader) -> list[Person]:
    """All who can sign in."""
    return reader.records(Person, Q.people)


def by_name(reader: Reader, name: str) -> Person | None:
    """The active person of that name, for `--as`."""
    person = reader.record(Person, Q.person_by_name, name=name)
    return person if person and person.active and person.role != Role.SYSTEM.value else None


def password_fits(reader: Reader, name: str, password: str) -> Person | None:
    """The active person whose password this is, else None; takes the same time for unknown names."""
    row = reader.row(Q.person_by_name, name=name)
    try:
        _hasher.verify((row and row["password_hash"]) or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return None
    return by_name(reader, name)


def reauthenticate(tx: Transaction, by: Actor, password: str | None) -> None:
    """Ask the person behind a page for the password again, before an act that can spend or delegate money.

    A command line and a job have none to give: who can open the home's files owns them. Raises Refused without a
    password and after too many wrong ones, WrongPassword for a wrong one; whoever catches that records the try
    (`reauthentication_refused`), since this transaction is rolled back.
    """
    if by.source != "page":
        return
    if not password:
        raise Refused(_("Type your password: this act asks for it again"))
    tries = tx.value(
        Q.wrong_passwords,
        person_id=by.person_id,
        event=Event.REAUTHENTICATION_REFUSED.value,
        since=tx.now - _WRONG_WITHIN,
    )
    if tries >= _WRONG_TRIES:
        minutes = round(_WRONG_WITHIN.total_seconds() / 60)
        raise Refused(_("{n} wrong passwords within {minutes} minutes; wait and try again", n=tries, minutes=minutes))
    fits = password_fits(tx, by.name, password)
    if fits is None or fits.person_id != by.person_id:
        raise WrongPassword(_("This is not your password; nothing was done"))


def reauthentication_refused(tx: Transaction, by: Actor) -> None:
    """Remember that the password asked for again was wrong."""
    require(tx, by, Action.LOOK_UP, "")
    audit.record(tx, by, Event.REAUTHENTICATION_REFUSED, f"person {by.name}")


def sign_in(tx: Transaction, person: Person, *, address: str) -> str:
    """Open a session; the token for the cookie. Only its SHA-256 is kept."""
    token = secrets.token_urlsafe(32)
    tx.run(Q.add_session, token_sha256=_digest(token), person_id=person.person_id, now=tx.now, address=address)
    audit.record(tx, person.actor("page"), Event.SIGNED_IN, f"person {person.name}", address=address)
    return token


def sign_in_refused(tx: Transaction, *, name: str, address: str) -> None:
    """Remember a wrong password."""
    audit.record(tx, SYSTEM, Event.SIGN_IN_REFUSED, f"person {name[:80]}", address=address)


def sign_out(tx: Transaction, token: str, by: Actor) -> None:
    """End this session; the token is worth nothing from here on."""
    tx.run(Q.end_session, token_sha256=_digest(token), now=tx.now)
    audit.record(tx, by, Event.SIGNED_OUT, f"person {by.name}")


def whose(
    reader: Reader, token: str, *, now: datetime, idle: timedelta, longest: timedelta
) -> tuple[Person, bool] | None:
    """The person behind a cookie and whether the session wants touching; None when it is over."""
    row = reader.row(Q.session_by_token, token_sha256=_digest(token))
    if row is None or not row["active"]:
        return None
    if session_ended(
        made_at=row["made_at"], seen_at=row["seen_at"], ended_at=row["ended_at"], now=now, idle=idle, longest=longest
    ):
        return None
    person = Person(row["person_id"], row["name"], row["role"], row["language"], row["active"])
    return person, now - row["seen_at"] > _TOUCH_EVERY


def touch(tx: Transaction, token: str) -> None:
    """The person is still there."""
    tx.run(Q.touch_session, token_sha256=_digest(token), now=tx.now)


def choose_language(tx: Transaction, by: Actor, language: str) -> None:
    """Remember the language a person wants."""
    require(tx, by, Action.LOOK_UP, "")
    tx.run(Q.set_language, person_id=by.person_id, language=language)
    audit.record(tx, by, Event.LANGUAGE_CHOSEN, f"person {by.name}", language=language)


def make_setup_link(tx: Transaction) -> str:
    """The token of a one-time link through which the first administrator is made."""
    token = secrets.token_urlsafe(32)
    tx.run(Q.add_setup_link, token_sha256=_digest(token), now=tx.now)
    return token


def set_up(tx: Transaction, token: str, *, name: str, password: str) -> int | None:
    """Make the first administrator through the link; None when the link is unknown or used."""
    if not tx.rows(Q.use_setup_link, token_sha256=_digest(token), now=tx.now):
        return None
    first = Actor(0, "set-up link", Role.SYSTEM, "command line")
    return add(tx, first, name=name, role=Role.ADMINISTRATOR, password=password)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
