"""What stands on the desks of a demo: money charged twice, a charge nobody ordered, paid cards that stay dark, one review."""

import threading
from datetime import datetime, timedelta

from data.database import Queries, Row
from data.home import Home
from data.renewals import store as renewals
from data.sims.rolling import roll_up
from jobs import reconcile, verify_renewals
from jobs.carriers.practice.ledger import Entry, opened
from jobs.demo.pastbatch import Cast

Q = Queries.beside(__file__, "desks.sql")


def fill_desks(home: Home, cast: Cast, *, twice: int, unordered: int, dark: int) -> None:
    """Live through the last days once more, with the carriers' statements in hand.

    1. The carrier's auto-renew deducts `twice` cards a second time, and `unordered` cards nobody here knows of.
    2. `dark` paid cards stay stopped.
    3. The nightly comparison and the reading of paid cards find all of it.
    4. People have begun: one card has an owner and a ticket, one renewal has its first statement.
    """
    now = home.clock.now()
    bought = home.db.read().rows(Q.lately_bought, now=now, count=twice + dark)
    strangers = home.db.read().rows(Q.never_ordered, count=unordered)
    entries = [_deducted(row, number, row["ended_at"] + timedelta(days=1)) for number, row in enumerate(bought[:twice])]
    entries += [_deducted(row, 90 + number, now - timedelta(days=2)) for number, row in enumerate(strangers)]
    opened(home.practice / "ledger.jsonl").append(entries)
    with home.db.write() as tx:
        sims = [row["sim_id"] for row in bought[twice:]]
        tx.run(Q.still_stopped, sims=sims, now=now)
        roll_up(tx, sims)
    reconcile.run(home, threading.Event())
    verify_renewals.run(home, threading.Event())
    with home.db.write() as tx:
        for row in tx.rows(Q.not_extended, count=1):
            waiting = [row["obligation"]]
            renewals.take_on_verifications(tx, cast.operator, obligations=waiting)
            renewals.write_on_verifications(
                tx, cast.operator, obligations=waiting, ticket_no="GD-DEMO-0047", note="已报客服，等待复机"
            )
        for row in tx.rows(Q.with_people, count=1):
            renewals.state_review(
                tx,
                cast.approver,
                obligation=row["obligation"],
                verdict="succeeded",
                evidence="客服答复：订单已生效，多收 1 元为系统尾差，将在次月账单冲回。",
                reference="KF-DEMO-20881",
            )


def _deducted(row: Row, number: int, ts: datetime) -> Entry:
    """A charge under the carrier's own order number."""
    name = f"AUTO{row['iccid'][-10:]}{number:02d}"
    return Entry("charge", row["account"], name, row["iccid"], row["months"], row["amount_fen"], ts, ref=f"P{name}")
