"""The daily look: each stage once, the latest only after a gap, earlier over days off, nobody about a card renewed."""

import time
from datetime import date, timedelta

import pytest

from data.people.rules import SYSTEM, Refused
from data.reminders import choosing, scanning
from data.sims.holidays import published

LADDER = "30,14,7,3,1,0,-1"
# A Wednesday; its last day to order is the day before (0 working days, and one).
END = date(2026, 8, 5)
ACT_BY = date(2026, 8, 4)
# 5 July and 1 August are days off: the Fridays before them.
LEAVES = {
    "30": date(2026, 7, 3), "14": date(2026, 7, 21), "7": date(2026, 7, 28), "3": date(2026, 7, 31), "1": date(2026, 8, 3),
    "0": ACT_BY, "-1": date(2026, 8, 5),
}  # fmt: skip
DAY = timedelta(days=1)


@pytest.fixture
def ladder(reminding):
    reminding.rule("expiry", LADDER, role="operator")
    reminding.card(1, END)
    return reminding


def test_every_stage_is_said_once_on_its_day(ladder):
    said = []
    for day in LEAVES.values():
        for near in (day - DAY, day):
            ladder.scan(near)
            said += [(stage, near) for _to, _subject, _thing, stage in ladder.send()]
    assert said == list(LEAVES.items())
    assert set(ladder.states().values()) == {"done"}
    for day in (LEAVES["-1"], ACT_BY + 20 * DAY):
        ladder.scan(day)
        assert ladder.due() == []


def test_a_day_begins_in_shanghai_wherever_the_machine_stands(ladder, monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")  # where it is summer, and still the day before
    time.tzset()
    for hour, said in ((23, []), (24, [(1, "expiry", "sim 1", "30")])):
        ladder.on(LEAVES["30"] - DAY, hour)
        ladder.scan()
        assert ladder.send() == said
    monkeypatch.undo()
    time.tzset()


def test_after_a_gap_only_the_latest_stage_is_said(ladder):
    ladder.scan(LEAVES["14"])
    assert ladder.send() == [(1, "expiry", "sim 1", "14")]
    found = ladder.scan(date(2026, 8, 1))
    assert ladder.send() == [(1, "expiry", "sim 1", "3")]
    assert (found.looked_at, found.made, found.late, found.held) == (1, 1, 1, False)
    assert ladder.states() == {"30": "skipped_late", "14": "done", "7": "skipped_late", "3": "done"}


def test_a_stage_that_could_not_leave_gives_way_to_the_next(ladder):
    ladder.scan(LEAVES["7"])
    ladder.scan(LEAVES["3"])
    assert ladder.send() == [(1, "expiry", "sim 1", "3")]
    assert ladder.states()["7"] == "skipped_late"


def test_a_mail_that_lay_while_the_server_was_down_does_not_say_what_a_later_one_says(ladder):
    ladder.scan(LEAVES["7"])
    ladder.mail(1, ladder.due()[0])
    ladder.scan(LEAVES["3"])
    assert ladder.recheck(1) == []
    assert ladder.states() == {"30": "skipped_late", "14": "skipped_late", "7": "skipped_late", "3": "due"}
    assert ladder.send() == [(1, "expiry", "sim 1", "3")]


def test_what_no_address_took_is_counted_once_a_later_stage_has_come(ladder):
    ladder.scan(LEAVES["7"])
    ladder.mail(1, ladder.due()[0])
    ladder.write("UPDATE mail SET state = 'held', held_for = 'quiet'")
    ladder.scan(LEAVES["3"])
    assert ladder.states()["7"] == "in_mail"  # it will be looked at when its mail is claimed
    ladder.write("UPDATE mail SET state = 'held', held_for = 'address'")
    ladder.scan(LEAVES["3"])
    assert (ladder.states()["7"], ladder.states()["3"]) == ("suppressed", "due")


def test_what_was_said_more_than_a_year_ago_is_forgotten_and_not_said_again(ladder):
    for stage in ("3", "-1"):
        ladder.scan(LEAVES[stage])
        ladder.send()
    ladder.scan(LEAVES["3"] + timedelta(days=401))
    assert set(ladder.states()) == {"1", "0", "-1"}
    ladder.scan(LEAVES["-1"] + timedelta(days=401))
    assert (ladder.states(), ladder.due(), ladder.rows("SELECT * FROM mail_item")) == ({}, [], [])


def test_the_spring_festival_takes_its_stages_along_and_one_mail_says_them(reminding):
    reminding.rule("expiry", LADDER, role="operator")
    reminding.insert(
        "account", account="now", connector="offline", carrier="mobile", payee="M", way_to_pay="prepaid", working_days=0,
        cancel_after_days=90, expiry_rule="from_old_expiry", gives_invoice=True, support="1",
    )  # fmt: skip
    reminding.card(1, date(2026, 2, 24), account="now")
    # Counted from Saturday the 14th, the day to order, which is worked before nine days off.
    for day in (date(2026, 2, 11), date(2026, 2, 13), date(2026, 2, 14)):
        reminding.scan(day)
        reminding.send()
    assert {stage: state for stage, state in reminding.states().items() if state == "done"} == {
        "3": "done",
        "1": "done",
        "0": "done",
    }


def test_a_renewed_card_is_let_be_and_its_new_term_has_a_ladder_of_its_own(ladder):
    ladder.scan(LEAVES["7"])
    ladder.renewed(1, date(2027, 8, 5))
    found = ladder.scan(LEAVES["3"])
    assert (found.made, found.moot, ladder.due()) == (0, 1, [])
    assert ladder.states()["7"] == "moot"
    ladder.scan(date(2027, 7, 5))
    assert ladder.send() == [(1, "expiry", "sim 1", "30")]


def test_a_renewal_that_was_taken_back_is_reminded_of_again(ladder):
    ladder.scan(LEAVES["7"])
    ladder.renewed(1, date(2027, 8, 5))
    ladder.scan(LEAVES["7"] + DAY)
    ladder.renewed(1, END)
    ladder.scan(LEAVES["7"] + 2 * DAY)
    assert ladder.send() == [(1, "expiry", "sim 1", "7")]


@pytest.mark.parametrize(
    "change",
    [
        "decision = 'decline'",
        "status = 'cancelled'",
        "status = 'replaced'",
        "status = 'stock'",
        "expires_on = NULL",
        "expires_on = DATE '2027-08-05'",
    ],
)
def test_nobody_hears_of_a_card_that_changed_between_the_look_and_the_mail(ladder, change):
    ladder.scan(LEAVES["3"])
    ladder.mail(1, ladder.due()[0])
    ladder.write(f"UPDATE sim SET {change}, decided_on = DATE '2026-07-31'")
    ladder.roll_up()
    assert ladder.recheck(1) == []
    assert ladder.states()["3"] == "moot"
    ladder.scan()
    assert ladder.due() == []


def order(ladder, st):
    ladder.insert("obligation", id=1, digest="00000000-0000-0000-0000-000000000001", key="k", sim_id=1, account="main", stem="s", kind="renew", old_expiry=END, seq=1)  # fmt: skip
    ladder.insert("placement", obligation=1, batch=1)
    ladder.insert("state", obligation=1, st=st, n=1, changed_at=ladder.home.db.clock.now())


@pytest.mark.parametrize("st", ["submitted", "unknown"])
def test_a_card_whose_renewal_is_under_way_is_said_apart_and_makes_no_new_stage(ladder, st):
    ladder.scan(LEAVES["7"])
    ladder.mail(1, ladder.due()[0])
    order(ladder, st)
    ladder.scan(LEAVES["3"])
    assert ladder.due() == []
    assert [item.in_progress for item in ladder.recheck(1)] == [True]


def test_a_renewal_that_waits_for_its_turn_silences_nothing(ladder):
    order(ladder, "pending")
    ladder.scan(LEAVES["3"])
    assert ladder.send() == [(1, "expiry", "sim 1", "3")]


def test_a_card_that_was_renewed_before_a_mail_of_unknown_fate_goes_again_is_not_in_it(ladder):
    ladder.card(2, END)
    ladder.scan(LEAVES["3"])
    ladder.mail(1, ladder.due()[0])
    assert [item.sim_id for item in ladder.recheck(1)] == [1, 2]
    ladder.renewed(2, date(2027, 8, 5))
    ladder.roll_up()
    assert [item.sim_id for item in ladder.recheck(1)] == [1]


def test_the_ladder_to_cancellation_begins_when_the_term_is_over(reminding):
    reminding.rule("cancel", "30,7,1", role="operator")
    reminding.card(1, END)  # gone on 3 November
    said = {}
    for day in (
        date(2026, 8, 5),
        date(2026, 9, 30),
        date(2026, 10, 27),
        date(2026, 11, 2),
        date(2026, 11, 3),
        date(2026, 12, 20),
    ):
        reminding.scan(day)
        for due in reminding.due():
            said[day] = due.urgent
        reminding.send()
    assert said == {date(2026, 9, 30): False, date(2026, 10, 27): True, date(2026, 11, 2): True}
    assert reminding.rows("SELECT DISTINCT on_date FROM reminder") == [{"on_date": date(2026, 11, 3)}]


def test_two_rules_for_one_person_say_a_thing_once(ladder):
    ladder.rule("expiry", "30,3", role="operator")
    ladder.rule("expiry", "7,3", recipient_id=1)
    ladder.scan(LEAVES["7"])
    assert ladder.send() == [(1, "expiry", "sim 1", "7")]
    ladder.scan(LEAVES["3"])
    assert ladder.send() == [(1, "expiry", "sim 1", "3")]


def test_far_more_than_ever_waits_for_a_person(reminding, people):
    reminding.rule("expiry", LADDER, role="operator")
    reminding.write("INSERT INTO sim (sim_id, stem, iccid, account, status, expires_on, observed_at) SELECT i, i, i, 'main', 'active', DATE '2027-06-30', now() FROM range(100, 1100) t(i)")  # fmt: skip
    reminding.scan(date(2026, 7, 1))
    reminding.write("UPDATE sim SET expires_on = DATE '2026-08-05' WHERE sim_id < 160")  # a list with a wrong column
    reminding.card(1, date(2026, 7, 2))
    found = reminding.scan(date(2026, 7, 6))
    assert (found.made, found.held) == (61, True)
    assert [(due.urgent, len(due.reminder_ids)) for due in reminding.due()] == [(True, 1)]
    assert reminding.scan(date(2026, 7, 7)).held  # until a person has looked
    with reminding.home.db.write() as tx, pytest.raises(Refused):
        scanning.release_storm(tx, people["viewer"])
    with reminding.home.db.write() as tx:
        scanning.release_storm(tx, people["operator"])
    assert sum(len(due.reminder_ids) for due in reminding.due()) == 61
    assert not reminding.scan(date(2026, 7, 8)).held


def test_a_fifth_of_the_fleet_at_once_is_a_storm_and_a_few_cards_never_are(reminding):
    reminding.rule("expiry", LADDER, role="operator")
    for n in range(1, 50):
        reminding.card(n, END)
    assert not reminding.scan(LEAVES["3"]).held
    reminding.write("UPDATE sim SET expires_on = expires_on + 1")
    reminding.card(50, END + DAY)
    assert reminding.scan(LEAVES["3"]).held


def test_what_a_clock_that_ran_ahead_has_made_is_forgotten_and_nothing_is_said_twice(reminding):
    reminding.rule("expiry", LADDER, role="operator")
    reminding.write("INSERT INTO sim (sim_id, stem, iccid, account, status, expires_on, observed_at) SELECT i, i, i, 'main', 'active', DATE '2026-07-20' + i::INTEGER, now() FROM range(1, 401) t(i)")  # fmt: skip
    reminding.scan(date(2026, 7, 1))
    said = reminding.send()
    ahead = reminding.scan(date(2027, 7, 1))
    assert ahead.held
    assert sum(len(due.reminder_ids) for due in reminding.due()) < 20  # what would be urgent, were it that year
    reminding.scan(date(2026, 7, 2))
    assert reminding.rows("SELECT count(*) AS n FROM reminder WHERE due_on > DATE '2026-07-02'") == [{"n": 0}]
    reminding.write("UPDATE reminder_scan SET released_at = now()")
    for day in (3, 6, 7, 8, 6, 7, 9):  # and back two days
        reminding.scan(date(2026, 7, day))
        said += reminding.send()
    assert len(said) == len(set(said)) > 10
    # Whatever was reached is there, each once.
    reached = reminding.rows("SELECT count(*) AS n, count(DISTINCT (sim_id, stage)) AS keys FROM reminder")[0]
    assert reached["n"] == reached["keys"]


def test_an_emptied_table_ends_nothing_and_is_an_error(ladder):
    ladder.scan(LEAVES["3"])
    ladder.write("DELETE FROM sim")
    found = ladder.scan(LEAVES["3"] + DAY)
    assert (found.looked_at, found.held, found.moot) == (0, True, 0)
    assert ladder.states()["3"] == "due"


def test_a_home_begins_with_rules_for_every_subject(reminding):
    reminding.card(1, END)
    reminding.scan(LEAVES["3"])
    assert {row["subject"] for row in reminding.rows("SELECT subject FROM reminder_rule")} == set(scanning.SUBJECTS)
    assert (1, "expiry", "sim 1", "3") in reminding.send()
    reminding.write("DELETE FROM reminder_rule")
    reminding.scan(LEAVES["1"])
    assert reminding.due() == []


def test_what_the_next_day_brings_is_known_the_day_before(ladder):
    ladder.card(2, END + DAY)
    ladder.scan(LEAVES["1"])
    ladder.send()
    told = choosing.tomorrow(ladder.home.db.read(), day=ACT_BY, calendar=published()).to_pylist()
    assert [(row["recipient"], row["subject"], row["things"], row["urgent"], row["amount_fen"]) for row in told] == [("r1", "expiry", 2, True, 3000)]  # fmt: skip
    found = ladder.scan(ACT_BY)
    assert found.made == 2


def test_the_look_is_the_systems_alone(ladder, people):
    with ladder.home.db.write() as tx, pytest.raises(Refused):
        scanning.scan(tx, people["operator"], calendar=published())
    with ladder.home.db.write() as tx:
        scanning.scan(tx, SYSTEM, calendar=published())
