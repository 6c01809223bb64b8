"""What decides about a card as pure functions: dates to act by, months, new expiries, fitness; and the words for it."""

import calendar
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from data.sims.searching_rules import folded
from data.sims.situation_rules import LiveItem, Said, Situation, situation
from data.sims.wording_rules import (
    CARRIER_WORDS,
    DECISION_WORDS,
    FINDING_KINDS,
    FINDINGS,
    JOIN_REPORT,
    LISTS,
    MATCHED,
    QUICK,
    STATUS_WORDS,
    TERMINAL_STATUS_WORDS,
    UNFIT_NETWORK,
)

__all__ = [
    "CARRIER_WORDS",
    "DECISION_WORDS",
    "FINDINGS",
    "FINDING_KINDS",
    "JOIN_REPORT",
    "LISTS",
    "MATCHED",
    "QUICK",
    "STATUS_WORDS",
    "TERMINAL_STATUS_WORDS",
    "LiveItem",
    "Said",
    "Situation",
    "folded",
    "situation",
]

ExpiryRule = Literal["from_old_expiry", "from_today", "month_end"]

# What holds for a card whose account is not in carriers.toml: a renewal takes three working days at one cloud
# provider (operations.md §4), a number is gone about 90 days after its expiry (domain.md §3).
DEFAULT_WORKING_DAYS = 3
DEFAULT_CANCEL_AFTER_DAYS = 90
# "Countdown to cancellation" opens with the first last call (domain.md §3: 30, 7 and 1 days before).
LAST_CALL_DAYS = 30
# Whole months without a byte that make a card unused, in a home whose jobs have not run yet.
DEFAULT_IDLE_MONTHS = 2
# Days without a sign-in or a trade that make a terminal count as silent, likewise.
DEFAULT_SILENT_DAYS = 90
# From this share of the quota on a card counts as low on data.
LOW_SHARE = 0.8

# Nobody has to renew a card that has not begun its term, and nobody can renew one that is gone.
NOT_BEGUN = frozenset({"stock", "silent", "test"})
GONE = frozenset({"cancelled", "replaced", "lost"})
STOPPED = frozenset(status for status in STATUS_WORDS if status.startswith("stopped_"))
DECISIONS = frozenset(DECISION_WORDS)

# The same generation under the names files use.
_NETWORK_NAMES = {"GPRS": "2G", "GSM": "2G", "LTE": "4G", "CAT1": "4G", "NBIOT": "NB", "NR": "5G"}


@dataclass(frozen=True)
class Workdays:
    """The Chinese working calendar: Monday to Friday, but for the days handed in."""

    holidays: frozenset[date] = frozenset()
    extra_workdays: frozenset[date] = frozenset()  # weekend days worked in exchange
    years_known: frozenset[int] = field(default=frozenset())  # years whose holidays have been published

    def works(self, day: date) -> bool:
        """Whether offices work on `day`; in a year not published every weekday counts as worked."""
        if day in self.extra_workdays:
            return True
        return day not in self.holidays and day.weekday() < calendar.SATURDAY

    def knows(self, day: date) -> bool:
        """Whether the holidays of that year have been published; if not, say so beside the date."""
        return day.year in self.years_known

    def at_or_before(self, day: date) -> date:
        """`day` if it is worked, else the last working day before it: shift earlier, never later."""
        while not self.works(day):
            day -= timedelta(days=1)
        return day

    def before(self, day: date, count: int) -> date:
        """The `count`-th working day before `day`."""
        for _ in range(count):
            day = self.at_or_before(day - timedelta(days=1))
        return day


def act_by(expires_on: date, *, last_order_day: int | None, working_days: int, workdays: Workdays) -> date:
    """The last working day to place the order: min(expiry, cut-off) − working days − 1 (domain.md §4).

    `last_order_day`: orders are taken until this day of the month, None: on any day. When the count lands behind the
    cut-off of an earlier month, the order has to be in by that cut-off. Shifted earlier, never later.
    """
    latest = expires_on if last_order_day is None else min(expires_on, _cut_off(expires_on, last_order_day))
    day = workdays.before(latest, working_days + 1)
    while last_order_day is not None and day > _cut_off(day, last_order_day):
        day = workdays.at_or_before(_cut_off(day, last_order_day))
    return day


def cancel_by(expires_on: date, *, cancel_after_days: int) -> date:
    """The last day before the number is gone for good."""
    return expires_on + timedelta(days=cancel_after_days)


def silent_until(delivered_on: date, *, silent_months: int) -> date:
    """The last day of the silent period, where nobody has told it: so many months from delivery, that day among them.

    `delivered_on` is what a file names (发卡日期), else the day on which a source first called a card silent that it had
    called stock or test before. A card that was silent when we first heard of it has been so for nobody knows how long:
    it has no such day, and none is made up for it.
    """
    return add_months(delivered_on, silent_months) - timedelta(days=1)


def add_months(anchor: date, months: int, anchor_day: int | None = None) -> date:
    """`months` later on the anchor day, clamped to the month's end: 31 Jan + 1, 2, 3 = 28 Feb, 31 Mar, 30 Apr.

    `anchor_day` is the day the card's months have always counted from, where `anchor` itself is a clamped result.
    """
    years, month = divmod(anchor.month - 1 + months, 12)
    year, month = anchor.year + years, month + 1
    return date(year, month, min(anchor_day or anchor.day, calendar.monthrange(year, month)[1]))


def counts_from(old: date, *, anchor_day: int | None, rule: ExpiryRule, today: date) -> tuple[date, int]:
    """The day a new term is counted from and the anchor day it keeps.

    Only an expired card under `from_today` starts afresh; early and late renewals otherwise lose no day.
    """
    if rule == "from_today" and old < today:
        return today, today.day
    return old, anchor_day or old.day


def new_expiry(old: date, *, months: int, anchor_day: int | None, rule: ExpiryRule, today: date) -> date:
    """The expiry after buying `months` more, as the account's rule counts (domain.md §4). The carrier's date wins."""
    start, day = counts_from(old, anchor_day=anchor_day, rule=rule, today=today)
    if rule == "month_end":
        day = 31
    return add_months(start, months, day)


def unfit(plan_network: str | None, terminal_networks: str | None) -> str | None:
    """Why a plan cannot run in a terminal, as a msgid; None: it can, or one of the two is not known.

    `terminal_networks` is what the machine can run, "2G/3G/4G".
    """
    needed, offered = _networks(plan_network), _networks(terminal_networks)
    if not needed or not offered or needed & offered:
        return None
    return UNFIT_NETWORK


def _cut_off(day: date, last_order_day: int) -> date:
    return day.replace(day=min(last_order_day, calendar.monthrange(day.year, day.month)[1]))


def _networks(text: str | None) -> frozenset[str]:
    words = (text or "").upper().replace("-", "").replace(".", "").replace(",", "/").replace(" ", "/").split("/")
    return frozenset(_NETWORK_NAMES.get(word, word) for word in words if word)
