"""Keeping people: who can sign in and as what, and the one-time links through which they choose their passwords.

Nobody is ever shown a password of another. Whoever is disabled, reset or given another role is signed out everywhere.
"""

import secrets
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa

from data.audit import store as audit
from data.database import Queries, Reader, Transaction
from data.people import scopes, sessions
from data.people.passwords import Proof, reauthenticate
from data.people.rules import ROLE_WORDS, Action, Actor, Event, Refused, Role
from data.people.scope_rules import SCOPED_ROLES
from data.people.store import NewPassword, Person, add, everyone, person_now, require, require_keeper
from data.words import _

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
# Long enough to reach somebody on the next working morning.
LINK_LASTS = timedelta(hours=24)


def people(reader: Reader, *, now: datetime) -> pa.Table:
    """Everyone who can or could sign in: person_id, name, role, active, has_password, link_until, seen_at, sessions.

    `sessions`: open ones, counting those that have gone idle.
    """
    return reader.arrow(Q.kept, now=now)


def invite(tx: Transaction, by: Actor, *, name: str, role: Role, password: Proof | None = None) -> str:
    """Make a person; the token of the link through which they choose their password. Raises Refused."""
    require_keeper(tx, by, f"person {name}")
    reauthenticate(tx, by, password, Event.PERSON_ADDED, f"person {name}")
    person_id = add(tx, by, name=name, role=role, password=None)
    return _link(tx, by, person_id, name)


def reset(tx: Transaction, by: Actor, *, person_id: int, password: Proof | None = None) -> str:
    """Void a person's password and sessions; the token of the link through which they choose another. Raises Refused."""
    person = _other(tx, by, person_id)
    reauthenticate(tx, by, password, Event.LINK_MADE, f"person {person.name}")
    if not person.active:
        raise Refused(_("{name} is disabled; enable the account first", name=person.name))
    tx.run(Q.set_password, person_id=person_id, password_hash=None)
    sessions.end_all(tx, person_id=person_id)
    return _link(tx, by, person_id, person.name)


def set_role(tx: Transaction, by: Actor, *, person_id: int, role: Role, password: Proof | None = None) -> None:
    """Make a person something else. They sign in again, with what that is. Raises Refused."""
    person = _other(tx, by, person_id)
    reauthenticate(tx, by, password, Event.PERSON_ROLE_CHANGED, f"person {person.name}")
    if role is Role.SYSTEM or role.value == person.role:
        raise Refused(_("{name} is {role} already", name=person.name, role=_(ROLE_WORDS[Role(person.role)])))
    _someone_keeps_people(tx, person)
    if role not in SCOPED_ROLES and scopes.of(tx, person_id):
        raise Refused(_("{name} sees a part of the fleet; let the whole be seen first", name=person.name))
    tx.run(Q.set_role, person_id=person_id, role=role.value)
    ended = sessions.end_all(tx, person_id=person_id)
    said = {"before": person.role, "after": role.value, "sessions": ended}
    audit.record(tx, by, Event.PERSON_ROLE_CHANGED, f"person {person.name}", **said)


def disable(tx: Transaction, by: Actor, *, person_id: int, password: Proof | None = None) -> None:
    """Let a person in no more, from this moment on. Raises Refused."""
    person = _other(tx, by, person_id)
    reauthenticate(tx, by, password, Event.PERSON_DISABLED, f"person {person.name}")
    _someone_keeps_people(tx, person)
    tx.run(Q.set_active, person_id=person_id, active=False)
    tx.run(Q.end_links, person_id=person_id, now=tx.now)
    ended = sessions.end_all(tx, person_id=person_id)
    audit.record(tx, by, Event.PERSON_DISABLED, f"person {person.name}", sessions=ended)


def enable(tx: Transaction, by: Actor, *, person_id: int, password: Proof | None = None) -> None:
    """Let a disabled person in again. Raises Refused."""
    person = _other(tx, by, person_id)
    reauthenticate(tx, by, password, Event.PERSON_ENABLED, f"person {person.name}")
    tx.run(Q.set_active, person_id=person_id, active=True)
    audit.record(tx, by, Event.PERSON_ENABLED, f"person {person.name}")


def change_password(tx: Transaction, by: Actor, *, new: NewPassword, password: Proof | None, session_id: str) -> None:
    """Change one's own password; every other session of theirs ends. Raises Refused."""
    require(tx, by, Action.LOOK_UP, f"person {by.name}")
    reauthenticate(tx, by, password, Event.SIGN_IN_CHANGED, f"person {by.name}")
    tx.run(Q.set_password, person_id=by.person_id, password_hash=new.hash)
    ended = sessions.end_all(tx, person_id=by.person_id, but=session_id)
    audit.record(tx, by, Event.SIGN_IN_CHANGED, f"person {by.name}", sessions=ended)


def link_of(reader: Reader, token: str, *, now: datetime) -> str | None:
    """The name of whoever chooses a password through this link; None: it is used, too old or none of ours."""
    name: str | None = reader.value(Q.link_of, token_sha256=sessions.digest(token), now=now)
    return name


def choose_password(tx: Transaction, token: str, *, new: NewPassword) -> Person | None:
    """Choose a password through a link, once; None: it is used, too old or none of ours."""
    used = tx.row(Q.use_link, token_sha256=sessions.digest(token), now=tx.now)
    person = person_now(tx, used["person_id"]) if used else None
    if person is None or not person.active:
        return None
    tx.run(Q.set_password, person_id=person.person_id, password_hash=new.hash)
    sessions.end_all(tx, person_id=person.person_id)
    audit.record(tx, person.actor("link"), Event.SIGN_IN_CHANGED, f"person {person.name}")
    return person


def make_setup_link(tx: Transaction) -> str:
    """The token of a one-time link through which the first administrator is made. Links made before are void."""
    token = secrets.token_urlsafe(32)
    tx.run(Q.end_setup_links, now=tx.now)
    tx.run(Q.add_setup_link, token_sha256=sessions.digest(token), now=tx.now)
    return token


def set_up(tx: Transaction, token: str, *, name: str, password: NewPassword) -> int | None:
    """Make the first administrator through the link; None when it is unknown or used, or somebody can sign in already."""
    if not tx.rows(Q.use_setup_link, token_sha256=sessions.digest(token), now=tx.now) or everyone(tx):
        return None
    first = Actor(0, "set-up link", Role.SYSTEM, "command line")
    return add(tx, first, name=name, role=Role.ADMINISTRATOR, password=password)


def _other(tx: Reader, by: Actor, person_id: int) -> Person:
    """The person to change, who is another than whoever changes them."""
    person = person_now(tx, person_id)
    require_keeper(tx, by, f"person {person.name if person else person_id}")
    if person is None or person.role == Role.SYSTEM.value:
        raise Refused(_("There is no such person"))
    if person.person_id == by.person_id:
        raise Refused(_("This is yourself: another administrator has to do it"))
    return person


def _someone_keeps_people(tx: Reader, person: Person) -> None:
    others = [one for one in everyone(tx) if one.active and one.person_id != person.person_id]
    if person.role == Role.ADMINISTRATOR.value and not any(one.role == person.role for one in others):
        raise Refused(_("{name} is the last administrator; make another one first", name=person.name))


def _link(tx: Transaction, by: Actor, person_id: int, name: str) -> str:
    token = secrets.token_urlsafe(32)
    tx.run(Q.end_links, person_id=person_id, now=tx.now)
    said = {"person_id": person_id, "now": tx.now, "expires_at": tx.now + LINK_LASTS}
    tx.run(Q.add_link, token_sha256=sessions.digest(token), **said)
    audit.record(tx, by, Event.LINK_MADE, f"person {name}", hours=round(LINK_LASTS.total_seconds() / 3600))
    return token
