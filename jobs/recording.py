"""What the worker and the settling job share: open connections, answers written down, pages told."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from data.home import Home
from data.people.rules import SYSTEM
from data.renewals import breaking, journal, moves
from data.renewals import store as renewals
from data.renewals.moves import Arrow, State
from data.renewals.store import Result, Sent
from data.sims.rolling import roll_up
from data.words import number
from jobs.carriers import Carrier, Outcome, Terms, verdict_of
from jobs.carriers.accounts import NoConnection, connected
from jobs.sending import tried

log = logging.getLogger("flowcard.renewals")
# The joined rows and the caches of the pages follow this often, not after every chunk.
_TELL_EVERY_S = 2.0
# Paid cards read again at once.
_READ_AGAIN = 1_000

BACK = (State.SUBMITTED, Arrow.NEVER_LEFT, State.PENDING)
PARKED = (State.PENDING, Arrow.PARKED, State.NEEDS_REVIEW)

# What threads of this process have claimed and not written down yet: it is out, so nobody may call it interrupted.
_out: dict[Path, Counter[int]] = {}
_guard = threading.Lock()


@contextmanager
def out(home: Home, obligations: Iterable[int]) -> Iterator[None]:
    """These are being sent inside the with-block."""
    sent = list(obligations)
    with _guard:
        _out.setdefault(home.path, Counter()).update(sent)
    try:
        yield
    finally:
        with _guard:
            _out[home.path].subtract(sent)
            _out[home.path] += Counter()


def out_now(home: Home) -> frozenset[int]:
    """What this process is sending just now."""
    with _guard:
        return frozenset(_out.get(home.path, ()))


@dataclass
class Pass:
    """What one pass of a job has done so far, and what the pages have not been told yet."""

    home: Home
    book: journal.Journal
    counts: Counter[str] = field(default_factory=Counter)
    carriers: dict[str, Carrier | None] = field(default_factory=dict)
    told_at: float = 0.0

    def carrier(self, account: str) -> Carrier | None:
        """The connection of an account; None: it has none."""
        if account not in self.carriers:
            try:
                self.carriers[account] = connected(self.home, account)
            except NoConnection as error:
                log.warning("%s", error)
                self.carriers[account] = None
        return self.carriers[account]

    def record(self, results: Sequence[Result], *, sent_by: str | None = None, kind: str = "result") -> None:
        """Journal and write down what became of orders; at most every few seconds the pages are told.

        `sent_by`: the account that has sent them; its breaker counts the answers.
        """
        if not results:
            return
        with self.home.db.write(quiet=True) as tx:
            moved = renewals.record(tx, SYSTEM, results)
            made = [result for result in results if result.obligation in moved]
            if sent_by is not None:
                breaking.count(tx, SYSTEM, account=sent_by, results=results)
            self.book.append_in(tx, renewals.outcomes(made, kind=kind))
        self.counts.update(result.after.value for result in made)
        if time.monotonic() - self.told_at > _TELL_EVERY_S:
            tell(self.home)
            self.told_at = time.monotonic()


def judged(item: Sent, outcome: Outcome, terms: Terms, *, batch: int, at: datetime) -> Result:
    """The move that a carrier's answer to an order makes."""
    verdict, said = verdict_of(item, outcome, terms, at=at)
    arrow, after = moves.after_sending(verdict)
    return renewals.result(item, batch=batch, move=(State.SUBMITTED, arrow, after), **said)


def moved_to(counts: Mapping[str, int]) -> dict[str, str]:
    """How many items went to each state, as the sentence of a run names them."""
    return {state.value: number(counts.get(state.value, 0)) for state in State}


def tell(home: Home) -> None:
    """Read stopped cards again that have been paid, bring the joined rows up to date, let the pages notice."""
    _read_again(home)
    stale = renewals.stale_sims(home.db.read())
    with home.db.write() as tx:
        if stale:
            roll_up(tx, stale)


def _read_again(home: Home) -> None:
    cards = renewals.paid_and_stopped(home.db.read(), today=home.clock.today(), limit=_READ_AGAIN)
    for account in dict.fromkeys(card.account for card in cards):
        theirs = [card for card in cards if card.account == account]
        try:
            carrier = connected(home, account)
        except NoConnection as error:
            log.warning("%s", error)
            continue
        readings = tried(lambda: carrier.cards([card.iccid for card in theirs]), lambda _error: {})  # noqa: B023
        told = [(card, readings[card.iccid].status) for card in theirs if card.iccid in readings]
        with home.db.write(quiet=True) as tx:
            renewals.keep_statuses(tx, SYSTEM, [(card, status) for card, status in told if status])


def close_batches(home: Home) -> None:
    """Close what is finished."""
    with home.db.write(quiet=True) as tx:
        renewals.finish(tx, SYSTEM)
