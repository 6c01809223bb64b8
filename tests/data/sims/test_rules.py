from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.sims.holidays import HolidaysError, published, read_holidays, with_days
from data.sims.rules import Workdays, act_by, add_months, cancel_by, new_expiry, silent_until, unfit

DAYS = st.dates(date(2024, 1, 1), date(2031, 12, 31))
TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("anchor", "months", "lands_on"),
    [
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2027, 1, 31), 2, date(2027, 3, 31)),
        (date(2027, 1, 31), 3, date(2027, 4, 30)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
    ],
)
def test_months_count_from_the_anchor_and_clamp_at_the_months_end(anchor, months, lands_on):
    assert add_months(anchor, months) == lands_on


@given(anchor=DAYS, first=st.integers(1, 36), then=st.integers(1, 36))
def test_a_clamped_result_is_no_new_anchor(anchor, first, then):
    clamped = add_months(anchor, first)
    assert add_months(clamped, then, anchor.day) == add_months(anchor, first + then)


@given(anchor=DAYS, months=st.integers(0, 60))
def test_months_land_in_the_month_they_name(anchor, months):
    later = add_months(anchor, months)
    assert (later.year - anchor.year) * 12 + later.month - anchor.month == months
    assert later.day <= anchor.day


def test_an_early_renewal_loses_no_days():
    old = date(2026, 12, 20)
    for rule in ("from_old_expiry", "from_today"):
        assert new_expiry(old, months=12, anchor_day=None, rule=rule, today=TODAY) == date(2027, 12, 20)


def test_an_expired_card_counts_from_today_only_where_the_account_says_so():
    old = date(2026, 10, 31)
    assert new_expiry(old, months=1, anchor_day=31, rule="from_old_expiry", today=TODAY) == date(2026, 11, 30)
    assert new_expiry(old, months=1, anchor_day=31, rule="from_today", today=TODAY) == date(2026, 12, 22)


def test_month_end_lands_on_the_last_day_whatever_the_anchor():
    old = date(2027, 1, 15)
    assert new_expiry(old, months=1, anchor_day=15, rule="month_end", today=TODAY) == date(2027, 2, 28)


def test_the_anchor_day_outlives_february():
    assert new_expiry(date(2027, 2, 28), months=1, anchor_day=31, rule="from_old_expiry", today=TODAY) == date(
        2027, 3, 31
    )


@given(
    expires_on=DAYS,
    last_order_day=st.one_of(st.none(), st.integers(1, 31)),
    working_days=st.integers(0, 20),
)
def test_act_by_is_a_working_day_inside_the_window_before_the_expiry(expires_on, last_order_day, working_days):
    workdays = published()
    day = act_by(expires_on, last_order_day=last_order_day, working_days=working_days, workdays=workdays)
    assert day < expires_on
    assert workdays.works(day)
    assert last_order_day is None or day.day <= last_order_day
    between = sum(workdays.works(day + timedelta(days=n)) for n in range(1, (expires_on - day).days))
    assert between >= working_days


@given(expires_on=DAYS, working_days=st.integers(0, 20), last_order_day=st.one_of(st.none(), st.integers(1, 31)))
def test_a_later_expiry_never_has_an_earlier_act_by(expires_on, working_days, last_order_day):
    if last_order_day is not None and (expires_on + timedelta(days=1)).month != expires_on.month:
        return  # a cut-off belongs to a month, so the count starts afresh with the next one
    one, next_day = (
        act_by(day, last_order_day=last_order_day, working_days=working_days, workdays=published())
        for day in (expires_on, expires_on + timedelta(days=1))
    )
    assert one <= next_day


def test_spring_festival_moves_the_order_before_the_feast():
    # 15–23 February 2026 are free, Saturday the 14th is worked in exchange.
    day = act_by(date(2026, 2, 24), last_order_day=None, working_days=0, workdays=published())
    assert day == date(2026, 2, 14)
    assert act_by(date(2026, 2, 24), last_order_day=None, working_days=3, workdays=published()) == date(2026, 2, 11)


def test_the_cut_off_comes_before_the_expiry():
    day = act_by(date(2026, 12, 31), last_order_day=20, working_days=3, workdays=published())
    # Sunday the 20th, three working days and one more before it.
    assert day == date(2026, 12, 15)


def test_an_order_that_would_fall_behind_last_months_cut_off_is_due_by_it():
    day = act_by(date(2026, 12, 2), last_order_day=20, working_days=3, workdays=published())
    assert day == date(2026, 11, 20)


def test_a_year_not_published_falls_back_to_weekdays_and_says_so():
    workdays = published()
    assert workdays.knows(date(2026, 5, 1))
    assert not workdays.knows(date(2031, 5, 1))
    assert workdays.works(date(2031, 5, 1))


def test_the_homes_own_days_add_to_what_the_library_knows():
    days = read_holidays("holidays = [2031-05-01]\nworkdays = [2031-05-03]")
    workdays = with_days(published(), days)
    assert not workdays.works(date(2031, 5, 1))
    assert workdays.works(date(2031, 5, 3))
    assert workdays.knows(date(2031, 5, 1))


@pytest.mark.parametrize("text", ["holidays = [", "feasts = [2031-05-01]", 'holidays = ["1 May"]'])
def test_a_holidays_file_that_cannot_be_read_is_named(text):
    with pytest.raises(HolidaysError, match=r"holidays\.toml"):
        read_holidays(text)


def test_cancel_by_counts_from_the_expiry():
    assert cancel_by(date(2026, 11, 30), cancel_after_days=90) == date(2027, 2, 28)


@pytest.mark.parametrize(
    ("delivered", "months", "last"),
    [
        (date(2026, 11, 22), 6, date(2027, 5, 21)),
        (date(2026, 8, 31), 6, date(2027, 2, 27)),  # February ends earlier: earlier, never later
        (date(2026, 12, 1), 1, date(2026, 12, 31)),
    ],
)
def test_a_silent_period_ends_the_day_before_the_same_day_some_months_on(delivered, months, last):
    assert silent_until(delivered, silent_months=months) == last


@pytest.mark.parametrize(
    ("plan", "terminal", "fits"),
    [
        ("4G", "2G/3G/4G", True),
        ("4G", "2G", False),
        ("NB-IoT", "2G/4G", False),
        ("LTE", "4g", True),
        ("CAT.1", "4G, WIFI", True),
        (None, "2G", True),
        ("4G", None, True),
        ("GPRS", "2G", True),
    ],
)
def test_a_plan_is_unfit_only_when_both_networks_are_known_and_differ(plan, terminal, fits):
    assert (unfit(plan, terminal) is None) == fits


def test_a_calendar_without_days_works_monday_to_friday():
    assert Workdays().works(date(2026, 11, 20))
    assert not Workdays().works(date(2026, 11, 22))
