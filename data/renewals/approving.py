"""The approval: exactly these lines, by another person; the obligations are made and the money is set aside."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from data.audit import store as audit
from data.database import Queries, Reader, Row, Transaction
from data.people.rules import Action, Actor, Event, Refused
from data.people.store import require
from data.renewals import rules, stopping
from data.renewals.moves import BatchState, NoSuchMove, check_batch
from data.settings import Settings
from data.words import _, moment, number, yuan

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def approve(tx: Transaction, by: Actor, *, batch: int, content_hash: str, settings: Settings) -> None:
    """Approve exactly this content: the obligations are made and the money is set aside.

    1. the right, and another person than the maker
    2. compare and set on state and content hash; the hash is computed again from the lines
    3. the caps of one batch and of one day, under the writer lock
    4. no line's card is on its way elsewhere
    5. adopt what failed or was taken back, make what is new

    Raises Refused in words.
    """
    require(tx, by, Action.APPROVE, f"batch {batch}")
    found = stopping.known(tx, batch)
    if found["maker"] == by.person_id:
        raise Refused(_("You made this batch; another person has to approve it"))
    if not _approved(tx, found, content_hash=content_hash, checker=by.person_id):
        raise Refused(_why_not_approved(found))
    contents = [rules.content(line) for line in tx.rows(Q.orderable_lines, batch=batch)]
    if rules.content_hash(content[1:] for content in contents) != content_hash:
        raise Refused(_("The lines of this batch are not what was proposed; nothing was approved"))
    _within_caps(tx, found["amount_fen"], settings)
    taken = tx.value(Q.conflicts, batch=batch)
    if taken:
        raise Refused(_("{n} cards of this batch are in another batch by now; propose it again", n=number(taken)))
    _place(tx, by, batch=batch, maker=found["maker"], keys={line: key for line, key, _amount, _months in contents})
    audit.record(
        tx, by, Event.BATCH_APPROVED, f"batch {batch}", content_hash=content_hash, amount_fen=found["amount_fen"]
    )


def content_is_approved(reader: Reader, batch: int) -> bool:
    """Whether the lines, hashed again now, are what the approver saw."""
    row = stopping.known(reader, batch)
    lines = (rules.content(line)[1:] for line in reader.rows(Q.orderable_lines, batch=batch))
    return bool(row["approved_hash"] == row["content_hash"] == rules.content_hash(lines))


def _approved(tx: Transaction, found: Row, *, content_hash: str, checker: int) -> bool:
    try:
        check_batch(BatchState(found["state"]), BatchState.APPROVED)
    except NoSuchMove:
        return False
    return bool(tx.rows(Q.approve_batch, batch=found["id"], content_hash=content_hash, checker=checker, now=tx.now))


def _why_not_approved(found: Row) -> str:
    if found["state"] == BatchState.PROPOSED.value:
        return _("This batch has changed since you looked at it; look again")
    if found["checker_name"]:
        return _(
            "{name} approved this batch already, {when}", name=found["checker_name"], when=moment(found["approved_at"])
        )
    return _("This batch does not wait for approval: it is {state}", state=_(rules.BATCH_WORDS[found["state"]]))


def _within_caps(tx: Transaction, amount_fen: int, settings: Settings) -> None:
    if amount_fen > settings.batch_max_yuan * 100:
        raise Refused(
            _(
                "This batch costs {amount}; one batch may cost at most {most}",
                amount=yuan(amount_fen),
                most=yuan(settings.batch_max_yuan * 100),
            )
        )
    reserved = tx.value(Q.reserved_on, day=tx.today)
    if reserved + amount_fen > settings.day_max_yuan * 100:
        raise Refused(
            _(
                "With this batch today's renewals would cost {amount}; one day may cost at most {most}",
                amount=yuan(reserved + amount_fen),
                most=yuan(settings.day_max_yuan * 100),
            )
        )


def _place(tx: Transaction, by: Actor, *, batch: int, maker: int, keys: Mapping[int, str]) -> None:
    said = {"batch": batch, "now": tx.now, "actor": by.name, "maker": maker, "day": tx.today}
    said["evidence"] = f'{{"batch":{batch}}}'
    for query in (Q.keep_past, Q.adopted_events, Q.adopt_placements, Q.adopt_reservations, Q.adopt_states):
        tx.run(query, **said)
    stems = [key.split("|")[1] for key in keys.values()]
    with tx.frame("keys", pa.table({"line": list(keys), "key": list(keys.values()), "stem": stems})):
        tx.run(Q.add_obligations, **said)
    for query in (Q.add_placements, Q.add_reservations, Q.new_events, Q.new_states):
        tx.run(query, **said)
