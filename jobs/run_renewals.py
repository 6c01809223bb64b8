"""Works off approved batches: what is claimed is durable before it is sent, and what is sent is never sent again in doubt."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from data.home import Home
from data.people.rules import SYSTEM
from data.renewals import journal, moves, recovery, stopping
from data.renewals import store as renewals
from data.renewals.moves import Arrow, State
from data.renewals.store import Item, Result
from data.sims.rolling import roll_up
from data.words import _, later, number
from jobs.carriers import Carrier, Order, Outcome, Terms, Unknown, verdict_of
from jobs.carriers.accounts import NoConnection, connected

log = logging.getLogger("flowcard.renewals")
# Items that share a claim, its journal line on disk, and a commit.
CHUNK = 100
# Items looked up at once; each is looked at again under the lock before it is claimed.
_PAGE = 1_000
# Answers are written down this often while a slow chunk is out.
_RECORD_EVERY_S = 1.0
# The joined rows and the caches of the pages follow this often, not after every chunk.
_TELL_EVERY_S = 2.0


@dataclass
class _Run:
    """What one run has done so far, and what the pages have not been told yet."""

    home: Home
    book: journal.Journal
    counts: Counter[str] = field(default_factory=Counter)
    carriers: dict[str, Carrier | None] = field(default_factory=dict)
    told_at: float = 0.0


def run(home: Home, stop: threading.Event, *, only: int | None = None) -> str | None:
    """One pass over every open batch, or over `only` one, until nothing more can be sent now.

    1. what an earlier run left out without an answer is in doubt
    2. find the open batches, oldest approval first; each gives a page of its items in turn
    3. its canary: the first three go alone until as many have succeeded
    4. chunk by chunk: read the cards, claim, send, record (`_work_off`)
    5. close batches in which nothing is left, and bring the joined rows up to date
    """
    now = _Run(home, journal.opened(home.journal))
    recovery.doubt_submitted(home.db, now.book)
    checked: set[int] = set()
    moved = True
    while moved and not stop.is_set():
        moved = False
        for work in renewals.open_work(home.db.read()):
            if only not in (None, work.batch):
                continue
            if work.batch not in checked and not _content_holds(home, work.batch):
                continue
            checked.add(work.batch)
            limit = _PAGE if work.at_most is None else work.at_most
            moved = (bool(limit) and _page(now, work.batch, limit, stop) > 0) or moved
    _finish(now)
    if not now.counts:
        return None
    return later(
        "Renewals: {succeeded} succeeded, {failed} failed, {unknown} unconfirmed, {needs_review} need a person,"
        " {pending} to be sent again, {submitted} under way",
        **moved_to(now.counts),
    )


def moved_to(counts: Mapping[str, int]) -> dict[str, str]:
    """How many items went to each state, as the sentence of a run names them."""
    return {state.value: number(counts.get(state.value, 0)) for state in State}


def _content_holds(home: Home, batch: int) -> bool:
    if renewals.content_is_approved(home.db.read(), batch):
        return True
    with home.db.write() as tx:
        stopping.pause(tx, SYSTEM, batch=batch, reason="content")
    return False


def _page(now: _Run, batch: int, limit: int, stop: threading.Event) -> int:
    """One page of a batch, account by account, a chunk at a time; how many items moved."""
    moved = 0
    items = renewals.next_items(now.home.db.read(), batch, now=now.home.clock.now(), limit=limit)
    for account in dict.fromkeys(item.account for item in items):
        theirs = [item for item in items if item.account == account]
        carrier = _carrier(now, account)
        size = min(CHUNK, carrier.terms.orders_per_call * 4) if carrier else CHUNK
        for start in range(0, len(theirs), size):
            if stop.is_set():
                return moved
            chunk = theirs[start : start + size]
            moved += _work_off(now, batch, chunk, carrier, stop) if carrier else _park(now, batch, chunk)
    return moved


def _work_off(now: _Run, batch: int, items: Sequence[Item], carrier: Carrier, stop: threading.Event) -> int:
    """One chunk, in the order that keeps the promise (money.md §5).

    1. read the cards before anything is bought
    2. under the writer lock: look again, claim, write attempt and event, journal on disk, commit
    3. outside it: send, call by call; after the deadline or a stop nothing more leaves
    4. under the lock again: journal the answers, write them down. What was out without an answer is unknown
    """
    readings = carrier.cards([item.iccid for item in items])
    expiries = {iccid: reading.expires_on for iccid, reading in readings.items() if reading.expires_on}
    at_once = carrier.terms.orders_per_call
    deadline_s = carrier.terms.call_deadline_s
    # One deadline for each call, and one for the commit and the lock before the first.
    allowed_s = deadline_s * (1 - -len(items) // at_once)
    claimed, parked, claimed_at = _claim(now, batch, items, expiries, allowed_s)
    last_send = claimed_at + allowed_s - deadline_s
    left, out = list(claimed), list[Item]()
    answers: list[Result] = []
    recorded_at = time.monotonic()
    try:
        while left and not stop.is_set() and time.monotonic() <= last_send:
            out, left = left[:at_once], left[at_once:]
            outcomes = carrier.place([_order(item) for item in out])
            answers += _judged(out, outcomes, carrier.terms, batch=batch, at=now.home.clock.now())
            out = []
            if left and time.monotonic() - recorded_at > _RECORD_EVERY_S:
                _record(now, answers)
                answers, recorded_at = [], time.monotonic()
    finally:
        at = now.home.clock.now()
        answers += [
            judged(item, Unknown(_("the connector broke off")), carrier.terms, batch=batch, at=at) for item in out
        ]
        answers += [renewals.result(item, batch=batch, move=_BACK) for item in left]
        _record(now, answers)
    return len(claimed) + parked


_BACK = (State.SUBMITTED, Arrow.NEVER_LEFT, State.PENDING)


def _claim(
    now: _Run, batch: int, items: Sequence[Item], expiries: Mapping[str, date], allowed_s: float
) -> tuple[list[Item], int, float]:
    """Claim under the lock: the items, how many were parked instead, and when (monotonic) the deadline began to run.

    Any error of the commit means that the race is lost: nothing is sent.
    """
    claimed: list[Item] = []
    written: list[dict[str, Any]] = []
    committed = False
    try:
        with now.home.db.write(quiet=True) as tx:
            claimed_at = time.monotonic()
            deadline_at = tx.now + timedelta(seconds=allowed_s)
            claimed, parked = renewals.claim(
                tx, SYSTEM, batch=batch, items=items, expiries=expiries, deadline_at=deadline_at
            )
            intents = renewals.intents(claimed, batch=batch, sent_at=tx.now, deadline_at=deadline_at)
            if intents or parked:
                now.book.append_in(tx, [*intents, *renewals.outcomes(parked)])
                written = intents
        committed = True
    finally:
        if written and not committed:
            now.book.append([{**intent, "kind": "abandoned"} for intent in written], now=now.home.clock.now())
    now.counts.update(result.after.value for result in parked)
    return claimed, len(parked), claimed_at


def judged(item: Item, outcome: Outcome, terms: Terms, *, batch: int, at: datetime) -> Result:
    """The move that a carrier's answer to an order makes."""
    verdict, said = verdict_of(item, outcome, terms, at=at)
    arrow, after = moves.after_sending(verdict)
    return renewals.result(item, batch=batch, move=(State.SUBMITTED, arrow, after), **said)


def _judged(
    out: Sequence[Item], outcomes: Sequence[Outcome], terms: Terms, *, batch: int, at: datetime
) -> list[Result]:
    """One result per order that was out; a carrier that answers fewer orders has said nothing about the others."""
    silent = [Unknown(_("no answer for this order"))] * (len(out) - len(outcomes))
    return [
        judged(item, outcome, terms, batch=batch, at=at)
        for item, outcome in zip(out, [*outcomes, *silent], strict=False)
    ]


def _record(now: _Run, results: Sequence[Result]) -> None:
    """Journal and write down what became of orders; at most every few seconds the pages are told."""
    if not results:
        return
    with now.home.db.write(quiet=True) as tx:
        moved = renewals.record(tx, SYSTEM, results)
        made = [result for result in results if result.obligation in moved]
        now.book.append_in(tx, renewals.outcomes(made))
    now.counts.update(result.after.value for result in made)
    if time.monotonic() - now.told_at > _TELL_EVERY_S:
        tell(now.home)
        now.told_at = time.monotonic()


def _park(now: _Run, batch: int, items: Sequence[Item]) -> int:
    """Items of an account without a connection wait for a person."""
    move = (State.PENDING, Arrow.PARKED, State.NEEDS_REVIEW)
    _record(now, [renewals.result(item, batch=batch, move=move, reason="no_connection") for item in items])
    return len(items)


def _carrier(now: _Run, account: str) -> Carrier | None:
    if account not in now.carriers:
        try:
            now.carriers[account] = connected(now.home, account)
        except NoConnection as error:
            log.warning("%s", error)
            now.carriers[account] = None
    return now.carriers[account]


def _order(item: Item) -> Order:
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
    )


def tell(home: Home) -> None:
    """Read stopped cards again that have been paid, bring the joined rows up to date, let the pages notice."""
    _read_again(home)
    stale = renewals.stale_sims(home.db.read())
    with home.db.write() as tx:
        if stale:
            roll_up(tx, stale)


def _read_again(home: Home) -> None:
    cards = renewals.paid_and_stopped(home.db.read(), today=home.clock.today(), limit=_PAGE)
    for account in dict.fromkeys(card.account for card in cards):
        theirs = [card for card in cards if card.account == account]
        try:
            readings = connected(home, account).cards([card.iccid for card in theirs])
        except NoConnection as error:
            log.warning("%s", error)
            continue
        told = [(card, readings[card.iccid].status) for card in theirs if card.iccid in readings]
        with home.db.write(quiet=True) as tx:
            renewals.keep_statuses(tx, SYSTEM, [(card, status) for card, status in told if status])


def close_batches(home: Home) -> None:
    """Close what is finished."""
    with home.db.write(quiet=True) as tx:
        renewals.finish(tx, SYSTEM)


def _finish(now: _Run) -> None:
    if now.counts:
        close_batches(now.home)
        tell(now.home)
