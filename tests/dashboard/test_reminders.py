"""Reminders on the page: rules, recipients and their addresses, the preview, the outbox, the test mail, and the red line."""

from datetime import date, timedelta

import pytest

from data.database import Query
from data.mails import store as mails
from data.reminders import showing
from data.words import later
from tests import reminding

EVERYBODY = ["viewer", "operator", "approver", "finance", "administrator"]
KEEPERS = ["operator", "administrator"]
TODAY = date(2026, 11, 22)
AGENT = Query("agent", "", "INSERT INTO agent (agent_no, name) VALUES ('A1', '汀澜通信')")


@pytest.fixture
def view(page):
    """`view("outbox", "viewer")`: the page with that part of it open."""

    def opened(part, who="operator", *, language="en"):
        test = page("reminders", who, language=language)
        return test if part == "rules" else test.segmented_control(key="reminders:view").set_value(part).run()

    return opened


def choose(test, key, row=0):
    test.session_state[key] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    return test.run()


def by_label(elements, label):
    return next(one for one in elements if one.label == label)


def press(test, label):
    return by_label(test.button, label).click().run()


def labels(test):
    return {button.label for button in test.button}


def heads(test):
    return [head.value for head in test.subheader]


# Rules ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "language", "title"), [*((who, "en", "Reminders") for who in EVERYBODY), ("viewer", "zh_CN", "提醒与通知")]
)
def test_an_empty_home_says_that_nobody_is_reminded(page, who, language, title):
    test = page("reminders", who, language=language)
    assert not test.exception and test.title[0].value == title
    assert any(text.value.startswith(("No rule yet", "还没有规则")) for text in test.caption)
    assert bool(test.toggle) == (who in KEEPERS)


@pytest.mark.parametrize("who", ["desk", "field"])
@pytest.mark.parametrize("name", ["reminders", "my_reminders"])
def test_who_only_looks_cards_up_is_told_whose_page_this_is(page, who, name):
    test = page(name, who)
    assert [title.value for title in test.title] == ["Not for your role"] and not test.dataframe


@pytest.mark.parametrize("who", ["approver", "administrator"])
def test_rules_are_read_in_words_and_changed_by_who_may(home, page, who):
    reminding.rule(home, "expiry", "30,7,1,0,-1", region="Hangzhou", carrier="mobile")
    reminding.rule(home, "quota", "80,100", recipient_id=reminding.recipient(home, "Wang"))
    reminding.rule(home, "expiry", "14", role="agent", active=False)
    test = choose(page("reminders", who), "reminders:rules")
    assert not test.exception
    shown = test.dataframe[0].value
    assert list(shown["when"]) == ["30, 7, 1 days ahead, on the day, 1 day overdue", "14 days ahead", "80%, 100%"]
    assert list(shown["who"]) == ["everybody who is operator", "every agent, of its own cards", "Wang"]
    assert shown["part"].iloc[0] == "Hangzhou · China Mobile"
    assert list(shown["standing"]) == [["on"], ["off"], ["on"]]
    assert ("Keep" in labels(test)) == (who in KEEPERS)


def test_an_operator_writes_a_rule_changes_it_and_takes_it_away(home, page):
    with home.db.write() as tx:
        tx.run(AGENT)
    test = page("reminders")
    by_label(test.toggle, "New rule").set_value(True).run()
    by_label(test.selectbox, "About").set_value("cancel").run()
    by_label(test.selectbox, "Who hears of it").set_value("approver")
    by_label(test.selectbox, "Agent").set_value("A1")
    field = test.text_input(key="reminders:rule:new:stages:cancel")
    assert field.value == "30,7,1"  # what is usual stands there to begin with
    field.set_value("often")
    test = press(test, "Keep")
    assert test.error and not showing.rules(home.db.read())
    test.text_input(key="reminders:rule:new:stages:cancel").set_value("20, 5")
    test = press(test, "Keep")
    assert not test.exception and not by_label(test.toggle, "New rule").value
    (row,) = showing.rules(home.db.read())
    assert (row["subject"], row["stages"], row["role"], row["agent"]) == ("cancel", "20,5", "approver", "汀澜通信")

    test = choose(page("reminders"), "reminders:rules")
    by_label(test.toggle, "In force").set_value(False)
    press(test, "Keep")
    assert not showing.rules(home.db.read())[0]["active"]
    press(choose(page("reminders"), "reminders:rules"), "Remove this rule")
    assert not showing.rules(home.db.read())


# Recipients -------------------------------------------------------------------------------------------------------------


def test_recipients_stand_there_with_the_state_of_their_addresses(home, view):
    lead = reminding.recipient(home, "Lead")
    reminding.recipient(home, "Agent Wang", kind="agent", state="bounced", part="A1", lead_id=lead)
    reminding.recipient(home, "Group", kind="chat", secret_name="env:BOT")
    reminding.recipient(home, "Nobody", state=None)
    test = view("recipients", "viewer")
    assert not test.exception
    shown = test.dataframe[0].value.set_index("name")
    assert shown["address_state"].map(lambda found: found[0]).to_dict() == {
        "Lead": "verified",
        "Nobody": "none",
        "Agent Wang": "bounced",
        "Group": "group",
    }
    assert shown.loc["Agent Wang", "lead"] == "Lead" and shown.loc["Group", "address"] == "env:BOT"
    figures = {metric.label: metric.value for metric in test.metric}
    assert figures["Addresses to confirm"] == "2"
    assert "Keep" not in labels(choose(test, "reminders:recipients"))


def test_cards_whose_reminder_waits_for_an_address_are_listed(home, fleet, view):
    cards = fleet(2)
    number = reminding.recipient(home, "Agent Wang", kind="agent", state="bounced", part="A1")
    told = reminding.reminder(home, number, cards[1], TODAY + timedelta(days=20), state="in_mail")
    held = reminding.mail(home, number, state="held", held_for="address")
    assert "SIMs nobody can be told of" not in heads(view("recipients", "viewer"))
    reminding.insert(home, "mail_item", mail_id=held, reminder_id=told)
    test = view("recipients", "viewer")
    assert not test.exception and "SIMs nobody can be told of" in heads(test)
    assert "It is for: Agent Wang" in [text.value for text in test.text]
    assert test.dataframe[1].value["terminal"].tolist() == ["/terminal?id=2&tid=T0000002"]


def test_an_address_counts_once_the_code_mailed_to_it_is_typed_in(home, people, view):
    test = view("recipients")
    by_label(test.toggle, "New recipient").set_value(True).run()
    by_label(test.selectbox, "Colleague").set_value(people["approver"].person_id)
    by_label(test.text_input, "Mail address").set_value("approver@example.invalid")
    test = press(test, "Keep")
    assert not test.exception and not test.error
    (row,) = showing.recipients(home.db.read())
    assert (row["person"], row["address_state"]) == ("approver", "unverified")

    test = press(choose(view("recipients"), "reminders:recipients"), "Mail a code to it")
    assert not test.exception
    mail = home.db.read().rows(Query("t", "", "SELECT kind, state, said->'values'->>'code' AS code FROM mail"))
    assert [(one["kind"], one["state"]) for one in mail] == [("verify", "queued")]
    test = choose(view("recipients"), "reminders:recipients")
    by_label(test.text_input, "Code from the mail").set_value("no idea")
    test = press(test, "Confirm the address")
    assert test.error and showing.recipients(home.db.read())[0]["address_state"] == "unverified"
    by_label(test.text_input, "Code from the mail").set_value(mail[0]["code"])
    press(test, "Confirm the address")
    assert showing.recipients(home.db.read())[0]["address_state"] == "verified"


def test_an_agents_digests_are_muted_on_request_and_let_go_again(home, view):
    reminding.recipient(home, "Agent Wang", kind="agent", part="A1")
    assert not {"Mute the digests", "Let the digests go again"} & labels(
        choose(view("recipients", "viewer"), "reminders:recipients")
    )
    test = press(choose(view("recipients"), "reminders:recipients"), "Mute the digests")
    assert not test.exception and showing.recipients(home.db.read())[0]["address_state"] == "muted"
    test = choose(view("recipients", "viewer"), "reminders:recipients")
    assert "Muted since 2026-11-22 10:00: nothing but urgent mail goes there." in [one.value for one in test.caption]
    assert not {"Let the digests go again", "Mail a code to it"} & labels(test)
    test = press(choose(view("recipients"), "reminders:recipients"), "Let the digests go again")
    assert not test.exception and showing.recipients(home.db.read())[0]["address_state"] == "verified"


def test_nobody_mutes_who_signs_in_or_an_address_that_is_not_proved(home, view):
    reminding.recipient(home, "Lead")
    reminding.recipient(home, "Agent Wang", kind="agent", part="A1", state="unverified")
    for row in (0, 1):
        test = choose(view("recipients"), "reminders:recipients", row)
        assert "Keep" in labels(test) and "Mute the digests" not in labels(test)


def test_names_of_others_are_plain_text(home, view):
    odd = "![x](https://evil.example/x.png) **b** <i>"
    number = reminding.recipient(home, odd, kind="agent", state="bounced", part="A1")
    with home.db.write() as tx:
        tx.run(Query("t", "", "UPDATE address SET last_reply = $odd"), odd=odd)
    reminding.mail(home, number, state="failed", last_reply=odd, body=odd)
    for part, key in (("recipients", "reminders:recipients"), ("outbox", "reminders:outbox:None:0")):
        test = choose(view(part), key)
        assert not test.exception
        drawn = [*test.markdown, *test.caption, *test.warning, *test.info, *test.error, *test.subheader]
        assert not [one.value for one in drawn if "![x](" in one.value]


# Preview ----------------------------------------------------------------------------------------------------------------


def test_the_preview_says_who_would_get_what_tomorrow(home, people, fleet, view):
    fleet(
        3, expires_on=TODAY + timedelta(days=8), act_by=TODAY + timedelta(days=8), cancel_by=TODAY + timedelta(days=98)
    )
    reminding.rule(home, "expiry", "7")
    number = reminding.recipient(home, "operator", person_id=people["operator"].person_id)
    test = view("preview", "viewer")
    assert not test.exception
    (row,) = test.dataframe[0].value.to_dict("records")
    assert (row["recipient"], row["subject"], row["things"], row["amount_fen"]) == (
        "operator",
        "Card expires",
        "3",
        54.0,
    )
    assert row["address_state"] == ["verified"] and number
    assert "1 recipient, 3 reminders" in [text.value for text in test.caption]


# Outbox -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def written(home):
    number = reminding.recipient(home, "Agent Wang", kind="agent", part="A1")
    held = reminding.mail(home, number, state="held", held_for="quiet")
    reminding.mail(home, number, state="held", held_for="address")
    reminding.mail(home, number, state="sent", body="Three cards expire.", ended_at=home.clock.now())
    reminding.mail(home, number, state="failed", last_reply=later("No mail account is set up"))
    reminding.mail(home, number, state="sent", kind="verify", body="The code is 4711")
    return held


@pytest.mark.parametrize("who", ["finance", "operator"])
def test_the_outbox_says_in_words_where_every_mail_stands(written, view, who):
    test = view("outbox", who)
    assert not test.exception
    shown = test.dataframe[0].value
    assert [state[0] for state in shown["state"]] == ["sent", "failed", "sent", "held", "held"]
    assert list(shown["why"])[1:4:2] == [
        "No mail account is set up",
        "The address takes no mail, or nobody has proved that it is theirs",
    ]
    assert {metric.label: metric.value for metric in test.metric}["Mails in trouble"] == "1"
    test = choose(test, "reminders:outbox:None:0", 2)
    assert "Three cards expire." in [text.value for text in test.text]
    assert ("Send it now" in labels(choose(test, "reminders:outbox:None:0", 4))) == (who in KEEPERS)
    assert "Send it now" not in labels(choose(test, "reminders:outbox:None:0", 3))


def test_a_mail_that_quiet_hours_hold_is_let_go(home, written, view):
    press(choose(view("outbox"), "reminders:outbox:None:0", 4), "Send it now")
    assert mails.one(home.db.read(), written)["state"] == "queued"


def test_a_code_is_shown_to_nobody(written, view):
    test = choose(view("outbox", "administrator"), "reminders:outbox:None:0", 0)
    assert "Mail 5" in heads(test)
    assert not any("4711" in part.value for part in (*test.text, *test.markdown, *test.caption, *test.code))


def test_one_state_of_many_is_shown(written, view):
    test = view("outbox", "viewer")
    test.selectbox(key="reminders:state").set_value("failed").run()
    assert len(test.dataframe[0].value) == 1


@pytest.mark.parametrize(
    ("state", "reply", "drawn", "said"),
    [
        ("queued", None, "info", "The test to Wang@example.invalid is on its way …"),
        ("sent", "Broken off while it was being sent", "success", "has left"),
        ("failed", "No mail account is set up", "error", "did not go out: No mail account is set up"),
        ("held", None, "warning", "waits: No mail account is set up"),
    ],
)
def test_the_test_mail_says_in_words_what_became_of_it(home, view, state, reply, drawn, said):
    reminding.recipient(home, "Wang")
    test = press(view("outbox"), "Send a test")
    assert not test.exception and "is on its way" in test.info[0].value.replace("\\", "")
    told = {"state": state, "reply": reply and later(reply)}
    with home.db.write() as tx:
        tx.run(Query("t", "", "UPDATE mail SET state = $state, held_for = 'no_account', last_reply = $reply"), **told)
    shown = [box.value.replace("\\", "").replace("\u2060", "") for box in getattr(test.run(), drawn)]
    assert any(said in text for text in shown), shown
    assert not [box for box in getattr(press(test, "Close"), drawn) if "test to" in box.value]


def test_without_a_confirmed_address_there_is_nobody_to_test(home, view):
    reminding.recipient(home, "Wang", state="unverified")
    test = view("outbox")
    assert "Send a test" not in labels(test)
    assert any("confirm one under Recipients" in text.value for text in test.caption)


def test_sending_is_stopped_and_goes_on_by_hand(home, view):
    test = view("outbox")
    test.button(key="reminders:stop:now").click().run()
    assert {stop["channel"] for stop in mails.stops(home.db.read())} == {"mail", "chat"}
    looking = view("outbox", "viewer")
    assert [box.value.partition(" nothing leaves")[0] for box in looking.error] == ["To chat groups", "By mail"]
    assert "Somebody stopped sending" in looking.error[0].value
    assert not {"Go on sending", "Stop sending"} & labels(looking)
    press(press(view("outbox"), "Go on sending"), "Go on sending")
    assert not mails.stops(home.db.read())


def test_a_real_home_without_a_mail_account_says_so(page):
    assert any("No mail account is set up" in box.value for box in page("reminders", "viewer").warning)


# How it stands ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["today", "reminders", "my_reminders"])
def test_a_red_line_says_that_nobody_has_looked_for_a_day(home, page, fleet, name):
    fleet(1)
    reminding.looked(home)
    assert not page(name).error
    home.clock.move(timedelta(hours=25))
    assert "no look at the fleet has ended" in page(name).error[0].value
    assert "没有完成过扫描" in page(name, language="zh_CN").error[0].value


def test_a_look_that_saw_no_card_is_an_error(home, page, fleet):
    fleet(2)
    reminding.looked(home, looked_at=0)
    assert "saw no SIM, and there are 2 SIMs" in page("today", "viewer").error[0].value


def test_a_storm_is_said_and_released_by_who_may(home, page):
    reminding.looked(home, made=900, held_since=home.clock.now())
    for who in ("viewer", "administrator"):
        test = page("reminders", who)
        assert "(900)" in test.warning[0].value
        assert ("Send what is held back" in labels(test)) == (who in KEEPERS)
    test = press(page("reminders"), "Send what is held back")
    assert not test.exception
    assert showing.standing(home.db.read()).held_since is None
