"""A card that was not to be renewed and whose terminal works again: its decision is open again, by itself."""

import pyarrow as pa

from data.audit import store as audit
from data.database import Queries, Transaction
from data.people.rules import SYSTEM, Event
from data.sims.deciding_rules import TRADES_AGAIN
from data.words import later

Q = Queries.beside(__file__, "returning.sql")
_BACK = pa.schema([("sim_id", pa.int64()), ("iccid", pa.string()), ("day", pa.date32()), ("evidence", pa.string())])
_NAMED_IN_AUDIT = 100


def come_back(tx: Transaction) -> None:
    """Open the decision again on cards of the frame `wanted` whose terminal signed in or traded after it was taken.

    The history, a finding and the audit log say so, by the system.
    """
    back = tx.rows(Q.trading_again)
    if not back:
        return
    rows = [{**card, "evidence": later(TRADES_AGAIN, day=card["day"])} for card in back]
    with tx.frame("back", pa.Table.from_pylist(rows, schema=_BACK)):
        tx.run(Q.open_again, person_id=SYSTEM.person_id, today=tx.today)
        for query in (Q.note_return, Q.note_why, Q.find_return):
            tx.run(query, now=tx.now, who=SYSTEM.name)
    named = [card["sim_id"] for card in back][:_NAMED_IN_AUDIT]
    audit.record(tx, SYSTEM, Event.SIM_CAME_BACK, f"{len(back)} SIMs", sim_ids=named)
