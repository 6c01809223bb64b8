"""Plans and prices from the rows of a file (data/files/staging.py): a plan is its name at its carrier."""

from data.database import Queries, Transaction
from data.files.rules import NO_TERM, Counts
from data.people.rules import SYSTEM
from data.plans import notices, noticing

Q = Queries.beside(__file__, "merging.sql")


def resolve_plans(tx: Transaction, *, described: bool = False) -> int:
    """Give every row its plan; unknown ones are made: provisional, with a finding, unless the file describes them.

    Returns the last plan_id from before.
    """
    last = int(tx.value(Q.last_plan))
    tx.run(Q.borrow_carriers)
    tx.run(Q.find_plans)
    tx.run(Q.find_plans_by_name)
    tx.run(Q.add_plans)
    tx.run(Q.find_plans)
    if not described:
        tx.run(Q.notice_plans)
    return last


def merge_plans(tx: Transaction, *, last: int, source: str) -> Counts:
    """Write what the file says about its plans and their prices; plans above `last` are new.

    What it changes of a plan known before becomes a notice.
    """
    tx.run(Q.refuse_prices_without_term, msgid=NO_TERM)
    tx.run(Q.compare_plans, last=last)
    tx.run(Q.compare_prices, today=tx.today)
    counts = Counts(**(tx.row(Q.count_plans) or {}))
    changes = noticing.prices_and_plans(tx)
    tx.run(Q.merge_plans)
    tx.run(Q.merge_prices)
    notices.find(tx, SYSTEM, changes=changes, source=source)
    return counts
