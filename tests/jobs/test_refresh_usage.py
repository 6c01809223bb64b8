"""Refreshing usage: days, cycles and quotas in whole bytes; falls and gaps are noticed; a bad card keeps nobody waiting."""

import threading
from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from data.carriers import refreshing as store
from data.usage.rules import counts, month_of
from jobs import refresh_sims, refresh_usage
from jobs.carriers.http import Doubt
from jobs.carriers.readings import QuotaReading, UsageReading
from tests.jobs.test_refresh_sims import _CARRIERS, TERMS, Lister, asked, facts, findings, iccid, later, told

__all__ = ["told"]
MB = 2**20


class Figures(Lister):
    """A lister whose cards have figures."""

    def __init__(self, count):
        super().__init__([facts(number) for number in range(1, count + 1)])
        self.figures, self.quotas, self.calls, self.bad = {}, {}, [], set()

    def usage(self, iccids, first, last):
        self.calls.append((list(iccids), first, last))
        if self.bad & set(iccids):
            raise Doubt("HTTP 500")
        return [one for card in iccids for one in self.figures.get(card, [])]

    def quota(self, iccids):
        return [self.quotas[card] for card in iccids if card in self.quotas]


@pytest.fixture
def carrier(home, told):
    told(a=Figures(3))
    refresh_sims.run(home, threading.Event())
    return _CARRIERS["a"]


def day(number, on, used, quality="ok"):
    return UsageReading(iccid(number), "day", on, on, used, None, quality)


def run(home):
    return refresh_usage.run(home, threading.Event())


def sync(home):
    return store.sync_of(home.db.read(), "a", "usage", now=home.clock.now(), today=home.clock.today())


def test_days_are_kept_none_is_zero_and_missing_is_nothing(home, carrier):
    carrier.figures[iccid(1)] = [
        day(1, date(2026, 11, 18), 5 * MB),
        day(1, date(2026, 11, 19), 0, "none"),
        day(1, date(2026, 11, 20), 0, "missing"),
        day(1, date(2026, 11, 21), 7 * MB, "lagged"),
    ]
    run(home)
    assert [(row["day"].day, row["used_bytes"]) for row in asked(home, "SELECT * FROM usage_day ORDER BY day")] == [
        (18, 5 * MB),
        (19, 0),
        (21, 7 * MB),
    ]
    assert "usage_gap" in findings(home)
    assert asked(home, "SELECT used_bytes FROM sim_now WHERE sim_id = 1") == [{"used_bytes": 12 * MB}]
    assert asked(home, "SELECT sum(used_bytes)::BIGINT AS n FROM carrier_day") == [{"n": 12 * MB}]
    assert sync(home).good_at == home.clock.now()
    later(home, hours=13)
    carrier.figures[iccid(1)] = [day(1, date(2026, 11, 20), 1 * MB)]
    run(home)
    assert "usage_gap" not in findings(home), "told after all"
    assert carrier.calls[-1][1:] == (date(2026, 11, 19), home.clock.today()), "days of the lag are asked again"


def test_a_cycle_is_a_month_and_a_new_one_is_no_fall(home, carrier):
    carrier.figures[iccid(1)] = [
        UsageReading(iccid(1), "cycle", date(2026, 10, 27), date(2026, 11, 26), 90 * MB, home.clock.now(), "ok")
    ]
    run(home)
    later(home, days=6)
    carrier.figures[iccid(1)] = [
        UsageReading(iccid(1), "cycle", date(2026, 11, 27), date(2026, 12, 26), 2 * MB, home.clock.now(), "ok")
    ]
    run(home)
    assert [
        (row["month"].month, row["used_bytes"]) for row in asked(home, "SELECT * FROM usage_month ORDER BY month")
    ] == [
        (11, 90 * MB),
        (12, 2 * MB),
    ]
    assert "falling_usage" not in findings(home)
    later(home, hours=13)
    carrier.figures[iccid(1)] = [
        UsageReading(iccid(1), "cycle", date(2026, 11, 27), date(2026, 12, 26), 1 * MB, home.clock.now(), "ok")
    ]
    run(home)
    assert "falling_usage" in findings(home)


def test_a_quota_is_what_is_left(home, carrier):
    carrier.quotas[iccid(2)] = QuotaReading(iccid(2), 100 * MB, 80 * MB, 20 * MB, None)
    run(home)
    assert asked(home, "SELECT quota_bytes, used_bytes, left_bytes FROM sim WHERE sim_id = 2") == [
        {"quota_bytes": 100 * MB, "used_bytes": 80 * MB, "left_bytes": 20 * MB}
    ]


def test_figures_of_cards_nobody_asked_about_are_left_out(home, told):
    told(a=Figures(3), b=Lister([facts(4)]))
    refresh_sims.run(home, threading.Event())
    _CARRIERS["a"].figures[iccid(1)] = [day(999, date(2026, 11, 20), MB), day(4, date(2026, 11, 20), MB)]
    run(home)
    assert not asked(home, "SELECT * FROM usage_day") and len(asked(home, "SELECT * FROM sim")) == 4


def test_one_bad_card_keeps_no_other_waiting(home, carrier, monkeypatch):
    for number in (1, 2, 3):
        carrier.figures[iccid(number)] = [day(number, date(2026, 11, 20), MB)]
    carrier.bad = {iccid(1)}
    for _ in range(6):
        run(home)
        later(home, hours=2)
    assert [row["sim_id"] for row in asked(home, "SELECT sim_id FROM usage_day ORDER BY sim_id")] == [2, 3]


def test_a_carrier_that_tells_no_usage_is_not_asked(home, told):
    told(a=SimpleNamespace(list_cards=None, terms=TERMS))
    assert run(home) is None and sync(home).started_at is None


@pytest.mark.parametrize(
    ("start", "end", "month"),
    [
        (date(2026, 11, 1), date(2026, 11, 30), 11),
        (date(2026, 10, 27), date(2026, 11, 26), 11),
        (date(2026, 11, 2), date(2026, 12, 1), 11),
        (date(2026, 4, 16), date(2026, 5, 15), 5),
        (date(2026, 11, 5), date(2026, 11, 5), 11),
    ],
)
def test_a_period_belongs_to_the_month_of_most_of_its_days(start, end, month):
    assert month_of(start, end) == date(2026, month, 1)


def test_a_period_that_ends_before_it_begins_is_none():
    with pytest.raises(ValueError, match="a period from"):
        month_of(date(2026, 11, 2), date(2026, 11, 2) - timedelta(days=1))
    assert [counts(quality) for quality in ("ok", "none", "lagged", "missing")] == [True, True, True, False]
