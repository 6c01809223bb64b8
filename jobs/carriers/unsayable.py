"""Orders that cannot be put into words for a carrier: for each a sentence with the card, the value and the way out."""

from collections.abc import Iterable

from data.words import N_, ToldError
from jobs.carriers import Order

_NO_ENTRY = N_(
    "Card {iccid}: {key} of account {account} in carriers.toml has nothing for plan {plan}; add it there, then order again"
)
_NO_KEY = N_("Card {iccid}: account {account} lacks {key} in carriers.toml; add it there, then order again")
_MONTHS = N_(
    "Card {iccid}: {months} months cannot be bought at once here, only {sold}; order it again for one of these"
)
_NO_NUMBER = N_(
    "Card {iccid} has no card number, and this carrier takes orders by it; import a list that names it, then order again"
)
_SHORT_ICCID = N_("Card {iccid}: this carrier needs a number of 19 digits; correct it by an import, then order again")
_AMOUNT = N_("Card {iccid}: one payment here lies between {least} and {most}, not at {amount}; pay it with the payee")
_KIND = N_("Card {iccid}: this connection takes no order of this kind; have it done with the payee")
_PIN = N_("Card {iccid}: its recharge card cannot be opened; order it again with another recharge card")


class Unsayable(ToldError, ValueError):
    """An order that cannot be put into words for this carrier."""


def no_entry(order: Order, *, account: str, key: str) -> Unsayable:
    """`key` of the account says nothing of the order's plan."""
    return Unsayable(_NO_ENTRY, iccid=order.iccid, account=account, key=key, plan=order.plan)


def no_key(order: Order, *, account: str, key: str) -> Unsayable:
    """The account lacks a key that such orders need."""
    return Unsayable(_NO_KEY, iccid=order.iccid, account=account, key=key)


def no_such_months(order: Order, *, sold: Iterable[int]) -> Unsayable:
    """The carrier sells other terms only."""
    terms = ", ".join(str(months) for months in sorted(sold))
    return Unsayable(_MONTHS, iccid=order.iccid, months=order.months, sold=terms)


def no_number(order: Order) -> Unsayable:
    """The carrier knows cards by their MSISDN, and this one has none."""
    return Unsayable(_NO_NUMBER, iccid=order.iccid)


def short_iccid(order: Order) -> Unsayable:
    """The carrier knows cards by 19 digits."""
    return Unsayable(_SHORT_ICCID, iccid=order.iccid)


def no_such_amount(order: Order, *, least: str, most: str, amount: str) -> Unsayable:
    """Amounts as people read them."""
    return Unsayable(_AMOUNT, iccid=order.iccid, least=least, most=most, amount=amount)


def no_such_kind(order: Order) -> Unsayable:
    """The carrier sells nothing of the order's kind."""
    return Unsayable(_KIND, iccid=order.iccid)


def no_recharge_card(order: Order) -> Unsayable:
    """The recharge card cannot be opened with the keys of this home."""
    return Unsayable(_PIN, iccid=order.iccid)
