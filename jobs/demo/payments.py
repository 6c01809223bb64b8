"""Payment requests of the demo: a batch placed by hand, one payee paid, the other overdue or still to be paid."""

from datetime import timedelta

from data.database import Queries
from data.home import Home
from data.people import store as people
from data.renewals import paying
from data.renewals import store as renewals
from data.sims.holidays import workdays
from jobs.demo.history import scaled
from jobs.demo.pastbatch import Cast, back_then

Q = Queries.beside(__file__, "history.sql")
_ASKED, _PAID = timedelta(days=6), timedelta(days=4)
_CARDS, _LEAST = 26, 10  # of 2,000; a smaller fleet has nobody whom it would be worth to ask for money
_SOON, _LATER = timedelta(days=2), timedelta(days=50)


def make_payments(home: Home, cast: Cast) -> None:
    """Propose and approve cards of the offline accounts, ask for each payee's money, and pay who is paid by transfer."""
    with back_then(home, _ASKED):
        batch = _batch(home, cast)
        if batch is None:
            return
        with home.db.write() as tx:
            asked = {
                row["way_to_pay"]: paying.ask(tx, cast.operator, batch=batch, payee=row["payee"], workdays=workdays(tx))
                for row in paying.waiting(tx)
            }
    with back_then(home, _PAID), home.db.write() as tx:
        finance = people.by_name(tx, "finance")
        if finance is not None and "transfer" in asked:
            by = finance.actor("command line")
            paying.paid(tx, by, request=asked["transfer"], reference="DEMO-20260001")


def _batch(home: Home, cast: Cast) -> int | None:
    with home.db.write() as tx:
        today, sims = tx.today, int(tx.value(Q.count_sims))
        if scaled(_CARDS, sims) < _LEAST:
            return None
        days = {"first": today + _SOON, "last": today + _LATER}
        chosen = [row["sim_id"] for row in tx.rows(Q.worth_ordering, count=scaled(_CARDS, sims), **days)]
        made = renewals.propose(tx, cast.operator, sim_ids=chosen, form_key="demo-by-hand", note="代理商卡，线下办理")
    if made.batch is None or not made.items:
        return None
    with home.db.write() as tx:
        content_hash = tx.value(Q.content_hash, batch=made.batch)
        renewals.approve(tx, cast.approver, batch=made.batch, content_hash=content_hash, settings=home.settings)
    return made.batch
