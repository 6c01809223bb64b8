"""The part of the fleet a person sees: kept here, and enforced here for every read, by views before the tables.

A narrowed reader has a connection of its own, on which views of the tables' names stand before the tables themselves, also
inside the views of the schema. A query need not know: whatever is read through it holds cards of the scope and no other.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from data.audit import store as audit
from data.database import Database, Queries, Reader, Transaction
from data.people.passwords import Proof, reauthenticate
from data.people.rules import ROLE_WORDS, Actor, Event, NotThere, Refused, Role
from data.people.scope_rules import KINDS, SCOPED_ROLES, Scope
from data.people.store import person_now, require_keeper
from data.words import _

Q = Queries.beside(__file__, "scoping.sql")

# In this order: each builds on those before it. A table of the schema that is in none of these is everybody's (test).
OF_CARDS = (
    "sim",
    "sim_change",
    "usage_day",
    "usage_month",
    "finding",
    "card_told",
    "notice_card",
    "obligation",
    "batch_line",
    "reminder",
)
OF_ORDERS = (
    *(
        "placement",
        "placement_past",
        "attempt",
        "event",
        "state",
        "reservation",
        "renewal_note",
        "review",
        "verification",
    ),
    *(
        "booking",
        "difference",
        "worklist_item",
        "offline_payment",
        "receipt",
        "voucher_renewal",
        "payment_request_item",
    ),
)
OWN = ("carrier_day", "batch", "worklist", "payment_request", "voucher", "voucher_picture", "recipient")
HIDDEN = (
    *("audit", "job_run", "account_sync", "account_balance", "fleet_day", "reconciliation", "upload", "upload_refusal"),
    *("recharge_pin", "notice_paper", "person_scope"),
    *("address", "reminder_rule", "mail", "mail_item", "mail_stop", "reminder_scan"),
)
# A card is in sight when it fulfils the condition of every kind that names a value.
_BY = {"region": Q.by_region, "branch": Q.by_branch, "agent": Q.by_agent, "merchant": Q.by_merchant}


def of(reader: Reader, person_id: int) -> Scope:
    """What a person sees now."""
    return Scope.of([(row["kind"], row["value"]) for row in reader.rows(Q.scope_of, person_id=person_id)])


def give(tx: Transaction, by: Actor, *, person_id: int, scope: Scope, password: Proof | None = None) -> None:
    """Let a person see this and nothing else, from the next click on. Raises Refused for a role that works on the whole."""
    person = person_now(tx, person_id)
    require_keeper(tx, by, f"person {person.name if person else person_id}")
    if person is None:
        raise NotThere(_("There is no such person"))
    reauthenticate(tx, by, password, Event.SCOPE_GIVEN, f"person {person.name}")
    if scope and Role(person.role) not in SCOPED_ROLES:
        role = _(ROLE_WORDS[Role(person.role)])
        raise Refused(
            _("{name} is {role}: that role works on the whole fleet and has no scope", name=person.name, role=role)
        )
    for kind, value in scope.pairs:
        if not tx.value(Q.known_value, kind=kind, value=value):
            raise Refused(
                _("{kind}: no card, terminal or merchant is known by '{value}'", kind=_(KINDS[kind]), value=value)
            )
    tx.run(Q.forget_scope, person_id=person_id)
    for kind, value in scope.pairs:
        tx.run(Q.add_scope, person_id=person_id, kind=kind, value=value)
    audit.record(tx, by, Event.SCOPE_GIVEN, f"person {person.name}", scope=scope.pairs)


@contextmanager
def narrowed(db: Database, scope: Scope) -> Iterator[Reader]:
    """A reader that sees the cards of `scope` and what belongs to them; the whole where it names nothing."""
    if not scope:
        yield db.read()
        return
    reader = db.narrowed.take(scope.pairs) or _made(db, scope)
    version = db.version
    if reader.version != version:
        # Whatever else changes is seen at once; which cards are whose, with the version, as every cached read.
        for step in (Q.forget_cards, Q.gather_cards, Q.forget_orders, Q.gather_orders):
            reader.rows(step)
        reader.version = version
    try:
        yield reader
    finally:
        db.narrowed.give_back(scope.pairs, reader)


def _made(db: Database, scope: Scope) -> Reader:
    reader = db.apart()
    for step in (Q.make_values, Q.make_cards, Q.make_orders):
        reader.rows(step)
    for kind, value in scope.pairs:
        reader.rows(Q.add_value, kind=kind, value=value)
    for kind in ("region", "branch", "merchant"):
        reader.rows(Q.set_values.fill(kind=kind))
    reader.rows(Q.set_agents)
    for name, sql in views_of(scope.pairs).items():
        reader.rows(Q.make_view.fill(name=name, select=sql))
    return reader


def views_of(pairs: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Every view of a narrowed reader by its name, in the order they build on each other."""
    where = " AND ".join(f"({_BY[kind].sql})" for kind in KINDS if kind in dict(pairs))
    views = {"sim_now": Q.sim_now.fill(where=where), "terminal": Q.terminal.fill(where=where)}
    views |= {"merchant": Q.merchant, "agent": Q.agent}
    for template, tables in ((Q.of_cards, OF_CARDS), (Q.of_orders, OF_ORDERS), (Q.nothing, HIDDEN)):
        views |= {table: template.fill(table=table) for table in tables}
    return {name: query.sql for name, query in (views | {name: getattr(Q, name) for name in OWN}).items()}
