"""What a run left behind: the carrier's ledger and its log of arrivals, our journal, our database. Read, never counted by us."""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from data.database import Query
from data.home import Home
from data.renewals import rules

Line = dict[str, Any]
Instant = Callable[[datetime], datetime]

_OBLIGATIONS = """
SELECT o.id, o.key, o.account, o.sim_id, o.stem, s.st, s.n, s.reason, t.amount_fen, b.maker, b.checker, b.urgent, b.id AS batch
FROM obligation o
LEFT JOIN state s ON s.obligation = o.id
LEFT JOIN attempt t ON t.obligation = o.id AND t.n = s.n
LEFT JOIN placement p ON p.obligation = o.id
LEFT JOIN batch b ON b.id = p.batch
ORDER BY o.id
"""
_APPROVED_LINES = """
SELECT l.batch, l.line, o.id AS obligation, l.account, l.amount_fen, b.maker, b.checker, b.urgent, b.approved_at
FROM batch_line l JOIN batch b ON b.id = l.batch LEFT JOIN obligation o ON o.digest = l.digest
WHERE b.approved_at IS NOT NULL AND l.refusal IS NULL ORDER BY l.batch, l.line
"""
_EVENTS = "SELECT seq, ts, obligation, n, arrow, from_state, to_state, evidence FROM event ORDER BY seq"
_ALARMS = """
SELECT object || ' ' || detail AS said FROM finding WHERE kind LIKE 'money_%'
UNION ALL SELECT concat_ws(' ', order_no, iccid, detail) FROM difference WHERE class IN ('theirs_only', 'duplicate', 'amount_differs')
"""
_SWITCH = """
SELECT ts, event, object FROM audit WHERE event IN ('renewal:stopped', 'renewal:released') ORDER BY seq
"""


@dataclass(frozen=True)
class Evidence:
    """Everything the invariants are checked from. Instants of ours are given as the carrier's clock had them."""

    home: Path
    charges: list[Line]
    refunds: list[Line]
    requests: list[Line]  # arrivals at the carrier, in their order
    journal: list[Line]  # without the segments' heads, in their order
    obligations: dict[int, Line]
    lines: list[Line]  # orderable ones of approved batches
    events: list[Line]
    alarms: str  # every open or closed money alarm, in one text
    switch: list[Line]
    of_order: dict[str, int]  # every order number an obligation may ever have sent → the obligation
    at: Instant  # an instant of our clock, by the carrier's clock
    charged: dict[int, list[Line]] = field(default_factory=dict)  # charges that were not refunded, per obligation


def jsonl(path: Path) -> list[Line]:
    """The whole lines of a file; what a kill left unfinished is none."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


def gather(home: Home, carrier: Path, *, at: Instant = lambda ts: ts) -> Evidence:
    """Read everything. `carrier` is the folder of the test carrier, or of the one inside the test."""

    def rows(text: str) -> list[Line]:
        return home.db.read().rows(Query("evidence", "", text))

    ledger = jsonl(carrier / "ledger.jsonl")
    obligations = {row["id"]: row for row in rows(_OBLIGATIONS)}
    of_order = {
        rules.order_no(row["key"], n): number
        for number, row in obligations.items()
        for n in range(1, (row["n"] or 1) + 2)
    }
    refunds = [line for line in ledger if line["kind"] == "refund"]
    charges = [line for line in ledger if line["kind"] == "charge"]
    refunded = {line["ref"] for line in refunds}
    charged: dict[int, list[Line]] = defaultdict(list)
    for line in charges:
        if line["order_no"] in of_order and line["ref"] not in refunded:
            charged[of_order[line["order_no"]]].append(line)
    return Evidence(
        home=home.path,
        charges=charges,
        refunds=refunds,
        requests=jsonl(carrier / "requests.jsonl"),
        journal=[
            line for path in sorted(home.journal.glob("*.jsonl")) for line in jsonl(path) if line["kind"] != "segment"
        ],
        obligations=obligations,
        lines=rows(_APPROVED_LINES),
        events=rows(_EVENTS),
        alarms=" ".join(row["said"] for row in rows(_ALARMS)),
        switch=rows(_SWITCH),
        of_order=of_order,
        at=at,
        charged=dict(charged),
    )
