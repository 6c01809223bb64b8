"""A card that was not to be renewed and whose terminal works again: its decision is open again, by itself."""

from typing import Any

import pyarrow as pa

from data.audit import store as audit
from data.database import Queries, Row, Transaction
from data.people.rules import SYSTEM, Event
from data.sims.deciding_rules import kept

Q = Queries.beside(__file__, "returning.sql")
_BACK = pa.schema([("sim_id", pa.int64()), ("iccid", pa.string()), ("evidence", pa.string())])
_NAMED_IN_AUDIT = 100


def come_back(tx: Transaction) -> list[int]:
    """Open the decision again on cards of the frame `wanted` that came to life after it was taken; their sim_ids.

    The history, a finding and the audit log say so, by the system. The cards' rows of `sim_now` are stale afterwards.
    """
    back = tx.rows(Q.back_again)
    if not back:
        return []
    rows = [{"sim_id": card["sim_id"], "iccid": card["iccid"], "evidence": kept(_why(card))} for card in back]
    with tx.frame("back", pa.Table.from_pylist(rows, schema=_BACK)):
        tx.run(Q.open_again, person_id=SYSTEM.person_id, today=tx.today)
        for query in (Q.note_return, Q.note_why, Q.find_return):
            tx.run(query, now=tx.now, who=SYSTEM.name)
    ids = [card["sim_id"] for card in back]
    audit.record(tx, SYSTEM, Event.SIM_CAME_BACK, f"{len(ids)} SIMs", sim_ids=ids[:_NAMED_IN_AUDIT])
    return ids


def _why(card: Row) -> dict[str, dict[str, Any]]:
    return {"works_again": {"day": card["day"]}} if card["works_again"] else {"used_again": {}}
