"""Usage from the rows of a file (data/files/staging.py): figures of days, of months, or of the cycle with its time."""

from datetime import date

from data.database import Queries, Transaction
from data.files.rules import Counts

Q = Queries.beside(__file__, "merging.sql")


def merge_usage(tx: Transaction) -> Counts:
    """Write the file's figures: a day is replaced, a month follows unless a later figure is known."""
    tx.run(Q.compare_days)
    tx.run(Q.compare_months, now=tx.now)
    counts = Counts(**(tx.row(Q.count) or {}))
    tx.run(Q.drop_days)
    tx.run(Q.add_days)
    tx.run(Q.sum_days)
    tx.run(Q.notice_falls)
    tx.run(Q.merge_months)
    tx.run(Q.merge_cycle, now=tx.now)
    return counts


def changed_ids(tx: Transaction) -> list[int]:
    """The cards with a new figure, in the transaction of `merge_usage`."""
    return [row["sim_id"] for row in tx.rows(Q.changed_ids)]


def notice_gaps(tx: Transaction, *, since: date) -> None:
    """After `merge_usage`: days from `since` without a figure that have figures on both sides, a finding per card."""
    tx.run(Q.notice_gaps, since=since)
    tx.run(Q.close_gaps, since=since, now=tx.now)
