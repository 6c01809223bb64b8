"""Usage as pages read it: per plan, per carrier, of one card. Lists of cards (over quota, idle, running out) are lists of
data.sims.store with SimFilter(report="over_quota"), SimFilter(report="idle"), SimFilter(quick="low_data").
"""

from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa

from data.database import Queries, Reader
from data.sims.rules import DEFAULT_IDLE_MONTHS

Q = Queries.beside(__file__)


@dataclass(frozen=True)
class UsageTotals:
    """The month to date of all live cards."""

    sims: int
    with_figures: int
    used_bytes: int
    over_sims: int
    overage_fen: int  # so far
    running_out: int  # forecast to be used up before the month ends
    idle_sims: int
    idle_yearly_fen: int  # what cards without use cost a year, where their price is known
    as_of: datetime | None  # the newest figure


def usage_totals(reader: Reader) -> UsageTotals:
    """The month to date of all live cards."""
    return reader.records(UsageTotals, Q.totals, idle_months=_idle_months(reader))[0]


def usage_by_plan(reader: Reader, *, today: date, limit: int = 200) -> pa.Table:
    """Month to date per plan: plan, carrier, network, sims, with_figures, quota_bytes, used_bytes, over_sims, overage_fen,
    running_out, idle_sims, as_of; the dearest overage first.
    """
    return reader.arrow(Q.by_plan, today=today, idle_months=_idle_months(reader), limit=limit)


def usage_by_carrier(reader: Reader, *, today: date) -> pa.Table:
    """The same per carrier, with oldest_as_of and as_of."""
    return reader.arrow(Q.by_carrier, today=today, idle_months=_idle_months(reader))


def carrier_days(reader: Reader, *, today: date, days: int) -> pa.Table:
    """Bytes of the last `days` per carrier: day, carrier, used_bytes, sims (with a figure that day)."""
    return reader.arrow(Q.carrier_days, today=today, days=days)


def usage_of(reader: Reader, sim_id: int, *, today: date, days: int) -> pa.Table:
    """One card's last `days`: day, used_bytes; a day without a figure has no row."""
    return reader.arrow(Q.usage_of, sim_id=sim_id, today=today, days=days)


def _idle_months(reader: Reader) -> int:
    return int(reader.value(Q.idle_months) or DEFAULT_IDLE_MONTHS)
