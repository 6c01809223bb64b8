"""Reads cards from their carriers: states, expiries, plans, numbers; an observation each, with its source and its time."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from data.carriers import refreshing as store
from data.carriers.refreshing import FOREVER, Sync
from data.clock import HOME_ZONE
from data.database import Transaction
from data.files import staging
from data.home import Home
from data.people.rules import SYSTEM
from data.plans import merging as plans
from data.plans import noticing
from data.renewals import receiving
from data.sims import merging as sims
from data.sims import observing
from data.sims.rolling import roll_up
from data.sims.rules import STATUS_WORDS
from data.words import later, number
from jobs.carriers.http import CallError
from jobs.carriers.readings import Balance, CardFacts
from jobs.importing.identifiers import carrier_of_iccid, is_iccid
from jobs.refreshing import Page, Sweep, after, refreshed

# Cards asked about by number, in one call of the connector.
_AT_ONCE = 20
# That a carrier knows none of the cards it is asked about is believed when it says so again.
_BELIEVED = 2
# After so many failures in a row the list is tried instead.
_GIVE_UP = 3
# Who lists cards is asked first about those whose order has to be placed by then.
_NEAR = timedelta(days=45)
# An order has to be placed at most so long before the expiry, and may come so long after it.
_AHEAD, _BEHIND = timedelta(days=30), timedelta(days=90)
_COLUMNS = pa.schema(
    [
        ("iccid", pa.string()),
        ("imsi", pa.string()),
        ("msisdn", pa.string()),
        ("account", pa.string()),
        ("plan", pa.string()),
        ("status", pa.string()),
        ("raw_status", pa.string()),
        ("activated_on", pa.date32()),
        ("expires_on", pa.date32()),
        ("auto_renew", pa.bool_()),
        ("as_of", pa.timestamp("us", tz="UTC")),
        ("pool", pa.string()),
        ("imei", pa.string()),
        ("issuer", pa.string()),
    ]
)


def run(home: Home, stop: threading.Event) -> str | None:
    """Every account that is due, in turn.

    1. the cards that need an order soonest: as the carrier lists a window of expiries, else by their number where it answers so
    2. the carrier's whole list, page by page; where it has none, the other cards by number, nearest act-by first
    3. each thousand: merged in one transaction with the place where the sweep goes on after a stop
    4. after a whole reading: cards of the account that it did not name become findings
    """
    done = refreshed(home, SWEEP, stop)
    if not done.cards and not done.troubled:
        return None
    return later(
        "Cards read: {cards}; accounts: {accounts}; accounts in trouble: {troubled}",
        cards=number(done.cards),
        accounts=number(done.accounts),
        troubled=number(done.troubled),
    )


def begins(carrier: Any) -> str:
    """With a window of expiries, or by number, nearest act-by first, where the carrier can be asked so; else with its list."""
    if hasattr(carrier, "list_expiring"):
        return "soon:"
    return "near:" if hasattr(carrier, "card_facts") else "list:"


def page(home: Home, carrier: Any, sync: Sync) -> Page:
    """The next cards, and with the first of them what is left of our money."""
    told, place = _cards(home, carrier, sync)
    first = not sync.cards and not sync.missing and sync.place == begins(carrier)
    return (_balance(carrier) if first else []) + told, place


def _balance(carrier: Any) -> list[Balance]:
    """What cannot be had now is had another time; the one before keeps its age."""
    try:
        return [carrier.balance()] if hasattr(carrier, "balance") else []
    except CallError:
        return []


def _cards(home: Home, carrier: Any, sync: Sync) -> Page:
    """In turn: "soon:" as it lists those that end soon, "near:" by number in the order of act-by, "list:" as it lists all."""
    lists = hasattr(carrier, "list_cards")
    phase, _colon, key = (sync.place or "").partition(":")
    if lists and phase != "list" and sync.failures >= _GIVE_UP:
        # One card nobody can be asked about does not keep the others waiting.
        phase, key = "list", ""
    if phase == "list":
        listed = carrier.list_cards(key or None)
        return list(listed.cards), None if listed.next is None else f"list:{listed.next}"
    if phase == "soon":
        # The window of the day on which the sweep began: its pages stay the same ones.
        day = (sync.started_at or home.clock.now()).astimezone(HOME_ZONE).date()
        listed = carrier.list_expiring(key or None, day - _BEHIND, day + _NEAR + _AHEAD)
        return list(listed.cards), "list:" if listed.next is None else f"soon:{listed.next}"
    until = home.clock.today() + _NEAR if lists else FOREVER
    cards = store.next_cards(home.db.read(), sync.account, after=after(key), limit=_AT_ONCE, until=until)
    facts = list(carrier.card_facts([card.iccid for card in cards])) if cards else []
    if cards and not any(isinstance(one, CardFacts) for one in facts) and sync.failures < _BELIEVED:
        raise CallError("it told none of the cards it was asked about")
    if len(cards) == _AT_ONCE:
        return facts, f"near:{cards[-1].act_by}|{cards[-1].sim_id}"
    return facts, "list:" if lists else None


def keep(
    tx: Transaction, sync: Sync, told: list[CardFacts | Balance], ended: str | None
) -> tuple[int, datetime | None]:
    """Merge what was told, as what this account says; money states are not touched."""
    source = f"account {sync.account}"
    for one in told:
        if isinstance(one, Balance):
            store.keep_balance(tx, SYSTEM, account=sync.account, amount_fen=one.amount_fen, read_at=one.as_of)
    cards = [one for one in told if isinstance(one, CardFacts)]
    table = pa.Table.from_pylist([_row(sync.account, card) for card in cards if is_iccid(card.iccid)], schema=_COLUMNS)
    with staging.staged(tx, table, source=source):
        noticing.cards_told(tx, account=sync.account)
        observing.sift(tx, account=sync.account)
        sims.find_sims(tx)
        plans.resolve_plans(tx)
        sims.merge_sims(tx, last=sims.add_sims(tx), source=source)
        # Where people place the renewals, an expiry that has moved proves one.
        receiving.keep_list(tx, source=source)
        observing.confirm(tx, table.select(["iccid", "plan", "imei"]), account=sync.account)
        if ended is not None:
            noticing.whole_account_told(tx, account=sync.account)
        # A card of which nothing could be told may well be listed.
        if ended is not None and sync.started_at and not sync.missing:
            observing.notice_not_listed(tx, account=sync.account, since=sync.started_at)
        touched = sims.changed_ids(tx)
    if touched:
        roll_up(tx, touched)
    return table.num_rows, min((_as_of(card) for card in cards), default=None)


def _row(account: str, card: CardFacts) -> dict[str, Any]:
    return {
        "iccid": card.iccid,
        "imsi": card.imsi,
        "msisdn": card.msisdn,
        "account": account,
        "plan": card.plan,
        "status": card.status if card.status in STATUS_WORDS else "unknown",
        "raw_status": " ".join(word for word in (card.raw_status, card.raw_reason) if word) or None,
        "activated_on": card.activated_on,
        "expires_on": card.expires_on,
        "auto_renew": card.auto_renew,
        "as_of": _as_of(card),
        "pool": card.pool,
        "imei": card.imei,
        "issuer": carrier_of_iccid(card.iccid),
    }


def _as_of(card: CardFacts) -> datetime:
    # A clock that runs ahead of ours makes no reading fresher.
    return min(card.as_of or card.read_at, card.read_at)


SWEEP = Sweep("sims", timedelta(hours=6), ("list_cards", "card_facts"), begins, page, keep)
