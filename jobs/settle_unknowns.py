"""Asks carriers about orders without a clear answer, by the schedule, until proof or a person settles them."""

import hashlib
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from data.home import Home
from data.people.rules import SYSTEM
from data.renewals import holding, journal
from data.renewals import store as renewals
from data.renewals.moves import Arrow
from data.renewals.store import Again, Result, Unknown
from data.words import _, later
from jobs.carriers import Carrier, Confirmed, Order, Outcome
from jobs.carriers import Unknown as NobodyKnows
from jobs.receiving import receive
from jobs.recording import Pass, close_batches, moved_to, order_of, out, tell
from jobs.sending import Sending, Watch, allowed_s, chunk_size, tried
from jobs.settling import Told, decided, judged_again, may_send_again, no_better, still_unknown

# Asked about in one go: one reading of their cards, one commit for a hundred answers.
_AT_ONCE = 200
_COMMIT = 100
# While the clock is held no slot is used up, so that only this keeps questions apart.
_ASK_IN_A_HOLD_EVERY_S = 60.0
_EVER = datetime.min.replace(tzinfo=UTC)

_asked_in_hold: dict[Path, float] = {}


def run(home: Home, stop: threading.Event) -> str | None:
    """One pass over the orders whose next slot has come.

    Ahead of them: what came back on paper settles orders placed by hand.

    1. ask the carrier for each order, by our number; where that does not settle it, read its card
    2. decide (`settling.decided`): proof, disproof, no effect proven, no better, or a person
    3. what is no better and whose key is alive goes out once more (`_send_again`)
    4. under the lock: journal and write it down; an item that has moved on meanwhile is left alone
    5. close batches in which nothing is left, and bring the joined rows up to date

    While the clock is held only proof is written down; a carrier that takes no call is asked later.
    """
    now = Pass(home, journal.opened(home.journal))
    held = holding.watched(home.db)
    if held and time.monotonic() < _asked_in_hold.get(home.path, 0.0) + _ASK_IN_A_HOLD_EVERY_S:
        return None
    if held:
        _asked_in_hold[home.path] = time.monotonic()
    receive(now)
    seen: set[int] = set()
    resting: set[str] = set()
    while not stop.is_set():
        reader, instant = home.db.read(), home.clock.now()
        due = renewals.due_unknowns(reader, now=instant, limit=_AT_ONCE, but=sorted(resting))
        items = [item for item in due if item.obligation not in seen]
        if not items:
            break
        seen |= {item.obligation for item in items}
        for account in dict.fromkeys(item.account for item in items):
            carrier = now.carrier(account)
            if carrier is not None and carrier.held_s():
                resting.add(account)
            elif not stop.is_set():
                _settle(now, [item for item in items if item.account == account], carrier, stop, held=held)
    if not now.counts:
        return None
    close_batches(home)
    tell(home)
    return later(
        "Orders asked about: {succeeded} succeeded, {failed} failed, {unknown} still unconfirmed,"
        " {needs_review} need a person, {pending} to be sent again",
        **moved_to(now.counts),
    )


def _settle(now: Pass, items: Sequence[Unknown], carrier: Carrier | None, stop: threading.Event, *, held: bool) -> None:
    """Ask about an account's orders, and write down what that makes of them."""
    if carrier is None:
        said = {"detail": _("account {account} has no connection", account=items[0].account)}
        results = [] if held else [no_better(item, now.home.clock.now(), said) for item in items]
    else:
        results = _asked(now, items, carrier)
    if held:
        proofs = {Arrow.PROVED, Arrow.DISPROVED, Arrow.GIVEN_UP}
        results = [result for result in results if result.arrow in proofs and result.reason != "schedule_used"]
    elif carrier is not None:
        results = _send_again(now, dict(zip(items, results, strict=True)), carrier, stop)
    for start in range(0, len(results), _COMMIT):
        now.record(results[start : start + _COMMIT], kind="settled")


def _asked(now: Pass, items: Sequence[Unknown], carrier: Carrier) -> list[Result]:
    """One result per item: as many questions at once as the carrier's terms allow, one reading of the cards left open."""
    told = _told(items, carrier)
    reader, instant = now.home.db.read(), now.home.clock.now()
    released_at = holding.horizon_base(reader, _EVER, now=instant)
    return [
        decided(
            item,
            one,
            carrier.terms,
            now=instant,
            released_at=released_at,
            alone=lambda: renewals.ours_alone(reader, item),  # noqa: B023
        )
        for item, one in zip(items, told, strict=True)
    ]


def _told(items: Sequence[Unknown], carrier: Carrier) -> list[Told]:
    def find(order_no: str, carrier_ref: str | None = None) -> Outcome:
        return tried(lambda: carrier.find_order(order_no, carrier_ref), NobodyKnows)

    def ask(item: Unknown) -> Told:
        return Told(find(item.order_no, item.carrier_ref), find(item.next_order_no) if item.restored else None)

    if carrier.terms.calls_at_once > 1 and len(items) > 1:
        with ThreadPoolExecutor(carrier.terms.calls_at_once, thread_name_prefix="ask") as pool:
            told = list(pool.map(ask, items))
    else:
        told = [ask(item) for item in items]
    unsettled = [item.iccid for item, one in zip(items, told, strict=True) if not isinstance(one.order, Confirmed)]
    cards = tried(lambda: carrier.cards(unsettled), lambda _error: {}) if unsettled else {}
    return [replace(one, card=cards.get(item.iccid)) for item, one in zip(items, told, strict=True)]


def _send_again(now: Pass, results: dict[Unknown, Result], carrier: Carrier, stop: threading.Event) -> list[Result]:
    """Send once more what a living key allows, chunk by chunk; the results that are left to write down."""
    size = chunk_size(carrier.terms, at_most=_COMMIT)
    within_s = allowed_s(carrier.terms, size)
    instant = now.home.clock.now()
    wanted = [
        item
        for item, result in results.items()
        if may_send_again(item, result, carrier.terms, within_s=within_s, now=instant)
    ]
    if not wanted:
        return list(results.values())
    sent: set[Unknown] = set()
    watch = Watch(now.home, wanted[0].account, stop)
    for start in range(0, len(wanted), size):
        if carrier.held_s() or not watch.may_go():
            break
        sent |= _sent_again(now, wanted[start : start + size], carrier, watch, within_s)
    return [result for item, result in results.items() if item not in sent]


def _sent_again(now: Pass, items: Sequence[Unknown], carrier: Carrier, watch: Watch, within_s: float) -> set[Unknown]:
    """One chunk, in the order of a first try: claim, journal, commit, then send; those that were claimed."""
    orders = {item.order_no: order_of(item, now.home) for item in items}
    ready = []
    for item in items:
        request = tried(lambda: carrier.request(orders[item.order_no]), str)  # noqa: B023
        if isinstance(request, bytes) and hashlib.sha256(request).hexdigest() == item.request_sha256:
            ready.append(Again(item, item.request_sha256))
    if not ready:
        return set()
    with out(now.home, [one.item.obligation for one in ready]):
        with now.claiming() as (tx, write):
            claimed_at = time.monotonic()
            deadline_at = tx.now + timedelta(seconds=within_s)
            claimed = renewals.claim_again(tx, SYSTEM, orders=ready, deadline_at=deadline_at)
            write(renewals.intents_again(claimed, deadline_at=deadline_at), [])
        by_order = {one.item.order_no: one.item for one in claimed}

        def judge(order: Order, outcome: Outcome) -> Result:
            return judged_again(by_order[order.order_no], outcome, carrier.terms, now=now.home.clock.now())

        sending = Sending(carrier, watch, judge, last_send=claimed_at + within_s - carrier.terms.call_deadline_s)
        now.deliver(
            sending,
            [orders[order_no] for order_no in by_order],
            account=items[0].account,
            unsent=lambda order: still_unknown(by_order[order.order_no], now.home.clock.now(), {}),
        )
    return set(by_order.values())
