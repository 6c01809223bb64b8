"""What comes back from a payee: card lists and result sheets are kept as observations; what they prove is decided here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from data.database import Queries, Reader, Transaction
from data.files.rules import Counts
from data.people.rules import SYSTEM, Action, Actor
from data.people.store import require
from data.renewals.moves import Arrow, State
from data.renewals.moving import Result, Unknown, result
from data.renewals.verifying import OLDEST, Paid, keep_looks
from data.words import N_, _

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
# Why a row of a result sheet is not taken.
_REFUSALS = {
    "unknown": N_("{value} is no order of ours on a worklist"),
    "other_card": N_("{value} was ordered for another card than this row names"),
    "not_later": N_("{value} is said to be done, but its new expiry is no later than the old one"),
    "older_try": N_("{value} is not out any more: there is a later try, or it was taken back"),
    "settled": N_("{value} is settled already, and not as this row says; look at it by hand"),
}


@dataclass(frozen=True)
class Receipt:
    """What one row said of one order."""

    receipt_id: int
    obligation: int
    n: int
    result: str | None  # ok, fail, pending; None: a card list
    expires_on: date | None
    status: str | None
    amount_fen: int | None
    reference: str | None
    reason: str | None  # a key of REASONS
    detail: str | None
    source: str
    read_at: datetime


@dataclass(frozen=True)
class Second:
    """A card of an order that went through, as a later card list tells it."""

    receipt_id: int
    obligation: int
    sim_id: int
    iccid: str
    account: str
    expected: date
    ended_at: datetime
    looked: int
    expires_on: date | None
    status: str | None
    read_at: datetime


def keep_list(tx: Transaction, *, source: str) -> None:
    """Keep what the card list just merged (in this transaction) says of orders by hand; nothing of them moves here."""
    tx.run(Q.keep_list, source=source, now=tx.now, since=tx.now - OLDEST)
    tx.run(Q.notice_unordered, source=source)


def keep_sheet(tx: Transaction, *, source: str) -> Counts:
    """Keep what the staged result sheet says of orders by hand; rows that fit no order are refused."""
    tx.run(Q.find_orders)
    tx.run(Q.refuse_rows, **_REFUSALS)
    counts = Counts(**(tx.row(Q.count) or {}))
    tx.run(Q.keep_sheet, source=source, now=tx.now)
    return counts


def anything_told(reader: Reader) -> bool:
    """Whether papers came back that nobody has judged yet."""
    return bool(reader.value(Q.unjudged))


def newest_receipt(reader: Reader) -> int:
    """Everything up to this one is to be judged now."""
    return int(reader.value(Q.newest))


def told_of_open(reader: Reader) -> list[tuple[Unknown, list[Receipt]]]:
    """Open orders by hand with what was told of each since it was last judged, oldest first."""
    items = reader.records(Unknown, Q.open)
    receipts: dict[tuple[int, int], list[Receipt]] = {}
    if items:
        for one in reader.records(Receipt, Q.told, obligations=[item.obligation for item in items]):
            receipts.setdefault((one.obligation, one.n), []).append(one)
    return [(item, receipts[item.obligation, item.n]) for item in items]


def judged_receipts(item: Unknown, receipts: Sequence[Receipt], *, tolerance_days: int, alone: bool) -> Result | None:
    """The move that the first telling paper makes; None: nothing is proven yet.

    `alone`: whether no other order of ours for the card may have moved its expiry.
    """
    made = (_judged(item, one, tolerance_days, alone) for one in receipts)
    return next((one for one in made if one), None)


def _judged(item: Unknown, told: Receipt, tolerance_days: int, alone: bool) -> Result | None:
    if told.result == "fail":
        said = {"reason": told.reason or "order_failed", "detail": told.detail, "proof": "reply"}
        return _moved(item, told, Arrow.DISPROVED, State.FAILED, said)
    if told.amount_fen not in {None, item.amount_fen} and told.result == "ok":
        said = {"reason": "reply_differs", "detail": told.detail or told.source}
        return _moved(item, told, Arrow.GIVEN_UP, State.NEEDS_REVIEW, said)
    fits = _fits(item, told, tolerance_days)
    if not _proves(item, told, fits):
        return None
    proof = "reply" if told.result else "reading"
    if fits is False or not (told.result or alone):
        said = {"reason": "unclear_reading", "detail": _("the card now expires on {day}", day=told.expires_on)}
        return _moved(item, told, Arrow.GIVEN_UP, State.NEEDS_REVIEW, said)
    bought: dict[str, Any] = {"proof": proof, "new_expiry": told.expires_on or item.new_expiry}
    return _moved(item, told, Arrow.PROVED, State.SUCCEEDED, bought)


def _proves(item: Unknown, told: Receipt, fits: bool | None) -> bool:
    """Whether this says anything about the order's effect: an expiry that moved, or our amount said to be taken."""
    if told.result is None:
        # A list as old as the order cannot know of it.
        return fits is not None and item.sent_at is not None and told.read_at > item.sent_at
    return told.result == "ok" and (fits is not None or told.amount_fen is not None)


def _fits(item: Unknown, told: Receipt, tolerance_days: int) -> bool | None:
    """Whether the expiry moved as it was ordered; None: it did not move, or nothing was said of it."""
    if told.expires_on is None or item.new_expiry is None or told.expires_on == item.expires_before:
        return None
    return abs((told.expires_on - item.new_expiry).days) <= tolerance_days


def _moved(item: Unknown, told: Receipt, arrow: Arrow, after: State, said: Mapping[str, Any]) -> Result:
    move = (State.UNKNOWN, arrow, after)
    kept = {"asked_before": item.asked, "asked": item.asked, "carrier_ref": told.reference}
    return result(item, batch=item.batch, move=move, **kept, **said)


def verify_by_lists(tx: Transaction, by: Actor, *, upto: int) -> None:
    """Hold what later card lists say against what went through, and call everything up to `upto` judged."""
    require(tx, by, Action.WORK, "receipts")
    seconds = tx.records(Second, Q.second_readings)
    if seconds:
        names = Paid.__dataclass_fields__
        paid = [Paid(**{name: getattr(one, name) for name in names}) for one in seconds]
        keep_looks(tx, SYSTEM, paid=paid, readings={one.iccid: one for one in seconds})
    tx.run(Q.judge, upto=upto)
