"""The lane for carriers without an API. Nothing is sent from here: a person places the order with the payee."""

from typing import Literal

from jobs.carriers.account import Account

_BY_HAND = "the account has no connection; a person does it with the payee"
_BY_FILE = "it comes with the payee's card list"

# No `connect`: a renewal on such an account is refused when it is proposed (REFUSALS["offline_lane"]).
ABILITIES = {
    "list_cards": ("no", _BY_FILE),
    "read_card": ("no", _BY_FILE),
    "usage_day": ("no", _BY_FILE),
    "usage_cycle": ("no", _BY_FILE),
    "quota": ("no", _BY_FILE),
    "plans": ("no", "prices come with the payee's price list"),
    "balance": ("no", _BY_HAND),
    "renew": ("no", _BY_HAND),
    "add_on": ("no", _BY_HAND),
    "plan_change": ("no", _BY_HAND),
    "recharge": ("no", _BY_HAND),
    "suspend_resume": ("no", _BY_HAND),
    "find_order": ("no", _BY_HAND),
    "order_key": ("no", _BY_HAND),
    "statement": ("no", "the payee's bills are compared as papers"),
    "auto_renew": ("no", _BY_HAND),
}


class OfflineAccount(Account):
    """An account whose orders people place by hand."""

    connector: Literal["offline"]


ACCOUNT = OfflineAccount
