"""The lane for carriers without an API. Nothing is sent from here: people hand a worklist to the payee and read what comes back."""

from typing import Annotated, Literal

from pydantic import Field

from jobs.carriers.account import Account

_BY_HAND = "the account has no connection; a person does it with the payee"

# No `connect`: the worker never claims what is ordered here; data/renewals/offline.py does, for the person who hands it on.
ABILITIES = {
    "renew": ("yes", "a worklist goes to the payee; a result sheet or a fresh card list proves it"),
    "add_on": ("no", _BY_HAND),
    "plan_change": ("no", _BY_HAND),
    "recharge": ("no", _BY_HAND),
    "suspend_resume": ("no", _BY_HAND),
    "find_order": ("no", "the payee's result sheet or card list is imported"),
    "read_card": ("no", "expiries come with the payee's card list"),
    "order_key": ("no", _BY_HAND),
    "statement": ("no", "the payee's bills are compared as papers"),
}


class OfflineAccount(Account):
    """An account whose orders people place by hand."""

    connector: Literal["offline"]
    expiry_tolerance_days: Annotated[int, Field(ge=0, le=31)] = 1  # an expiry off by so much is still the ordered one


ACCOUNT = OfflineAccount
