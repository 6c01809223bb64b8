"""The day a stage leaves: days off make it earlier and never later, in every kind of calendar."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.reminders.rules import SUBJECTS, escalations, last_call, stage_due_on, stages_of, steps, urgent
from data.sims.holidays import published
from data.sims.rules import Workdays

CHINA = published()
# 15 to 23 February 2026 are off for the Spring Festival; 14 and 28 February, Saturdays, are worked in exchange.
FESTIVAL = [date(2026, 2, day) for day in range(15, 24)]


@pytest.mark.parametrize(
    ("target", "days", "leaves"),
    [
        (date(2026, 8, 4), 7, date(2026, 7, 28)),  # a Tuesday
        (date(2026, 8, 4), 3, date(2026, 7, 31)),  # a Saturday: the Friday before
        (date(2026, 8, 2), 0, date(2026, 7, 31)),  # ends on a Sunday
        (date(2026, 8, 1), -1, date(2026, 8, 2)),  # over is over, on a Sunday too
        (date(2026, 2, 20), 0, date(2026, 2, 14)),  # in the Spring Festival: the worked Saturday before it
        (date(2026, 2, 24), 7, date(2026, 2, 14)),
        (date(2026, 2, 24), 1, date(2026, 2, 14)),
        (date(2026, 3, 1), 1, date(2026, 2, 28)),  # a Saturday that is worked
        (date(2026, 1, 2), 1, date(2025, 12, 31)),  # New Year
        (date(2028, 2, 29), 0, date(2028, 2, 29)),  # a leap day in a year not published: a Tuesday
        (date(2028, 3, 31), 30, date(2028, 3, 1)),
        (date(2029, 3, 31), 30, date(2029, 3, 1)),
        (date(2031, 1, 1), 0, date(2031, 1, 1)),  # holidays nobody has published are weekdays
        (date(2027, 1, 31), 14, date(2027, 1, 15)),  # the 17th is a Sunday
    ],
)
def test_a_stage_leaves_on_its_working_day(target, days, leaves):
    assert stage_due_on(target, days, CHINA) == leaves


DAYS = st.dates(date(2024, 1, 1), date(2030, 12, 31))


@given(DAYS, st.integers(-60, 180))
def test_never_later_and_on_a_day_that_is_worked(target, days):
    leaves = stage_due_on(target, days, CHINA)
    assert leaves <= target - timedelta(days=days)
    assert days < 0 or CHINA.works(leaves)
    assert not any(
        CHINA.works(leaves + timedelta(days=n)) for n in range(1, (target - timedelta(days=days) - leaves).days + 1)
    )


@given(DAYS, st.lists(st.integers(-30, 60), min_size=2, max_size=6, unique=True))
def test_a_later_stage_never_leaves_before_an_earlier_one(target, stages):
    days = [stage_due_on(target, stage, CHINA) for stage in sorted(stages, reverse=True)]
    assert days == sorted(days)


@given(DAYS, st.integers(-6, 40))
def test_a_stage_is_reached_from_its_day_on_and_not_before(today, ahead):
    target = today + timedelta(days=ahead)
    reached = {
        step.stage: step.due_on
        for step in steps("expiry", "30,7,0,-1", today=today, calendar=CHINA)
        if step.target == target
    }
    ladder = {str(stage): stage_due_on(target, stage, CHINA) for stage in (30, 7, 0, -1)}
    assert reached == {stage: due_on for stage, due_on in ladder.items() if due_on <= today}


def test_what_happened_waits_for_no_working_day():
    assert stage_due_on(FESTIVAL[2], 0, CHINA, event=True) == FESTIVAL[2]
    assert stage_due_on(FESTIVAL[0], -1, CHINA, event=True) == FESTIVAL[1]


def test_a_home_with_its_own_days_off_leaves_before_them():
    calendar = replace(CHINA, holidays=CHINA.holidays | {date(2031, 1, 1)})
    assert stage_due_on(date(2031, 1, 1), 0, calendar) == date(2030, 12, 31)


def test_a_share_is_reached_from_below():
    found = {
        (step.share, step.stage): step.latest
        for step in steps("quota", "80,100", today=date(2026, 6, 1), calendar=Workdays())
    }
    assert {share: [stage for of, stage in found if of == share] for share in (79, 80, 99, 100, 200)} == {
        79: [], 80: ["80"], 99: ["80"], 100: ["80", "100"], 200: ["80", "100"],
    }  # fmt: skip
    assert found[99, "80"] and found[100, "100"] and not found[100, "80"]


def test_stages_stand_in_the_order_they_come():
    assert stages_of("expiry", "1, 30,-1,7") == (30, 7, 1, -1)
    assert stages_of("quota", "100,80") == (80, 100)
    for subject, text in (("expiry", ""), ("expiry", "7;3"), ("expiry", "999"), ("quota", "0"), ("failed", "3"), ("expiry", ",".join(map(str, range(13))))):  # fmt: skip
        with pytest.raises(ValueError):
            stages_of(subject, text)


def test_the_last_calls_are_those_from_the_day_before_on_and_whatever_is_last():
    ladder = stages_of("expiry", SUBJECTS["expiry"].stages)
    assert [stage for stage in ladder if last_call("expiry", stage, ladder)] == [1, 0, -1]
    assert last_call("expiry", 30, (30,))
    assert [stage for stage in (80, 100) if last_call("quota", stage, (80, 100))] == [100]


def test_urgent_is_a_day_left_or_a_week_before_the_number_is_lost():
    assert [urgent("expiry", stage, days_left=stage) for stage in (3, 1, 0, -1)] == [False, True, True, True]
    assert [urgent("cancel", stage, days_left=stage) for stage in (30, 7, 1)] == [False, True, True]
    assert not urgent("expiry", -1, days_left=-40)
    assert not urgent("quota", 100, days_left=0)


def test_somebody_beside_hears_three_days_ahead_and_on_the_last():
    steps_ = {
        (step.target, step.stage): step.due_on for step in escalations("expiry", today=date(2026, 8, 3), calendar=CHINA)
    }
    assert steps_[date(2026, 8, 4), "esc-lead"] == date(2026, 7, 31)
    assert steps_[date(2026, 8, 4), "esc-deputy"] == date(2026, 8, 3)
    assert (date(2026, 8, 7), "esc-lead") not in steps_
    assert not list(escalations("quota", today=date(2026, 8, 3), calendar=CHINA))


def test_every_subject_begins_with_stages_that_can_be_read():
    for name, subject in SUBJECTS.items():
        assert stages_of(name, subject.stages)
        assert subject.of_cards == (not subject.said)
