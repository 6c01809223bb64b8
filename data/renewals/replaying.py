"""After an older database was put back: what the journal knows is put in again, and everything not bought is in doubt.

Nothing is believed of what is not succeeded: each such item becomes unknown (arrow 19) and is asked about at the carrier
before anything may be sent; its batch waits for an approver.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from data.audit import store as audit
from data.audit.rules import canonical
from data.clock import HOME_ZONE
from data.database import Queries, Row, Transaction
from data.people.rules import SYSTEM, Action, Actor, Event
from data.people.store import require
from data.renewals import moves, rules, stopping
from data.renewals.journal import Journal, Mark
from data.renewals.moves import Arrow, BatchState, State
from data.renewals.moving import Result, outcomes, record

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
# What had come to rest is asked about, but never sent again by itself.
_RESTED = frozenset({State.FAILED, State.CANCELLED, State.NEEDS_REVIEW})
# Their cycle is the expiry they are bought for, where that was known: 2026-11-30, else the month.
_FOR_A_TERM = frozenset({"renew", "recharge"})
_LONG_DAY = len("2026-11-30")

_TOLD = pa.schema(
    [
        ("batch", pa.int64()),
        ("line", pa.int32()),
        ("digest", pa.string()),
        ("key", pa.string()),
        ("n", pa.int32()),
        ("order_no", pa.string()),
        ("iccid", pa.string()),
        ("stem", pa.string()),
        ("account", pa.string()),
        ("kind", pa.string()),
        ("cycle", pa.string()),
        ("seq", pa.int32()),
        ("old_expiry", pa.date32()),
        ("plan", pa.string()),
        ("months", pa.int32()),
        ("amount_fen", pa.int64()),
        ("request_sha256", pa.string()),
        ("expires_before", pa.date32()),
        ("sent_at", pa.timestamp("us", tz="UTC")),
        ("deadline_at", pa.timestamp("us", tz="UTC")),
        ("day", pa.date32()),
    ]
)
_WANTED = pa.schema([("line", pa.int32()), ("key", pa.string()), ("stem", pa.string()), ("digest", pa.string())])


def restored(tx: Transaction, by: Actor, book: Journal) -> int:
    """A person says that an older copy was put back, which nothing here can show. How many items are in doubt now."""
    require(tx, by, Action.STOP_RENEWALS, "all accounts")
    results = _doubt_all(tx)
    _wait_for_approver(tx)
    book.append_in(tx, outcomes(results, kind="recovered"))
    audit.record(tx, by, Event.RENEWALS_RESTORED, "all accounts", items=len(results))
    return len(results)


def doubt_beyond_journal(tx: Transaction, book: Journal, mark: Mark | None) -> int:
    """The journal ends before what this database relies on: what was lost with it cannot be known. How many are in doubt."""
    results = _doubt_all(tx)
    _wait_for_approver(tx)
    ended = {"segment": mark and mark.segment, "line": mark and mark.line}
    book.append_in(tx, [{"kind": "cut", **ended}, *outcomes(results, kind="recovered")])
    audit.record(tx, SYSTEM, Event.RENEWALS_RESTORED, "all accounts", items=len(results), journal_ended_before=ended)
    return len(results)


def replay(tx: Transaction, book: Journal, entries: Sequence[Mapping[str, Any]]) -> int:
    """Put in again what a newer journal knows; `entries` are its lines that this database has not seen.

    1. batches, lines, obligations, money set aside and attempts that are missing, from the intents
    2. everything not succeeded becomes unknown, every open batch waits for an approver
    3. what the journal proves bought is bought; what it contradicts goes to a person

    How many items are in doubt afterwards.
    """
    intents = _told(entries)
    _put_in(tx, intents)
    results = _doubt_all(tx)
    _wait_for_approver(tx)
    last = {entry["order_no"]: entry for entry in entries if entry["kind"] not in {"intent", "cut"}}
    proven = _proven(results, last)
    contradicted = _contradicted(tx, last)
    record(tx, SYSTEM, proven)
    record(tx, SYSTEM, contradicted)
    book.append_in(tx, outcomes([*results, *proven, *contradicted], kind="recovered"))
    left = len(results) - len(proven)
    audit.record(tx, SYSTEM, Event.RENEWALS_RESTORED, "all accounts", items=left, bought=len(proven))
    return left


def _told(entries: Iterable[Mapping[str, Any]]) -> list[Row]:
    """The intents as rows; of one sent twice under one number, what was said last."""
    told: dict[str, Row] = {}
    for entry in entries:
        if entry["kind"] == "intent":
            account, stem, kind, cycle, seq = entry["key"].rsplit("|", 4)
            sent_at = datetime.fromisoformat(entry["sent_at"])
            told[entry["order_no"]] = {
                **{name: entry[name] for name in ("batch", "key", "n", "order_no", "iccid", "plan", "months")},
                **{name: entry[name] for name in ("amount_fen", "request_sha256")},
                "line": len(told) + 1,
                "digest": str(rules.digest(entry["key"])),
                "account": account,
                "stem": stem,
                "kind": kind,
                "cycle": cycle,
                "seq": int(seq),
                "old_expiry": date.fromisoformat(cycle) if kind in _FOR_A_TERM and len(cycle) == _LONG_DAY else None,
                "expires_before": entry["expires_before"] and date.fromisoformat(entry["expires_before"]),
                "sent_at": sent_at,
                "deadline_at": datetime.fromisoformat(entry["deadline_at"]),
                "day": sent_at.astimezone(HOME_ZONE).date(),
            }
    return list(told.values())


def _put_in(tx: Transaction, intents: Sequence[Row]) -> None:
    """Whatever these intents need and this database lacks. Batches that it lacks, or knows unapproved, wait for an approver."""
    if not intents:
        return
    with tx.frame("told", pa.Table.from_pylist(list(intents), schema=_TOLD)):
        tx.run(Q.add_sims, now=tx.now)
        tx.run(Q.add_system, now=tx.now)
        batches = {row["id"] for row in tx.rows(Q.add_batches)} | {row["id"] for row in tx.rows(Q.revive_batches)}
        highest = max(batches, default=0)
        while highest and tx.value(Q.next_batch) < highest:
            pass  # numbers that the journal has used are used up
        batches |= {row["batch"] for row in tx.rows(Q.add_lines)}
        for batch in sorted(batches):
            _place(tx, batch)
        tx.run(Q.keep_past, now=tx.now)
        tx.run(Q.raise_numbers)
        tx.run(Q.add_attempts)


def _place(tx: Transaction, batch: int) -> None:
    """The obligations of a batch's lines, with their money set aside; its content is what it holds now."""
    contents = [rules.content(line) for line in tx.rows(Q.lines_of, batch=batch)]
    tx.run(Q.set_content, batch=batch, content_hash=rules.content_hash(content[1:] for content in contents))
    wanted = [
        {"line": line, "key": key, "stem": key.rsplit("|", 4)[1], "digest": str(rules.digest(key))}
        for line, key, *_rest in contents
    ]
    said = {
        "batch": batch,
        "now": tx.now,
        "actor": SYSTEM.name,
        "evidence": canonical({"batch": batch, "restored": True}),
    }
    with tx.frame("wanted", pa.Table.from_pylist(wanted, schema=_WANTED)):
        for query in (Q.add_obligations, Q.move_placements, Q.add_placements, Q.hold_for_batch, Q.add_reservations):
            tx.run(query, **said)
        tx.run(Q.new_events, **said)
        tx.run(Q.new_states, **said)


def _doubt_all(tx: Transaction) -> list[Result]:
    results = [_doubted(row, tx.now) for row in tx.rows(Q.not_bought)]
    record(tx, SYSTEM, results)
    tx.run(Q.hold_doubted)
    return results


def _doubted(row: Row, now: datetime) -> Result:
    before = State(row["st"])
    rested = before in _RESTED or row["batch_state"] in {BatchState.DONE.value, BatchState.CANCELLED.value}
    return Result(
        obligation=row["obligation"],
        batch=row["batch"],
        n=row["n"],
        order_no=rules.order_no(row["key"], row["n"]),
        amount_fen=row["amount_fen"],
        before=before,
        after=State.UNKNOWN,
        arrow=Arrow.RESTORED,
        reason="restored_rest" if rested or row["reason"] == "restored_rest" else "restored",
        asked_before=row["asked"],
        next_at=moves.first_slot(now),
    )


def _proven(doubted: Iterable[Result], last: Mapping[str, Mapping[str, Any]]) -> list[Result]:
    """Of what is in doubt, what the journal proves bought."""
    return [
        replace(
            result,
            before=State.UNKNOWN,
            after=State.SUCCEEDED,
            arrow=Arrow.PROVED,
            reason=None,
            carrier_ref=said["carrier_ref"],
            new_expiry=date.fromisoformat(said["new_expiry"]) if said.get("new_expiry") else None,
            proof="journal",
            asked_before=0,
            next_at=None,
        )
        for result in doubted
        if (said := last.get(result.order_no)) is not None and said["to"] == State.SUCCEEDED.value
    ]


def _contradicted(tx: Transaction, last: Mapping[str, Mapping[str, Any]]) -> list[Result]:
    """What this database believes bought and the journal knows better."""
    doubtful = [order for order, said in last.items() if said["to"] != State.SUCCEEDED.value]
    with tx.frame("doubtful", pa.table({"order_no": pa.array(doubtful, pa.string())})):
        rows = tx.rows(Q.bought_after_all)
    return [
        Result(
            obligation=row["obligation"],
            batch=row["batch"],
            n=row["n"],
            order_no=row["order_no"],
            amount_fen=row["amount_fen"],
            before=State.SUCCEEDED,
            after=State.NEEDS_REVIEW,
            arrow=Arrow.CONTRADICTED,
            reason=last[row["order_no"]]["reason"],
            asked=row["asked"],
            asked_before=row["asked"],
        )
        for row in rows
    ]


def _wait_for_approver(tx: Transaction) -> None:
    for row in tx.rows(Q.open_batches):
        stopping.pause(tx, SYSTEM, batch=row["id"], reason="restored")
