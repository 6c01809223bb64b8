"""The offline lane: orders that a person places with a payee by a list, under the same obligations, caps and journal.

What people call the standing of such an order (LABELS) is a view over its state: to be paid or paid is pending; sent or
awaiting its receipt is unknown, for from the moment a list exists somebody may act on it; receipted is succeeded.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from data.audit import store as audit
from data.audit.rules import canonical
from data.database import Database, Queries, Reader, Row, Transaction
from data.payees.rules import NOT_PAYABLE
from data.people.rules import SYSTEM, Action, Actor, Event, Refused
from data.people.store import require
from data.renewals.claiming import Item, Ready, claim, intents, stopped
from data.renewals.journal import Journal
from data.renewals.moves import Arrow, State
from data.renewals.moving import made, outcomes, result
from data.renewals.paying_rules import called
from data.sims.rules import Workdays
from data.words import N_, _

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
LABELS = {
    "to_pay": N_("to be paid"),
    "paid": N_("paid"),
    "sent": N_("list made"),
    "awaiting_receipt": N_("awaiting receipt"),
    "receipted": N_("receipted"),
    "verified": N_("verified"),
}
_MOST_REFERENCE = 120


@dataclass(frozen=True)
class Listed:
    """What became of the wish to send a list."""

    worklist: int | None  # None: nothing could be claimed
    items: int = 0
    amount_fen: int = 0
    parked: int = 0  # orders that wait for a person instead, such as of a card whose expiry has moved


@dataclass(frozen=True)
class Worklist:
    """One list of orders for one account."""

    id: int
    batch: int
    account: str
    payee: str
    items: int
    amount_fen: int
    answer_by: date
    made_at: datetime
    handed_at: datetime | None


def mark_paid(tx: Transaction, by: Actor, *, batch: int, payee: str, reference: str | None = None) -> int:
    """The payee (as in `account.payee`) was paid for what the batch orders from him; how many orders are newly so.

    Raises Refused where the batch orders nothing of him that was not paid yet, a payment request for it is open, or he
    is paid by transfer and two people have not confirmed his bank data.
    """
    require(tx, by, Action.MARK_PAID, f"batch {batch}")
    standing = tx.value(Q.payee_of_transfer, batch=batch, payee=payee)
    if standing in NOT_PAYABLE:
        raise Refused(_(NOT_PAYABLE[standing], payee=payee))
    if request := tx.value(Q.asked_for, batch=batch, payee=payee):
        raise Refused(_("Payment request {request} asks for this money: mark that as paid", request=called(request)))
    said = {"reference": (reference or "").strip()[:_MOST_REFERENCE] or None, "person_id": by.person_id}
    paid = tx.run(Q.pay, batch=batch, payee=payee, now=tx.now, **said)
    if not paid:
        raise Refused(_("Batch {batch} has nothing left to pay to {payee}", batch=batch, payee=payee))
    audit.record(tx, by, Event.OFFLINE_PAID, f"batch {batch}", payee=payee, orders=paid, reference=said["reference"])
    return paid


def send_worklist(db: Database, by: Actor, *, book: Journal, batch: int, account: str, workdays: Workdays) -> Listed:
    """Claim what may go to the payee now and put it on a list, in one transaction with its journal lines.

    Every brake of a claim holds: kill switch, content, approver, expiry. From here on each order is unknown with the list's
    number as its reference: the list can be fetched once this has been committed, and not before. One journal line per
    order says both moves, for an intent with an answer in one write would look like a newer journal to a start.

    Raises Refused where nothing may be sent.
    """
    lines: list[dict[str, Any]] = []
    committed = False
    try:
        with db.write() as tx:
            listed, lines = _send(tx, by, batch, account, workdays)
            if lines:
                book.append_in(tx, lines)
        committed = True
    finally:
        orders = [line for line in lines if line["kind"] == "intent"]
        if orders and not committed:
            book.append([{**line, "kind": "abandoned"} for line in orders], now=db.clock.now())
    return listed


def _send(
    tx: Transaction, by: Actor, batch: int, account: str, workdays: Workdays
) -> tuple[Listed, list[dict[str, Any]]]:
    """What became of it, and the lines for the journal."""
    require(tx, by, Action.SEND_WORKLIST, f"batch {batch}")
    lane = tx.row(Q.account, account=account)
    if lane is None:
        raise Refused(_("Account {account} is not served by hand", account=account))
    if stopped(tx) & {"", account}:
        raise Refused(_("The kill switch is thrown: no list goes out"))
    items = tx.records(Item, Q.items, batch=batch, account=account, now=tx.now)
    if not items:
        raise Refused(_("Batch {batch} has nothing to send to {payee} now", batch=batch, payee=lane["payee"]))
    ready = [Ready(item, hashlib.sha256(row_of(item)).hexdigest()) for item in items]
    claimed, parked = claim(tx, SYSTEM, batch=batch, ready=ready, deadline_at=tx.now, placed_by=by)
    lines = outcomes(parked)
    if not claimed:
        return Listed(None, parked=len(parked)), lines
    amount_fen = sum(one.item.amount_fen for one in claimed)
    answer_by = _later(workdays, tx.today, lane["working_days"])
    said = {"payee": lane["payee"], "items": len(claimed), "amount_fen": amount_fen, "answer_by": answer_by}
    worklist = int(tx.value(Q.add_worklist, batch=batch, account=account, made_by=by.person_id, now=tx.now, **said))
    _put_on(tx, by, worklist, batch, [one.item for one in claimed])
    orders = intents(claimed, batch=batch, sent_at=tx.now, deadline_at=tx.now)
    lines += [line | {"to": State.UNKNOWN.value, "worklist": worklist} for line in orders]
    audit.record(tx, by, Event.WORKLIST_SENT, f"batch {batch}", worklist=worklist, account=account, **said)
    return Listed(worklist, len(claimed), amount_fen, len(parked)), lines


def _put_on(tx: Transaction, by: Actor, worklist: int, batch: int, items: Sequence[Item]) -> None:
    listed = pa.table(
        {
            "obligation": pa.array([item.obligation for item in items], pa.int64()),
            "n": pa.array([item.n for item in items], pa.int32()),
        }
    )
    with tx.frame("listed", listed):
        tx.run(Q.add_items, worklist=worklist)
    move = (State.SUBMITTED, Arrow.IN_DOUBT, State.UNKNOWN)
    said = {"reason": "in_progress", "carrier_ref": reference(worklist), "evidence": canonical({"worklist": worklist})}
    made(tx, by, [result(item, batch=batch, move=move, **said) for item in items])


def row_of(item: Item) -> bytes:
    """The money bytes of one row of a list: a later try under the same number must be equal to them."""
    row = {
        "row_key": item.order_no,
        "account": item.account,
        "iccid": item.iccid,
        "kind": item.kind,
        "plan": item.plan,
        "months": item.months,
        "amount_fen": item.amount_fen,
        "expires_on": item.old_expiry,
        "expected_new_expiry": item.new_expiry,
    }
    return canonical(row).encode()


def reference(worklist: int) -> str:
    """What a payee and our people call a list."""
    return f"W{worklist}"


def hand_over(tx: Transaction, by: Actor, *, worklist: int) -> None:
    """The list is with the payee: its orders await their receipt. Raises Refused."""
    require(tx, by, Action.SEND_WORKLIST, f"worklist {worklist}")
    if not tx.rows(Q.hand_over, worklist=worklist, person_id=by.person_id, now=tx.now):
        raise Refused(_("List {worklist} was handed over before, or there is none", worklist=reference(worklist)))
    audit.record(tx, by, Event.WORKLIST_HANDED_OVER, f"worklist {worklist}")


def desk(reader: Reader) -> list[Row]:
    """Per payee, batch and account: counts of LABELS (and `wrong`), `may_go`, sums in fen, `out_since`."""
    return reader.rows(Q.desk.fill(standing=Q.standing.sql))


def worklists(reader: Reader, *, limit: int, offset: int = 0) -> pa.Table:
    """Lists, newest first, each with how many of its orders are `open`."""
    return reader.arrow(Q.worklists.fill(standing=Q.standing.sql), limit=limit, offset=offset)


def worklist(reader: Reader, worklist: int) -> Worklist | None:
    """One list."""
    return reader.record(Worklist, Q.one, worklist=worklist)


def rows_of_worklist(reader: Reader, worklist: int) -> list[Row]:
    """What stands on a list, in the batch's order; sums in fen."""
    return reader.rows(Q.listed, worklist=worklist)


def _later(calendar: Workdays, day: date, count: int) -> date:
    """The `count`-th working day after `day`."""
    for _number in range(count):
        day += timedelta(days=1)
        while not calendar.works(day):
            day += timedelta(days=1)
    return day
