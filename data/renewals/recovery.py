"""What a start does before any worker may claim: whatever was out is in doubt, and nothing the journal knows is missing.

1. verify the open journal segment; an unfinished last line is set aside
2. read what the journal says beyond what this database last wrote to it (its mark). A kill explains the lines of one
   write: each intent without an attempt row gets its row, and its item becomes unknown. More than that is a newer journal,
   fewer lines than the mark an older one: an older copy was put back (`replaying`)
3. every submitted item becomes unknown
4. every state has its obligation, no key stands twice, and the index finds obligations by their keys
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from data.clock import FixedDayClock
from data.database import Database, Reader, Row, Transaction
from data.people.rules import SYSTEM
from data.renewals import holding, journal, moves, replaying, rules
from data.renewals.checking import index_fault
from data.renewals.moves import Arrow, State
from data.renewals.moving import Q, Result, outcomes, record

# A start is to take two seconds at most, a look-up takes 0.4 ms; `flowcard check` looks up ten times as many.
_LOOKED_UP_AT_START = 1_000


class RecoveryError(Exception):
    """The money tables and the journal do not fit together; nothing may be sent."""


@dataclass(frozen=True)
class Recovered:
    """What a start had to put right."""

    in_doubt: (
        int  # items that were out when the process ended; after an older copy was put back, all that is not bought
    )
    lost_commits: int  # of them: known to the journal only
    torn_bytes: int  # of an unfinished journal line
    restored: str | None = None  # newer, cut: what the journal says of an older copy of the database, or of itself

    def __str__(self) -> str:
        told = f"{self.in_doubt} orders in doubt, {self.lost_commits} known to the journal only, {self.torn_bytes} torn bytes"
        return told + (f"; {_RESTORED[self.restored]}" if self.restored else "")


_RESTORED = {
    "newer": "the database was older than the money journal: every batch waits for an approver",
    "cut": "the money journal ends before what the database relies on: every batch waits for an approver",
}


def recover(db: Database, folder: Path) -> Recovered:
    """Put right what a kill or an older copy left behind. Raises JournalBroken or RecoveryError where a start is unsafe."""
    book = journal.opened(folder)
    with db.write() as tx:
        if not isinstance(db.clock, FixedDayClock):
            holding.hold_if_behind(tx)
        mark = journal.mark_of(tx)
        entries = book.behind(mark)
        entries = None if entries is None else journal.standing(entries)
        if entries is None:
            found = Recovered(replaying.doubt_beyond_journal(tx, book, mark), 0, book.torn_bytes, "cut")
        elif _newer(tx, entries, marked=mark is not None):
            found = Recovered(replaying.replay(tx, book, entries), 0, book.torn_bytes, "newer")
        else:
            found = _after_a_kill(tx, book, entries)
    _tables_fit(db.read())
    return found


def _tables_fit(reader: Reader) -> None:
    scanned, found = reader.row(Q.counted_by_scan), reader.row(Q.counted_by_keys)
    if scanned != found:
        raise RecoveryError(f"the money tables do not fit: a scan counts {scanned}, the keys {found}; restore a backup")
    fault = index_fault(reader, at_most=_LOOKED_UP_AT_START)
    if fault:
        raise RecoveryError(f"the index of the obligations is damaged: {fault}; restore a backup")


def _newer(tx: Transaction, entries: Sequence[Mapping[str, Any]], *, marked: bool) -> bool:
    """Whether these lines are more than one interrupted write leaves: something was sent that this database cannot know."""
    intents = _intents(entries)
    if not marked:
        # The first start that leaves a mark: what it knows nothing of decides.
        known = {(str(row["digest"]), row["n"]) for row in _without_attempt(tx, intents)}
        intents = {place: intent for place, intent in intents.items() if place in known}
    answered = {entry["order_no"] for entry in entries if entry["kind"] not in {"intent", "cut"}}
    return len({intent["ts"] for intent in intents.values()}) > 1 or any(
        intent["order_no"] in answered for intent in intents.values()
    )


def _after_a_kill(tx: Transaction, book: journal.Journal, entries: Sequence[Mapping[str, Any]]) -> Recovered:
    intents = _intents(entries)
    lost = _without_attempt(tx, intents)
    if lost:
        rows = [intents[str(row["digest"]), row["n"]] | {"obligation": row["obligation"]} for row in lost]
        with tx.frame("lost", pa.Table.from_pylist(rows)):
            tx.run(Q.keep_lost_attempts)
    results = [_in_doubt(row, intents[str(row["digest"]), row["n"]], tx.now) for row in lost]
    results += _doubt_submitted(tx)
    _keep(tx, book, results, never_written=_never_written(entries, {result.order_no for result in results}))
    return Recovered(len(results), len(lost), book.torn_bytes)


def _never_written(entries: Sequence[Mapping[str, Any]], doubted: set[str]) -> list[dict[str, Any]]:
    """What the journal says and the database never came to write, and nothing else of this start speaks of."""
    return [
        {**entry, "kind": "abandoned"}
        for entry in entries
        if entry["kind"] != "cut" and entry["order_no"] not in doubted
    ]


def doubt_submitted(db: Database, book: journal.Journal, *, but: frozenset[int] = frozenset()) -> int:
    """What is out while nobody is sending it is in doubt; how many there were. For the worker, before it claims.

    `but`: obligations that this process is sending just now.
    """
    if not db.read().rows(Q.submitted_items):
        return 0
    with db.write() as tx:
        results = _doubt_submitted(tx, but)
        _keep(tx, book, results)
    return len(results)


def _doubt_submitted(tx: Transaction, but: frozenset[int] = frozenset()) -> list[Result]:
    return [_interrupted(row, tx.now) for row in tx.rows(Q.submitted_items) if row["obligation"] not in but]


def _keep(
    tx: Transaction, book: journal.Journal, results: list[Result], never_written: Sequence[Mapping[str, Any]] = ()
) -> None:
    if results or never_written:
        book.append_in(tx, [*never_written, *outcomes(results, kind="recovered")])
        record(tx, SYSTEM, results)
    else:
        book.mark(tx)


def _intents(entries: Sequence[Mapping[str, Any]]) -> dict[tuple[str, int], dict[str, Any]]:
    """Intents by the obligation's digest and their number."""
    return {
        (str(rules.digest(entry["key"])), entry["n"]): dict(entry) for entry in entries if entry["kind"] == "intent"
    }


def _without_attempt(tx: Transaction, intents: Mapping[tuple[str, int], Mapping[str, Any]]) -> list[Row]:
    if not intents:
        return []
    asked = pa.table(
        {"digest": [digest for digest, _n in intents], "n": pa.array([n for _digest, n in intents], pa.int32())}
    )
    with tx.frame("intents", asked):
        return tx.rows(Q.intents_without_attempt)


def _in_doubt(row: Row, intent: dict[str, Any], now: datetime) -> Result:
    return _unknown(
        row,
        before=State(row["st"]),
        arrow=Arrow.RESTORED,
        now=now,
        batch=intent["batch"],
        order_no=intent["order_no"],
        amount_fen=intent["amount_fen"],
    )


def _interrupted(row: Row, now: datetime) -> Result:
    return _unknown(
        row,
        before=State.SUBMITTED,
        arrow=Arrow.IN_DOUBT,
        now=now,
        batch=row["batch"],
        order_no=row["order_no"],
        amount_fen=row["amount_fen"],
    )


def _unknown(
    row: Row, *, before: State, arrow: Arrow, now: datetime, batch: int, order_no: str, amount_fen: int
) -> Result:
    return Result(
        obligation=row["obligation"],
        batch=batch,
        n=row["n"],
        order_no=order_no,
        amount_fen=amount_fen,
        before=before,
        after=State.UNKNOWN,
        arrow=arrow,
        reason="interrupted",
        asked_before=row["asked"],
        next_at=moves.first_slot(now),
    )
