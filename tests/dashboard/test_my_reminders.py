"""My reminders: what waits for me, acknowledged, put off, handed over; and nothing of anybody else."""

from datetime import date, timedelta

import pytest

from data.database import Query
from data.reminders import showing
from data.words import later
from tests import reminding

EVERYBODY = ["viewer", "operator", "approver", "finance", "administrator"]
TODAY = date(2026, 11, 22)
SOON = TODAY + timedelta(days=5)


@pytest.fixture
def own(home, people):
    """The operator and another as recipients; their numbers."""
    found = {}
    for name in ("operator", "operator2"):
        reminding.recipient(home, name, person_id=people[name].person_id)
    for row in showing.recipients(home.db.read()):
        found[row["name"]] = row["recipient_id"]
    reminding.looked(home)
    return found


@pytest.fixture
def cards(fleet):
    return fleet(3, expires_on=SOON, act_by=SOON)


def states(home):
    return [
        row["state"] for row in home.db.read().rows(Query("t", "", "SELECT state FROM reminder ORDER BY reminder_id"))
    ]


def by_label(elements, label):
    return next(one for one in elements if one.label == label)


def tick(test, *ids):
    test.session_state["my_reminders:list:selected"] = frozenset(ids)
    test.session_state["my_reminders:list:turn"] = 1
    return test.run()


@pytest.mark.parametrize(
    ("who", "language", "said"),
    [*((who, "en", "You are not reminded of anything") for who in EVERYBODY), ("viewer", "zh_CN", "你还没有提醒")],
)
def test_who_is_no_recipient_is_told_what_makes_him_one(page, who, language, said):
    test = page("my_reminders", who, language=language)
    assert not test.exception and said in [head.value for head in test.subheader]
    assert [link.value for link in test.page_link]


def test_with_nothing_to_do_the_page_says_so(own, page):
    test = page("my_reminders")
    assert not test.exception and "Nothing waits for you" in [head.value for head in test.subheader]


def test_what_waits_for_me_stands_there_and_nobody_elses(home, own, cards, page):
    reminding.reminder(home, own["operator"], cards[0], SOON, urgent=True, stage="1")
    reminding.reminder(home, own["operator2"], cards[1], SOON)
    said = later("No mail account is set up")
    reminding.reminder(home, own["operator"], None, TODAY, subject="batch", thing="batch 7", said=said, stage="0")
    test = page("my_reminders")
    assert not test.exception
    shown = test.dataframe[0].value
    assert list(shown["subject"]) == ["Card expires", "Batch finished or late"]
    assert list(shown["left"]) == ["5 days", "today"]
    assert list(shown["when"]) == ["1 day ahead", "when it happens"]
    assert list(shown["open"]) == [
        "/sim?iccid=8986000000000000001#8986000000000000001",
        "/batches?batch=7#No mail account is set up",
    ]
    assert {metric.label: metric.value for metric in test.metric} == {
        "Waiting for me": "2",
        "Urgent": "1",
        "Put off": "0",
    }
    assert len(page("my_reminders", "operator2").dataframe[0].value) == 1


def test_of_one_thing_the_latest_stage_stands_there_until_it_is_settled(home, own, cards, page):
    for stage in ("30", "14", "7"):
        reminding.reminder(home, own["operator"], cards[0], SOON, stage=stage)
    reminding.reminder(home, own["operator"], cards[1], SOON - timedelta(days=365))  # renewed since
    reminding.reminder(home, own["operator"], cards[2], SOON, state="moot")
    test = page("my_reminders")
    assert list(test.dataframe[0].value["when"]) == ["7 days ahead"]


def test_ticked_ones_are_acknowledged(home, own, cards, page):
    first, second = (reminding.reminder(home, own["operator"], card, SOON) for card in cards[:2])
    test = tick(page("my_reminders"), first)
    by_label(test.button, "Acknowledge 1 reminder").click().run()
    assert not test.exception and not test.error
    assert states(home) == ["acknowledged", "done"]
    assert len(test.dataframe[0].value) == 1 and second


def test_ticked_ones_are_put_off_but_not_past_their_last_day(home, own, cards, page):
    first = reminding.reminder(home, own["operator"], cards[0], SOON)
    test = tick(page("my_reminders"), first)
    test.date_input(key="my_reminders:until").set_value(TODAY + timedelta(days=40)).run()
    by_label(test.button, "Put off until then").click().run()
    assert "can be put off until" in test.error[0].value and states(home) == ["done"]
    test.date_input(key="my_reminders:until").set_value(TODAY + timedelta(days=2)).run()
    by_label(test.button, "Put off until then").click().run()
    assert not test.error and states(home) == ["snoozed"]
    assert {metric.label: metric.value for metric in test.metric}["Put off"] == "1"


def test_one_subject_of_several_is_shown(home, own, cards, page):
    reminding.reminder(home, own["operator"], cards[0], SOON)
    reminding.reminder(home, own["operator"], None, TODAY, subject="batch", thing="batch 7", stage="0")
    test = page("my_reminders")
    test.selectbox(key="my_reminders:subject").set_value("batch").run()
    assert list(test.dataframe[0].value["open"]) == ["/batches?batch=7#batch 7"]


def test_reminders_are_handed_over_once_the_other_has_said_yes(home, own, cards, page):
    reminding.reminder(home, own["operator"], cards[0], SOON)
    test = page("my_reminders")
    by_label(test.selectbox, "Who stands in").set_value(own["operator2"])
    by_label(test.button, "Hand over").click().run()
    assert not test.exception and not test.error
    assert any("has not said yes yet" in text.value for text in test.text)

    other = page("my_reminders", "operator2")
    assert any("operator hands reminders over to you" in text.value for text in other.text)
    assert not other.dataframe
    by_label(other.button, "I take them").click().run()
    assert not other.exception and not other.error
    assert list(other.dataframe[0].value["instead_of"]) == ["operator"]
    row = next(row for row in showing.recipients(home.db.read()) if row["name"] == "operator")
    assert row["deputy"] == "operator2" and row["deputy_accepted_at"] is not None

    test = page("my_reminders")
    by_label(test.button, "I am back").click().run()
    assert not test.error and "Who stands in" in [box.label for box in test.selectbox]


def test_who_sees_a_part_of_the_fleet_is_reminded_of_that_part(home, people, fleet, page):
    north = fleet(1, expires_on=SOON, act_by=SOON, region="North")
    south = fleet(1, expires_on=SOON, act_by=SOON, region="South")
    number = reminding.recipient(home, "viewer", person_id=people["viewer"].person_id)
    for sim_id in (*north, *south):
        reminding.reminder(home, number, sim_id, SOON)
    with home.db.write() as tx:
        part = {"person_id": people["viewer"].person_id, "kind": "region", "value": "North"}
        tx.run(
            Query("part", "", "INSERT INTO person_scope (person_id, kind, value) VALUES ($person_id, $kind, $value)"),
            **part,
        )
    home.clock.move(timedelta(hours=25))
    test = page("my_reminders", "viewer")
    assert not test.exception and not test.error
    assert list(test.dataframe[0].value["terminal_id"]) == ["T0000001"]
    assert "You see a part of the fleet" in [head.value for head in page("reminders", "viewer").subheader]


def test_what_i_was_sent_is_read_again_and_nobody_elses(home, own, page):
    sent_at = home.clock.now()
    reminding.mail(home, own["operator"], state="sent", body="Three cards expire.", ended_at=sent_at)
    reminding.mail(home, own["operator2"], state="sent", body="Not for the operator.", ended_at=sent_at)
    test = page("my_reminders")
    told = [text.value for text in test.text]
    assert "Three cards expire." in told and "Not for the operator." not in told
    assert any(box.label.startswith("2026-11-22 10:00 · Digest of the day") for box in test.expander)
