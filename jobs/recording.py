"""What the worker and the settling job share: open connections, answers written down, pages told."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from data.database import Transaction
from data.home import Home
from data.people.rules import SYSTEM
from data.renewals import breaking, journal, moves
from data.renewals import store as renewals
from data.renewals.moves import Arrow, State
from data.renewals.store import Item, Result, Sent, Unknown
from data.sims.rolling import roll_up
from data.words import number
from jobs.carriers import Carrier, Order, Outcome, Terms, verdict_of
from jobs.carriers.accounts import NoConnection, connected
from jobs.sending import Sending, tried

log = logging.getLogger("flowcard.renewals")
# The joined rows and the caches of the pages follow this often, not after every chunk.
_TELL_EVERY_S = 5.0
# Answers are written down this often while a slow chunk is out.
_RECORD_EVERY_S = 1.0
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


_Line = dict[str, Any]  # of the journal


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

    @contextmanager
    def claiming(self) -> Iterator[tuple[Transaction, Callable[[list[_Line], list[_Line]], None]]]:
        """The transaction of a claim, and how to write its intents (and other lines) to the journal before it commits.

        Any error of the commit means that the race is lost: the journal says so, and whoever claims sends nothing.
        """
        intents: list[_Line] = []

        def write(lines: list[_Line], others: list[_Line]) -> None:
            if lines or others:
                self.book.append_in(tx, [*lines, *others])
                intents.extend(lines)

        committed = False
        try:
            with self.home.db.write(quiet=True) as tx:
                yield tx, write
            committed = True
        finally:
            if intents and not committed:
                self.book.append([{**line, "kind": "abandoned"} for line in intents], now=self.home.clock.now())

    def record(self, results: Sequence[Result], *, sent_by: str | None = None, kind: str = "result") -> None:
        """Journal and write down what became of orders; at most every few seconds the pages are told.

        `sent_by`: the account that has sent them; its breaker counts the answers.
        """
        if not results:
            return
        with self.home.db.write(quiet=True) as tx:
            made = _made(tx, results)
            if sent_by is not None:
                breaking.count(tx, SYSTEM, account=sent_by, results=results)
            self.book.append_in(tx, renewals.outcomes(made, kind=kind))
            self.counts.update(result.after.value for result in made)
        if time.monotonic() - self.told_at > _TELL_EVERY_S:
            tell(self.home)
            self.told_at = time.monotonic()

    def deliver(
        self, sending: Sending, orders: Sequence[Order], *, account: str, unsent: Callable[[Order], Result]
    ) -> int:
        """Send claimed orders and write down the answers as they come; how many never left, which `unsent` puts back."""
        answers: list[Result] = []
        recorded_at = time.monotonic()
        try:
            for results in sending.answers(orders):
                answers += results
                if sending.waiting and time.monotonic() - recorded_at > _RECORD_EVERY_S:
                    self.record(answers, sent_by=account)
                    answers, recorded_at = [], time.monotonic()
        finally:
            back = [unsent(order) for order in sending.unsent()]
            self.record(answers, sent_by=account)
            self.record(back)
        return len(back)


def _made(tx: Transaction, results: Sequence[Result]) -> list[Result]:
    """Make the moves; those made. What is taken back for good after a restore is taken back in the same transaction."""
    moved = renewals.record(tx, SYSTEM, results)
    made = [result for result in results if result.obligation in moved]
    rest = [
        replace(
            result,
            before=State.PENDING,
            arrow=Arrow.TAKEN_BACK,
            after=State.CANCELLED,
            asked_before=result.asked,
            asked=0,
        )
        for result in made
        if result.arrow is Arrow.NO_EFFECT_PROVEN and result.reason == "restored_rest"
    ]
    if rest:
        renewals.record(tx, SYSTEM, rest)
    return [*made, *rest]


def judged(item: Sent, outcome: Outcome, terms: Terms, *, batch: int, at: datetime) -> Result:
    """The move that a carrier's answer to an order makes."""
    verdict, said = verdict_of(item, outcome, terms, at=at)
    arrow, after = moves.after_sending(verdict)
    return renewals.result(item, batch=batch, move=(State.SUBMITTED, arrow, after), **said)


def order_of(item: Item | Unknown, home: Home) -> Order:
    """An item as the carrier is asked for it; a recharge with its card, if that can be opened."""
    secret = None
    if item.kind == "recharge":
        reader, keys = home.db.read(), home.keyring
        secret = tried(lambda: renewals.recharge_card(reader, keys, obligation=item.obligation), lambda _error: None)
    return Order(
        order_no=item.order_no,
        account=item.account,
        kind=item.kind,
        iccid=item.iccid,
        msisdn=item.msisdn,
        plan=item.plan,
        months=item.months,
        amount_fen=item.amount_fen,
        old_expiry=item.old_expiry,
        new_expiry=item.new_expiry,
        secret=secret,
    )


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


def close_batches(home: Home) -> bool:
    """Close what is finished; whether anything was. Where nothing is, the writer lock is left alone."""
    if not renewals.finished(home.db.read()):
        return False
    with home.db.write(quiet=True) as tx:
        return bool(renewals.finish(tx, SYSTEM))
