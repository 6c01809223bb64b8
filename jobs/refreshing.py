"""What both refreshes share: which account is due, where its sweep goes on, what its trouble is, and that it stays its own."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from data.carriers import refreshing as store
from data.carriers.refreshing import FIRST, Sync, What
from data.carriers.store import accounts as known_accounts
from data.database import Transaction
from data.home import Home
from data.people.rules import SYSTEM
from jobs.carriers.accounts import NoConnection, connected
from jobs.carriers.http import CallError, Held
from jobs.carriers.pacing import Counted, counted
from jobs.carriers.readings import Missing
from jobs.importing.identifiers import stem_of

log = logging.getLogger("flowcard.refresh")

# What a connector may break with: an answer that is none, or a field that is not what its vendor describes.
TROUBLE = (CallError, NoConnection, ValueError, TypeError, LookupError, ArithmeticError, AttributeError, OSError)
# An account gives way to the next after so long; its sweep goes on at the next tick.
_SECONDS_EACH = 20.0
# So much is kept in one transaction.
_KEPT_AT_ONCE = 1_000
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
# A place that could not be had so often may be gone: the sweep begins anew.
_ANEW_AFTER = 5

# One page: what was told, and the place of the next; None: that was the last.
Page = tuple[list[Any], str | None]


@dataclass(frozen=True)
class Sweep:
    """One way of going through all cards of an account."""

    what: What
    every: timedelta  # from one beginning to the next
    needs: tuple[str, ...]  # methods of a carrier, one of which it has
    begins: Callable[[Any], str]  # the place of the first page with this carrier
    page: Callable[[Home, Any, Sync], Page]  # at sync.place
    # Keeps what was told, within the transaction; `ended`: the place of the last page once the sweep is over.
    # Returns how many cards were told and how old the oldest word is.
    keep: Callable[[Transaction, Sync, list[Any], str | None], tuple[int, datetime | None]]


@dataclass
class Done:
    """What one run did."""

    cards: int = 0
    accounts: int = 0
    troubled: int = 0


def refreshed(home: Home, sweep: Sweep, stop: threading.Event) -> Done:
    """Every account that is due, in turn; one account's trouble never stops the next."""
    done = Done()
    for account in known_accounts(home.db.read()):
        if stop.is_set():
            break
        sync = store.sync_of(
            home.db.read(), account.account, sweep.what, now=home.clock.now(), today=home.clock.today()
        )
        if account.connector == "offline" or sync.next_at > home.clock.now():
            continue
        try:
            carrier = connected(home, account.account)
        except NoConnection as error:
            _keep(home, sweep, _troubled(home, _begun(home, sync, None), error), [], None)
            done.troubled += 1
            continue
        if not any(hasattr(carrier, name) for name in sweep.needs):
            continue
        after = _swept(home, sweep, carrier, _begun(home, sync, carrier.terms.rate_per_s), stop)
        done.accounts += 1
        done.cards += after.cards - (sync.cards if sync.place is not None else 0)
        done.troubled += after.error is not None
    return done


def after(key: str) -> tuple[date, int]:
    """The card that a place names by "its act-by|its sim_id": its own place in the order of `next_cards`."""
    day, _bar, sim_id = key.partition("|")
    return (date.fromisoformat(day), int(sim_id)) if sim_id else FIRST


def _begun(home: Home, sync: Sync, rate_per_s: float | None) -> Sync:
    """The sweep under way, or a new one."""
    today = home.clock.today()
    if sync.calls_on != today:
        sync = replace(sync, calls_on=today, calls=0, failed=0)
    if sync.place is None:
        sync = replace(sync, place="", started_at=home.clock.now(), cards=0, missing=0, as_of=None)
    return replace(sync, rate_per_s=rate_per_s)


def _swept(home: Home, sweep: Sweep, carrier: Any, sync: Sync, stop: threading.Event) -> Sync:
    """Page by page until the sweep is over, the time is, or a page cannot be had; what was told is kept with its place."""
    ends_at = time.monotonic() + _SECONDS_EACH
    waiting: list[Any] = []
    kept = sync = replace(sync, place=sync.place or sweep.begins(carrier))
    while True:
        at = sync.place or ""
        count = Counted()
        try:
            with counted() as count:
                told, place = sweep.page(home, carrier, sync)
            if place is not None and place == sync.place:
                raise ValueError("the list does not go on")
        except Held as error:
            # Renewals have the way, or the carrier wants quiet: no trouble.
            sync = replace(sync, next_at=home.clock.now() + timedelta(seconds=error.wait_s))
            return _kept(home, sweep, kept, sync, waiting, None)
        except TROUBLE as error:
            sync = _troubled(home, replace(sync, calls=sync.calls + count.calls), error)
            return _kept(home, sweep, kept, sync, waiting, None)
        waiting += told
        sync = replace(sync, place=place, calls=sync.calls + max(count.calls, 1), failures=0, error=None)
        if place is None:
            over_at = max((sync.started_at or home.clock.now()) + sweep.every, home.clock.now() + _FIRST_WAIT)
            sync = replace(sync, good_at=home.clock.now(), next_at=over_at)
            return _kept(home, sweep, kept, sync, waiting, at)
        if stop.is_set() or time.monotonic() > ends_at:
            return _kept(home, sweep, kept, replace(sync, next_at=home.clock.now()), waiting, None)
        if len(waiting) >= _KEPT_AT_ONCE:
            kept = sync = _kept(home, sweep, kept, sync, waiting, None)
            waiting = []
            if sync.error is not None:
                return sync


def _kept(home: Home, sweep: Sweep, before: Sync, sync: Sync, told: list[Any], ended: str | None) -> Sync:
    """Keep it; what the house cannot take is the account's trouble, and its place stays where it was."""
    try:
        return _keep(home, sweep, sync, told, ended)
    except TROUBLE as error:
        back = replace(sync, place=before.place, good_at=before.good_at, cards=before.cards, missing=before.missing)
        return _keep(home, sweep, _troubled(home, back, error), [], None)


def _keep(home: Home, sweep: Sweep, sync: Sync, told: list[Any], ended: str | None) -> Sync:
    with home.db.write() as tx:
        if told or ended is not None:
            missing = [stem_of(one.iccid) for one in told if isinstance(one, Missing)]
            sync = replace(sync, missing=sync.missing + len(missing))
            cards, oldest = sweep.keep(tx, sync, [one for one in told if not isinstance(one, Missing)], ended)
            # A card that is missing is known by its last word only, so old is what is known of the account.
            ages = [age for age in (sync.as_of, oldest, store.oldest_word(tx, missing)) if age]
            sync = replace(sync, cards=sync.cards + cards, as_of=min(ages, default=None))
        store.keep_sync(tx, SYSTEM, sync)
    return sync


def _troubled(home: Home, sync: Sync, error: Exception) -> Sync:
    """One more page that could not be had: when it is tried again, and where."""
    # Only what we word ourselves is shown: anything else may quote an answer, and with it a key.
    why = str(error) if isinstance(error, CallError | NoConnection) else type(error).__name__
    log.warning("account %s: %s of it: %s", sync.account, sync.what, why)
    failures = sync.failures + 1
    wait = min(_FIRST_WAIT * 2 ** min(sync.failures, 10), _LONGEST_WAIT)
    return replace(
        sync,
        failed=sync.failed + 1,
        failures=failures,
        error=why,
        next_at=home.clock.now() + wait,
        place=None if failures % _ANEW_AFTER == 0 else sync.place,
    )
