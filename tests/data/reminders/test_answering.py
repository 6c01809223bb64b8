"""What people answer: acknowledging, putting off, handing over, and who hears of it where nobody answers."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from data.people.rules import NotThere, Refused
from data.reminders import choosing, store

LADDER = "30,14,7,3,1,0,-1"
END = date(2026, 8, 5)
ACT_BY = date(2026, 8, 4)
LEAVES = {
    "14": date(2026, 7, 21),
    "7": date(2026, 7, 28),
    "3": date(2026, 7, 31),
    "1": date(2026, 8, 3),
    "0": ACT_BY,
    "-1": END,
}
DAY = timedelta(days=1)


@pytest.fixture
def ladder(reminding):
    reminding.rule("expiry", LADDER, recipient_id=1)
    reminding.card(1, END)
    return reminding


def walk(reminding, stages):
    """{stage: what is said on its day, as (recipient, stage)}"""
    said = {}
    for stage in stages:
        reminding.scan(LEAVES[stage])
        said[stage] = [(to, what) for to, _subject, _thing, what in reminding.send()]
    return said


def ids(reminding, state="done"):
    return [
        row["reminder_id"]
        for row in reminding.rows("SELECT reminder_id FROM reminder WHERE state = $s ORDER BY 1", s=state)
    ]


def acknowledge(reminding, by, reminder_ids):
    with reminding.home.db.write() as tx:
        return store.acknowledge(tx, by, reminder_ids=reminder_ids)


def snooze(reminding, by, reminder_ids, until):
    with reminding.home.db.write() as tx:
        return store.snooze(tx, by, reminder_ids=reminder_ids, until=until)


def test_whoever_has_acknowledged_hears_nothing_until_the_last_calls(ladder, people):
    walk(ladder, ["14"])
    assert acknowledge(ladder, people["operator"], ids(ladder)) == 1
    said = walk(ladder, ["7", "3", "1", "0", "-1"])
    assert said == {"7": [], "3": [], "1": [(1, "1")], "0": [(1, "0")], "-1": [(1, "-1")]}
    assert ladder.states() == {
        "30": "skipped_late", "14": "acknowledged", "7": "acknowledged", "3": "acknowledged", "1": "done", "0": "done", "-1": "done",
    }  # fmt: skip


def test_an_acknowledgement_is_for_this_term_only(ladder, people):
    walk(ladder, ["7"])
    acknowledge(ladder, people["operator"], ids(ladder))
    ladder.renewed(1, date(2027, 8, 5))
    ladder.scan(date(2027, 7, 5))
    assert ladder.send() == [(1, "expiry", "sim 1", "30")]


def test_what_is_acknowledged_between_the_look_and_the_mail_is_not_said(ladder, people):
    ladder.scan(LEAVES["7"])
    ladder.mail(1, ladder.due()[0])
    acknowledge(ladder, people["operator"], ids(ladder, "in_mail"))
    assert ladder.recheck(1) == []


def test_what_was_put_off_comes_back_on_its_day(ladder, people):
    walk(ladder, ["14"])
    assert snooze(ladder, people["operator"], ids(ladder), date(2026, 7, 24)) == 1
    ladder.scan(date(2026, 7, 23))
    assert ladder.due() == []
    ladder.scan(date(2026, 7, 24))
    assert ladder.send() == [(1, "expiry", "sim 1", "14")]


def test_a_stage_that_comes_meanwhile_waits_too_but_no_last_call_does(ladder, people):
    walk(ladder, ["14"])
    snooze(ladder, people["operator"], ids(ladder), date(2026, 8, 3))
    said = walk(ladder, ["7", "3", "1"])
    assert said == {"7": [], "3": [], "1": [(1, "1")]}
    assert ladder.states() == {
        "30": "skipped_late",
        "14": "skipped_late",
        "7": "skipped_late",
        "3": "skipped_late",
        "1": "done",
    }


def test_a_last_call_that_days_off_make_earlier_comes_whatever_was_put_off(reminding, people):
    reminding.rule("expiry", LADDER, recipient_id=1)
    reminding.card(1, date(2026, 8, 11))  # to be ordered on Monday the 10th: the last call is on Friday
    reminding.scan(date(2026, 7, 27))
    reminding.send()
    snooze(reminding, people["operator"], ids(reminding), date(2026, 8, 9))
    reminding.scan(date(2026, 8, 6))
    assert reminding.due() == []
    reminding.scan(date(2026, 8, 7))
    assert reminding.send() == [(1, "expiry", "sim 1", "1")]


def test_nothing_is_put_off_past_the_day_before(ladder, people):
    walk(ladder, ["14"])
    for until in (ACT_BY, END, LEAVES["14"]):
        with pytest.raises(Refused):
            snooze(ladder, people["operator"], ids(ladder), until)
    assert snooze(ladder, people["operator"], ids(ladder), ACT_BY - DAY) == 1


def test_nobody_answers_what_is_another_persons(ladder, people):
    walk(ladder, ["7"])
    for who in ("operator2", "administrator", "viewer"):
        with pytest.raises(NotThere):
            acknowledge(ladder, people[who], ids(ladder))
    with pytest.raises(Refused):
        acknowledge(ladder, people["operator"], [])


@pytest.fixture
def with_lead(ladder, people):
    ladder.recipient(2, person_id=people["approver"].person_id)
    ladder.recipient(3, person_id=people["operator2"].person_id)
    ladder.write("UPDATE recipient SET lead_id = 2 WHERE recipient_id = 1")
    return ladder


def test_where_nobody_answers_for_a_day_the_lead_hears_of_it_once(with_lead):
    assert walk(with_lead, ["14"]) == {"14": [(1, "14")]}
    with_lead.scan(LEAVES["14"] + DAY)
    assert with_lead.send() == [(2, "expiry", "sim 1", "esc-lead")]
    assert walk(with_lead, ["7", "3"]) == {"7": [(1, "7")], "3": [(1, "3")]}


def test_three_days_ahead_the_lead_hears_whatever_was_sent_and_again_on_the_last(with_lead):
    assert walk(with_lead, ["3", "1"]) == {"3": [(1, "3"), (2, "esc-lead")], "1": [(1, "1"), (2, "esc-deputy")]}


def test_whoever_answers_keeps_the_lead_out_of_it(with_lead, people):
    walk(with_lead, ["14"])
    acknowledge(with_lead, people["operator"], ids(with_lead))
    assert walk(with_lead, ["7", "3", "1", "0"]) == {"7": [], "3": [], "1": [(1, "1")], "0": [(1, "0")]}
    assert with_lead.rows("SELECT * FROM reminder WHERE recipient_id = 2") == []


def test_an_answer_between_the_look_and_the_leads_mail_keeps_it_out_of_that(with_lead, people):
    walk(with_lead, ["14"])
    with_lead.scan(LEAVES["14"] + DAY)
    with_lead.mail(9, with_lead.due()[0])
    acknowledge(with_lead, people["operator"], ids(with_lead))
    assert with_lead.recheck(9) == []


def test_on_the_last_day_the_deputy_who_is_to_come_hears_of_it_too(with_lead):
    with_lead.write("UPDATE recipient SET deputy_id = 3, deputy_from = DATE '2026-08-10', deputy_until = DATE '2026-08-20', deputy_accepted_at = now() WHERE recipient_id = 1")  # fmt: skip
    assert walk(with_lead, ["1"]) == {"1": [(1, "1"), (2, "esc-deputy"), (3, "esc-deputy")]}


def hand_over(reminding, by, **told):
    with reminding.home.db.write() as tx:
        choosing.hand_over(
            tx, by, **{"recipient_id": 1, "deputy_id": 3, "first": LEAVES["14"], "last": LEAVES["7"]} | told
        )


def accept(reminding, by):
    with reminding.home.db.write() as tx:
        choosing.accept_hand_over(tx, by, recipient_id=1)


def test_whoever_stands_in_gets_it_between_the_days_once_he_has_accepted(with_lead, people):
    with_lead.write("UPDATE recipient SET lead_id = NULL")
    hand_over(with_lead, people["operator"])
    assert walk(with_lead, ["14"]) == {"14": [(1, "14")]}  # nobody has accepted yet
    with pytest.raises(Refused):
        accept(with_lead, people["approver"])
    accept(with_lead, people["operator2"])
    with_lead.scan(LEAVES["7"])
    (due,) = with_lead.due()
    with_lead.mail(50, due)
    (item,) = with_lead.recheck(50)
    assert (due.recipient_id, item.instead_of) == (3, "r1")
    with_lead.done(50)
    acknowledge(with_lead, people["operator2"], ids(with_lead)[-1:])
    assert walk(with_lead, ["3", "1"]) == {"3": [], "1": [(1, "1")]}


def test_a_hand_over_can_be_ended_and_is_between_people_who_see_the_same(with_lead, people):
    hand_over(with_lead, people["operator"])
    accept(with_lead, people["operator2"])
    with with_lead.home.db.write() as tx:
        choosing.end_hand_over(tx, people["operator"], recipient_id=1)
    assert walk(with_lead, ["14"]) == {"14": [(1, "14")]}
    with_lead.write("INSERT INTO person_scope VALUES ($p, 'region', '浙江')", p=people["operator2"].person_id)
    for told in (
        {},
        {"deputy_id": 1},
        {"deputy_id": 2, "first": date(2026, 9, 2), "last": date(2026, 9, 1)},
        {"deputy_id": 2, "last": date(2027, 9, 1)},
    ):
        with pytest.raises(Refused):
            hand_over(with_lead, people["operator"], **told)
    with pytest.raises(Refused):
        hand_over(with_lead, people["administrator"], deputy_id=2)


def test_rules_and_recipients_are_kept_by_whoever_may_and_in_words_that_can_be_read(reminding, people):
    def keep(keeps, **told):
        with reminding.home.db.write() as tx:
            return keeps(tx, people["administrator"], **told)

    rule = keep(choosing.keep_rule, subject="expiry", stages="7, 30", role="operator", region="浙江")
    assert keep(choosing.keep_rule, rule_id=rule, subject="expiry", stages="3", recipient_id=1) == rule
    assert reminding.rows("SELECT stages, role, region FROM reminder_rule") == [
        {"stages": "3", "role": None, "region": None}
    ]
    bad_rules = (
        {"subject": "rain", "stages": "3", "role": "operator"},
        {"subject": "expiry", "stages": "soon", "role": "operator"},
        {"subject": "expiry", "stages": "3"},
        {"subject": "expiry", "stages": "3", "role": "system"},
        {"subject": "expiry", "stages": "3", "role": "operator", "recipient_id": 1},
        {"subject": "expiry", "stages": "3", "recipient_id": 99},
        {"rule_id": 99, "subject": "expiry", "stages": "3", "role": "operator"},
    )
    for told in bad_rules:
        with pytest.raises(Refused):
            keep(choosing.keep_rule, **told)
    keep(choosing.keep_rule, rule_id=rule, subject="expiry", stages="3", recipient_id=1, merchant_no=" M1 M2，M1")
    assert reminding.rows("SELECT merchant_no FROM reminder_rule") == [{"merchant_no": "M1,M2"}]
    keep(choosing.drop_rule, rule_id=rule)
    with pytest.raises(NotThere):
        keep(choosing.drop_rule, rule_id=rule)
    bad_recipients = (
        {"kind": "person", "name": "a"},
        {"kind": "person", "name": "a", "person_id": people["operator"].person_id},
        {"kind": "agent", "name": "a", "address": "a@example.cn"},
        {"kind": "chat", "name": "a"},
        {"kind": "agent", "name": "a", "part": "A1", "address": "a@example.cn\nBcc: b@example.cn"},
        {"kind": "agent", "name": "a", "part": "A1", "address": "名@example.cn"},
        {"kind": "agent", "name": "a", "part": "A1", "lead_id": 99},
        {"recipient_id": 99, "kind": "agent", "name": "a", "part": "A1"},
    )
    for told in bad_recipients:
        with pytest.raises(Refused):
            keep(choosing.keep_recipient, **told)


def test_an_address_is_verified_by_the_code_that_was_mailed_to_it(reminding, people):
    by = replace(people["operator"], source="page")
    with reminding.home.db.write() as tx:
        agent = choosing.keep_recipient(tx, by, kind="agent", name="顺达", part="A1", address="a@example.cn", lead_id=1)
        code = choosing.send_code(tx, by, recipient_id=agent)
        with pytest.raises(Refused):
            choosing.send_code(tx, by, recipient_id=agent)
        with pytest.raises(Refused):
            choosing.verify_address(tx, by, address="a@example.cn", code="ABCDEFGH")
    state = "SELECT state FROM address WHERE address = 'a@example.cn'"
    assert reminding.rows(state) == [{"state": "unverified"}]
    reminding.on(date(2026, 6, 5))
    with reminding.home.db.write() as tx, pytest.raises(Refused):
        choosing.verify_address(tx, by, address="a@example.cn", code=code)
    with reminding.home.db.write() as tx:
        code = choosing.send_code(tx, by, recipient_id=agent)
        choosing.verify_address(tx, by, address="a@example.cn", code=f" {code.lower()} ")
    assert reminding.rows(state) == [{"state": "verified"}]
    with reminding.home.db.write() as tx, pytest.raises(Refused):
        choosing.verify_address(tx, by, address="a@example.cn", code=code)  # once
    assert code not in str(reminding.rows("SELECT * FROM address")) + str(reminding.rows("SELECT * FROM audit"))
