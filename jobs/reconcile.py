"""Reads carriers' statements and compares them with our orders, day by day, until every day is settled."""

import logging
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import date

from data.carriers.store import accounts as known_accounts
from data.home import Home
from data.people.rules import SYSTEM
from data.renewals import journal
from data.renewals import store as renewals
from data.words import later, number
from jobs.carriers import Carrier
from jobs.carriers.accounts import NoConnection, connected
from jobs.run_renewals import tell

log = logging.getLogger("flowcard.renewals")


def run(home: Home, stop: threading.Event) -> str | None:
    """Every account in turn; one account's trouble never stops the next.

    1. the days to read: yesterday, days never read, days with something left to settle (`unread_days`)
    2. read their statements and keep them; an account without statements says so by giving none
    3. under the lock, day by day: compare, move what is proved or contradicted, journal it (`compared`)
    4. bring the joined rows up to date
    """
    counts: Counter[str] = Counter()
    for account in known_accounts(home.db.read()):
        if stop.is_set():
            break
        try:
            carrier = connected(home, account.account)
        except NoConnection:
            # By hand: there is nothing to read, and the page says so.
            continue
        today = home.clock.today()
        wanted = renewals.unread_days(home.db.read(), account.account, today=today, horizon=carrier.terms.horizon)
        counts += reconciled(home, account.account, carrier, wanted)
    if not counts["days"]:
        return None
    tell(home)
    return later(
        "Statements read: {days}; {proved} orders proved, {review} handed to a person; open differences: {open}",
        days=number(counts["days"]),
        proved=number(counts["succeeded"] + counts["failed"]),
        review=number(counts["needs_review"]),
        open=number(sum(count for count, _fen in renewals.classes(home.db.read()).values())),
    )


def reconciled(home: Home, account: str, carrier: Carrier, days: Sequence[date]) -> Counter[str]:
    """Read and compare these days of one account: how many `days` were read, and moves made by state."""
    counts: Counter[str] = Counter()
    read: list[date] = []
    for day in days:
        statement = carrier.statement(day)
        if statement is None:
            # Later days wait for the next night: what is missing here may stand there, and neither proves anything alone.
            log.info("account %s told no statement of %s", account, day)
            break
        with home.db.write(quiet=True) as tx:
            renewals.keep_statement(
                tx, SYSTEM, account=account, day=day, lines=statement.lines, read_at=statement.read_at
            )
        read.append(day)
    # What is missing in one day's statement may stand in that of the next: all are read before any is judged.
    for day in read:
        counts["days"] += 1
        counts += compared(home, account, carrier, day)
    return counts


def compared(home: Home, account: str, carrier: Carrier, day: date) -> Counter[str]:
    """Compare one day with what has been read; moves made by state."""
    horizon = carrier.terms.horizon
    proved = renewals.to_prove(home.db.read(), account=account, day=day, horizon=horizon)
    readings = carrier.cards(proved) if proved else {}
    expiries = {iccid: reading.expires_on for iccid, reading in readings.items() if reading.expires_on}
    book = journal.opened(home.journal)
    with home.db.write() as tx:
        made = renewals.match(tx, SYSTEM, account=account, day=day, horizon=horizon, expiries=expiries)
        if made:
            book.append_in(tx, renewals.outcomes(made, kind="reconciled"))
    return Counter(result.after.value for result in made)
