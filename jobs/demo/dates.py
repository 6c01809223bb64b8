"""When the demo's cards end: purchase batches in lumps, month ends, a December and a June mountain; operations.md §5."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from jobs.demo.cards import Cards, scaled
from jobs.demo.numbering import Dice, Ints, some

MOUNTAIN = 310  # cards of 2,000 that end on the last day of next month
LAST_DAY_SHARE = 0.63  # of the rest, so that with the mountain 70 % end on a month's last day
MOUNTAIN_MONTHS = (6, 12)
# Spare cards bought together.
_SPARE_LOT = 6
# A dying card is this near to its cancellation, in days.
DYING_DAYS = (2, 13)

Dates = npt.NDArray[np.datetime64]
_NO_DAY = np.datetime64("NaT", "D")


@dataclass(frozen=True)
class Terms:
    """First and last days; NaT where a card has not begun."""

    activated: Dates
    """The first term's first day; most cards have been renewed since."""
    expires: Dates
    stopped: Dates
    """The day a card that is down went down."""
    silent_until: Dates
    """Of a card in its silent period."""

    def in_order(self, order: Ints) -> "Terms":
        """The same cards, listed otherwise."""
        return Terms(self.activated[order], self.expires[order], self.stopped[order], self.silent_until[order])


def month_end(day: date, months: int = 0) -> date:
    """The last day of the month `months` after that of `day`."""
    place = day.year * 12 + day.month + months
    return date(place // 12, place % 12 + 1, 1) - timedelta(days=1)


def date_terms(dice: Dice, cards: Cards, *, today: date, cancel_after_days: list[int]) -> Terms:
    """Give every card its days."""
    count = len(cards.state)
    now = np.datetime64(today, "D")
    term = cards.term_months
    expires = _coming(dice, cards, today)

    peak = np.datetime64(month_end(today, 1), "D")
    # Nobody else ends on the day of the mountain: the others of that month end in its middle.
    others = expires == peak
    expires[others] -= dice.integers(8, 20, others.sum())
    eligible = np.flatnonzero(cards.among("active") & (term == 12))
    expires[some(dice, eligible, scaled(MOUNTAIN, count))] = peak

    wait = np.asarray(cancel_after_days, np.int64)[cards.account]
    expired = np.flatnonzero(cards.among("stopped_expired"))
    # Half went down within the last two weeks, some of them over the week-end.
    ago = np.minimum(dice.geometric(0.07, len(expired)), wait[expired] - DYING_DAYS[1] - 4)
    expires[expired] = now - ago
    dying = np.flatnonzero(cards.among("pre_cancel"))
    expires[dying] = now - wait[dying] + dice.integers(*DYING_DAYS, len(dying))
    kept = np.flatnonzero(cards.among("number_kept"))
    expires[kept] = now - dice.integers(15, 45, len(kept))
    gone = np.flatnonzero(cards.among("cancelled", "replaced"))
    expires[gone] = now - wait[gone] - dice.integers(5, 400, len(gone))
    not_begun = cards.among("stock", "silent", "test")
    expires[not_begun] = _NO_DAY

    stopped = np.full(count, _NO_DAY)
    down = cards.among("stopped_expired", "pre_cancel", "number_kept", "cancelled", "replaced")
    stopped[down] = expires[down] + 1
    otherwise = np.flatnonzero(
        cards.among(
            *(f"stopped_{why}" for why in ("arrears", "quota", "manual", "separation", "area", "realname", "risk"))
        )
    )
    stopped[otherwise] = now - dice.integers(0, 30, len(otherwise))
    return Terms(_begun(expires, term * _terms_bought(dice, term)), expires, stopped, _silent_until(cards, now))


def _silent_until(cards: Cards, today: np.datetime64) -> Dates:
    """Within six months, in the lumps in which spare cards are bought; the first of them within a week."""
    ends = np.full(len(cards.state), _NO_DAY)
    silent = np.flatnonzero(cards.among("silent"))
    ends[silent] = today + 5 + np.arange(len(silent)) // _SPARE_LOT * 19 % 180
    return ends


def _coming(dice: Dice, cards: Cards, today: date) -> Dates:
    """An expiry within the card's own term, in the lumps of its purchase batches."""
    count = len(cards.state)
    term = cards.term_months
    months = np.arange(37)
    weight = dice.uniform(0.6, 1.5, 37)
    weight[[m for m in months if (today.month + m - 1) % 12 + 1 in MOUNTAIN_MONTHS]] *= 1.8
    # Next month has the mountain already; what ends in the last days of this one has mostly been renewed.
    days_left = (month_end(today) - today).days
    weight[1], weight[0] = 0.45, min(1.2, 0.4 + days_left / 10)
    offset = np.zeros(count, np.int64)
    for length in np.unique(term):
        here = np.flatnonzero(term == length)
        shares = weight[:length] / weight[:length].sum()
        offset[here] = dice.choice(length, len(here), p=shares)
    ends = np.asarray([month_end(today, int(m)) for m in months], "datetime64[D]")
    firsts = ends.astype("datetime64[M]").astype("datetime64[D]")
    firsts[0] = np.datetime64(today, "D")
    # The other batches of a month end on one of three days of it.
    days = np.sort(dice.integers(0, 27, (37, 3)), axis=1)
    lump = dice.integers(0, 3, count)
    within = firsts[offset] + np.minimum(days[offset, lump], (ends - firsts).astype(np.int64)[offset])
    last_day = dice.random(count) < np.where(term < 12, 0.9, LAST_DAY_SHARE)
    return np.asarray(np.where(last_day, ends[offset], within))


def _terms_bought(dice: Dice, term: Ints) -> Ints:
    """How many terms a card has had: up to six years of them."""
    return np.minimum(dice.geometric(np.where(term < 12, 0.08, 0.35)), 72 // term)


def _begun(expires: Dates, term: Ints) -> Dates:
    """The first day of a time of `term` months that ends with the expiry."""
    begin = expires + 1
    month = begin.astype("datetime64[M]")
    day = (begin - month.astype("datetime64[D]")).astype(np.int64)
    first = (month - term).astype("datetime64[D]")
    length = ((month - term + 1).astype("datetime64[D]") - first).astype(np.int64)
    return np.asarray(np.where(np.isnat(expires), _NO_DAY, first + np.minimum(day, length - 1)))
