"""What people ask about renewals: batches, lines, sums, pace, trouble. Reads only, but for notes."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from data.clock import HOME_ZONE
from data.database import Queries, Query, Reader
from data.renewals.desk_rules import retry_from, retry_word
from data.renewals.moves import RESTING, State
from data.renewals.rules import reason_of

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
# The pace of a batch is that of its last half minute.
_PACE_WINDOW_S = 30


@dataclass(frozen=True)
class Status:
    """Where a batch stands. From the approval on the seven counts add up to items, and `fen` to amount_fen."""

    batch: int
    state: str
    items: int
    refused: int
    amount_fen: int
    succeeded: int
    failed: int
    unknown: int
    needs_review: int
    pending: int
    submitted: int
    cancelled: int
    fen: dict[str, int]  # by state
    maker: str
    checker: str | None
    proposed_at: datetime
    approved_at: datetime | None
    done_at: datetime | None
    content_hash: str
    pause_reason: str | None  # a key of PAUSES
    note: str | None
    kind: str  # a key of KINDS
    urgent: bool  # ordered by its maker alone
    acting_for: str | None  # the approver whose deputy the checker was
    form_no: str | None  # the company's own approval form
    form_voucher: int | None
    seen_by: str | None  # who looked at an urgent batch afterwards
    seen_at: datetime | None


@dataclass(frozen=True)
class Progress:
    """How far a batch is."""

    done: int  # items at rest
    total: int
    by_hand: int  # items that wait for a person to order them
    per_s: float | None  # of the last half minute; None: too early to say
    seconds_left: int | None  # for the others


@dataclass(frozen=True)
class Left:
    """What of a batch has not come to rest."""

    unknown: int
    least_asked: int | None  # slots used by the unknown asked least often
    to_send: int  # pending or submitted
    next_at: datetime | None  # when the first of those may go


@dataclass(frozen=True)
class LiveItem:
    """The unfinished renewal of a card."""

    obligation: int | None  # null while only proposed
    state: str  # proposed, pending, submitted, unknown, needs_review, failed
    batch: int
    n: int | None
    reason: str | None
    changed_at: datetime
    next_at: datetime | None


@dataclass(frozen=True)
class Stop:
    """The kill switch, thrown for one account or ('') for all."""

    account: str
    name: str  # who threw it
    ts: datetime
    reason: str | None = None  # a key of STOPS, or a person's own words
    person_id: int = 0


@dataclass(frozen=True)
class OpenBreaker:
    """A circuit breaker that is not closed."""

    account: str
    error_class: str  # no_answer, credential
    state: str  # open, half_open
    opened_at: datetime | None


def status(reader: Reader, batch: int) -> Status | None:
    """Where a batch stands; None: there is no such batch."""
    found = reader.row(Q.batch_status, batch=batch)
    if found is None:
        return None
    sums = {row["st"]: row for row in reader.rows(Q.batch_sums, batch=batch)}
    counted: dict[str, Any] = {state.value: 0 for state in State} | {state: row["items"] for state, row in sums.items()}
    fen = {state.value: 0 for state in State} | {state: row["fen"] for state, row in sums.items()}
    return Status(**found, **counted, fen=fen)


def progress(reader: Reader, batch: int) -> Progress:
    """How far a batch is and how long it will take at its present pace."""
    found = status(reader, batch)
    if found is None:
        return Progress(0, 0, 0, None, None)
    done = sum(getattr(found, state.value) for state in RESTING)
    by_hand = found.pending + found.submitted - left(reader, batch).to_send
    pace = reader.row(Q.pace, batch=batch, window_s=_PACE_WINDOW_S)
    per_s = pace["ended"] * 1000 / pace["span_ms"] if pace and pace["span_ms"] else None
    seconds = round((found.items - done - by_hand) / per_s) if per_s else None
    return Progress(done, found.items, by_hand, per_s, seconds)


def left(reader: Reader, batch: int) -> Left:
    """What of a batch has not come to rest."""
    return reader.records(Left, Q.what_is_left, batch=batch)[0]


def count_batches(reader: Reader) -> int:
    """How many batches there are."""
    return int(reader.value(Q.count_batches))


def batches(reader: Reader, *, limit: int, offset: int) -> pa.Table:
    """A page of batches, newest first, with their items by state."""
    return reader.arrow(Q.batches, limit=limit, offset=offset)


def lines(reader: Reader, *, batch: int, state: str | None = None, limit: int, offset: int) -> pa.Table:
    """A page of a batch's lines. `state`: one of the seven, or 'refused'; None: all. `reason` is of REASONS or REFUSALS."""
    return reader.arrow(Q.lines, batch=batch, state=state, limit=limit, offset=offset)


def trouble(reader: Reader, *, states: tuple[str, ...], reason: str | None = None, limit: int, offset: int) -> pa.Table:
    """A page of renewals in these states (failed, unknown, needs_review), nearest act-by date first.

    `retry_from`: what has failed may not be tried again before; null: at once, as far as its reason allows it at all.
    """
    table = reader.arrow(Q.trouble, states=list(states), reason=reason, limit=limit, offset=offset)
    waits = [
        retry_from(row["reason"], failed_at=row["ended_at"], last_order_day=row["last_order_day"], zone=HOME_ZONE)
        if row["st"] == State.FAILED.value and row["reason"] and row["ended_at"]
        else None
        for row in table.select(["st", "reason", "ended_at", "last_order_day"]).to_pylist()
    ]
    return table.append_column("retry_from", pa.array(waits, pa.timestamp("us", tz="UTC")))


def trouble_query(states: tuple[str, ...], reason: str | None) -> tuple[Query, dict[str, Any]]:
    """All of it in the same order, as a query and its parameters: what an export writes."""
    return Q.trouble, {"states": list(states), "reason": reason, "limit": None, "offset": 0}


def trouble_by_reason(reader: Reader, *, today: date) -> pa.Table:
    """Trouble by state and reason: sims, amount_fen, first act-by, whom to call; who acts, by when and the retry as msgids."""
    table = reader.arrow(Q.trouble_by_reason, today=today)
    known = [reason_of(code) for code in table["reason"].to_pylist()]
    table = table.append_column("who", pa.array([reason.who for reason in known], pa.string()))
    table = table.append_column("by_when", pa.array([reason.by_when for reason in known], pa.string()))
    states = table["st"].to_pylist()
    words = [retry_word(state, reason) for state, reason in zip(states, known, strict=True)]
    return table.append_column("retry", pa.array(words, pa.string()))


def live_item(reader: Reader, sim_id: int) -> LiveItem | None:
    """The renewal of this card that someone has to think of: under way, in doubt, or failed for the present term."""
    return reader.record(LiveItem, Q.live_item, sim_id=sim_id)


def history(reader: Reader, obligation: int) -> pa.Table:
    """Every event of an obligation, oldest first."""
    return reader.arrow(Q.history, obligation=obligation)


def notes(reader: Reader, obligation: int) -> pa.Table:
    """What people wrote on a renewal, newest first."""
    return reader.arrow(Q.notes, obligation=obligation)


def stops(reader: Reader) -> list[Stop]:
    """The kill switch: one row per account stopped, '' for all."""
    return reader.records(Stop, Q.stops)


def open_breakers(reader: Reader) -> list[OpenBreaker]:
    """Accounts whose circuit breaker lets no order, or only one, through."""
    return reader.records(OpenBreaker, Q.open_breakers)


def stoppable(reader: Reader) -> list[str]:
    """The accounts that can be stopped by themselves."""
    return [row["account"] for row in reader.rows(Q.stoppable)]
