"""Sessions of signed-in people. The cookie's token changes when the password is asked for again; the session stays.

Requests are known by the token, of which only the SHA-256 is kept; open sockets by the session's number, which never
leaves the server.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from data.audit import store as audit
from data.database import Queries, Reader, Row, Transaction
from data.people.rules import SYSTEM, Action, Actor, Event
from data.people.store import Person, require

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
# A page clicks several times a second; the idle clock is good enough to the minute.
TOUCH_EVERY = timedelta(minutes=1)
# A browser fetches its new token at once; one that does not within this time signs in again.
_RENEW_WITHIN = timedelta(minutes=1)
# Where somebody has signed in within so many days, strangers' guesses do not count against them.
_KNOWN_FOR = timedelta(days=90)


@dataclass(frozen=True)
class Opened:
    """A session just begun."""

    session_id: str
    token: str  # for the cookie, told once


@dataclass(frozen=True)
class Session:
    """A session that is not over."""

    session_id: str
    person: Person
    seen_at: datetime


def sign_in(tx: Transaction, person: Person, *, address: str, instead_of: str = "") -> Opened:
    """Open a session; one that the same browser still had (`instead_of`) ends."""
    opened = Opened(secrets.token_hex(16), secrets.token_urlsafe(32))
    tx.run(Q.end_session, session_id=instead_of, now=tx.now)
    tx.run(
        Q.add_session,
        session_id=opened.session_id,
        token_sha256=digest(opened.token),
        person_id=person.person_id,
        now=tx.now,
        address=address,
    )
    audit.record(tx, person.actor("page"), Event.SIGNED_IN, f"person {person.name}", address=address)
    return opened


def sign_in_refused(tx: Transaction, *, name: str, address: str) -> None:
    """Remember a wrong password. A name that nobody has is not written down: it may be a password typed too early."""
    known = tx.value(Q.is_name, name=name)
    audit.record(tx, SYSTEM, Event.SIGN_IN_REFUSED, f"person {name if known else '?'}", address=address)


def sign_in_slowed(tx: Transaction, *, name: str, address: str) -> None:
    """Remember that guesses at a name or from an address have become too many."""
    known = tx.value(Q.is_name, name=name)
    audit.record(tx, SYSTEM, Event.SIGN_IN_SLOWED, f"person {name if known else '?'}", address=address)


def is_known_address(reader: Reader, *, name: str, address: str, now: datetime) -> bool:
    """Whether this person has signed in from this address of late."""
    return bool(reader.value(Q.known_address, name=name, address=address, since=now - _KNOWN_FOR))


def of_token(reader: Reader, token: str, *, now: datetime, idle: timedelta, longest: timedelta) -> Session | None:
    """The session of a cookie; None when it is over, or when its browser has not fetched the token that replaces it."""
    row = reader.row(Q.session_by_token, token_sha256=digest(token))
    if row is None or (row["renew_by"] and row["renew_by"] < now):
        return None
    return _alive(row, now=now, idle=idle, longest=longest)


def of_socket(reader: Reader, session_id: str, *, now: datetime, idle: timedelta, longest: timedelta) -> Session | None:
    """The session of an open socket; None when it is over."""
    row = reader.row(Q.session_by_id, session_id=session_id)
    return _alive(row, now=now, idle=idle, longest=longest) if row else None


def owner(reader: Reader, session_id: str) -> int | None:
    """Whose session it is or was, unless somebody ended it on purpose."""
    row = reader.row(Q.session_by_id, session_id=session_id)
    return int(row["person_id"]) if row and row["active"] and row["ended_at"] is None else None


def ended(reader: Reader, session_ids: Sequence[str]) -> list[str]:
    """Which of these sessions somebody ended on purpose: signed out, disabled, another role."""
    return [row["session_id"] for row in reader.rows(Q.ended_sessions, session_ids=list(session_ids))]


def touch(tx: Transaction, session_id: str) -> None:
    """The person is still there."""
    tx.run(Q.touch_session, session_id=session_id, now=tx.now)


def want_new_token(tx: Transaction, by: Actor, session_id: str) -> str:
    """The password was asked for again: the token is to be replaced. The word with which this tab fetches the new one."""
    require(tx, by, Action.LOOK_UP, "")
    word = secrets.token_urlsafe(32)
    said = {"renew_sha256": digest(word), "renew_by": tx.now + _RENEW_WITHIN}
    tx.run(Q.want_new_token, session_id=session_id, person_id=by.person_id, **said)
    audit.record(tx, by, Event.REAUTHENTICATED, f"person {by.name}")
    return word


def wants_new_token(reader: Reader, session_id: str) -> bool:
    """Whether its browser has not fetched the new token yet."""
    return bool(reader.value(Q.wants_new_token, session_id=session_id))


def renew(tx: Transaction, token: str, word: str) -> str | None:
    """The token that replaces `token`, for whoever has the word; None for anybody else."""
    renewed = secrets.token_urlsafe(32)
    said = {"token_sha256": digest(token), "renew_sha256": digest(word), "now": tx.now}
    return renewed if tx.rows(Q.renew_token, renewed=digest(renewed), **said) else None


def sign_out(tx: Transaction, session_id: str, by: Actor) -> None:
    """End this session; its token is worth nothing from here on."""
    tx.run(Q.end_session, session_id=session_id, now=tx.now)
    audit.record(tx, by, Event.SIGNED_OUT, f"person {by.name}")


def end_all(tx: Transaction, *, person_id: int, but: str = "") -> int:
    """End every session of a person, `but` one; how many there were."""
    return len(tx.rows(Q.end_sessions_of, person_id=person_id, but=but, now=tx.now))


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _alive(row: Row, *, now: datetime, idle: timedelta, longest: timedelta) -> Session | None:
    """The session of a row; None where it is over: signed out, idle too long, or older than its absolute age."""
    over = row["ended_at"] is not None or now - row["seen_at"] > idle or now - row["made_at"] > longest
    if over or not row["active"]:
        return None
    person = Person(row["person_id"], row["name"], row["role"], row["language"], row["active"])
    return Session(row["session_id"], person, row["seen_at"])
