"""The lane for carriers without an API. Nothing is sent from here: people hand a worklist to the payee and read what comes back."""

from typing import Annotated, Literal

from pydantic import Field

from data.words import N_
from jobs.carriers.account import Account

_BY_HAND = N_("the account has no connection; a person does it with the payee")
_BY_FILE = N_("it comes with the payee's card list")

# No `connect`: the worker never claims what is ordered here; data/renewals/offline.py does, for the person who hands it on.
ABILITIES = {
    "list_cards": ("no", _BY_FILE),
    "read_card": ("no", _BY_FILE),
    "usage_day": ("no", _BY_FILE),
    "usage_cycle": ("no", _BY_FILE),
    "quota": ("no", _BY_FILE),
    "plans": ("no", N_("prices come with the payee's price list")),
    "balance": ("no", _BY_HAND),
    "renew": ("yes", N_("a worklist goes to the payee; a result sheet or a fresh card list proves it")),
    "add_on": ("no", _BY_HAND),
    "plan_change": ("no", _BY_HAND),
    "recharge": ("no", _BY_HAND),
    "suspend_resume": ("no", _BY_HAND),
    "find_order": ("no", N_("the payee's result sheet or card list is imported")),
    "order_key": ("no", _BY_HAND),
    "statement": ("no", N_("the payee's bills are compared as papers")),
    "auto_renew": ("no", _BY_HAND),
}


class OfflineAccount(Account):
    """An account whose orders people place by hand."""

    connector: Literal["offline"]
    expiry_tolerance_days: Annotated[int, Field(ge=0, le=31)] = 1  # an expiry off by so much is still the ordered one


ACCOUNT = OfflineAccount
