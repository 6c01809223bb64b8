"""Lists of cards: how a SimFilter becomes conditions, in which orders a list may stand, and the working day before today."""

from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from typing import Any

from data.clock import HOME_ZONE
from data.database import Queries, Query, Reader
from data.sims.deciding_rules import ASK_AGAIN_DAYS
from data.sims.filter import SimFilter
from data.sims.holidays import workdays
from data.sims.rules import DEFAULT_IDLE_MONTHS, GONE, LAST_CALL_DAYS, LOW_SHARE
from data.sims.searching_rules import folded
from data.sims.wording_rules import JOIN_REPORT, LISTS, QUICK

Q = Queries.beside(__file__)
CONDITIONS = Queries.beside(__file__, "filters.sql")

# Every order ends with the card's number, so that no row stands on two pages.
ORDER = {
    "act_by": "act_by NULLS LAST, sim_id",
    "expires_on": "expires_on NULLS LAST, sim_id",
    "cancel_by": "cancel_by NULLS LAST, sim_id",
    "used": "used_share DESC NULLS LAST, sim_id",
    "overage": "overage_fen DESC NULLS LAST, sim_id",
    "exhausts_on": "exhausts_on NULLS LAST, sim_id",
    "decided_on": "decided_on DESC NULLS LAST, sim_id",
    "idle": "idle_months DESC NULLS LAST, sim_id",
    "takings": "monthly_takings_fen DESC NULLS LAST, sim_id",
}


def listed(query: Query, flt: SimFilter, *, order: str = "act_by") -> Query:
    """`query` with its {where} and {order} as `flt` and `order` say. Raises KeyError for an order that is not in ORDER."""
    conditions = [getattr(CONDITIONS, name).sql for name in _names(flt)]
    return query.fill(where=" AND ".join(f"({one})" for one in conditions) or "true", order=ORDER[order])


def shown(query: Query) -> Query:
    """`query` with its {shown} columns, those of every list on a page."""
    return query.fill(shown=Q.shown.sql)


def params(reader: Reader, flt: SimFilter, *, today: date) -> dict[str, Any]:
    """The values the conditions of `flt` need."""
    values: dict[str, Any] = {name: value for name, value in asdict(flt).items() if value is not None}
    values |= {
        "statuses": list(flt.statuses),
        "sim_ids": list(flt.sim_ids or ()),
        "text": folded(flt.text or ""),
        "today": today,
        "week_end": today + timedelta(days=6 - today.weekday()),
        "low_share": LOW_SHARE,
        "last_call_days": LAST_CALL_DAYS,
        "ask_again_days": ASK_AGAIN_DAYS,
        "idle_months": DEFAULT_IDLE_MONTHS,
    }
    if flt.report == "went_dark":
        values |= since(reader, today=today)
    return values


def since(reader: Reader, *, today: date) -> dict[str, Any]:
    """The last working day before today, as a day and as the instant it began."""
    day = workdays(reader).before(today, 1)
    return {"since": day, "since_ts": datetime.combine(day, time(), HOME_ZONE)}


def _names(flt: SimFilter) -> list[str]:
    said = asdict(flt)
    names = [name for name, value in said.items() if value not in (None, (), "") and name not in ("quick", "report")]
    if flt.payee == "":
        names.append("payee")
    if flt.sim_ids == ():
        names.append("sim_ids")
    if flt.quick:
        names.append(_known(flt.quick, QUICK))
    if flt.report:
        names.append(_known(flt.report, JOIN_REPORT | LISTS))
    # Who asks for one card by number or for cards that are gone shall find them.
    asks = flt.text or flt.sim_ids is not None or flt.report or GONE & set(flt.statuses)
    return names if asks else [*names, "live"]


def _known(key: str, keys: dict[str, str]) -> str:
    if key not in keys:
        raise KeyError(f"there is no list '{key}'")
    return key
