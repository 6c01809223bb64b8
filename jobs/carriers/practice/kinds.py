"""What the practice carrier holds of a card, what each kind of order needs of it, and what it makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from data.carriers.store import Booked
from data.sims.rules import ExpiryRule, new_expiry
from jobs.carriers import Order
from jobs.carriers.practice.ledger import Entry

# Cards that take an order which changes what they may use.
_RUNS = frozenset({"active", "stopped_quota"})
_RESUMABLE = frozenset({"stopped_manual", "number_kept"})
# What a card is after an order; an add-on lets one run again that had used up its quota.
_MAKES = {"suspend": "stopped_manual", "resume": "active", "add-on": "active"}
# A recharge card whose PIN ends so is one of the seller's bad ones.
_BAD_PIN = "0000"


@dataclass(frozen=True)
class Card:
    """What the carrier holds of a card."""

    status: str
    expires_on: date | None
    anchor_day: int | None
    price_fen: int | None
    term_months: int | None


def held(booked: Booked, entries: Sequence[Entry], *, now: datetime, today: date) -> Card:
    """A card as its opening books, moved on by every charge that is in effect."""
    effective = [entry for entry in entries if entry.effective_at and entry.effective_at <= now]
    expiries = [day for day in (booked.expires_on, *(entry.expires_after for entry in effective)) if day]
    expires_on = max(expiries, default=None)
    told = [entry.status_after for entry in effective if entry.status_after]
    status = told[-1] if told else booked.status
    # A card that stopped because it had expired runs again as soon as it is paid.
    if status == "stopped_expired" and expires_on and expires_on >= today:
        status = "active"
    return Card(status, expires_on, booked.anchor_day, booked.price_fen, booked.term_months)


def refusal(order: Order, card: Card, *, today: date, pin_used: bool) -> str | None:
    """Why this order cannot be executed, a key of REASONS; None: it can."""
    if order.kind == "renew":
        return _wrong_price(order, card)
    if order.kind == "recharge":
        bad = order.secret is None or order.secret.reveal().endswith(_BAD_PIN)
        return "pin_refused" if bad or pin_used else None
    if order.kind == "resume":
        return None if card.status in _RESUMABLE else "stop_reason"
    if order.kind == "suspend":
        return None if card.status == "active" else "wrong_state"
    if card.expires_on and card.expires_on < today:
        return "plan_ended"
    return None if card.status in _RUNS else "wrong_state"


def _wrong_price(order: Order, card: Card) -> str | None:
    if not (card.price_fen and card.term_months):
        return None
    terms, rest = divmod(order.months, card.term_months)
    if rest:
        return "plan_unsuitable"
    if order.amount_fen == card.price_fen * terms:
        return None
    return "amount_too_low" if order.amount_fen < card.price_fen * terms else "price_changed"


def expiries(order: Order, card: Card, *, rule: ExpiryRule, today: date) -> tuple[date | None, date | None]:
    """The card's expiry before and after the order; only a renewal moves it."""
    if order.kind != "renew":
        return None, None
    before = card.expires_on or order.old_expiry or today
    after = new_expiry(before, months=order.months, anchor_day=card.anchor_day, rule=rule, today=today)
    return before, after


def status_after(order: Order, card: Card) -> str:
    """What the card is afterwards; '': what it was."""
    after = _MAKES.get(order.kind, "")
    return "" if after == card.status else after
