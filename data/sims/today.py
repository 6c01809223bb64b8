"""What Today shows: orders due per payee, what went dark, what is at risk, how old the data is, four figures."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import pyarrow as pa

from data.clock import HOME_ZONE
from data.database import Queries, Query, Reader
from data.sims.filter import SimFilter
from data.sims.listing import listed, params, shown

Q = Queries.beside(__file__, "today.sql")

# How far "if nobody acts" looks ahead.
AHEAD_DAYS = 30
# Usage may lag 6–12 hours or end yesterday (domain.md §5); older figures are stale.
_STALE_AFTER = timedelta(days=2)
_WEEK = timedelta(days=7)
# More late batches than this are looked at on their own page.
_LATE_BATCHES = 20

TO_PLACE = SimFilter(report="to_place")
WENT_DARK = SimFilter(report="went_dark")
AT_RISK = SimFilter(report="at_risk")


@dataclass(frozen=True)
class AtRisk:
    """What the next AHEAD_DAYS cost if nobody acts; takings are summed only where they are known."""

    known_sims: int
    lost_fen: int
    known_days: int
    unknown_sims: int
    unknown_days: int


@dataclass(frozen=True)
class Figure:
    """One figure: now, a week ago (None: not measured then), and up to thirty days of it, oldest first, now at the end."""

    value: int
    week_ago: int | None
    series: tuple[int, ...]


@dataclass(frozen=True)
class Kpis:
    """The four figures of Today."""

    to_place: Figure  # cards to be ordered today at the latest
    dark: Figure  # terminals in use whose card is stopped
    over_quota: Figure  # cards
    used_bytes: Figure  # of all live cards, month to date


def today_by_payee(reader: Reader, *, today: date) -> pa.Table:
    """What to order today, per payee (null: not known): payee, sims, amount_fen, unpriced, expired, first_act_by, accounts."""
    return reader.arrow(listed(Q.to_place_by_payee, TO_PLACE), **params(reader, TO_PLACE, today=today))


def went_dark(reader: Reader, *, today: date, limit: int = 50) -> pa.Table:
    """Terminals that lost service since the last working day: the columns of `page`, and `dark_at`, when it was noticed."""
    values = params(reader, WENT_DARK, today=today)
    return reader.arrow(shown(listed(Q.went_dark, WENT_DARK, order="takings")), **values, limit=limit)


def last_working_day(reader: Reader, *, today: date) -> date:
    """The day since which `went_dark` counts."""
    since: date = params(reader, WENT_DARK, today=today)["since"]
    return since


def at_risk(reader: Reader, *, today: date) -> AtRisk:
    """What is lost within AHEAD_DAYS if no due card is renewed."""
    values = params(reader, AT_RISK, today=today)
    return reader.records(AtRisk, _losing(Q.at_risk), **values, ahead_days=AHEAD_DAYS)[0]


def at_risk_rows(reader: Reader, *, today: date, limit: int = 20) -> pa.Table:
    """The cards whose loss would be largest: sim_id, terminal_key, terminal_id, merchant, city, act_by, days_lost, and
    lost_fen (null: takings not known).
    """
    values = params(reader, AT_RISK, today=today)
    return reader.arrow(_losing(Q.at_risk_rows), **values, ahead_days=AHEAD_DAYS, limit=limit)


def data_age(reader: Reader, *, today: date) -> pa.Table:
    """How old our knowledge is: carrier, sims, usage_as_of, seen_at, stale_sims; the carrier with most cards first."""
    midnight = datetime.combine(today, time(), HOME_ZONE)
    return reader.arrow(Q.data_age, stale_before=midnight - _STALE_AFTER)


def late_lists(reader: Reader, *, today: date) -> pa.Table:
    """Lists handed out whose usual answer day has passed with orders open, per payee: payee, lists, orders, amount_fen,
    answer_by (the earliest), days since, support.
    """
    return reader.arrow(Q.late_lists, today=today)


def late_batches(reader: Reader, *, today: date) -> pa.Table:
    """Batches with renewals proposed or ready whose act-by has passed: batch, state, orders, amount_fen, act_by (the
    earliest), days since, maker, note; the most late first.
    """
    return reader.arrow(Q.late_batches, today=today, limit=_LATE_BATCHES)


def kpis(reader: Reader, *, today: date) -> Kpis:
    """The four figures of Today with their last thirty days."""
    now = reader.row(Q.figures_now) or {}
    now["to_place"] = reader.value(listed(Q.to_place, TO_PLACE), **params(reader, TO_PLACE, today=today))
    before = reader.rows(Q.figures_before, today=today)
    a_week_ago = {row["day"]: row for row in before}.get(today - _WEEK, {})
    return Kpis(
        **{
            name: Figure(value, a_week_ago.get(name), (*(row[name] for row in before), value))
            for name, value in now.items()
        }
    )


def _losing(query: Query) -> Query:
    return listed(query, AT_RISK).fill(days_lost=Q.days_lost.sql)
