"""Approvals: what waits, on the scales; typed totals; the form; sending back; urgent ones to look at; deputies."""

import pytest

from data.database import Query
from data.people import deputies
from data.people import store as people_store
from data.renewals import store as renewals
from tests.conftest import PASSWORD


def sql(home, text, **params):
    with home.db.write() as tx:
        tx.run(Query("test", "", text), **params)


@pytest.fixture
def proposed(home, fleet, people):
    """Six SIMs proposed by the operator: batch 1, at one payee."""
    ids = fleet(6)
    with home.db.write() as tx:
        return renewals.propose(tx, people["operator"], sim_ids=ids, form_key="one", note="*soon*").batch


def said(test):
    parts = [*test.text, *test.caption, *test.error, *test.warning, *test.success, *test.subheader]
    return " | ".join(str(element.value) for element in parts)


def buttons(test):
    return [button.label for button in test.button]


def filled(test, **told):
    """The approver's form with `told`; items, amount and password have their right values unless said otherwise."""
    told = {"items": "6", "amount": "108", "password": PASSWORD} | told
    for field in test.text_input:
        if str(field.key).startswith("approve:") and field.key.rpartition(":")[2] in told:
            field.set_value(told[field.key.rpartition(":")[2]])
    next(button for button in test.button if button.label.startswith("Approve")).click()
    return test.run()


@pytest.mark.parametrize("name", ["operator", "approver"])
def test_with_nothing_waiting_the_page_says_so(home, page, name):
    test = page("approvals", name)
    assert not test.exception
    assert "Nothing waits for approval" in said(test)
    assert "No urgent renewal waits for a look." in said(test)
    assert "Nobody stands in for anybody." in said(test)


@pytest.mark.parametrize("name", ["viewer", "administrator"])
def test_the_page_is_for_operators_and_approvers(home, proposed, page, name):
    test = page("approvals", name)
    assert "Not for your role" in test.title[0].value
    assert "108" not in said(test)


def test_an_approver_lands_on_approvals(home, people):
    from dashboard.menu import FIRST_PAGE
    from data.people.rules import Role

    assert FIRST_PAGE[Role.APPROVER] == "approvals"


def test_a_batch_stands_there_with_sum_payee_and_last_placing_day(home, proposed, page):
    test = page("approvals", "approver")
    assert not test.exception
    figures = {metric.label: (metric.value, metric.delta) for metric in test.metric}
    assert figures["Sum"] == ("¥108.00", "6 SIMs")
    assert figures["Last placing day"] == ("2026-12-09", "17 days left")
    assert figures["The same cards last time"][0] == "–"
    assert figures["Dark if not approved today"][0] == "0 terminals"
    assert "6 SIMs · ¥108.00 · place by 2026-12-09" in said(test)
    assert "mobile-main payee" in said(test)


def test_what_goes_dark_today_is_counted(home, fleet, people, page):
    today = home.clock.today()
    ids = [*fleet(2, act_by=today), *fleet(1, act_by=today, status="stopped_expired"), *fleet(1)]
    with home.db.write() as tx:
        renewals.propose(tx, people["operator"], sim_ids=ids, form_key="one")
    test = page("approvals", "approver")
    figures = {metric.label: (metric.value, metric.delta) for metric in test.metric}
    assert figures["Dark if not approved today"] == ("2 terminals", "the first after 2026-12-12")
    assert figures["Last placing day"][1] == "today"


ODD = {
    "UPDATE sim_now SET expires_on = expires_on + 365 WHERE sim_id = 1": "1 · The expiry has moved ahead",
    "UPDATE sim_now SET expires_on = expires_on - 9 WHERE sim_id = 1": "1 · The expiry has moved since",
    "UPDATE sim_now SET unfit = 'The terminal is 2G only' WHERE sim_id < 3": "2 · The plan cannot run",
    "UPDATE sim_now SET decision = 'decline' WHERE sim_id = 4": "1 · Somebody decided since",
}


@pytest.mark.parametrize("change", ODD)
def test_what_is_odd_is_named_and_counted(home, proposed, page, change):
    assert "odd" not in " ".join(fold.label for fold in page("approvals", "approver").expander)
    sql(home, change)
    test = page("approvals", "approver")
    assert not test.exception
    assert ODD[change] in said(test)
    assert len(test.dataframe[0].value) == int(ODD[change][0])


def test_the_same_cards_sum_last_time_and_a_price_off_it(home, proposed, people, page):
    with home.db.write() as tx:
        content_hash = renewals.status(tx, 1).content_hash
        renewals.approve(tx, people["approver"], batch=1, content_hash=content_hash, settings=home.settings)
    sql(home, "UPDATE state SET st = 'succeeded', ended_at = now()")
    sql(
        home,
        "INSERT INTO attempt SELECT id, 1, 1, 'CM-30M-12', 12, 1500, 'CNY', 'R' || id, '', NULL, now(), now() FROM obligation",
    )
    sql(home, "UPDATE sim_now SET expires_on = expires_on + 365")
    with home.db.write() as tx:
        renewals.propose(tx, people["operator"], sim_ids=[1, 2, 3, 4], form_key="two")
    test = page("approvals", "approver")
    figures = {metric.label: (metric.value, metric.delta) for metric in test.metric}
    assert figures["The same cards last time"] == ("¥60.00", "now ¥12.00 more")
    assert "4 · The price is not what this card cost the last time" in said(test)


def test_a_cheaper_valid_offer_is_named_with_what_it_saves(home, proposed, page):
    for plan_id, name, price, last_day in ((2, "CM-30M-12 B", 1500, None), (3, "Old", 100, "2026-01-01")):
        sql(
            home,
            "INSERT INTO plan (plan_id, plan, carrier, network, quota_bytes, term_months) "
            "VALUES ($id, $name, 'mobile', '4G', 31457280, 12)",
            id=plan_id,
            name=name,
        )
        sql(
            home,
            "INSERT INTO price (plan_id, channel, term_months, price_fen, valid_from, valid_to) "
            "VALUES ($id, '', 12, $price, '2025-01-01', $last_day::DATE)",
            id=plan_id,
            price=price,
            last_day=last_day,
        )
    test = page("approvals", "approver")
    assert "Cheaper valid offers would save ¥18.00" in [fold.label for fold in test.expander]
    assert list(test.dataframe[0].value["other_plan"]) == ["CM-30M-12 B"]


def test_typed_totals_form_number_and_password_approve(home, proposed, page):
    test = filled(page("approvals", "approver"), form_no="OA-7")
    assert not test.exception
    assert "Batch 1 is approved" in said(test)
    assert "Nothing waits for approval" in said(test)
    status = renewals.status(home.db.read(), 1)
    assert (status.state, status.form_no) == ("approved", "OA-7")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"items": "5"}, "nothing was approved"),
        ({"amount": "107.99"}, "nothing was approved"),
        ({"items": ""}, "nothing was approved"),
        ({"password": ""}, "Type your password"),
        ({"password": "guess"}, "not your password"),
    ],
)
def test_anything_else_approves_nothing(home, proposed, page, told, words):
    test = filled(page("approvals", "approver"), **told)
    assert not test.exception
    assert words in said(test)
    assert renewals.status(home.db.read(), 1).state == "proposed"


def test_the_maker_reads_who_can_approve(home, proposed, page):
    test = page("approvals", "operator")
    assert "another person must approve it: approver, approver2" in said(test)
    assert not [label for label in buttons(test) if label.startswith(("Approve", "Send back"))]


def test_sent_back_says_why_to_the_maker(home, proposed, page):
    test = page("approvals", "approver")
    test.text_input(key="back:1:why").set_value("24 months, please")
    test.button(key="back:1").click().run()
    status = renewals.status(home.db.read(), 1)
    assert (status.state, status.note) == ("cancelled", "*soon* · approver: 24 months, please")


def test_a_deputy_is_offered_the_form_between_his_days_only(home, proposed, people, page):
    assert not [label for label in buttons(page("approvals", "operator2")) if label.startswith("Approve")]
    test = page("approvals", "approver")
    test.selectbox(key="deputy:person").set_value(people["operator2"].person_id)
    test.text_input(key="deputy:password").set_value(PASSWORD)
    next(button for button in test.button if button.label == "I am away").click()
    test.run()
    assert not test.exception
    assert "operator2 approves for approver from 2026-11-22 to 2026-11-29" in said(test)
    filled(page("approvals", "operator2"))
    assert renewals.status(home.db.read(), 1).acting_for == "approver"
    assert "standing in for approver" in said(page("batches", "viewer", batch="1"))
    page("approvals", "approver").button(key="back:deputy:1").click().run()
    assert deputies.deputyships(home.db.read(), today=home.clock.today()) == []


def test_another_person_looks_at_an_urgent_batch(home, fleet, people, page):
    ids = fleet(2, status="stopped_expired")
    sql(
        home,
        "INSERT INTO sim (sim_id, stem, iccid, carrier, status, observed_at) SELECT sim_id, stem, iccid, carrier, status, now() FROM sim_now",
    )
    with home.db.write() as tx:
        made = renewals.order_urgently(tx, people["operator"], sim_ids=ids, form_key="u", settings=home.settings)
    assert made.items == 2
    assert "I have looked at it" not in buttons(page("approvals", "operator"))
    test = page("approvals", "approver")
    assert "2 SIMs · ¥36.00 · made by operator" in said(test)
    test.button(key="seen:1").click().run()
    assert renewals.status(home.db.read(), 1).seen_by == "approver"


def test_five_batches_stand_on_a_page(home, fleet, people, page):
    for number, sim in enumerate(fleet(6)):
        with home.db.write() as tx:
            renewals.propose(tx, people["operator"], sim_ids=[sim], form_key=f"form {number}")
    test = page("approvals", "approver")
    assert len([label for label in buttons(test) if label.startswith("Approve")]) == 5
    assert "1–5 of 6" in said(test)


def test_the_page_speaks_chinese(home, proposed, page):
    test = page("approvals", "approver", language="zh_CN")
    assert test.title[0].value == "待复核"
    assert "批准 6 张 · ¥108.00" in buttons(test)


def test_naughty_words_of_people_are_shown_as_they_are(home, proposed, people, page):
    with home.db.write() as tx:
        renewals.stop(tx, people["operator"], reason="[x](javascript:alert(1)) **b** $x$")
    test = page("approvals", "approver")
    assert "Remark: *soon*" in said(test)
    assert "\\[x\\](javascript:\u2060alert(1)) \\*\\*b\\*\\* \\$x\\$" in said(test)


def test_people_store_and_page_agree_on_who_may_be_a_deputy(home, people, page):
    options = page("approvals", "approver").selectbox(key="deputy:person").options
    able = {one.name for one in people_store.everyone(home.db.read()) if one.role in {"operator", "approver"}}
    assert {option.split(" ")[0] for option in options} == able - {"approver"}
