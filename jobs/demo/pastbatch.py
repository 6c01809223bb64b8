"""One batch of the past: proposed, approved and worked off on its own day by the real engine and the practice carrier.

What the carrier shall answer is written into its books beforehand, under the order number that the order will have: the
engine then hears refusals, an endless "in progress" or a wrong amount, as on any bad day.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from data.clock import MovedClock
from data.database import Queries, Row
from data.home import Home
from data.people.rules import Actor
from data.renewals import store as renewals
from data.renewals.moves import SCHEDULE
from data.renewals.rules import obligation_key, order_no
from data.sims.rolling import roll_up
from jobs import run_renewals, settle_unknowns
from jobs.carriers.practice.ledger import Entry, opened

Q = Queries.beside(__file__, "history.sql")
# An order that is in progress at the carrier for so long stays unconfirmed while somebody looks at the demo.
_IN_PROGRESS_FOR = timedelta(days=9)
_WRONG_BY_FEN = 100


@dataclass(frozen=True)
class Cast:
    """Who makes and who approves the demo's batches."""

    operator: Actor
    approver: Actor


@dataclass(frozen=True)
class PastBatch:
    """The cards of a batch by what becomes of them."""

    ago: timedelta
    renewed: list[int]
    refused: dict[int, str] = field(default_factory=dict)  # with the reason, a key of REASONS
    in_progress: list[int] = field(default_factory=list)
    wrong_amount: list[int] = field(default_factory=list)
    # The renewed cards' present expiry is what this batch bought.
    explains_expiry: bool = False

    @property
    def sim_ids(self) -> list[int]:
        """All of them."""
        return [*self.renewed, *self.refused, *self.in_progress, *self.wrong_amount]


@contextmanager
def back_then(home: Home, ago: timedelta) -> Iterator[MovedClock]:
    """Let the home live `ago` earlier inside the with-block."""
    present = home.clock
    day = MovedClock(present.now() - ago)
    home.db.clock = day
    try:
        yield day
    finally:
        home.db.clock = present


def work_off(home: Home, cast: Cast, batch: PastBatch) -> None:
    """Live through the day of a batch.

    1. The cards are as they were then.
    2. The operator proposes, the approver approves.
    3. The engine works it off against the carrier's prepared books, and asks about what got no end.
    """
    still_out_at = home.clock.now() + _IN_PROGRESS_FOR
    with back_then(home, batch.ago) as day:
        with home.db.write() as tx:
            if batch.explains_expiry:
                tx.run(Q.pull_back, sims=batch.renewed)
            roll_up(tx, batch.sim_ids)
            made = renewals.propose(
                tx,
                cast.operator,
                sim_ids=batch.sim_ids,
                form_key=f"demo-{batch.ago.total_seconds():.0f}-s-ago",
                note="月度批量续费",
            ).batch
        if made is None:
            return
        day.move(timedelta(minutes=47))
        _prepare_books(home, made, batch, until=still_out_at)
        with home.db.write() as tx:
            content_hash = tx.value(Q.content_hash, batch=made)
            renewals.approve(tx, cast.approver, batch=made, content_hash=content_hash, settings=home.settings)
        day.move(timedelta(minutes=2))
        run_renewals.run(home, threading.Event())
        if batch.in_progress:
            _keep_asking(home, day, until=still_out_at - _IN_PROGRESS_FOR)


def _keep_asking(home: Home, day: MovedClock, *, until: datetime) -> None:
    """Ask about what is still out at every slot of the schedule up to now, as the running product would have."""
    sent_at = day.now()
    for slot in SCHEDULE:
        if sent_at + slot >= until:
            return
        day.move(sent_at + slot - day.now())
        settle_unknowns.run(home, threading.Event())


def _prepare_books(home: Home, made: int, batch: PastBatch, *, until: datetime) -> None:
    entries = []
    for line in home.db.read().rows(Q.orderable, batch=made):
        sim_id = line["sim_id"]
        if sim_id in batch.refused:
            entries.append(_entry(home, line, "refusal", reason=batch.refused[sim_id]))
        elif sim_id in batch.in_progress:
            entries.append(_entry(home, line, "charge", effective_at=until))
        elif sim_id in batch.wrong_amount:
            entries.append(_entry(home, line, "charge", more_fen=_WRONG_BY_FEN))
    opened(home.practice / "ledger.jsonl").append(entries)


def _entry(
    home: Home, line: Row, kind: str, *, reason: str = "", more_fen: int = 0, effective_at: datetime | None = None
) -> Entry:
    order = order_no(
        obligation_key(account=line["account"], iccid=line["iccid"], cycle=line["old_expiry"].isoformat()), 1
    )
    charged = kind == "charge"
    return Entry(
        kind,
        line["account"],
        order,
        line["iccid"],
        line["months"],
        line["amount_fen"] + more_fen,
        home.clock.now(),
        ref=f"P{order[1:]}" if charged else "",
        reason=reason,
        expires_before=line["old_expiry"] if charged else None,
        expires_after=line["new_expiry"] if charged else None,
        effective_at=effective_at,
    )
