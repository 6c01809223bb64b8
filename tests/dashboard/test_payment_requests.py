"""Payment requests on the page: empty, asked, overdue, paid, as every role; the printable page; what speaks against paying."""

from datetime import timedelta

import pytest

from data.payees import store as payees
from data.renewals import offline, paying
from tests.conftest import PASSWORD
from tests.payees import confirm_payee
from tests.paying import PAYEE, ask, ordered, pay
from tests.renewing import sql

EVERYBODY = ["viewer", "operator", "approver", "finance", "administrator"]


@pytest.fixture
def batch(home, fleet, people):
    made = ordered(home, fleet, people)
    confirm_payee(home, people, PAYEE)
    return made


@pytest.fixture
def asked(home, people, batch):
    return ask(home, people["operator"], batch)


def choose(home, test, table="requests"):
    """Choose the first line of a table of the page."""
    if table == "requests":
        table = f"requests:{hash(tuple(one.id for one in paying.requests(home.db.read(), limit=50)))}"
    test.session_state[f"paying:{table}"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    return test.run()


def labels(test):
    return [button.label for button in test.button]


def press(test, start):
    next(button for button in test.button if button.label.startswith(start)).click()
    return test.run()


def texts(test):
    return [text.value for text in test.text]


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize(("language", "title"), [("en", "Nothing is to be paid"), ("zh_CN", "没有需要付款的款项")])
def test_without_orders_by_hand_the_page_says_so(home, page, who, language, title):
    test = page("payment_requests", who, language=language)
    assert not test.exception
    assert title in [head.value for head in test.subheader]


@pytest.mark.parametrize("who", EVERYBODY)
def test_who_may_asks_for_a_payment(home, batch, page, who):
    test = choose(home, page("payment_requests", who), "waiting")
    assert not test.exception
    label = "Ask for ¥90.00 to Agent Wang"
    assert (label in labels(test)) == (who in {"operator", "finance"})
    if who == "operator":
        test = press(test, label)
        assert not test.exception
        assert [one.state for one in paying.requests(home.db.read(), limit=9)] == ["asked"]
        assert {metric.label: metric.value for metric in test.metric}["To be paid"] == "¥90.00"


@pytest.mark.parametrize("who", EVERYBODY)
def test_everybody_sees_a_request_and_only_finance_pays_it(home, asked, page, who):
    test = choose(home, page("payment_requests", who))
    assert not test.exception
    shown = texts(test)
    assert {"¥90.00", "玖拾元整", "•••• 1234"} <= set(shown)
    assert ("Paid: ¥90.00 to Agent Wang" in labels(test)) == (who == "finance")
    assert ("Show it for 30 seconds" in labels(test)) == (who == "finance")
    assert (f"Withdraw P{asked}" in labels(test)) == (who in {"operator", "finance"})


def test_finance_marks_it_as_paid_and_the_orders_may_go(home, asked, page):
    test = choose(home, page("payment_requests", "finance"))
    next(box for box in test.text_input if box.label == "Bank's number of the payment").set_value("BANK-7")
    test = press(test, "Paid: ¥90.00")
    assert not test.exception
    found = paying.one(home.db.read(), asked)
    assert (found.state, found.reference, found.ender) == ("paid", "BANK-7", "finance")
    assert offline.desk(home.db.read())[0]["may_go"] == 5


def test_a_payment_without_its_number_is_refused_in_words(home, asked, page):
    test = press(choose(home, page("payment_requests", "finance")), "Paid: ¥90.00")
    assert "Give the bank's number of the payment" in [error.value for error in test.error]
    assert paying.one(home.db.read(), asked).state == "asked"


def test_who_asked_is_not_offered_to_pay(home, people, batch, page):
    ask(home, people["finance"], batch)
    test = choose(home, page("payment_requests", "finance"))
    assert not [label for label in labels(test) if label.startswith("Paid:")]


def reveal(test, password):
    next(box for box in test.text_input if (box.key or "").endswith(":reveal:password")).set_value(password)
    return press(test, "Show it for 30 seconds")


def test_the_whole_number_is_shown_for_one_click_and_leaves_a_trace(home, asked, page):
    test = choose(home, page("payment_requests", "finance"))
    assert "This is not your password; nothing was done" in [error.value for error in reveal(test, "wrong").error]
    assert not test.code
    test = reveal(test, PASSWORD)
    assert [code.value for code in test.code] == ["0012 3456 7890 1234"]
    test.run()
    assert not test.code
    events = home.db.read().rows(sql("SELECT person FROM audit WHERE event = 'payee:revealed'"))
    assert [row["person"] for row in events] == ["finance"]


def test_what_speaks_against_paying_stands_above_it(home, people, asked, page):
    with home.db.write() as tx:
        payee_id = payees.confirmed(tx, PAYEE).payee_id
        payees.stop(tx, people["finance"], payee_id=payee_id, reason="other account on the invoice")
    test = choose(home, page("payment_requests", "finance"))
    assert any("withdraw it and ask anew" in warning.value for warning in test.warning)
    assert not [label for label in labels(test) if label.startswith("Paid:")]


def test_a_withdrawn_one_says_why(home, asked, page):
    test = choose(home, page("payment_requests", "operator"))
    next(box for box in test.text_input if box.label == "Why it is taken back").set_value("ordered twice")
    test = press(test, f"Withdraw P{asked}")
    assert paying.one(home.db.read(), asked).state == "withdrawn"
    test = choose(home, test)
    assert "ordered twice" in texts(test)


@pytest.mark.parametrize(("language", "word"), [("en", "Overdue"), ("zh_CN", "已逾期")])
def test_an_overdue_request_is_counted_in_the_head(home, asked, page, language, word):
    home.clock.move(timedelta(days=17))
    test = page("payment_requests", "finance", language=language)
    assert not test.exception
    assert {metric.label: metric.value for metric in test.metric}[word] == "¥90.00"


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_printable_page_holds_the_request_and_its_list(home, asked, page, who, language):
    test = page("payment_request", who, language=language, request=str(asked))
    assert not test.exception
    assert "玖拾元整" in texts(test)
    (listed,) = [code.value for code in test.code]
    iccids = paying.listed(home.db.read(), asked, limit=9)["iccid"].to_pylist()
    assert [line.split()[1] for line in listed.splitlines()] == iccids


@pytest.mark.parametrize("request_", ["", "7", "x", "99999999999999999999"])
def test_a_wrong_address_of_the_printable_page_says_so(home, page, request_):
    test = page("payment_request", "finance", request=request_)
    assert not test.exception
    assert "There is no such payment request" in [head.value for head in test.subheader]


def test_a_paid_request_shows_the_banks_number(home, people, asked, page):
    pay(home, people["finance"], asked, "BANK-9")
    test = page("payment_request", "viewer", request=str(asked))
    assert "BANK-9" in texts(test)


def test_without_a_font_the_button_says_so_and_offers_excel(home, asked, page):
    test = choose(home, page("payment_requests", "finance"))
    assert any("pdf_font" in caption.value for caption in test.caption)
    offered = [group.options for group in test.button_group]
    assert ["Excel (.xlsx)"] in offered and not any("PDF" in options for options in offered)


@pytest.mark.parametrize(("language", "title"), [("en", "Payments that are overdue"), ("zh_CN", "逾期未付的付款")])
def test_today_names_what_should_have_been_paid(home, asked, page, language, title):
    assert title not in [head.value for head in page("today", "finance", language=language).subheader]
    home.clock.move(timedelta(days=17))
    test = page("today", "finance", language=language)
    assert not test.exception
    assert title in [head.value for head in test.subheader]


def test_the_desk_of_worklists_leads_to_the_request(home, batch, page):
    test = page("worklists", "operator")
    test.session_state["worklists:payees"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    test.run()
    assert not test.exception
    assert "payment_requests" in [link.proto.page.split("/")[-1] for link in test.get("page_link")]
