"""What the widgets decide by themselves: days under a brush, colours, sums of a month, addresses."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from dashboard.widgets import tables
from dashboard.widgets.cards import month_to_date
from dashboard.widgets.filters import filter_url, looks_beyond_dates
from dashboard.widgets.sims import act_by_colour, carrier_words
from dashboard.widgets.situations import spoken
from dashboard.widgets.timeline import brushed_days
from data import words
from data.sims.filter import SimFilter
from data.sims.rules import Said, Situation

TODAY = date(2026, 11, 22)


def _ms(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("edges", "days"),
    [
        # Each bar stands on its whole day: a brush picks the days whose middle it covers.
        ((_ms(2026, 12, 1), _ms(2026, 12, 4)), (date(2026, 12, 1), date(2026, 12, 3))),
        ((_ms(2026, 12, 1, 11), _ms(2026, 12, 3, 13)), (date(2026, 12, 1), date(2026, 12, 3))),
        ((_ms(2026, 12, 1, 13), _ms(2026, 12, 3, 11)), (date(2026, 12, 2), date(2026, 12, 2))),
        ((_ms(2026, 12, 1, 13), _ms(2026, 12, 1, 14)), (date(2026, 12, 2), date(2026, 12, 2))),
    ],
)
def test_the_brush_picks_whole_days(edges, days):
    assert brushed_days({"days": {"utcyearmonthdate_day": list(edges)}}) == days


@pytest.mark.parametrize("nothing", [{}, {"days": {}}, {"days": {"day": []}}])
def test_no_brush_is_no_days(nothing):
    assert brushed_days(nothing) is None


def test_act_by_is_red_today_and_late_orange_this_week_grey_later():
    assert act_by_colour(date(2026, 11, 20), TODAY) == "red"
    assert act_by_colour(TODAY, TODAY) == "red"
    assert act_by_colour(date(2026, 11, 29), TODAY) == "orange"
    assert act_by_colour(date(2026, 11, 30), TODAY) == "gray"


def _points(quota_bytes):
    rows = pa.table(
        {
            "day": [date(2026, 10, 30), date(2026, 11, 1), date(2026, 11, 3)],
            "used_bytes": [3 * 1024 * 1024, 1024 * 1024, 2 * 1024 * 1024],
        }
    )
    return month_to_date(rows, quota_bytes, first=date(2026, 10, 30), last=date(2026, 11, 3)).to_pylist()


def test_a_month_of_use_starts_at_nought_again():
    points = _points(30 * 1024 * 1024)
    assert [point["month_mb"] for point in points] == [3.0, 3.0, 1.0, 1.0, 3.0]
    assert {point["quota_mb"] for point in points} == {30.0}


def test_a_day_without_a_figure_is_not_a_day_without_use():
    assert [point["used_mb"] for point in _points(None)] == [3.0, None, 1.0, None, 2.0]


def test_a_card_without_quota_has_no_line_to_cross():
    assert {point["quota_mb"] for point in _points(None)} == {None}


def test_carriers_are_named_in_the_viewers_language_and_unknown_ones_as_written():
    with words.speaking("zh_CN"):
        assert carrier_words(["mobile", "Some Carrier"]) == ["中国移动", "Some Carrier"]


def test_an_address_carries_only_the_filters_that_are_set():
    assert (
        filter_url("expiry", payee="中国移动 上海", quick=None)
        == "/expiry?payee=%E4%B8%AD%E5%9B%BD%E7%A7%BB%E5%8A%A8+%E4%B8%8A%E6%B5%B7"
    )


def test_no_horizon_hides_what_a_person_asks_for_by_name():
    assert not looks_beyond_dates(SimFilter(carrier="mobile", city="上海"))
    assert looks_beyond_dates(SimFilter(quick="stopped"))
    assert looks_beyond_dates(SimFilter(text="8986"))
    assert looks_beyond_dates(SimFilter(sim_ids=()))


def test_money_and_empty_codes_in_cells():
    assert tables.yuan_cells([2736000, None]).to_pylist() == [27360.0, None]
    assert tables.badge_cells(["active", None, ""]).to_pylist() == [["active"], None, None]


def test_the_opening_sentence_names_cause_actor_and_day():
    situation = Situation(
        Said("Stopped: expired"),
        Said("Its term ended on {expires_on}", {"expires_on": date(2026, 11, 20)}),
        Said("Nothing is under way"),
        Said("Operations place the renewal"),
        date(2027, 2, 18),
        Said("x"),
        good=False,
    )
    with words.speaking("en"):
        assert spoken(situation) == (
            "**Stopped: expired** – Its term ended on 2026-11-20. Nothing is under way. "
            "Operations place the renewal, until **2027-02-18**."
        )
