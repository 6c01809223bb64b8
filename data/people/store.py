"""People. `require` is the first call of every writing function of every store."""

from dataclasses import dataclass

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
    may,
)
from data.people.scope_rules import WITHIN_A_SCOPE
from data.words import N_, _

Q = Queries.beside(__file__)

PART_ONLY = N_("{name} may not do this: it reaches beyond the part of the fleet this account sees")
NO_RIGHT = N_("{name} ({role}) may not do this: {action}")
MIN_NAME, MAX_NAME = 2, 80
NAME_LENGTHS = {"least": MIN_NAME, "most": MAX_NAME}
# What the audit log calls the product itself.
_OURS = frozenset({"system", "command line", "set-up link"})
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


@dataclass(frozen=True)
class NewPassword:
    """A password somebody chose, hashed before the transaction (`data.people.passwords.chosen`)."""

    hash: str


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
    beyond = role is not Role.SYSTEM and action not in WITHIN_A_SCOPE
    if beyond and tx.value(Q.has_scope, person_id=by.person_id):
        raise Refused(_(PART_ONLY, name=by.name))


def require_keeper(tx: Reader, by: Actor, object: str) -> None:
    """Raise Refused unless `by` may keep people: an administrator, or the command line, which owns the home's files."""
    owner = by.role is Role.SYSTEM and by.person_id == SYSTEM.person_id and by.source == "command line"
    if not owner:
        require(tx, by, Action.MANAGE_PEOPLE, object)


def add(
    tx: Transaction,
    by: Actor,
    *,
    name: str,
    role: Role,
    password: NewPassword | None,
    language: str | None = None,
) -> int:
    """Make a person who can sign in; their id. Raises Refused for a name that is taken or none.

    `password`: None for somebody who will choose one through a link.
    """
    require_keeper(tx, by, f"person {name}")
    if not name.isprintable() or name != name.strip() or not MIN_NAME <= len(name) <= MAX_NAME:
        raise Refused(_("A sign-in name has {least} to {most} characters and no blanks around it", **NAME_LENGTHS))
    if name.casefold() in _OURS or tx.row(Q.name_taken, name=name):
        raise Refused(_("There is already someone named {name}", name=name))
    hashed = password and password.hash
    said = {"name": name, "role": role.value, "language": language}
    person_id = int(tx.value(Q.add_person, password_hash=hashed, now=tx.now, **said))
    audit.record(tx, by, Event.PERSON_ADDED, f"person {name}", role=role.value)
    return person_id


def everyone(reader: Reader) -> list[Person]:
    """All who can sign in."""
    return reader.records(Person, Q.people)


def by_name(reader: Reader, name: str) -> Person | None:
    """The active person of that name, for `--as`."""
    person = reader.record(Person, Q.person_by_name, name=name)
    return person if person and person.active and person.role != Role.SYSTEM.value else None


def choose_language(tx: Transaction, by: Actor, language: str) -> None:
    """Remember the language a person wants."""
    require(tx, by, Action.LOOK_UP, "")
    tx.run(Q.set_language, person_id=by.person_id, language=language)
    audit.record(tx, by, Event.LANGUAGE_CHOSEN, f"person {by.name}", language=language)
