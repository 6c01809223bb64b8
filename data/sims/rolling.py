"""Making `sim_now` anew: after every change of what it joins for the cards touched, and at night for all of them."""

from collections.abc import Iterable, Mapping
from datetime import date

import pyarrow as pa

from data.database import Queries, Row, Transaction
from data.sims.holidays import workdays
from data.sims.rules import DEFAULT_CANCEL_AFTER_DAYS, DEFAULT_WORKING_DAYS, Workdays, act_by, cancel_by, unfit
from data.sims.searching import NARROW, WIDE

Q = Queries.beside(__file__, "rolling.sql")
# What due means in a home whose jobs have not run yet; the setting's own default.
_DUE_DAYS = 30
# Cards at once: measured at a million, more of them spill to disk within 800 MB, fewer scan the tables too often.
_SLICE = 200_000

_WANTED = pa.schema([("sim_id", pa.int64())])
_DATES = pa.schema(
    [("account", pa.string()), ("expires_on", pa.date32()), ("act_by", pa.date32()), ("cancel_by", pa.date32())]
)
_FITS = pa.schema([("plan_network", pa.string()), ("networks", pa.string()), ("unfit", pa.string())])


def roll_up(tx: Transaction, sim_ids: Iterable[int] | None = None) -> None:
    """Make the rows of `sim_now` anew, for `sim_ids` or for every card.

    1. the old rows go;
    2. slice by slice, so that a million cards fit into the memory of a serving process: the new rows, and the
       findings about plans that cannot run in their terminal;
    3. for every card only: bytes per carrier and day, and today's line of the fleet.
    """
    if sim_ids is None:
        tx.run(Q.forget_all)
        # In the order of expiry, so that lists of what is due read few row groups.
        every = tx.arrow(Q.all_sims)
        for start in range(0, every.num_rows, _SLICE):
            _make_rows(tx, every.slice(start, _SLICE))
        tx.run(Q.forget_carrier_days)
        tx.run(Q.make_carrier_days)
        tx.run(Q.forget_today, today=tx.today)
        tx.run(Q.make_today, today=tx.today)
    elif wanted := sorted(set(sim_ids)):
        table = pa.table({"sim_id": wanted}, schema=_WANTED)
        with tx.frame("wanted", table):
            tx.run(Q.forget_wanted)
        _make_rows(tx, table)


def _make_rows(tx: Transaction, wanted: pa.Table) -> None:
    with tx.frame("wanted", wanted), tx.frame("dates", _dates(tx)), tx.frame("fits", _fits(tx)):
        tx.run(
            Q.make_rows,
            today=tx.today,
            month=tx.today.replace(day=1),
            due_days=tx.value(Q.yardstick) or _DUE_DAYS,
            wide=WIDE,
            narrow=NARROW,
        )
        tx.run(Q.close_fitting, now=tx.now)
        tx.run(Q.open_unfit, now=tx.now)


def measure_with(tx: Transaction, *, due_days: int, idle_months: int, holidays: Mapping[date, bool]) -> None:
    """What every later roll_up and list measures with: the settings, and the days of holidays.toml (True: worked)."""
    tx.run(Q.set_yardstick, due_days=due_days, idle_months=idle_months)
    tx.run(Q.forget_holidays)
    for day, works in holidays.items():
        tx.run(Q.add_holiday, day=day, works=works)


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


def _fits(tx: Transaction) -> pa.Table:
    judged = [{**pair, "unfit": unfit(pair["plan_network"], pair["networks"])} for pair in tx.rows(Q.networks)]
    return pa.Table.from_pylist([pair for pair in judged if pair["unfit"]], schema=_FITS)
