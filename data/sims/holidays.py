"""The working calendar: what chinese_calendar publishes, and what a home's holidays.toml adds."""

import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache

from chinese_calendar import constants

from data.database import Queries, Reader
from data.sims.rules import Workdays
from data.words import N_, ToldError

Q = Queries.beside(__file__, "rolling.sql")

_KEYS = {"holidays", "workdays"}


class HolidaysError(ToldError):
    """holidays.toml cannot be read; the message says what to write."""


def workdays(reader: Reader) -> Workdays:
    """The working calendar of this home."""
    return with_days(published(), {row["day"]: row["works"] for row in reader.rows(Q.holidays)})


def unpublished_year(reader: Reader, *, today: date, days: int) -> int | None:
    """The first year the coming `days` reach into whose holidays have not been published; None: all are known."""
    calendar = workdays(reader)
    return next((day.year for day in (today, today + timedelta(days=days)) if not calendar.knows(day)), None)


@cache
def published() -> Workdays:
    """The years chinese_calendar knows. State Council notices come each November for the next year."""
    holidays, extra = frozenset(constants.holidays), frozenset(constants.workdays)
    return Workdays(holidays, extra, frozenset(day.year for day in holidays))


def read_holidays(text: str) -> dict[date, bool]:
    """The days of a holidays.toml: `holidays = [2027-01-01, …]` and `workdays = [2027-02-20, …]`; True: worked.

    Raises HolidaysError for anything else.
    """
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise HolidaysError(N_("holidays.toml is not TOML: {error}; mend that line"), error=str(error)) from error
    if odd := set(told) - _KEYS:
        raise HolidaysError(N_("holidays.toml has '{key}'; it knows only 'holidays' and 'workdays'"), key=min(odd))
    days: dict[date, bool] = {}
    for key, works in (("holidays", False), ("workdays", True)):
        for day in told.get(key, []):
            if type(day) is not date:
                raise HolidaysError(
                    N_("holidays.toml has '{value}' under '{key}'; write a date such as 2027-01-01"), value=day, key=key
                )
            days[day] = works
    return days


def with_days(base: Workdays, days: Mapping[date, bool]) -> Workdays:
    """`base` with more days said to be free or worked; a year with such a day counts as published."""
    worked = frozenset(day for day, works in days.items() if works)
    free = frozenset(day for day, works in days.items() if not works)
    years = base.years_known | {day.year for day in days}
    return Workdays((base.holidays - worked) | free, (base.extra_workdays - free) | worked, years)
