"""Deputies: an approver who will be away names who approves for him between two days."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from data.audit import store as audit
from data.database import Queries, Reader, Transaction
from data.people.passwords import Proof, reauthenticate
from data.people.rules import Action, Actor, Event, Refused, Role, may
from data.people.store import person_now, require
from data.words import _, day

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
# Longer than any leave; whoever is away longer hands the role on.
MOST_DAYS = 92


@dataclass(frozen=True)
class Deputyship:
    """Who stands in for whom, and when."""

    deputy_id: int
    approver: int  # who is away
    approver_name: str
    person_id: int  # who stands in
    name: str
    from_day: date
    to_day: date  # the last day


def name_deputy(
    tx: Transaction, by: Actor, *, person_id: int, from_day: date, to_day: date, password: Proof | None = None
) -> int:
    """Let an operator or another approver approve for `by` between two days; the deputyship's id. Raises Refused."""
    require(tx, by, Action.APPROVE, "")
    reauthenticate(tx, by, password, Event.DEPUTY_NAMED, f"person {person_id}")
    person = person_now(tx, person_id)
    if person is None or not person.active or not may(Role(person.role), Action.DEPUTISE):
        raise Refused(_("A deputy is an operator or an approver who can sign in"))
    if person_id == by.person_id:
        raise Refused(_("You cannot be your own deputy"))
    if not tx.today <= to_day >= from_day:
        raise Refused(
            _("From {first} to {last} is over or ends before it begins", first=day(from_day), last=day(to_day))
        )
    if to_day - from_day >= timedelta(days=MOST_DAYS):
        raise Refused(_("A deputy stands in for at most {days} days at a time", days=MOST_DAYS))
    said = {"person_id": person_id, "from_day": from_day, "to_day": to_day}
    made = int(tx.value(Q.add_deputy, approver=by.person_id, made_by=by.person_id, now=tx.now, **said))
    audit.record(tx, by, Event.DEPUTY_NAMED, f"deputy {made}", deputy=person.name, from_day=from_day, to_day=to_day)
    return made


def end_deputy(tx: Transaction, by: Actor, *, deputy_id: int) -> None:
    """Take one's own deputyship back. What the deputy approved and is not yet sent pauses. Raises Refused."""
    require(tx, by, Action.APPROVE, f"deputy {deputy_id}")
    if not tx.rows(Q.end_deputy, deputy_id=deputy_id, approver=by.person_id, now=tx.now):
        raise Refused(_("This is no deputyship of yours that is still in force"))
    audit.record(tx, by, Event.DEPUTY_ENDED, f"deputy {deputy_id}")


def deputyships(reader: Reader, *, today: date) -> list[Deputyship]:
    """Everyone who stands in for someone today or later."""
    return reader.records(Deputyship, Q.deputyships, today=today)


def stands_in(reader: Reader, person_id: int, *, day: date) -> list[str]:
    """The names of the absent approvers for whom a person may approve on a day."""
    return [name for _approver, name in _absent(reader, person_id, day)]


def entitled(tx: Reader, by: Actor, object: str, *, maker: int, day: date) -> int | None:
    """Whom `by` approves for on `day`: None in his own right, else the absent approver whose deputy he is.

    Neither `by` nor the one he stands in for may be the maker. Raises Refused.
    """
    person = person_now(tx, by.person_id)
    own = person is not None and may(Role(person.role), Action.APPROVE)
    absent = [] if own else _absent(tx, by.person_id, day)
    require(tx, by, Action.DEPUTISE if absent else Action.APPROVE, object)
    if by.person_id == maker:
        raise Refused(_("You made this batch; another person has to approve it"))
    if not absent:
        return None
    others = [approver for approver, _name in absent if approver != maker]
    if not others:
        raise Refused(_("{name}, for whom you stand in, made this batch; another approver has to", name=absent[0][1]))
    return others[0]


def _absent(reader: Reader, person_id: int, day: date) -> list[tuple[int, str]]:
    rows = reader.rows(Q.absent_approvers, person_id=person_id, day=day)
    return [(row["person_id"], row["name"]) for row in rows if may(Role(row["role"]), Action.APPROVE)]
