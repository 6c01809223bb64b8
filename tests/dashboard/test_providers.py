"""Providers on the page: the directory, one of them, the form, and what stands there before there is any."""

from dataclasses import replace

import pytest

from data.database import Query
from data.providers import store as providers
from data.providers.store import Facts
from tests.payees import confirm_payee

EVERYBODY = ["viewer", "operator", "approver", "finance", "administrator"]
FACTS = Facts(
    name="泊舟物联",
    kind="agent",
    official=False,
    invoice_habit="special",
    contacts="王经理 140-0000-1005",
    portal="https://portal.example.com/cards",
    invoice_delay_days=15,
    last_order_day=22,
    working_days=3,
    answer_hours=1,
)


@pytest.fixture
def desk(demo_home, people, practice_fleet):
    practice_fleet(3)
    return demo_home


@pytest.fixture
def kept(desk, people):
    with desk.db.write() as tx:
        said = {"ways": {"transfer": "pay\n\n send"}, "accounts": ["by-hand"]}
        return providers.keep(tx, people["operator"], provider_id=None, facts=FACTS, **said)


def heads(test):
    return [head.value for head in test.subheader]


def choose(test):
    test.session_state["providers:directory"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    return test.run()


def by_label(elements, label):
    return next(one for one in elements if one.label == label)


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize(("language", "title"), [("en", "No providers yet"), ("zh_CN", "还没有服务商")])
def test_an_empty_directory_says_what_would_be_here(home, people, page, who, language, title):
    test = page("providers", who, language=language)
    assert not test.exception and title in heads(test)
    assert bool(test.toggle) == (who == "operator")


@pytest.mark.parametrize("who", EVERYBODY)
def test_everybody_reads_how_a_provider_is_reached_and_paid(desk, kept, page, who):
    test = choose(page("providers", who))
    assert not test.exception
    told = [text.value for text in test.text]
    assert {"泊舟物联", "王经理 140-0000-1005", "22", "3 working days", "1 hour", "1. pay", "2. send"} <= set(told)
    assert "special invoice · 15 days after payment" in told
    assert ("Keep" in [button.label for button in test.button]) == (who == "operator")


def test_before_one_is_chosen_accounts_and_their_payees_stand_there(desk, people, kept, page):
    confirm_payee(desk, people, "Agent Wang")
    test = page("providers", "viewer")
    assert "Accounts and their payees" in heads(test)
    shown = test.dataframe[1].value
    assert shown["standing"].tolist() == [["confirmed"], ["unknown"]]
    assert shown["payee_link"].tolist() == [
        "/payees?payee=Agent+Wang#Agent Wang",
        "/payees?payee=Practice+Mobile#Practice Mobile",
    ]


def test_a_link_opens_a_provider(desk, kept, page):
    assert "泊舟物联" in [text.value for text in page("providers", "viewer", provider=str(kept)).text]
    for odd in ("99", "x", "-1", "１", "9" * 40):
        test = page("providers", "viewer", provider=odd)
        assert not test.exception and "泊舟物联" not in [text.value for text in test.text]


def test_an_operator_writes_a_provider_down_and_changes_him(desk, page):
    test = page("providers", "operator")
    test.toggle[0].set_value(True).run()
    by_label(test.text_input, "Name").set_value("汀澜通信")
    by_label(test.text_input, "Portal").set_value("http://portal.example.com")
    by_label(test.multiselect, "Ways to pay").set_value(["online"])
    test.run()
    # The usual steps stand there to begin with.
    steps = by_label(test.text_area, "Steps: online").value
    assert steps.startswith("Open the portal by the link given here")
    by_label(test.multiselect, "Accounts").set_value(["by-hand"])
    by_label(test.button, "Keep").click()
    test.run()
    assert "is no address of a portal" in test.error[0].value and providers.providers(desk.db.read()).num_rows == 0
    by_label(test.text_input, "Portal").set_value("https://portal.example.com")
    by_label(test.button, "Keep").click()
    test.run()
    assert not test.exception
    (row,) = providers.providers(desk.db.read()).to_pylist()
    assert (row["name"], row["accounts"], row["ways"]) == ("汀澜通信", "by-hand", ["online"])
    assert providers.ways(desk.db.read(), row["provider_id"]) == {"online": steps}

    test = page("providers", "operator", provider=str(row["provider_id"]))
    by_label(test.number_input, "Last order day").set_value(20)
    by_label(test.button, "Keep").click()
    test.run()
    assert not test.exception
    assert providers.provider(desk.db.read(), row["provider_id"]).last_order_day == 20


def test_in_chinese_the_page_speaks_chinese(desk, kept, page):
    test = page("providers", "operator", language="zh_CN", provider=str(kept))
    assert {"服务商", "各付款方式的办理步骤", "其账户"} <= set(heads(test))
    told = [text.value for text in test.text]
    assert "专票 · 付款后 15 天" in told and "3 个工作日" in told


def test_what_people_write_is_plain_text(desk, people, page):
    odd = "![x](https://evil.example/x.png) **b** <i>"
    with desk.db.write() as tx:
        facts = replace(FACTS, name=odd, contacts=odd, note=odd, outlets=odd, refund_rule=odd, portal_keeper=odd)
        number = providers.keep(
            tx, people["operator"], provider_id=None, facts=facts, ways={"transfer": odd}, accounts=["by-hand"]
        )
    test = page("providers", "viewer", provider=str(number))
    assert not test.exception
    drawn = [*test.markdown, *test.caption, *test.warning, *test.info, *test.subheader]
    assert not [one.value for one in drawn if "evil.example" in one.value]


def test_a_card_leads_to_the_provider_of_its_account(desk, people, page):
    said = "Whom to turn to: contacts, portal, ways to pay"
    iccid = desk.db.read().value(Query("t", "", "SELECT iccid FROM sim_now WHERE account = 'practice-a' LIMIT 1"))
    assert said not in [link.label for link in page("sim", "viewer", iccid=iccid).get("page_link")]
    with desk.db.write() as tx:
        about = {"provider_id": None, "ways": {"prepaid": "x"}, "accounts": ["practice-a"]}
        providers.keep(tx, people["operator"], facts=FACTS, **about)
    assert said in [link.label for link in page("sim", "viewer", iccid=iccid).get("page_link")]


@pytest.mark.parametrize("who", ["desk", "field"])
def test_who_only_looks_cards_up_is_told_whose_page_this_is(home, people, page, who):
    test = page("providers", who)
    assert not test.exception
    assert [title.value for title in test.title] == ["Not for your role"] and not test.dataframe
