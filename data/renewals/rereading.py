"""Cards to look at again after a purchase: stopped ones that were paid, and joined rows that are older than their card."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from data.database import Reader, Transaction
from data.people.rules import Action, Actor
from data.people.store import require
from data.renewals.moving import Q


@dataclass(frozen=True)
class PaidCard:
    """A card that stopped, was paid, and has not been read since."""

    sim_id: int
    iccid: str
    account: str


def paid_and_stopped(reader: Reader, *, today: date, limit: int) -> list[PaidCard]:
    """Paid cards whose state is still what it was before: only the carrier can say whether they run again."""
    return reader.records(PaidCard, Q.paid_and_stopped, today=today, limit=limit)


def keep_statuses(tx: Transaction, by: Actor, statuses: Sequence[tuple[PaidCard, str]]) -> None:
    """What the carrier says of paid cards, as an observation of now."""
    require(tx, by, Action.WORK, "sims")
    read = [{"sim_id": card.sim_id, "account": card.account, "status": status} for card, status in statuses]
    with tx.frame("readings", pa.Table.from_pylist(read)):
        tx.run(Q.status_changes, now=tx.now)
        tx.run(Q.keep_statuses, now=tx.now)


def stale_sims(reader: Reader) -> list[int]:
    """Cards whose row in sim_now does not know their new expiry yet."""
    return [row["sim_id"] for row in reader.rows(Q.stale_sims)]
