"""Usage day by day: log-normal, quieter on Sundays, a few cards running towards their quota and past it."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from jobs.demo.accounts import ACCOUNTS
from jobs.demo.cards import Cards
from jobs.demo.dates import Dates, Terms
from jobs.demo.habits import Habits
from jobs.demo.numbering import Dice, Flags, Ints

_NOISE, _CALM = 0.5, 0.06  # spread of one day around its mean; cards near their quota are kept calm to meet their share
_WEEK = (1.05, 1.0, 1.0, 1.03, 1.1, 1.02, 0.8)
_LEAST_DAYS = 8  # a month that has just begun cannot have used nine tenths of the quota


@dataclass
class Meter:
    """Adds up what has been used; `cycle` is the month the carriers report on now."""

    cycle: Ints
    month: Ints
    ran: Flags
    """Who could have used anything this month: nothing used is a figure too."""


def last_days(today: date, account: Ints) -> Dates:
    """Up to which day each card's usage is known."""
    lag = np.asarray([held.lag_days for held in ACCOUNTS], np.int64)[account]
    return np.asarray(np.datetime64(today, "D") - lag)


def days(
    dice: Dice, cards: Cards, terms: Terms, habits: Habits, *, today: date, count: int, meter: Meter
) -> Iterator[tuple[date, pa.Table]]:
    """Each day's rows, sorted by card, oldest day first; `meter` holds the sums when it is through."""
    known_to = last_days(today, cards.account)
    until = np.where(np.isnat(terms.stopped), known_to, np.minimum(terms.stopped - 1, known_to))
    monthly, share = habits.cards.monthly_bytes, habits.share
    noise = np.where(share > 0, _CALM, _NOISE)
    cycle_month = known_to.astype("datetime64[M]")
    elapsed = (known_to - cycle_month.astype("datetime64[D]")).astype(np.int64) + 1
    heavy = share * cards.quota_bytes / np.maximum(elapsed, _LEAST_DAYS)
    for back in range(count, 0, -1):
        day = today - timedelta(days=back)
        here = np.datetime64(day, "D")
        running: Flags = (terms.activated <= here) & (here <= until)
        place = np.flatnonzero(running)
        in_cycle = cycle_month[place] == here.astype("datetime64[M]")
        mean = np.where(in_cycle & (share[place] > 0), heavy[place], monthly[place] / 30.4)
        jitter = np.exp(dice.standard_normal(len(place)) * noise[place] - noise[place] ** 2 / 2)
        week = np.where(share[place] > 0, 1.0, _WEEK[day.weekday()])
        used = np.round(mean * jitter * week).astype(np.int64)
        if day.day == 1:
            meter.month[:] = 0
            meter.ran[:] = False
        meter.ran[place] = True
        meter.month[place] += used
        meter.cycle[place] += used * in_cycle
        yield day, pa.table({"sim_id": place + 1, "day": pa.array(np.full(len(place), here)), "used_bytes": used})


def month_rows(meter: Meter, *, day: date, first: date) -> pa.Table | None:
    """The month that ends with `day`, as the carriers' month lists gave it; None within a month.

    A month of which only a part is among the days is given in full, as a file would have it.
    """
    length = calendar.monthrange(day.year, day.month)[1]
    if day.day != length:
        return None
    covered = min((day - first).days + 1, length)
    place = np.flatnonzero(meter.ran)
    used = np.round(meter.month[place] * (length / covered)).astype(np.int64)
    return pa.table(
        {
            "sim_id": place + 1,
            "month": pa.array(np.full(len(place), np.datetime64(day.replace(day=1), "D"))),
            "used_bytes": used,
            "as_of": pa.array(np.full(len(place), np.datetime64(day, "us") + np.timedelta64(16, "h"))).cast(
                pa.timestamp("us", "UTC")
            ),
            "source": pa.array(["days" if covered == length else "file"] * len(place), pa.string()),
        }
    )
