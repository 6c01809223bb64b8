"""The daily look: each stage once, the latest only after a gap, earlier over days off, nobody about a card renewed."""

from datetime import date, timedelta

import pytest

LADDER = "30,14,7,3,1,0,-1"
# A Wednesday; its last day to order is the day before (0 working days, and one).
END = date(2026, 8, 5)
ACT_BY = date(2026, 8, 4)


@pytest.fixture
def ladder(reminding):
    reminding.rule("expiry", LADDER, role="operator")
    reminding.card(1, END)
    return reminding


def test_every_stage_is_said_once_and_in_its_order(ladder):
    said = []
    day = ACT_BY - timedelta(days=40)
    while day < ACT_BY + timedelta(days=10):
        ladder.scan(day)
        ladder.scan(day)
        said += [(stage, day) for _to, _subject, _thing, stage in ladder.send()]
        day += timedelta(days=1)
    # 4 July is the Saturday a month ahead, 1 August the Saturday three days ahead: the Fridays before them.
    assert said == [
        ("30", date(2026, 7, 3)),
        ("14", date(2026, 7, 21)),
        ("7", date(2026, 7, 28)),
        ("3", date(2026, 7, 31)),
        ("1", date(2026, 8, 3)),
        ("0", ACT_BY),
        ("-1", date(2026, 8, 5)),
    ]
    assert set(ladder.states().values()) == {"done"}


def test_after_a_gap_only_the_latest_stage_is_said(ladder):
    ladder.scan(date(2026, 7, 21))
    assert ladder.send() == [(1, "expiry", "sim 1", "14")]
    found = ladder.scan(date(2026, 8, 1))
    assert ladder.send() == [(1, "expiry", "sim 1", "3")]
    assert (found.made, found.late) == (1, 1)
    assert ladder.states() == {"30": "skipped_late", "14": "done", "7": "skipped_late", "3": "done"}


def test_a_stage_that_could_not_leave_gives_way_to_the_next(ladder):
    ladder.scan(date(2026, 7, 28))
    ladder.scan(date(2026, 7, 31))
    assert ladder.send() == [(1, "expiry", "sim 1", "3")]
    assert ladder.states()["7"] == "skipped_late"
