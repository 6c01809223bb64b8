"""Works off approved batches: what is claimed is durable before it is sent, and what is sent is never sent again in doubt."""

import hashlib
import threading
import time
from collections.abc import Sequence
from datetime import timedelta

from data.home import Home
from data.people.rules import SYSTEM
from data.renewals import holding, journal, recovery, stopping
from data.renewals import store as renewals
from data.renewals.store import Item, Ready, Result, Work
from data.words import ToldError, later
from jobs.carriers import Carrier, Order, Outcome
from jobs.recording import BACK, PARKED, Pass, close_batches, judged, moved_to, order_of, out, out_now, tell
from jobs.sending import Sending, Watch, allowed_s, chunk_size, tried

__all__ = ["close_batches", "run", "tell"]

# Items that share a claim, its journal lines on disk, and a commit: what a kill leaves in doubt at most. A statement costs
# about the same for twice as many, and 200 went half as fast again as 100 (docs/bench-renewals.md).
CHUNK = 200
# Items looked up at once; each is looked at again under the lock before it is claimed.
_PAGE = 5_000
# So long one batch keeps the others waiting.
_PAGE_S = 10.0


def run(home: Home, stop: threading.Event, *, only: int | None = None) -> str | None:
    """One pass over every open batch, or over `only` one, until nothing more can be sent now.

    1. what an earlier run left out without an answer is in doubt
    2. find what is open, urgent and oldest first; each batch gives a page of its items at one account in turn
    3. its canary: the first items go alone until as many have succeeded; a breaker that tries lets one through
    4. chunk by chunk: put into words, read the cards, claim, send, record (`_work_off`)
    5. close batches in which nothing is left, and bring the joined rows up to date
    """
    now = Pass(home, journal.opened(home.journal))
    recovery.doubt_submitted(home.db, now.book, but=out_now(home))
    checked: set[int] = set()
    moved = True
    while moved and not stop.is_set() and not holding.watched(home.db):
        moved = False
        for work in renewals.open_work(home.db.read(), now=home.clock.now()):
            if only not in (None, work.batch) or work.at_most == 0:
                continue
            if work.batch not in checked and not _content_holds(home, work.batch):
                continue
            checked.add(work.batch)
            moved = _page(now, work, stop) > 0 or moved
    # Also where nothing moved: a batch that was resumed may have nothing left.
    if close_batches(home) or now.counts:
        tell(home)
    if not now.counts:
        return None
    return later(
        "Renewals: {succeeded} succeeded, {failed} failed, {unknown} unconfirmed, {needs_review} need a person,"
        " {pending} to be sent again, {submitted} under way",
        **moved_to(now.counts),
    )


def _content_holds(home: Home, batch: int) -> bool:
    if renewals.content_is_approved(home.db.read(), batch):
        return True
    with home.db.write() as tx:
        stopping.pause(tx, SYSTEM, batch=batch, reason="content")
    return False


def _page(now: Pass, work: Work, stop: threading.Event) -> int:
    """One page of a batch at one account, a chunk at a time; how many items moved."""
    limit = _PAGE if work.at_most is None else work.at_most
    items = renewals.next_items(now.home.db.read(), work, now=now.home.clock.now(), limit=limit)
    carrier = now.carrier(work.account)
    if carrier is None:
        now.record([renewals.result(item, batch=work.batch, move=PARKED, reason="no_connection") for item in items])
        return len(items)
    size, until = chunk_size(carrier.terms, at_most=CHUNK), time.monotonic() + _PAGE_S
    moved, watch = 0, Watch(now.home, work.account, stop)
    for start in range(0, len(items), size):
        if carrier.held_s() or not watch.calm() or time.monotonic() > until:
            break
        done = _work_off(now, work, items[start : start + size], carrier, watch)
        moved += done
        if not done:
            # A brake was pulled meanwhile: nothing more is read or claimed.
            break
    return moved


def _work_off(now: Pass, work: Work, items: Sequence[Item], carrier: Carrier, watch: Watch) -> int:
    """One chunk, in the order that keeps the promise (money.md §5); how many items moved.

    1. put every order into words; read the cards before anything is bought
    2. under the writer lock: look again, claim, write attempt and event, journal on disk, commit
    3. outside it: send, call by call; after the deadline, the kill switch, an open breaker or a stop nothing more leaves
    4. under the lock again: journal the answers, write them down. What was out without an answer is in doubt
    """
    orders = {item.order_no: order_of(item, now.home) for item in items}
    ready, unbuildable = _ready(items, orders, carrier, batch=work.batch)
    now.record(unbuildable)
    if not ready:
        return len(unbuildable)
    seconds = allowed_s(carrier.terms, len(ready))
    with out(now.home, [one.item.obligation for one in ready]):
        claimed, parked, claimed_at = _claim(now, work.batch, ready, seconds)
        by_order = {one.item.order_no: one.item for one in claimed}

        def judge(order: Order, outcome: Outcome) -> Result:
            item = by_order[order.order_no]
            return judged(item, outcome, carrier.terms, batch=work.batch, at=now.home.clock.now())

        sending = Sending(carrier, watch, judge, last_send=claimed_at + seconds - carrier.terms.call_deadline_s)
        back = now.deliver(
            sending,
            [orders[order_no] for order_no in by_order],
            account=work.account,
            unsent=lambda order: renewals.result(by_order[order.order_no], batch=work.batch, move=BACK),
        )
    return len(claimed) - back + parked + len(unbuildable)


def _ready(
    items: Sequence[Item], orders: dict[str, Order], carrier: Carrier, *, batch: int
) -> tuple[list[Ready], list[Result]]:
    """The items whose orders can be put into words, with fresh readings of their cards; results for the others."""
    requests = {item.order_no: tried(lambda: _in_words(carrier, orders[item.order_no]), str) for item in items}  # noqa: B023
    readings = tried(lambda: carrier.cards([item.iccid for item in items]), lambda _error: {})
    ready, unbuildable = [], []
    for item in items:
        request, reading = requests[item.order_no], readings.get(item.iccid)
        if isinstance(request, bytes):
            sha256 = hashlib.sha256(request).hexdigest()
            seen = (reading.expires_on, reading.status) if reading else (None, None)
            ready.append(Ready(item, sha256, *seen))
        else:
            said = {"reason": "not_buildable", "detail": request}
            unbuildable.append(renewals.result(item, batch=batch, move=PARKED, **said))
    return ready, unbuildable


def _in_words(carrier: Carrier, order: Order) -> bytes | str:
    """The bytes that would be sent; where the connector says why there are none, its sentence for whoever reads it."""
    try:
        return carrier.request(order)
    except ToldError as error:
        return later(error.msgid, **error.values)


def _claim(now: Pass, batch: int, ready: Sequence[Ready], seconds: float) -> tuple[list[Ready], int, float]:
    """Claim under the lock: the items, how many were parked instead, and when (monotonic) the deadline began to run.

    Any error of the commit means that the race is lost: nothing is sent.
    """
    with now.claiming() as (tx, write):
        claimed_at = time.monotonic()
        deadline_at = tx.now + timedelta(seconds=seconds)
        claimed, parked = renewals.claim(tx, SYSTEM, batch=batch, ready=ready, deadline_at=deadline_at)
        intents = renewals.intents(claimed, batch=batch, sent_at=tx.now, deadline_at=deadline_at)
        write(intents, renewals.outcomes(parked))
    now.counts.update(result.after.value for result in parked)
    return claimed, len(parked), claimed_at
