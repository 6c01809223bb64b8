"""An order as the engine keeps it once it was sent, for connectors that look there."""

from datetime import date, datetime

from data.database import Query
from data.home import Home
from data.renewals.rules import digest
from jobs.carriers import Order


def remember(
    home: Home,
    order: Order,
    *,
    ref: str | None = None,
    sent_at: datetime | None = None,
    expires_before: date | None = None,
) -> None:
    """`order` as sent, unknown, and called `ref` by the carrier."""
    key = f"{order.account}|{order.order_no}"
    run = [
        """INSERT INTO obligation (digest, key, sim_id, account, stem, kind, seq)
           VALUES ($digest, $key, 1, $account, $stem, $kind, 1)""",
        """INSERT INTO batch_line (batch, line, digest, sim_id, iccid, account)
           SELECT 1, o.id, o.digest, 1, $iccid, $account FROM obligation o WHERE o.key = $key""",
        """INSERT INTO attempt SELECT o.id, 1, 1, '', 1, $fen, 'CNY', $order_no, '', $before, $at, $at
           FROM obligation o WHERE o.key = $key""",
        """INSERT INTO state (obligation, st, n, carrier_ref, changed_at)
           SELECT o.id, 'unknown', 1, $ref, $at FROM obligation o WHERE o.key = $key""",
    ]
    said = {
        "digest": digest(key),
        "key": key,
        "account": order.account,
        "stem": order.iccid[:19],
        "kind": order.kind,
        "iccid": order.iccid,
        "fen": order.amount_fen,
        "order_no": order.order_no,
        "at": sent_at or home.clock.now(),
        "ref": ref,
        "before": expires_before,
    }
    with home.db.write() as tx:
        for text in run:
            tx.run(Query("test", "", text), **{name: told for name, told in said.items() if f"${name}" in text})
