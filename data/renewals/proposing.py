"""Batches from the wish to the proposal."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from data.audit import store as audit
from data.database import Queries, Transaction
from data.people.rules import Action, Actor, Event, Refused
from data.people.store import require
from data.renewals import rules
from data.renewals.previewing import LINE, Wish, all_lines
from data.renewals.rules import ItemCaps
from data.sims.rules import GONE, NOT_BEGUN
from data.words import _, number

_CAPS = ItemCaps()
Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Proposed:
    """What a proposal came to. No card could be ordered: there is no batch."""

    batch: int | None
    items: int
    amount_fen: int
    refused: int


def propose(tx: Transaction, by: Actor, *, form_key: str, note: str | None = None, **wish: Any) -> Proposed:
    """Make a batch of one kind for these cards; the same form key again gives the same batch. `wish`: fields of Wish.

    Raises Refused for too many cards.
    """
    require(tx, by, Action.PROPOSE, "")
    made = tx.row(Q.batch_by_form_key, form_key=form_key)
    if made:
        return Proposed(made["id"], made["items"], made["amount_fen"], made["refused"])
    wanted = Wish(**wish)
    if len(wanted.sim_ids) > rules.MAX_LINES:
        raise Refused(
            _(
                "{n} cards are too many for one batch; choose at most {most}",
                n=number(len(wanted.sim_ids)),
                most=number(rules.MAX_LINES),
            )
        )
    lines = all_lines(tx, wanted, today=tx.today)
    ordered = [line for line in lines if line["refusal"] is None]
    amount_fen, refused = sum(line["amount_fen"] for line in ordered), len(lines) - len(ordered)
    if not ordered:
        return Proposed(None, 0, 0, refused)
    batch = int(
        tx.value(
            Q.add_batch,
            form_key=form_key,
            kind=wanted.kind,
            maker=by.person_id,
            content_hash=rules.content_hash(rules.content(line)[1:] for line in ordered),
            items=len(ordered),
            refused=refused,
            amount_fen=amount_fen,
            note=note,
            now=tx.now,
        )
    )
    with tx.frame("lines", pa.Table.from_pylist(lines, schema=LINE)):
        tx.run(Q.add_lines, batch=batch)
    audit.record(
        tx,
        by,
        Event.BATCH_PROPOSED,
        f"batch {batch}",
        kind=wanted.kind,
        items=len(ordered),
        amount_fen=amount_fen,
        refused=refused,
    )
    return Proposed(batch, len(ordered), amount_fen, refused)


def propose_due(
    tx: Transaction,
    by: Actor,
    *,
    expiring_within: int,
    carrier: str | None = None,
    account: str | None = None,
    months: int | None = None,
    form_key: str,
    caps: ItemCaps = _CAPS,
) -> Proposed:
    """Make a batch of every card in use that expires within so many days or has expired already."""
    require(tx, by, Action.PROPOSE, "")
    due = tx.rows(
        Q.due_ids,
        until=tx.today + timedelta(days=expiring_within),
        passed_over=sorted(GONE | NOT_BEGUN),
        carrier=carrier,
        account=account,
    )
    return propose(tx, by, sim_ids=[row["sim_id"] for row in due], months=months, caps=caps, form_key=form_key)
