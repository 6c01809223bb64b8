"""Reads from carriers what cards have used and may still use: days, months and cycles in whole bytes."""

import threading
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa

from data.carriers import refreshing as store
from data.carriers.refreshing import Sync
from data.clock import HOME_ZONE
from data.database import Transaction
from data.files import staging
from data.home import Home
from data.sims import merging as sims
from data.sims.rolling import roll_up
from data.usage import merging as usage
from data.usage.rules import counts, month_of
from data.words import later, number
from jobs.carriers.readings import QuotaReading, UsageReading
from jobs.importing.identifiers import stem_of
from jobs.refreshing import Page, Sweep, after, refreshed

_BEGINS = "first"
# Cards in one call of the connector.
_AT_ONCE = 20
# A call that failed so often is made for one card, then goes past it until the next sweep: the others do not wait for it.
_ONE_BY_ONE, _SKIPPED = 2, 4
# Figures of the last days are corrected: they are asked for again.
_LAG = timedelta(days=3)
# Further back nobody asks, however long the last good sweep is ago.
_FURTHEST = timedelta(days=62)
_FIGURES = pa.schema(
    [
        ("iccid", pa.string()),
        ("day", pa.date32()),
        ("month", pa.date32()),
        ("used_bytes", pa.int64()),
        ("as_of", pa.timestamp("us", tz="UTC")),
    ]
)
_QUOTAS = pa.schema(
    [
        ("iccid", pa.string()),
        ("quota_bytes", pa.int64()),
        ("used_bytes", pa.int64()),
        ("left_bytes", pa.int64()),
        ("as_of", pa.timestamp("us", tz="UTC")),
    ]
)


def run(home: Home, stop: threading.Event) -> str | None:
    """Every account that is due, in turn.

    1. its cards, nearest act-by first, a few in each call: usage since the last good sweep, and what is left
    2. each thousand figures: merged in one transaction with the place where the sweep goes on after a stop
    3. falls within a month and days without a figure become findings
    """
    done = refreshed(home, SWEEP, stop)
    if not done.cards and not done.troubled:
        return None
    return later(
        "Cards whose usage was read: {cards}; accounts: {accounts}; accounts in trouble: {troubled}",
        cards=number(done.cards),
        accounts=number(done.accounts),
        troubled=number(done.troubled),
    )


def page(home: Home, carrier: Any, sync: Sync) -> Page:
    """Readings of the next cards; what nobody asked about is left out."""
    at_once = 1 if sync.failures >= _ONE_BY_ONE else _AT_ONCE
    cards = store.next_cards(home.db.read(), sync.account, after=after(sync.place or _BEGINS), limit=at_once)
    if not cards:
        return [], None
    place = f"{cards[-1].act_by}|{cards[-1].sim_id}" if len(cards) == at_once else None
    if sync.failures >= _SKIPPED:
        return [], place
    iccids = [card.iccid for card in cards]
    told: list[UsageReading | QuotaReading] = []
    if hasattr(carrier, "usage"):
        told += carrier.usage(iccids, first_day(sync, today=home.clock.today()), home.clock.today())
    if hasattr(carrier, "quota"):
        told += carrier.quota(iccids)
    asked = {stem_of(iccid) for iccid in iccids}
    return [reading for reading in told if stem_of(reading.iccid) in asked], place


def first_day(sync: Sync, *, today: date) -> date:
    """From which day on figures are asked for."""
    if sync.good_at is None:
        return today.replace(day=1)
    return max(sync.good_at.astimezone(HOME_ZONE).date() - _LAG, today - _FURTHEST)


def keep(
    tx: Transaction, sync: Sync, told: list[UsageReading | QuotaReading], ended: str | None
) -> tuple[int, datetime | None]:
    """Merge what was told, as what this account says."""
    source = f"account {sync.account}"
    figures = [_figure(one) for one in told if isinstance(one, UsageReading) and counts(one.quality)]
    quotas = [_quota(one, tx.now) for one in told if isinstance(one, QuotaReading)]
    touched: list[int] = []
    if figures:
        with staging.staged(tx, pa.Table.from_pylist(figures, schema=_FIGURES), source=source):
            sims.find_sims(tx)
            usage.merge_usage(tx)
            usage.notice_gaps(tx, since=tx.today - _FURTHEST)
            touched += usage.changed_ids(tx)
    if quotas:
        with staging.staged(tx, pa.Table.from_pylist(quotas, schema=_QUOTAS), source=source):
            sims.find_sims(tx)
            sims.merge_sims(tx, last=sims.add_sims(tx), source=source)
            touched += sims.changed_ids(tx)
    if touched or ended is not None:
        # Bytes per carrier and day are added up once, when the sweep is over.
        roll_up(tx, touched, days=ended is not None)
    ages = [one.as_of for one in told if one.as_of]
    return len({stem_of(one.iccid) for one in told}), min(ages, default=None)


def _figure(reading: UsageReading) -> dict[str, Any]:
    if reading.grain == "day" and reading.start != reading.end:
        raise ValueError("a day that is longer than a day")
    by_day = reading.grain == "day"
    return {
        "iccid": reading.iccid,
        "day": reading.start if by_day else None,
        "month": None if by_day else month_of(reading.start, reading.end),
        "used_bytes": reading.used_bytes,
        "as_of": None if by_day else reading.as_of,
    }


def _quota(reading: QuotaReading, now: datetime) -> dict[str, Any]:
    return {
        "iccid": reading.iccid,
        "quota_bytes": reading.total_bytes,
        "used_bytes": reading.used_bytes,
        "left_bytes": reading.left_bytes,
        "as_of": reading.as_of or now,
    }


SWEEP = Sweep("usage", timedelta(hours=12), ("usage", "quota"), lambda _carrier: _BEGINS, page, keep)
