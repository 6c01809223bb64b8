"""Making `sim_now` anew: after every change of what it joins for the cards touched, and at night for all of them."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from data.audit.rules import canonical
from data.database import Queries, Reader, Row, Transaction
from data.sims.holidays import workdays
from data.sims.returning import come_back
from data.sims.rules import (
    DEFAULT_CANCEL_AFTER_DAYS,
    DEFAULT_IDLE_MONTHS,
    DEFAULT_SILENT_DAYS,
    DEFAULT_WORKING_DAYS,
    Workdays,
    act_by,
    cancel_by,
    silent_until,
    unfit,
)
from data.sims.searching_rules import NARROW, WIDE

Q = Queries.beside(__file__, "rolling.sql")
# What due means in a home whose jobs have not run yet; the setting's own default.
_DUE_DAYS = 30
# Cards at once: measured at a million, more of them spill to disk within 800 MB, fewer scan the tables too often.
_SLICE = 250_000

_WANTED = pa.schema([("sim_id", pa.int64())])
_DATES = pa.schema(
    [("account", pa.string()), ("expires_on", pa.date32()), ("act_by", pa.date32()), ("cancel_by", pa.date32())]
)
_SILENCES = pa.schema([("account", pa.string()), ("delivered_on", pa.date32()), ("silent_until", pa.date32())])
_FITS = pa.schema([("plan_network", pa.string()), ("networks", pa.string()), ("unfit", pa.string())])


def roll_up(tx: Transaction, sim_ids: Iterable[int] | None = None, *, days: bool = False) -> None:
    """Make the rows of `sim_now` anew, for `sim_ids` or for every card. `days`: figures of days have changed too.

    1. the old rows go;
    2. slice by slice, so that a million cards fit into the memory of a serving process: the new rows, and the
       findings about plans that cannot run in their terminal;
    3. what was decided not to be renewed and came to life since is open again;
    4. for every card, or after new figures of days: bytes per carrier and day;
    5. for every card only: today's line of the fleet.
    """
    if sim_ids is None:
        tx.run(Q.forget_all)
        wanted = tx.arrow(Q.all_sims)  # in the order of expiry, so that lists of what is due read few row groups
    else:
        wanted = pa.table({"sim_id": sorted(set(sim_ids))}, schema=_WANTED)
        with tx.frame("wanted", wanted):
            tx.run(Q.forget_wanted)
    for start in range(0, wanted.num_rows, _SLICE):
        _make_rows(tx, wanted.slice(start, _SLICE))
    with tx.frame("wanted", wanted):
        back = come_back(tx)
    if back:
        wanted = pa.table({"sim_id": back}, schema=_WANTED)
        with tx.frame("wanted", wanted):
            tx.run(Q.forget_wanted)
        _make_rows(tx, wanted)
    if sim_ids is None or days:
        tx.run(Q.forget_carrier_days)
        tx.run(Q.make_carrier_days)
    if sim_ids is None:
        tx.run(Q.forget_today, today=tx.today)
        tx.run(Q.make_today, today=tx.today)


def _make_rows(tx: Transaction, wanted: pa.Table) -> None:
    yardstick = tx.row(Q.yardstick) or {}
    with (
        tx.frame("wanted", wanted),
        tx.frame("dates", _dates(tx)),
        tx.frame("silences", _silences(tx)),
        tx.frame("fits", _fits(tx)),
    ):
        tx.run(
            Q.make_rows,
            today=tx.today,
            month=tx.today.replace(day=1),
            due_days=yardstick.get("due_days", _DUE_DAYS),
            idle_months=yardstick.get("idle_months", DEFAULT_IDLE_MONTHS),
            silent_days=yardstick.get("silent_days") or DEFAULT_SILENT_DAYS,
            wide=WIDE,
            narrow=NARROW,
        )
        tx.run(Q.close_fitting, now=tx.now)
        tx.run(Q.open_unfit, now=tx.now)


@dataclass(frozen=True)
class Yardstick:
    """What every roll_up measures with: three settings, and the days of holidays.toml (True: worked)."""

    due_days: int
    idle_months: int
    holidays: Mapping[date, bool]
    silent_days: int = DEFAULT_SILENT_DAYS


def outdated(reader: Reader, yardstick: Yardstick, *, today: date) -> bool:
    """Whether every row has to be made anew: for a new day, or because the yardstick or the accounts' demands changed."""
    before = reader.row(Q.yardstick)
    return before is None or before["digest"] != _digest(reader, yardstick) or not reader.value(Q.made_on, today=today)


def measure_with(tx: Transaction, yardstick: Yardstick) -> None:
    """From here on every roll_up and every list measures with this."""
    tx.run(
        Q.set_yardstick,
        due_days=yardstick.due_days,
        idle_months=yardstick.idle_months,
        silent_days=yardstick.silent_days,
        digest=_digest(tx, yardstick),
    )
    tx.run(Q.forget_holidays)
    for day, works in yardstick.holidays.items():
        tx.run(Q.add_holiday, day=day, works=works)


def _digest(reader: Reader, yardstick: Yardstick) -> str:
    told = {
        "due_days": yardstick.due_days,
        "idle_months": yardstick.idle_months,
        "silent_days": yardstick.silent_days,
        "holidays": sorted((day.isoformat(), works) for day, works in yardstick.holidays.items()),
        "accounts": reader.rows(Q.demands),
    }
    return hashlib.sha256(canonical(told).encode()).hexdigest()


def _dates(tx: Transaction) -> pa.Table:
    days = workdays(tx)
    return pa.Table.from_pylist([_dates_of(term, days) for term in tx.rows(Q.terms_of_wanted)], schema=_DATES)


def _dates_of(term: Row, days: Workdays) -> Row:
    known = term["working_days"] is not None
    return {
        "account": term["account"] or "",
        "expires_on": term["expires_on"],
        "act_by": act_by(
            term["expires_on"],
            last_order_day=term["last_order_day"],
            working_days=term["working_days"] if known else DEFAULT_WORKING_DAYS,
            workdays=days,
        ),
        "cancel_by": cancel_by(
            term["expires_on"], cancel_after_days=term["cancel_after_days"] if known else DEFAULT_CANCEL_AFTER_DAYS
        ),
    }


def _silences(tx: Transaction) -> pa.Table:
    ends = [
        {
            "account": row["account"],
            "delivered_on": row["delivered_on"],
            "silent_until": silent_until(row["delivered_on"], silent_months=row["silent_months"]),
        }
        for row in tx.rows(Q.silences_of_wanted)
    ]
    return pa.Table.from_pylist(ends, schema=_SILENCES)


def _fits(tx: Transaction) -> pa.Table:
    judged = [{**pair, "unfit": unfit(pair["plan_network"], pair["networks"])} for pair in tx.rows(Q.networks)]
    return pa.Table.from_pylist([pair for pair in judged if pair["unfit"]], schema=_FITS)
