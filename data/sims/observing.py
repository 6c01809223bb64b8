"""Cards as their carrier tells them (staged by data/files/staging.py): what of it counts, and what is only compared.

A carrier's reading is an observation with its time, like a file's row (data/sims/merging.py), with three differences:
it speaks of the cards of one account only, its word for the plan does not replace what we buy, and an expiry it
confirms is its own word from then on.
"""

from datetime import datetime

import pyarrow as pa

from data.database import Queries, Transaction

Q = Queries.beside(__file__, "observing.sql")


def sift(tx: Transaction, *, account: str) -> None:
    """Leave in `incoming` what `account` may say of its cards; what it may not, or says otherwise than before, is noticed."""
    tx.run(Q.notice_other_accounts, account=account)
    tx.run(Q.drop_other_accounts, account=account)
    tx.run(Q.notice_changes)
    tx.run(Q.keep_our_plans)


def confirm(tx: Transaction, told: pa.Table, *, account: str) -> None:
    """After `merge_sims`: keep what was told (`told`: iccid, plan, imei) for the next comparison, and confirmed expiries."""
    numbered = told.append_column("rn", pa.array(range(told.num_rows), pa.int64()))
    with tx.frame("told_rows", numbered):
        tx.run(Q.keep_told, account=account, now=tx.now)
    tx.run(Q.confirm_expiries)
    tx.run(Q.close_listed, now=tx.now)


def notice_not_listed(tx: Transaction, *, account: str, since: datetime) -> None:
    """After a whole reading that began at `since`: cards of `account` that it did not name."""
    tx.run(Q.notice_not_listed, account=account, since=since)
