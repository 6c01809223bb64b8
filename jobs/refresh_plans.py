"""Reads what carriers sell: a plan whose price, data or term is told otherwise than before becomes a notice."""

import threading
from datetime import datetime, timedelta
from typing import Any

from data.carriers.refreshing import Sync
from data.database import Transaction
from data.home import Home
from data.plans import noticing
from data.plans.notice_rules import Offer
from data.words import later, number
from jobs.carriers.readings import PlanOffer
from jobs.refreshing import Page, Sweep, refreshed


def run(home: Home, stop: threading.Event) -> str | None:
    """Every account that is due, in turn.

    1. the carrier's whole list of what it sells the account
    2. compared with our plans and with what it told before; what differs opens a notice, and nothing of ours moves
    """
    done = refreshed(home, SWEEP, stop)
    if not done.cards and not done.troubled:
        return None
    return later(
        "Plans read: {plans}; accounts: {accounts}; accounts in trouble: {troubled}",
        plans=number(done.cards),
        accounts=number(done.accounts),
        troubled=number(done.troubled),
    )


def begins(_carrier: Any) -> str:
    """A list comes whole."""
    return "all:"


def page(_home: Home, carrier: Any, _sync: Sync) -> Page:
    """The list."""
    return list(carrier.plans()), None


def keep(tx: Transaction, sync: Sync, told: list[PlanOffer], _ended: str | None) -> tuple[int, datetime | None]:
    """Compare it."""
    offers = [Offer(one.plan, one.term_months, one.quota_bytes, one.price_fen) for one in told]
    noticing.offers_told(tx, account=sync.account, offers=offers)
    return len(offers), None


SWEEP = Sweep("plans", timedelta(days=1), ("plans",), begins, page, keep)
