"""What a start does before any worker may claim: whatever was out is in doubt, and nothing the journal knows is missing.

1. verify the open journal segment; an unfinished last line is set aside
2. every journal intent without an attempt row gets its row, and its item becomes unknown
3. every submitted item becomes unknown
4. every state has its obligation, no key stands twice, and the index finds obligations by their keys
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from data.database import Database, Row, Transaction
from data.people.rules import SYSTEM
from data.renewals import journal, moves, rules
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

    in_doubt: int  # items that were out when the process ended
    lost_commits: int  # of them: known to the journal only
    torn_bytes: int  # of an unfinished journal line

    def __str__(self) -> str:
        return f"{self.in_doubt} orders in doubt, {self.lost_commits} known to the journal only, {self.torn_bytes} torn bytes"


def recover(db: Database, folder: Path) -> Recovered:
    """Put right what a kill left behind. Raises JournalBroken or RecoveryError where a start would be unsafe."""
    book = journal.opened(folder)
    intents = _open_intents(book)
    with db.write() as tx:
        lost = _lost(tx, intents)
        results = [_in_doubt(row, intents[row["digest"], row["n"]], tx.now) for row in lost]
        results += _doubt_submitted(tx)
        _keep(tx, book, results)
    reader = db.read()
    scanned, found = reader.row(Q.counted_by_scan), reader.row(Q.counted_by_keys)
    if scanned != found:
        raise RecoveryError(f"the money tables do not fit: a scan counts {scanned}, the keys {found}; restore a backup")
    fault = index_fault(reader, at_most=_LOOKED_UP_AT_START)
    if fault:
        raise RecoveryError(f"the index of the obligations is damaged: {fault}; restore a backup")
    return Recovered(len(results), len(lost), book.torn_bytes)


def doubt_submitted(db: Database, book: journal.Journal) -> int:
    """What is out while nobody is sending is in doubt; how many there were. For the one worker, before it claims."""
    if not db.read().rows(Q.submitted_items):
        return 0
    with db.write() as tx:
        results = _doubt_submitted(tx)
        _keep(tx, book, results)
    return len(results)


def _doubt_submitted(tx: Transaction) -> list[Result]:
    return [_interrupted(row, tx.now) for row in tx.rows(Q.submitted_items)]


def _keep(tx: Transaction, book: journal.Journal, results: list[Result]) -> None:
    if results:
        book.append_in(tx, outcomes(results, kind="recovered"))
        record(tx, SYSTEM, results)


def _open_intents(book: journal.Journal) -> dict[tuple[str, int], dict[str, Any]]:
    intents: dict[tuple[str, int], dict[str, Any]] = {}
    by_order: dict[str, tuple[str, int]] = {}
    for entry in book.recent():
        if entry["kind"] == "intent":
            place = str(rules.digest(entry["key"])), entry["n"]
            intents[place] = entry
            by_order[entry["order_no"]] = place
        elif entry["order_no"] in by_order:
            # It has an answer, or it was abandoned before it left: its own line says all there is to know.
            intents.pop(by_order[entry["order_no"]], None)
    return intents


def _lost(tx: Transaction, intents: dict[tuple[str, int], dict[str, Any]]) -> list[Row]:
    if not intents:
        return []
    asked = pa.table(
        {"digest": [digest for digest, _n in intents], "n": pa.array([n for _digest, n in intents], pa.int32())}
    )
    with tx.frame("intents", asked):
        lost = tx.rows(Q.intents_without_attempt)
    strangers = [
        row for row in lost if row["st"] is None or row["n_now"] != row["n"] or row["st"] == State.SUCCEEDED.value
    ]
    if strangers:
        raise RecoveryError(
            f"the journal knows {len(strangers)} orders that this database does not: it is older than the journal; "
            "put the newest database back"
        )
    if lost:
        rows = [intents[row["digest"], row["n"]] | {"obligation": row["obligation"]} for row in lost]
        with tx.frame("lost", pa.Table.from_pylist(rows)):
            tx.run(Q.keep_lost_attempts)
    return lost


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
