"""How a carrier's figures become days and months."""

from datetime import date, timedelta


def month_of(start: date, end: date) -> date:
    """The first day of the month a period's figure belongs to: the one that holds most of its days, else the later.

    A billing cycle from the 27th to the 26th is the month it ends in: no carrier says how much of it fell before the
    first. A figure of a new cycle so never looks like a fall within the old one.
    """
    if start > end:
        raise ValueError(f"a period from {start} to {end}")
    months: dict[date, int] = {}
    for ahead in range((end - start).days + 1):
        first = (start + timedelta(days=ahead)).replace(day=1)
        months[first] = months.get(first, 0) + 1
    return max(months, key=lambda first: (months[first], first))


def counts(quality: str) -> bool:
    """Whether a reading is a figure at all: "missing" says nothing, while "none" says that nothing was used."""
    return quality != "missing"
