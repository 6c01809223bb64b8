"""The narrow seam through which a worker moves items: claim, record, settle, finish. Everything else only reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from data.audit import store as audit
from data.database import Queries, Reader, Transaction
from data.people.rules import Action, Actor, Event
from data.people.store import require
from data.renewals import moves, rules, stopping
from data.renewals.moves import Arrow, BatchState, State

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Unknown:
    """One order without a clear answer."""

    obligation: int
    n: int
    reason: str | None
    asked: int  # slots of the schedule used or slept through
    not_found: int
    trips: int  # times it came back to pending without having been bought
    doubted_at: datetime
    carrier_ref: str | None
    sim_id: int
    key: str
    kind: str
    old_expiry: date | None
    batch: int
    account: str
    iccid: str
    msisdn: str | None
    plan: str
    months: int
    amount_fen: int
    new_expiry: date | None
    expires_before: date | None
    request_sha256: str | None  # of what was sent; None: nothing is known to have been sent
    sent_at: datetime | None  # the first time under this number
    deadline_at: datetime  # no byte of it left after this

    @property
    def order_no(self) -> str:
        """What the carrier knows it by."""
        return rules.order_no(self.key, self.n)

    @property
    def next_order_no(self) -> str:
        """What the carrier would know the next attempt by."""
        return rules.order_no(self.key, self.n + 1)

    @property
    def restored(self) -> bool:
        """Whether a restored database has lost sight of it: the next number may be out there too."""
        return self.reason in {"restored", "restored_rest"}


@dataclass(frozen=True)
class Result:
    """One move to make, with its evidence."""

    obligation: int
    batch: int
    n: int
    order_no: str
    amount_fen: int
    before: State
    after: State
    arrow: Arrow
    reason: str | None = None  # a key of REASONS
    detail: str | None = None  # the carrier's own words
    carrier_ref: str | None = None
    new_expiry: date | None = None
    proof: str | None = None  # reply, query, reading
    not_found: int = 0
    asked: int = 0
    asked_before: int = 0
    next_at: datetime | None = None
    evidence: str = "{}"
    # Of the card and its order, where they are known; else looked up when something was bought.
    kind: str | None = None  # a key of KINDS
    sim_id: int | None = None
    old_expiry: date | None = None
    expected: date | None = None  # the new expiry that was approved


class Sent(Protocol):
    """What a result is about: an item just sent, or an unknown one."""

    @property
    def obligation(self) -> int: ...
    @property
    def n(self) -> int: ...
    @property
    def order_no(self) -> str: ...
    @property
    def amount_fen(self) -> int: ...
    @property
    def iccid(self) -> str: ...
    @property
    def new_expiry(self) -> date | None: ...


def result(about: Sent, *, batch: int, move: tuple[State, Arrow, State], **said: Any) -> Result:
    """A move from one state over an arrow to another; `said` are Result's other fields."""
    before, arrow, after = move
    return Result(
        obligation=about.obligation,
        batch=batch,
        n=about.n,
        order_no=about.order_no,
        amount_fen=about.amount_fen,
        before=before,
        after=after,
        arrow=arrow,
        kind=getattr(about, "kind", None),
        sim_id=getattr(about, "sim_id", None),
        old_expiry=getattr(about, "old_expiry", None),
        expected=about.new_expiry,
        **said,
    )


# Reasons that a person has to hear of at once, and kinds that change nothing about a card but its expiry.
_ALARMING = frozenset({"schedule_used", "reply_differs"})
_MOVE_AN_EXPIRY = frozenset({"renew", "recharge", "add-on"})

_RESULT = pa.schema(
    [
        ("obligation", pa.int64()),
        ("n", pa.int32()),
        ("order_no", pa.string()),
        ("amount_fen", pa.int64()),
        ("before", pa.string()),
        ("after", pa.string()),
        ("arrow", pa.int32()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("carrier_ref", pa.string()),
        ("new_expiry", pa.date32()),
        ("proof", pa.string()),
        ("not_found", pa.int32()),
        ("asked", pa.int32()),
        ("asked_before", pa.int32()),
        ("next_at", pa.timestamp("us", tz="UTC")),
        ("evidence", pa.string()),
        ("kind", pa.string()),
        ("sim_id", pa.int64()),
        ("old_expiry", pa.date32()),
    ]
)


def outcomes(results: Sequence[Result], *, kind: str = "result") -> list[dict[str, Any]]:
    """The journal's lines for moves that were made."""
    return [
        {
            "kind": kind,
            "batch": result.batch,
            "obligation": result.obligation,
            "n": result.n,
            "order_no": result.order_no,
            "amount_fen": result.amount_fen,
            "arrow": result.arrow.value,
            "to": result.after.value,
            "reason": result.reason,
            "carrier_ref": result.carrier_ref,
            "new_expiry": result.new_expiry and result.new_expiry.isoformat(),
            "proof": result.proof,
        }
        for result in results
    ]


def record(tx: Transaction, by: Actor, results: Sequence[Result]) -> set[int]:
    """Make the moves that are still possible: state, event, reservation, and the card's expiry where it was bought.

    The carrier's date wins over the approved one; a difference is a finding.

    The obligations moved. An answer that comes for an item which has moved on meanwhile changes nothing.
    """
    require(tx, by, Action.WORK, "renewals")
    return made(tx, by, results)


def made(tx: Transaction, by: Actor, results: Sequence[Result]) -> set[int]:
    """`record` in the name of whoever has shown the right to these moves: a second person on a review has, too."""
    for result in results:
        moves.check(result.arrow, result.before, result.after)
    results = _about_cards(tx, results)
    with tx.frame("made", _table(results)):
        moved = {row["obligation"] for row in tx.rows(Q.move_states, now=tx.now)}
        if len(moved) == len(results):
            _follow(tx, by, results)
    if len(moved) < len(results):
        left = [result for result in results if result.obligation in moved]
        with tx.frame("made", _table(left)):
            _follow(tx, by, left)
    return moved


def _follow(tx: Transaction, by: Actor, results: Sequence[Result]) -> None:
    """What follows from moves that were made: events, reservations, alarms, and what a purchase changes about its card."""
    said = {"now": tx.now, "actor": by.name}
    tx.run(Q.result_events, **said)
    if any(result.after in moves.RESTING for result in results):
        tx.run(Q.settle_reservations)
    if any(result.reason in _ALARMING for result in results):
        tx.run(Q.alarms, **said)
    _bought(tx, [result for result in results if result.after is State.SUCCEEDED], said)
    back = {result.batch for result in results if result.after is State.PENDING}
    if back:
        stopping.take_back_late(tx, by, batches=sorted(back))


def _table(results: Sequence[Result]) -> pa.Table:
    codes = ("before", "after", "arrow")
    columns = [
        pa.array([getattr(one, name).value if name in codes else getattr(one, name) for one in results], kind)
        for name, kind in zip(_RESULT.names, _RESULT.types, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=_RESULT)


def _about_cards(tx: Transaction, results: Sequence[Result]) -> Sequence[Result]:
    """The results, each of a purchase with its card."""
    lost = [result.obligation for result in results if result.after is State.SUCCEEDED and result.sim_id is None]
    if not lost:
        return results
    about = {row.pop("obligation"): row for row in tx.rows(Q.about_obligations, obligations=lost)}
    return [replace(result, **about.get(result.obligation, {})) for result in results]


def _bought(tx: Transaction, bought: Sequence[Result], said: Mapping[str, Any]) -> None:
    """What a purchase changes about its card: its expiry where the kind moves it, its plan, or whether it runs."""
    if any(result.new_expiry for result in bought):
        if any(result.new_expiry not in {None, result.expected} for result in bought):
            tx.run(Q.expiry_findings, **said)
        tx.run(Q.bought_changes, **said)
        tx.run(Q.bought_sims, **said)
    if any(result.kind not in _MOVE_AN_EXPIRY for result in bought):
        for query in (Q.changed_plans, Q.change_plans, Q.changed_statuses, Q.change_statuses):
            tx.run(query, **said)


def due_unknowns(reader: Reader, *, now: datetime, limit: int, but: Sequence[str] = ()) -> list[Unknown]:
    """Orders to ask about now; none of the accounts `but`."""
    return reader.records(Unknown, Q.due_unknowns, now=now, limit=limit, but=list(but))


def ours_alone(reader: Reader, item: Unknown) -> bool:
    """Whether no other order of ours for this card may have moved its expiry since this one was sent."""
    return not reader.value(
        Q.others_for_card, sim_id=item.sim_id, obligation=item.obligation, since=item.deadline_at - timedelta(days=1)
    )


def finished(reader: Reader) -> list[int]:
    """The open batches in which nothing is left to send and nothing left to learn."""
    return [row["id"] for row in reader.rows(Q.finished_batches)]


def finish(tx: Transaction, by: Actor) -> list[int]:
    """Close the batches that are finished."""
    require(tx, by, Action.WORK, "batches")
    done = finished(tx)
    for batch in done:
        stopping.move(tx, batch, BatchState.DONE)
        audit.record(tx, by, Event.BATCH_DONE, f"batch {batch}")
    return done
