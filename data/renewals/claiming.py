"""Claiming: which items may be sent now, and the compare-and-set that lets one worker send them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

import pyarrow as pa

from data.audit.rules import canonical
from data.database import Reader, Row, Transaction
from data.people.rules import Action, Actor, Role, may
from data.people.store import require
from data.renewals import moves, rules, stopping
from data.renewals.moves import Arrow, BatchState, State
from data.renewals.moving import Q, Result, record, result


@dataclass(frozen=True)
class Work:
    """An open batch and how many of its items may go out now; None: as many as a call takes."""

    batch: int
    at_most: int | None


@dataclass(frozen=True)
class Item:
    """One pending item with everything its order needs; all of it unchangeable but `n` and `trips`."""

    obligation: int
    n: int
    key: str
    sim_id: int
    kind: str  # a key of KINDS
    old_expiry: date | None
    account: str
    iccid: str
    msisdn: str | None
    plan: str
    months: int
    amount_fen: int
    new_expiry: date | None  # as our rules count it; the carrier's date wins
    trips: int

    @cached_property
    def order_no(self) -> str:
        """What the carrier knows this attempt by."""
        return rules.order_no(self.key, self.n)


def open_work(reader: Reader) -> list[Work]:
    """Batches with something to send, each with what its canary allows."""
    return [Work(row["id"], _canary(row["succeeded"], row["in_flight"])) for row in reader.rows(Q.open_batches)]


def _canary(succeeded: int, in_flight: int) -> int | None:
    if succeeded >= moves.CANARY_ITEMS:
        return None
    return max(0, moves.CANARY_ITEMS - succeeded - in_flight)


def next_items(reader: Reader, batch: int, *, now: datetime, limit: int) -> list[Item]:
    """Pending items of a batch whose time has come, nearest act-by date first; none of a stopped account."""
    return reader.records(Item, Q.next_items, batch=batch, now=now, limit=limit)


def claim(
    tx: Transaction,
    by: Actor,
    *,
    batch: int,
    items: Sequence[Item],
    expiries: Mapping[str, date],
    deadline_at: datetime,
) -> tuple[list[Item], list[Result]]:
    """Claim what may still be sent, under the writer lock; the items claimed, and the results of those parked instead.

    1. the batch: still open, its content the approved one, its approver still entitled (else it pauses)
    2. the kill switch, and where each item stands now
    3. park what must not be sent: expiry moved (ours or `expiries`, the carrier's reading), put off too often
    4. compare and set, attempt, event

    The caller appends `intents` to the journal before it commits, and sends only after the commit.
    """
    require(tx, by, Action.WORK, f"batch {batch}")
    state = _state_of_sound(tx, by, batch)
    if state is None:
        return [], []
    stopped = {row["account"] for row in tx.rows(Q.stopped_accounts)}
    if "" in stopped:
        return [], []
    now = _as_they_stand(tx, items)
    chosen, parked, sims = [], [], set()
    for item in items:
        found = now[item.obligation]
        if (
            found["st"] != "pending"
            or found["n"] != item.n
            or found["busy"]
            or item.account in stopped
            or item.sim_id in sims
        ):
            continue
        sims.add(item.sim_id)
        moved = (
            item.old_expiry not in (found["expires_on"], None)
            or expiries.get(item.iccid, item.old_expiry) != item.old_expiry
        )
        if moved or item.trips >= moves.MOST_TRIPS:
            reason = "expiry_moved" if moved else "too_many_trips"
            parked.append(
                result(item, batch=batch, move=(State.PENDING, Arrow.PARKED, State.NEEDS_REVIEW), reason=reason)
            )
        else:
            chosen.append(item)
    if parked:
        record(tx, by, parked)
    if chosen and state is BatchState.APPROVED:
        stopping.move(tx, batch, BatchState.RUNNING)
    return _claimed(tx, by, batch=batch, items=chosen, deadline_at=deadline_at), parked


def intents(items: Sequence[Item], *, batch: int, sent_at: datetime, deadline_at: datetime) -> list[dict[str, Any]]:
    """The journal's lines for a claim: everything an attempt row holds, so that it can be written again from here."""
    return [
        {
            "kind": "intent",
            "batch": batch,
            "obligation": item.obligation,
            "key": item.key,
            "n": item.n,
            "order_no": item.order_no,
            "iccid": item.iccid,
            "plan": item.plan,
            "months": item.months,
            "amount_fen": item.amount_fen,
            "currency": rules.CURRENCY,
            "request_sha256": fingerprint(item),
            "expires_before": item.old_expiry and item.old_expiry.isoformat(),
            "sent_at": sent_at.isoformat(),
            "deadline_at": deadline_at.isoformat(),
        }
        for item in items
    ]


def fingerprint(item: Item) -> str:
    """The SHA-256 of what is sent for this item."""
    return rules.request_sha256(
        order=item.order_no,
        account=item.account,
        iccid=item.iccid,
        plan=item.plan,
        months=item.months,
        amount_fen=item.amount_fen,
    )


def _state_of_sound(tx: Transaction, by: Actor, batch: int) -> BatchState | None:
    """The state of a batch that may be claimed from. None: it may not; one that no longer holds pauses."""
    found = tx.row(Q.guard_of_batch, batch=batch)
    if found is None or found["state"] not in {"approved", "running"}:
        return None
    reason = None
    if not found["content_holds"]:
        reason = "content"
    elif not found["active"] or not may(Role(found["role"]), Action.APPROVE):
        reason = "approver"
    if reason:
        stopping.pause(tx, by, batch=batch, reason=reason)
        return None
    return BatchState(found["state"])


def _as_they_stand(tx: Transaction, items: Sequence[Item]) -> dict[int, Row]:
    wanted = pa.table(
        {
            "obligation": pa.array([item.obligation for item in items], pa.int64()),
            "sim_id": pa.array([item.sim_id for item in items], pa.int64()),
            "old_expiry": pa.array([item.old_expiry for item in items], pa.date32()),
        }
    )
    with tx.frame("wanted", wanted):
        return {row["obligation"]: row for row in tx.rows(Q.items_now)}


def _claimed(tx: Transaction, by: Actor, *, batch: int, items: list[Item], deadline_at: datetime) -> list[Item]:
    if not items:
        return []
    claims = pa.table(
        {
            "obligation": pa.array([item.obligation for item in items], pa.int64()),
            "n": pa.array([item.n for item in items], pa.int32()),
            "plan": [item.plan for item in items],
            "months": pa.array([item.months for item in items], pa.int32()),
            "amount_fen": pa.array([item.amount_fen for item in items], pa.int64()),
            "order_no": [item.order_no for item in items],
            "request_sha256": [fingerprint(item) for item in items],
            "expires_before": pa.array([item.old_expiry for item in items], pa.date32()),
            "evidence": [canonical({"batch": batch, "order_no": item.order_no}) for item in items],
        }
    )
    with tx.frame("claims", claims):
        won = {row["obligation"] for row in tx.rows(Q.claim, now=tx.now)}
        if len(won) != len(items) or tx.run(Q.keep_attempts, batch=batch, now=tx.now, deadline_at=deadline_at) != len(
            items
        ):
            # Under the one writer lock neither can happen; if it does, nothing of this chunk is sent.
            raise moves.NoSuchMove(f"batch {batch}: {len(won)} of {len(items)} items could be claimed")
        tx.run(Q.claim_events, now=tx.now, actor=by.name)
    return items
