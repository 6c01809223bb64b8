"""Sending once more under a key: an unknown order goes out again with the very bytes the carrier knows its number by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from data.audit.rules import canonical
from data.database import Queries, Transaction
from data.people.rules import Action, Actor
from data.people.store import require
from data.renewals.claiming import allowed, intent, state_of_sound
from data.renewals.moves import Arrow, State
from data.renewals.moving import Unknown

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Again:
    """An unknown order that may go out once more, and the SHA-256 of the bytes that would be sent."""

    item: Unknown
    request_sha256: str


def claim_again(tx: Transaction, by: Actor, *, orders: Sequence[Again], deadline_at: datetime) -> list[Again]:
    """Claim unknown orders of one account that go out once more under their key; those claimed.

    The caller has made sure that the key is alive. The guards are those of the first time: kill switch, breaker, content
    and approver of each batch. Bytes other than the first ones are refused here. The caller appends `intents_again` to
    the journal before it commits, and sends only after the commit.
    """
    require(tx, by, Action.WORK, "renewals")
    sound = {batch for batch in sorted({one.item.batch for one in orders}) if state_of_sound(tx, by, batch)}
    at_most = allowed(tx, by, account=orders[0].item.account) if sound else 0
    # No two of one card.
    chosen = list({one.item.sim_id: one for one in orders if one.item.batch in sound}.values())[:at_most]
    if not chosen:
        return []
    again = pa.table(
        {
            "obligation": pa.array([one.item.obligation for one in chosen], pa.int64()),
            "n": pa.array([one.item.n for one in chosen], pa.int32()),
            "asked": pa.array([one.item.asked for one in chosen], pa.int32()),
            "request_sha256": [one.request_sha256 for one in chosen],
            "evidence": [canonical({"batch": one.item.batch, "order_no": one.item.order_no}) for one in chosen],
        }
    )
    with tx.frame("again", again):
        won = [row["obligation"] for row in tx.rows(Q.claim_again, now=tx.now)]
        with tx.frame("won", pa.table({"obligation": pa.array(won, pa.int64())})):
            tx.run(Q.sent_again, deadline_at=deadline_at)
            tx.run(Q.again_events, now=tx.now, actor=by.name)
    return [one for one in chosen if one.item.obligation in won]


def intents_again(orders: Sequence[Again], *, deadline_at: datetime) -> list[dict[str, Any]]:
    """The journal's lines for a claim of unknown orders; the carrier has known them since they were first sent."""
    known = {"arrow": Arrow.SENT_AGAIN.value, "to": State.SUBMITTED.value}
    return [
        known
        | intent(
            one.item,
            one.request_sha256,
            batch=one.item.batch,
            sent_at=one.item.sent_at or deadline_at,
            deadline_at=deadline_at,
        )
        for one in orders
    ]
