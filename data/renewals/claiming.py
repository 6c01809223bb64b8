"""Claiming: which items may be sent now, and the compare-and-set that lets one worker send them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from data.audit.rules import canonical
from data.database import Queries, Reader, Row, Transaction
from data.people.rules import Action, Actor
from data.people.store import require
from data.renewals import approving, breaking, moves, rules, stopping
from data.renewals.moves import Arrow, BatchState, State
from data.renewals.moving import Q as MOVING
from data.renewals.moving import Result, Unknown, record, result

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))

# What is bought for the term that ends on a day: a card whose expiry has moved since has been bought for elsewhere.
_FOR_A_TERM = frozenset({"renew", "recharge"})
# A card that already is what the order is to make of it.
_MAKES = {"suspend": "stopped_manual", "resume": "active"}

_PARKED = (State.PENDING, Arrow.PARKED, State.NEEDS_REVIEW)
_TAKEN_BACK = (State.PENDING, Arrow.TAKEN_BACK, State.CANCELLED)


@dataclass(frozen=True)
class Work:
    """An open batch's items at one account, and how many of them may go out now; None: as many as a call takes."""

    batch: int
    account: str
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


@dataclass(frozen=True)
class Ready:
    """An item whose order could be put into words, and what the carrier said of its card just now; None: nothing."""

    item: Item
    request_sha256: str  # of the bytes that would be sent
    expires_on: date | None = None
    status: str | None = None
    sent_at: datetime | None = None  # when it first went out under this number; None: now


def open_work(reader: Reader, *, now: datetime) -> list[Work]:
    """What there is to send, by batch and account, each with what its canary and its account's breaker allow.

    Nothing of a stopped account, nothing while the machine's clock is held.
    """
    held = stopped(reader)
    if "" in held:
        return []
    found = []
    for row in reader.rows(Q.open_batches):
        account = row["account"]
        if account in held:
            continue
        allowed = breaking.standing(reader, account).at_most(now)
        counts = [_canary(row["canary_items"], row["succeeded"], row["in_flight"]), allowed]
        found.append(Work(row["id"], account, min((count for count in counts if count is not None), default=None)))
    return found


def stopped(reader: Reader) -> frozenset[str]:
    """The accounts whose kill switch is thrown; '' stands for all of them, and for a clock that is held."""
    return frozenset(row["account"] for row in reader.rows(Q.stopped_accounts))


def _canary(wanted: int, succeeded: int, in_flight: int) -> int | None:
    if succeeded >= wanted:
        return None
    return max(0, wanted - succeeded - in_flight)


def next_items(reader: Reader, work: Work, *, now: datetime, limit: int) -> list[Item]:
    """Pending items of a batch at one account whose time has come, nearest act-by date first."""
    return reader.records(Item, Q.next_items, batch=work.batch, account=work.account, now=now, limit=limit)


def claim(
    tx: Transaction,
    by: Actor,
    *,
    batch: int,
    ready: Sequence[Ready],
    deadline_at: datetime,
    placed_by: Actor | None = None,
) -> tuple[list[Ready], list[Result]]:
    """Claim what may still be sent, under the writer lock; the items claimed, and the results of those parked instead.

    All are of one account.

    1. the batch: still open, its content the approved one, its approver still entitled (else it pauses)
    2. the kill switch, the breaker, and where each item and its card stand now
    3. take back what was decided not to be renewed since; park what must not be sent (`_parked_for`); leave what waits
    4. compare and set, attempt, event

    The caller appends `intents` to the journal before it commits, and sends only after the commit. `placed_by`: the
    person who places these orders by hand; the events name him.
    """
    require(tx, by, Action.WORK, f"batch {batch}")
    state = state_of_sound(tx, by, batch)
    at_most = allowed(tx, by, account=ready[0].item.account) if state else 0
    if state is None or at_most == 0:
        return [], []
    now = _as_they_stand(tx, ready)
    chosen, parked, taken_back, sims = list[Ready](), list[Result](), list[Result](), set[int]()
    for one in ready:
        item, found = one.item, now[one.item.obligation]
        if found["st"] != State.PENDING.value or found["n"] != item.n or found["busy"] or item.sim_id in sims:
            continue
        sims.add(item.sim_id)
        reason = _parked_for(one, found)
        if found["declined"] and item.kind in _FOR_A_TERM:
            taken_back.append(result(item, batch=batch, move=_TAKEN_BACK))
        elif reason:
            parked.append(result(item, batch=batch, move=_PARKED, reason=reason))
        elif at_most is None or len(chosen) < at_most:
            chosen.append(replace(one, sent_at=found["sent_at"]) if found["sent_at"] else one)
    if parked or taken_back:
        record(tx, by, [*parked, *taken_back])
    if chosen and state is BatchState.APPROVED:
        stopping.move(tx, batch, BatchState.RUNNING)
    return _claimed(tx, placed_by or by, batch=batch, ready=chosen, deadline_at=deadline_at), parked


def intents(ready: Sequence[Ready], *, batch: int, sent_at: datetime, deadline_at: datetime) -> list[dict[str, Any]]:
    """The journal's lines for a claim: everything an attempt row holds, so that it can be written again from here."""
    return [
        intent(one.item, one.request_sha256, batch=batch, sent_at=one.sent_at or sent_at, deadline_at=deadline_at)
        for one in ready
    ]


def intent(
    item: Item | Unknown, request_sha256: str, *, batch: int, sent_at: datetime, deadline_at: datetime
) -> dict[str, Any]:
    """The journal's line for one order that is about to be sent."""
    return {
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
        "request_sha256": request_sha256,
        "expires_before": item.old_expiry and item.old_expiry.isoformat(),
        "sent_at": sent_at.isoformat(),
        "deadline_at": deadline_at.isoformat(),
    }


def allowed(tx: Transaction, by: Actor, *, account: str) -> int | None:
    """How many orders of an account may go out; None: any number."""
    return 0 if stopped(tx) & {"", account} else breaking.try_one(tx, by, account=account)


def _parked_for(one: Ready, found: Mapping[str, Any]) -> str | None:
    """Why an item must wait for a person; a key of REASONS."""
    item = one.item
    if found["elsewhere"]:
        return "other_account"
    if item.kind in _FOR_A_TERM and item.old_expiry and {found["expires_on"], one.expires_on} - {item.old_expiry, None}:
        return "expiry_moved"
    if item.kind in _MAKES and one.status == _MAKES[item.kind]:
        return "already_so"
    if found["sent_sha256"] not in {None, one.request_sha256}:
        return "not_buildable"
    return "too_many_trips" if item.trips >= moves.MOST_TRIPS else None


def state_of_sound(tx: Transaction, by: Actor, batch: int) -> BatchState | None:
    """The state of a batch that may be claimed from. None: it may not; one that no longer holds pauses."""
    found = tx.row(Q.plain_guard, batch=batch)
    if found is not None and (found["urgent"] or found["acting_for"] is not None):
        found = tx.row(MOVING.guard_of_batch, batch=batch)
    if found is None or found["state"] not in {"approved", "running"}:
        return None
    reason = None
    if not found["content_holds"]:
        reason = "content"
    elif not approving.still_entitled(found):
        reason = "approver"
    if reason:
        stopping.pause(tx, by, batch=batch, reason=reason)
        return None
    return BatchState(found["state"])


def _as_they_stand(tx: Transaction, ready: Sequence[Ready]) -> dict[int, Row]:
    items = [one.item for one in ready]
    wanted = pa.table(
        {
            "obligation": pa.array([item.obligation for item in items], pa.int64()),
            "n": pa.array([item.n for item in items], pa.int32()),
            "sim_id": pa.array([item.sim_id for item in items], pa.int64()),
            "account": [item.account for item in items],
            "kind": [item.kind for item in items],
            "cycle": [item.key.split("|")[3] for item in items],
        }
    )
    alone = {"busy": False, "elsewhere": False}
    with tx.frame("wanted", wanted):
        others = {row["obligation"]: row for row in tx.rows(Q.others_now)}
        return {row["obligation"]: alone | row | others.get(row["obligation"], {}) for row in tx.rows(Q.items_now)}


def _claimed(tx: Transaction, by: Actor, *, batch: int, ready: list[Ready], deadline_at: datetime) -> list[Ready]:
    if not ready:
        return []
    items = [one.item for one in ready]
    claims = pa.table(
        {
            "obligation": pa.array([item.obligation for item in items], pa.int64()),
            "n": pa.array([item.n for item in items], pa.int32()),
            "plan": [item.plan for item in items],
            "months": pa.array([item.months for item in items], pa.int32()),
            "amount_fen": pa.array([item.amount_fen for item in items], pa.int64()),
            "order_no": [item.order_no for item in items],
            "request_sha256": [one.request_sha256 for one in ready],
            "sent_before": [one.sent_at is not None for one in ready],
            "expires_before": pa.array([item.old_expiry for item in items], pa.date32()),
            "evidence": [canonical({"batch": batch, "order_no": item.order_no}) for item in items],
        }
    )
    with tx.frame("claims", claims):
        won = tx.run(Q.claim, now=tx.now)
        kept = tx.run(Q.keep_attempts, batch=batch, now=tx.now, deadline_at=deadline_at)
        if any(one.sent_at for one in ready):
            kept += tx.run(Q.keep_later_tries, deadline_at=deadline_at)
        if won != len(items) or kept != len(items):
            # Under the one writer lock neither can happen; if it does, nothing of this chunk is sent.
            raise moves.NoSuchMove(f"batch {batch}: {won} of {len(items)} items could be claimed, {kept} written")
        tx.run(Q.claim_events, now=tx.now, actor=by.name)
    return ready
