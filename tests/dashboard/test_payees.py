"""Payees on the page: proposed by one, confirmed by another who types the number off the proof, stopped by anybody."""

import pytest

from data.database import Query
from data.payees import store as payees
from tests.conftest import PASSWORD
from tests.payees import TAX_NO, bank_data, confirm_payee, propose_payee

EVERYBODY = ["viewer", "operator", "approver", "finance", "administrator"]
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
NUMBER = "0012345678901234"


def labels(test):
    return [button.label for button in test.button]


def field(test, start):
    return next(box for box in test.text_input if box.label.startswith(start))


def press(test, label):
    next(button for button in test.button if button.label == label).click()
    return test.run()


def heads(test):
    return [head.value for head in test.subheader]


def choose(test, row=0):
    test.session_state["payees:register"] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    return test.run()


def standing(home):
    return {row["name"]: row["standing"] for row in payees.payees(home.db.read()).to_pylist()}


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize(("language", "title"), [("en", "No payees yet"), ("zh_CN", "还没有收款方")])
def test_an_empty_register_says_what_would_be_here(home, page, who, language, title):
    test = page("payees", who, language=language)
    assert not test.exception and title in heads(test)
    assert [toggle.label for toggle in test.toggle] == (
        [] if who != "operator" else [{"en": "New payee", "zh_CN": "新增收款方"}[language]]
    )


@pytest.mark.parametrize("who", EVERYBODY)
def test_everybody_sees_the_register_and_nobody_a_whole_number(home, people, page, who):
    confirm_payee(home, people, "Agent Wang")
    propose_payee(home, people["operator"], "Agent Li", "0099887766554433")
    test = choose(page("payees", who), 1)
    assert not test.exception
    assert test.dataframe[1].value["account_no"].tolist()[1] == "•••• 1234"
    shown = " ".join([*(text.value for text in test.text), *(frame.value.to_csv() for frame in test.dataframe)])
    assert NUMBER not in shown and "0099887766554433" not in shown
    assert ("Confirm" in labels(test)) == (who == "approver")
    assert ("Take it back" in labels(test)) == (who == "operator")
    assert ("Pay him nothing more" in labels(test)) == (who in {"operator", "approver", "finance"})


def test_an_operator_proposes_and_an_approver_confirms(home, people, page):
    test = page("payees", "operator")
    test.toggle[0].set_value(True).run()
    typed = {
        "Payee": "Agent Wang",
        "Tax": TAX_NO.lower(),
        "Account number": "0012 3456 7890 1234",
        "CNAPS": "102290000001",
    }
    typed |= {"Bank": "Practice Bank", "Opening bank": "Practice Bank Lanhai Branch"}
    for start, value in typed.items():
        field(test, start).set_value(value)
    test = press(test, "Submit for review")
    assert [error.value for error in test.error] == ["Add the paper that shows these bank data"]
    test.file_uploader[0].set_value(("permit.pdf", PDF, "application/pdf"))
    test = press(test, "Submit for review")
    assert not test.exception and standing(home) == {"Agent Wang": "proposed"}
    assert test.info[0].value == "Proposed: another person confirms it, and then it counts."
    assert "Take it back" in labels(test) and "Confirm" not in labels(test)

    test = page("payees", "approver")
    field(test, "Account number on the proof").set_value("0012345678901235")
    field(test, "Your password").set_value(PASSWORD)
    test = press(test, "Confirm")
    assert "is not the one operator proposed" in test.error[0].value and standing(home) == {"Agent Wang": "proposed"}
    field(test, "Account number on the proof").set_value(NUMBER)
    field(test, "Your password").set_value("three quiet terminalz")
    test = press(test, "Confirm")
    assert test.error[0].value == "This is not your password; nothing was done" and standing(home) == {
        "Agent Wang": "proposed"
    }
    field(test, "Your password").set_value(PASSWORD)
    test = press(test, "Confirm")
    assert not test.exception and standing(home) == {"Agent Wang": "confirmed"}
    assert test.info[0].value == "Confirmed: from now on he is paid by these bank data."


def test_a_wrong_tax_number_is_said_in_words_and_nothing_is_filed(home, people, page):
    test = page("payees", "operator", language="zh_CN")
    test.toggle[0].set_value(True).run()
    for start, value in {
        "收款方": "泊舟",
        "税号": TAX_NO[:-1] + "2",
        "账号": "12345678",
        "银行": "B",
        "开户行": "O",
    }.items():
        field(test, start).set_value(value)
    test.file_uploader[0].set_value(("permit.pdf", PDF, "application/pdf"))
    test = press(test, "提交复核")
    assert [error.value for error in test.error] == ["税号的校验位不符，请与营业执照核对"]
    assert home.db.read().value(Query("t", "", "SELECT count(*) FROM voucher")) == 0


def test_a_personal_card_is_pointed_out_to_who_typed_it(home, people, page):
    confirm_payee(home, people, "Agent Wang")
    test = choose(page("payees", "operator"))
    typed = {"Tax": TAX_NO, "Account number": "4539578763621486", "Bank": "B", "Opening bank": "O"}
    for start, value in typed.items():
        field(test, start).set_value(value)
    test.file_uploader[0].set_value(("permit.pdf", PDF, "application/pdf"))
    test = press(test, "Submit for review")
    assert any("looks like a personal bank card" in info.value for info in test.info)
    assert standing(home) == {"Agent Wang": "changing"}


def test_the_second_person_sees_old_beside_new_and_may_refuse_with_a_reason(home, people, page):
    confirm_payee(home, people, "Agent Wang")
    propose_payee(home, people["operator"], "Agent Wang", "0099999999999999", bank="Other Bank")
    test = page("payees", "approver")
    compared = {row["what"]: (row["now"], row["proposed"]) for row in test.dataframe[0].value.to_dict("records")}
    assert compared["Bank"] == ("Practice Bank", "Other Bank")
    assert compared["Account number"] == ("•••• 1234", "•••• 9999")
    test = press(test, "Refuse this change")
    assert test.error[0].value.startswith("Say why")
    test.text_input(key="payees:2:reason").set_value("the agent knows nothing of it")
    test = press(test, "Refuse this change")
    assert not test.exception and standing(home) == {"Agent Wang": "confirmed"}
    test = choose(test)
    assert "the agent knows nothing of it" in test.dataframe[-1].value["reason"].tolist()


def test_payments_to_a_payee_are_stopped_by_one_person_and_the_page_says_so(home, people, page):
    confirm_payee(home, people, "Agent Wang")
    test = choose(page("payees", "finance"))
    field(test, "Why").set_value("a strange mail")
    test = press(test, "Pay him nothing more")
    assert not test.exception and standing(home) == {"Agent Wang": "stopped"}
    told = [text.value for text in choose(test).text]
    assert any("finance stopped payments on" in line and "a strange mail" in line for line in told)
    assert any(line.startswith("Payments to Agent Wang were stopped") for line in told)


def test_a_payee_of_an_account_that_nobody_entered_stands_on_top_and_a_link_opens_him(
    demo_home, people, practice_fleet, page
):
    practice_fleet(1)
    confirm_payee(demo_home, people, "Agent Wang")
    test = page("payees", "operator", payee="Practice Mobile")
    assert test.dataframe[0].value["name"].tolist() == ["Practice Mobile", "Agent Wang"]
    assert any(text.value.startswith("Practice Mobile is not in the register of payees.") for text in test.text)
    assert "Propose bank data" in heads(test)


def test_another_payee_with_the_same_number_is_pointed_out(home, people, page):
    confirm_payee(home, people, "Agent Wang")
    propose_payee(home, people["operator"], "Agent Li")
    test = page("payees", "approver")
    assert "Another payee has the same account number" in test.warning[0].value
    assert "Agent Wang" in [text.value for text in test.text]


def test_names_are_plain_text(home, people, page):
    name = "![x](https://evil.example/x.png) **bold** <b>"
    with home.db.write() as tx:
        payees.propose(
            tx, people["operator"], home.keyring, payee=name, data=bank_data(tx, people["operator"], note=name)
        )
    test = choose(page("payees", "approver"))
    assert not test.exception
    drawn = [*test.markdown, *test.caption, *test.warning, *test.info, *test.subheader]
    assert not [one.value for one in drawn if "evil.example" in one.value]


def test_who_approves_is_told_of_bank_data_that_wait(home, people, page):
    said = "1 change of bank data awaits a second person"
    assert said not in [link.label for link in page("approvals", "approver").get("page_link")]
    propose_payee(home, people["operator"], "Agent Wang")
    assert said in [link.label for link in page("approvals", "approver").get("page_link")]


@pytest.mark.parametrize("who", ["desk", "field"])
def test_who_only_looks_cards_up_is_told_whose_page_this_is(home, people, page, who):
    test = page("payees", who)
    assert not test.exception
    assert [title.value for title in test.title] == ["Not for your role"] and not test.dataframe
