"""What an account and an ability are, as pages and rules see them. Keys and addresses stay in jobs/carriers."""

from dataclasses import dataclass

from data.words import N_

# Everything a connector says yes, partly or no to, in the order of the screen.
ABILITY_WORDS = {
    "list_cards": N_("List cards"),
    "read_card": N_("Read a card"),
    "usage_day": N_("Usage by day"),
    "usage_cycle": N_("Usage by cycle"),
    "quota": N_("Quota"),
    "plans": N_("Plans on offer"),
    "balance": N_("Balance"),
    "renew": N_("Renew"),
    "add_on": N_("Add-on"),
    "plan_change": N_("Plan change"),
    "recharge": N_("Recharge"),
    "suspend_resume": N_("Suspend and resume"),
    "find_order": N_("Find an order"),
    "order_key": N_("Same number bought once"),
    "statement": N_("Statement of a day"),
    "auto_renew": N_("Switch auto-renew"),
}


@dataclass(frozen=True)
class AccountFacts:
    """One `[[account]]` of carriers.toml, without anything secret."""

    account: str  # its name; never changes once an obligation carries it
    connector: str
    carrier: str  # mobile, unicom, telecom, broadnet, else as written
    payee: str  # who is paid
    way_to_pay: str  # prepaid, transfer, online, recharge_card, monthly
    last_order_day: int | None  # orders are taken until this day of the month; None: any day
    working_days: int  # from order to effect
    cancel_after_days: int  # from expiry to irrecoverable cancellation
    expiry_rule: str  # from_old_expiry, from_today, month_end
    gives_invoice: bool
    support: str  # whom to call
    canary_items: int = 3  # the first items of a batch go alone
    breaker_in_row: int = 5  # so many doubts in a row open the breaker
    breaker_share: float = 0.2  # or more than this share of the last `breaker_window`
    breaker_window: int = 50
    breaker_cooldown_s: int = 60  # then one item tries
    silent_months: int | None = None  # from delivery to the term that starts by force; None: not known


@dataclass(frozen=True)
class Ability:
    """Whether a connector can do something, and why not, for the screen."""

    connector: str
    ability: str
    answer: str  # yes, partly, no
    reason: str
