"""Payment requests: what finance is asked to pay for orders placed by hand, one per payee and batch; one person asks, another pays."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa

from data.audit import store as audit
from data.database import Queries, Reader, Row, Transaction
from data.payees.rules import NOT_PAYABLE
from data.people.rules import Action, Actor, Event, Refused
from data.people.store import require
from data.renewals import offline
from data.renewals.paying_rules import called, due_on
from data.sims.rules import Workdays
from data.words import _

Q = Queries.beside(__file__, "paying.sql")
# What a bank or a person writes in one line.
MOST_TEXT = 120
_LATELY = timedelta(days=30)


@dataclass(frozen=True)
class Request:
    """One payment request."""

    id: int
    batch: int
    payee: str
    payee_change: int  # the bank data it was asked with
    way_to_pay: str
    items: int
    amount_fen: int
    act_by: date | None
    due_on: date
    state: str  # asked, paid, withdrawn
    asker: str
    asked_by: int
    asked_at: datetime
    ender: str | None  # who paid it or took it back
    ended_at: datetime | None
    reference: str | None
    voucher_id: int | None
    reason: str | None
    gone: int  # of its orders: failed or taken back since
    gone_fen: int
    bank_changed: bool  # other bank data were confirmed since, or the payee was stopped

    @property
    def stale(self) -> bool:
        """Whether paying it as it stands would pay too much, or to bank data that hold no longer."""
        return self.state == "asked" and (self.gone > 0 or self.bank_changed)


@dataclass(frozen=True)
class Bank:
    """Where the money goes, without the number itself."""

    change_id: int
    tax_no: str
    bank: str
    opening_bank: str
    cnaps: str | None
    account_last4: str


def ask(tx: Transaction, by: Actor, *, batch: int, payee: str, workdays: Workdays) -> int:
    """Ask for the money of what a batch orders of a payee by hand and nobody paid him for yet; the request's number.

    Raises Refused for a payee without confirmed bank data, where a request is open already, or nothing is to be paid.
    """
    require(tx, by, Action.REQUEST_PAYMENT, f"batch {batch}")
    if open_ := tx.value(offline.Q.asked_for, batch=batch, payee=payee):
        raise Refused(_("Payment request {request} asks for this already", request=called(open_)))
    told = next((row for row in waiting(tx) if (row["batch"], row["payee"]) == (batch, payee)), None)
    if told is None:
        raise Refused(_("Batch {batch} has nothing left to pay to {payee}", batch=batch, payee=payee))
    where = _may_be_paid(tx, payee)
    due = due_on(told["act_by"] or tx.today, way_to_pay=told["way_to_pay"], today=tx.today, workdays=workdays)
    said = {name: told[name] for name in ("way_to_pay", "items", "amount_fen", "act_by")}
    what = {"batch": batch, "payee": payee, "payee_change": where.change_id, "due_on": due}
    request = int(tx.value(Q.add, asked_by=by.person_id, now=tx.now, **what, **said))
    tx.run(Q.add_items.fill(standing=offline.Q.standing.sql), request=request, batch=batch, payee=payee)
    sums = {"orders": told["items"], "amount_fen": told["amount_fen"]}
    audit.record(tx, by, Event.PAYMENT_ASKED, f"payment request {request}", **what, **sums)
    return request


def _may_be_paid(reader: Reader, payee: str) -> Bank:
    found = reader.record(Bank, Q.payee, payee=payee)
    if found is None:
        standing = reader.value(Q.payee_standing, payee=payee) or "unknown"
        raise Refused(_(NOT_PAYABLE[standing], payee=payee))
    return found


def paid(tx: Transaction, by: Actor, *, request: int, reference: str, voucher_id: int | None = None) -> int:
    """The payee got the money, under the bank's `reference`; how many orders of the request count as paid from now on.

    Orders that failed or were taken back meanwhile do not. Raises Refused for whoever asked himself, and where the bank
    data have changed since it was asked.
    """
    require(tx, by, Action.MARK_PAID, f"payment request {request}")
    told = _open(tx, request)
    if told.asked_by == by.person_id:
        raise Refused(_("Who asks for a payment does not mark it as paid: another person does"))
    if told.payee_change != _may_be_paid(tx, told.payee).change_id:
        raise Refused(
            _("The bank data of {payee} changed after this was asked: withdraw it and ask anew", payee=told.payee)
        )
    words = reference.strip()[:MOST_TEXT]
    if not words:
        raise Refused(_("Give the bank's number of the payment"))
    if voucher_id is not None and tx.row(Q.slip, voucher_id=voucher_id) is None:
        raise Refused(_("There is no voucher {voucher}", voucher=voucher_id))
    tx.run(Q.paid, request=request, person_id=by.person_id, now=tx.now, reference=words, voucher_id=voucher_id)
    orders = tx.run(Q.pay_orders, request=request, person_id=by.person_id, now=tx.now, reference=words)
    said = {"payee": told.payee, "batch": told.batch, "amount_fen": told.amount_fen, "orders": orders}
    about = f"payment request {request}"
    audit.record(tx, by, Event.PAYMENT_PAID, about, reference=words, voucher=voucher_id, **said)
    return orders


def withdraw(tx: Transaction, by: Actor, *, request: int, reason: str) -> None:
    """Nobody is to pay it any more, for this reason. Raises Refused."""
    require(tx, by, Action.REQUEST_PAYMENT, f"payment request {request}")
    told = _open(tx, request)
    words = reason.strip()[:MOST_TEXT]
    if not words:
        raise Refused(_("Say why it is taken back"))
    tx.run(Q.withdrawn, request=request, person_id=by.person_id, now=tx.now, reason=words)
    audit.record(tx, by, Event.PAYMENT_WITHDRAWN, f"payment request {request}", payee=told.payee, reason=words)


def _open(reader: Reader, request: int) -> Request:
    told = one(reader, request)
    if told is None or told.state != "asked":
        raise Refused(_("Payment request {request} is not open any more, or there is none", request=called(request)))
    return told


def waiting(reader: Reader) -> list[Row]:
    """Per payee and batch what nobody was paid and no open request asks for: `items`, `amount_fen`, `act_by`, `payee_standing`."""
    return reader.rows(Q.waiting.fill(standing=offline.Q.standing.sql))


def requests(reader: Reader, *, limit: int, offset: int = 0) -> list[Request]:
    """Open requests by due date, then the others, newest first."""
    return reader.records(Request, Q.requests, request=None, limit=limit, offset=offset)


def one(reader: Reader, request: int) -> Request | None:
    """One request."""
    return reader.record(Request, Q.requests, request=request, limit=1, offset=0)


def figures(reader: Reader, *, today: date, now: datetime) -> dict[str, Any]:
    """`open`, `overdue` and their sums, `paid_fen` of the last 30 days, `requests` ever made; sums in fen."""
    return reader.row(Q.figures, today=today, since=now - _LATELY) or {}


def bank(reader: Reader, change_id: int) -> Bank | None:
    """The bank data a request was asked with (`Request.payee_change`)."""
    return reader.record(Bank, Q.bank, change_id=change_id)


def listed(reader: Reader, request: int, *, limit: int, offset: int = 0) -> pa.Table:
    """The attached list: which orders the sum is for; sums in fen."""
    return reader.arrow(Q.listed, request=request, limit=limit, offset=offset)
