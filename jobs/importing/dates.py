"""Days and instants as files write them; every one that says no zone is Shanghai's."""

import re
from datetime import UTC, date, datetime, time, timedelta

from data.clock import HOME_ZONE
from data.words import N_
from jobs.importing.refusing import ValueRefused
from jobs.importing.sheets import Cell
from jobs.importing.values import Notes, tidy

_DAY = re.compile(
    r"(?P<y>\d{4})(?:[-/.年](?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})日?|(?P<m2>\d{2})(?P<d2>\d{2}))"
    r"(?:[T ]*(?P<h>\d{1,2})[:时](?P<min>\d{1,2})(?:[:分](?P<s>\d{1,2})(?:\.\d+)?)?[秒分]?|(?P<hms>\d{6}))?"
    r"\s*(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
# Excel counts days from here (its own leap-year error included).
_EXCEL_EPOCH = date(1899, 12, 30)
# 1982 to 2119 as Excel day numbers: what a card's dates can be, and far from any yyyymmdd.
_EXCEL_DAYS = range(30_000, 80_000)
_FIRST, _LAST = date(2000, 1, 1), date(2119, 12, 31)


def parse_day(cell: Cell, notes: Notes) -> date | None:
    """The Shanghai day a cell names; a stamp in UTC is turned first."""
    found = _read(cell, notes)
    return found if found is None or not isinstance(found, datetime) else found.astimezone(HOME_ZONE).date()


def parse_instant(cell: Cell, notes: Notes) -> datetime | None:
    """The instant a cell names, in UTC; a bare day is its first moment in Shanghai."""
    found = _read(cell, notes)
    if found is None:
        return None
    if not isinstance(found, datetime):
        found = datetime.combine(found, time(), HOME_ZONE)
    if notes.today and found.astimezone(HOME_ZONE).date() > notes.today + timedelta(days=1):
        notes.add(N_("The time lies in the future; kept"))
    return found.astimezone(UTC)


def parse_month(cell: Cell, notes: Notes) -> date | None:
    """The first day of the month a cell names: 2025-06, 202506, 2025年6月, or any day of it."""
    text = str(cell) if isinstance(cell, int) else tidy(cell, notes) if isinstance(cell, str) else None
    if text is None:
        if cell is None or isinstance(cell, str):
            return None
        raise _no_date(cell)
    match = re.fullmatch(r"(20\d{2})[-/.年]?(\d{1,2})月?", text)
    if match and 1 <= int(match.group(2)) <= 12:
        return date(int(match.group(1)), int(match.group(2)), 1)
    day = parse_day(cell, notes)
    return day.replace(day=1) if day else None


def _read(cell: Cell, notes: Notes) -> date | datetime | None:
    if cell is None:
        return None
    if not isinstance(cell, str):
        return _of_number(cell, notes)
    text = tidy(cell, notes)
    if text is None:
        return None
    match = _DAY.fullmatch(text)
    if not match:
        raise _no_date(text)
    try:
        return _believable(_moment(match, notes), text)
    except ValueError as error:
        raise _no_date(text) from error


def _of_number(cell: float, notes: Notes) -> date:
    if int(cell) in _EXCEL_DAYS:
        notes.add(N_("Excel day numbers were read as dates"))
        return _believable(_EXCEL_EPOCH + timedelta(days=int(cell)), cell)
    match = re.fullmatch(r"(20\d{2})(\d{2})(\d{2})", str(cell))
    try:
        if match:
            return _believable(date(int(match.group(1)), int(match.group(2)), int(match.group(3))), cell)
    except ValueError as error:
        raise _no_date(cell) from error
    raise _no_date(cell)


def _moment(match: re.Match[str], notes: Notes) -> date | datetime:
    year, month, day = int(match["y"]), int(match["m"] or match["m2"]), int(match["d"] or match["d2"])
    if match["hms"]:
        clock = time(int(match["hms"][:2]), int(match["hms"][2:4]), int(match["hms"][4:]))
    elif match["h"]:
        clock = _clock(int(match["h"]), int(match["min"]), int(match["s"] or 0))
    else:
        return date(year, month, day)
    zone = (match["zone"] or notes.unit or "").upper()
    naive = datetime.combine(date(year, month, day), clock)
    if zone in ("Z", "UTC"):
        notes.add(N_("Times in UTC were turned to Shanghai's"))
        return naive.replace(tzinfo=UTC)
    if zone[:1] in ("+", "-"):
        hours, minutes = int(zone[1:3]), int(zone[-2:])
        offset = timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)
        return (naive - offset).replace(tzinfo=UTC)
    return naive.replace(tzinfo=HOME_ZONE)


def _clock(hour: int, minute: int, second: int) -> time:
    # Some platforms end a day at 24:00:00; it is still that day.
    return time(23, 59, 59) if (hour, minute, second) == (24, 0, 0) else time(hour, minute, second)


def _believable(found: date, cell: Cell) -> date:
    day = found.date() if isinstance(found, datetime) else found
    if not _FIRST <= day <= _LAST:
        raise ValueRefused(
            N_("'{value}' lies outside {first} to {last}; correct it or empty the cell"),
            value=str(cell),
            first=_FIRST.year,
            last=_LAST.year,
        )
    return found


def _no_date(cell: Cell) -> ValueRefused:
    return ValueRefused(N_("'{value}' is no date; write it as 2027-02-28 or empty the cell"), value=str(cell))
