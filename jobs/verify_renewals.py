"""Reads paid cards again, 15 minutes, an hour and a day after their renewal went through: do they run on?"""

import logging
import threading

from data.home import Home
from data.people.rules import SYSTEM
from data.renewals import store as renewals
from data.words import later, number
from jobs.carriers.accounts import NoConnection, connected
from jobs.run_renewals import tell

log = logging.getLogger("flowcard.renewals")
# Read in one tick; the rest follows at the next.
_AT_ONCE = 1_000


def run(home: Home, stop: threading.Event) -> str | None:
    """One pass over the cards whose next reading has come, account by account.

    1. read the account's cards in one call, outside the lock
    2. under the lock: write down who runs on and who was paid and not extended
    3. bring the joined rows up to date where a card's row is older than the card
    """
    paid = renewals.due_verifications(home.db.read(), now=home.clock.now(), limit=_AT_ONCE)
    read = not_extended = 0
    for account in dict.fromkeys(one.account for one in paid):
        if stop.is_set():
            break
        theirs = [one for one in paid if one.account == account]
        try:
            readings = connected(home, account).cards([one.iccid for one in theirs])
        except NoConnection as error:
            log.warning("%s", error)
            readings = {}
        with home.db.write() as tx:
            not_extended += renewals.keep_looks(tx, SYSTEM, paid=theirs, readings=readings)
        read += len(theirs)
    # A review or a statement may have moved a card meanwhile: its joined row follows within a minute.
    if read or renewals.stale_sims(home.db.read()):
        tell(home)
    if not read:
        return None
    return later(
        "Paid cards read again: {n}, of them not extended: {waiting}", n=number(read), waiting=number(not_extended)
    )
