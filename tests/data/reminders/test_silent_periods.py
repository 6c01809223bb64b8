"""Spare cards: said until their silent period ends, and no longer than they are spare."""

from datetime import date, timedelta

import pytest

from data.reminders import showing

TODAY = date(2026, 6, 1)


@pytest.fixture
def spares(reminding):
    """The operator hears of spare cards."""
    reminding.rule("silent", "30,7,1", role="operator")
    return reminding


def spare(reminding, n, until, **columns):
    reminding.card(n, None, **{"status": "silent", "silent_until": until} | columns)


def heard_of(reminding, day=TODAY):
    """What is said on a day, as (card, stage)."""
    reminding.scan(day)
    return [(thing, stage) for _to, _subject, thing, stage in reminding.send()]


def test_a_spare_card_is_said_until_its_silent_period_ends(spares):
    spare(spares, 1, date(2026, 6, 30))
    spare(spares, 2, date(2026, 7, 14))  # 30 days ahead is the 14th, a Sunday
    on = {told: day for day in range(1, 31) for told in heard_of(spares, date(2026, 6, day))}
    assert on == {("sim 1", "30"): 1, ("sim 1", "7"): 23, ("sim 1", "1"): 29, ("sim 2", "30"): 12}


@pytest.mark.parametrize(
    ("columns", "stages"),
    [
        ({}, ["7"]),
        ({"status": "stock"}, ["7"]),
        ({"status": "test"}, ["7"]),
        ({"silent_until": TODAY - timedelta(days=30)}, ["1"]),
        ({"silent_until": TODAY - timedelta(days=31)}, []),
        ({"status": "active"}, []),
        ({"status": "cancelled"}, []),
        ({"decision": "decline", "decided_on": TODAY}, []),
        ({"silent_until": None}, []),
        ({"silent_until": None, "delivered_on": date(2025, 12, 6)}, ["7"]),
    ],
)
def test_only_cards_that_have_not_begun_and_are_wanted_are_spare(spares, columns, stages):
    spares.write("UPDATE account SET silent_months = 6")
    spare(spares, 1, date(2026, 6, 5), **columns)
    assert heard_of(spares) == [("sim 1", stage) for stage in stages]


def test_a_spare_card_that_was_activated_before_its_mail_was_claimed_is_not_in_it(spares):
    spare(spares, 1, date(2026, 6, 5))
    spare(spares, 2, date(2026, 6, 5))
    spares.scan(TODAY)
    spares.mail(1, spares.due()[0])
    spares.write("UPDATE sim SET status = 'active', activated_on = DATE '2026-06-01' WHERE sim_id = 1")
    spares.roll_up()
    assert [item.thing for item in spares.recheck(1)] == ["sim 2"]
    assert spares.states("silent", sim_id=1)["7"] == "moot"


def test_a_spare_card_told_another_day_is_counted_from_that_one(spares):
    spare(spares, 1, date(2026, 6, 5))
    spares.scan(TODAY)
    spares.write("UPDATE sim SET silent_until = DATE '2026-12-05'")
    assert heard_of(spares) == []
    assert spares.states("silent") == {"30": "skipped_late", "7": "moot"}


def test_a_person_is_shown_a_spare_card_until_it_is_activated(spares, people):
    def shown():
        person_id = people["operator"].person_id
        return showing.mine(spares.home.db.read(), person_id, today=TODAY, subject=None, limit=9).to_pylist()

    spare(spares, 1, date(2026, 6, 5))
    heard_of(spares)
    assert [(row["thing"], row["target"], row["days_left"]) for row in shown()] == [("sim 1", date(2026, 6, 5), 4)]
    spares.write("UPDATE sim SET status = 'active'")
    spares.roll_up()
    assert shown() == []
