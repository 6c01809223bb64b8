"""What does not add up between sources: opened by whoever notices, closed by a person or by agreement."""

from typing import Any

import pyarrow as pa

from data.audit import store as audit
from data.audit.rules import canonical
from data.database import Queries, Reader, Transaction
from data.people.rules import Action, Actor, Event
from data.people.store import require
from data.sims.rules import FINDINGS

Q = Queries.beside(__file__, "findings.sql")


def open_finding(
    tx: Transaction, *, kind: str, object: str, source: str, sim_id: int | None = None, **detail: Any
) -> None:
    """Remember what does not add up; the same finding is not opened twice. `detail` fills the sentence of `kind`."""
    if kind not in FINDINGS:
        raise ValueError(f"'{kind}' is no kind of finding")
    values = {"kind": kind, "object": object, "source": source, "sim_id": sim_id, "detail": canonical(detail)}
    tx.run(Q.open_one, **values, now=tx.now)


def close_finding(tx: Transaction, by: Actor, *, finding_id: int) -> bool:
    """Somebody settled it; False: it was closed already, or never was."""
    require(tx, by, Action.DECIDE, f"finding {finding_id}")
    closed = tx.rows(Q.close_one, finding_id=finding_id, now=tx.now)
    if closed:
        audit.record(tx, by, Event.FINDING_CLOSED, f"finding {finding_id}", about=closed[0]["object"])
    return bool(closed)


def open_findings(
    reader: Reader, *, sim_id: int | None = None, kind: str | None = None, limit: int = 50, offset: int = 0
) -> pa.Table:
    """finding_id, kind, sim_id, iccid, object, detail (JSON for the sentence of FINDINGS[kind]), source, found_at."""
    return reader.arrow(Q.open_ones, sim_id=sim_id, kind=kind, limit=limit, offset=offset)


def counted_findings(reader: Reader) -> dict[str, int]:
    """Open findings per kind, the most frequent first."""
    return {row["kind"]: row["findings"] for row in reader.rows(Q.counted)}
