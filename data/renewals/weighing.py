"""What an approver weighs before the word: what waits, what it cost the last time, what is odd, what goes dark, what is cheaper."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from data.database import Queries, Reader
from data.renewals.rules import FAR_AHEAD_DAYS
from data.sims.rules import STOPPED
from data.words import N_

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))

# What is odd about a line, worst first; which holds is judged in weighing.sql.
ODD = {
    "renewed_elsewhere": N_("The expiry has moved ahead since the proposal: renewed elsewhere?"),
    "expiry_moved": N_("The expiry has moved since this was proposed"),
    "second": N_("A deliberate second purchase in this cycle"),
    "declined": N_("Somebody decided since that this card is not to be renewed"),
    "plan_unfit": N_("The plan cannot run in the card's terminal"),
    "price_off": N_("The price is not what this card cost the last time"),
    "far_ahead": N_("The card expires more than 60 days from now; was it renewed elsewhere?"),
}


@dataclass(frozen=True)
class Weighed:
    """One batch on the scales. Counts of lines; sums in fen."""

    first_act_by: date | None  # the last day to place the first of its orders
    last_items: int  # lines whose card has been bought for before
    last_fen: int  # what those cost the last time
    now_fen: int  # and cost this time
    dark: int  # terminals that go dark if this is not approved today
    first_dark: date | None
    odd: dict[str, int]  # lines per key of ODD; a line may count more than once
    far_fen: int  # the sum of those far ahead


def count_to_approve(reader: Reader) -> int:
    """How many batches wait for approval."""
    return int(reader.value(Q.count_to_approve))


def to_approve(reader: Reader, *, limit: int, offset: int = 0) -> list[int]:
    """A page of the batches that wait for approval, nearest act-by date first."""
    return [row["batch"] for row in reader.rows(Q.to_approve, limit=limit, offset=offset)]


def weigh(reader: Reader, batch: int, *, today: date) -> Weighed:
    """Put a batch on the scales."""
    row = reader.rows(Q.weigh.fill(weighed=Q.weighed.sql), **_asked(batch, today))[0]
    odd = {code: row.pop(code) for code in ODD}
    return Weighed(**row, odd={code: count for code, count in odd.items() if count})


def odd_lines(reader: Reader, batch: int, *, today: date, limit: int) -> pa.Table:
    """The lines an approver should look at, worst first; `odd` is a key of ODD."""
    return reader.arrow(Q.odd_lines.fill(weighed=Q.weighed.sql), **_asked(batch, today), limit=limit)


def cheaper(reader: Reader, batch: int, *, today: date, limit: int) -> pa.Table:
    """Valid offers for the same network and at least the same data that cost less, largest saving first.

    Columns: plan, months, sims, amount_fen (one card), other_plan, other_fen, saved_fen (all cards).
    """
    return reader.arrow(Q.cheaper, batch=batch, today=today, limit=limit)


def _asked(batch: int, today: date) -> dict[str, object]:
    return {"batch": batch, "today": today, "far_days": FAR_AHEAD_DAYS, "stopped": sorted(STOPPED)}
