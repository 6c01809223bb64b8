"""Offline worklists: per payee to be paid, sent, awaiting receipt; the list as file and as chat text; who may do what."""

import pytest

from data.database import Query
from data.renewals import journal, offline
from data.renewals import store as renewals
from data.renewals.chatting import MOST_BYTES, chat_texts
from data.sims.holidays import published
from tests.payees import confirm_payee

HAND = """
UPDATE account SET connector = 'offline', payee = 'Agent Wang', way_to_pay = 'transfer' WHERE account = 'mobile-main';
"""
ABLE = "INSERT INTO capability (connector, ability, answer, reason) VALUES ('offline', 'renew', 'yes', 'by list')"

CARDS = """
INSERT INTO sim (sim_id, stem, iccid, msisdn, carrier, account, plan_id, status, expires_on, observed_at)
SELECT sim_id, stem, iccid, msisdn, carrier, account, plan_id, status, expires_on, observed_at FROM sim_now
"""


def sql(text):
    return Query("test", "", text)


@pytest.fixture
def batch(home, fleet, people):
    """Five approved renewals at an account that people order at, paid by transfer."""
    ids = fleet(5)
    confirm_payee(home, people, "Agent Wang")
    with home.db.write() as tx:
        tx.run(sql(HAND))
        tx.run(sql(ABLE))
        tx.run(sql("UPDATE sim_now SET connector = 'offline'"))
        tx.run(sql(CARDS))
        batch = renewals.propose(tx, people["operator"], sim_ids=ids, form_key="one").batch
    status = renewals.status(home.db.read(), batch)
    with home.db.write() as tx:
        renewals.approve(tx, people["approver"], batch=batch, content_hash=status.content_hash, settings=home.settings)
    return batch


@pytest.fixture
def sent(home, people, batch):
    """The same, paid and on a list."""
    with home.db.write() as tx:
        offline.mark_paid(tx, people["finance"], batch=batch, payee="Agent Wang")
    book = journal.opened(home.journal)
    what = {"batch": batch, "account": "mobile-main", "workdays": published()}
    return offline.send_worklist(home.db, people["operator"], book=book, **what).worklist


def choose(test, table, row=0):
    test.session_state[f"worklists:{table}"] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    return test.run()


def labels(test):
    return [button.label for button in test.button]


def press(test, start):
    next(button for button in test.button if button.label.startswith(start)).click()
    return test.run()


@pytest.mark.parametrize("who", ["viewer", "operator", "approver", "finance", "administrator"])
@pytest.mark.parametrize(("language", "title"), [("en", "Nothing is placed by hand"), ("zh_CN", "没有线下办理的续费")])
def test_without_orders_by_hand_the_page_says_so(home, page, who, language, title):
    test = page("worklists", who, language=language)
    assert not test.exception
    assert title in [head.value for head in test.subheader]


@pytest.mark.parametrize("who", ["viewer", "operator", "approver", "finance", "administrator"])
def test_everybody_sees_what_waits_and_only_operators_act(home, batch, sent, page, who):
    test = choose(page("worklists", who), "lists")
    assert not test.exception
    assert {metric.label: metric.value for metric in test.metric}["Out at payees"] == "5"
    assert ("Handed over" in labels(test)) == (who == "operator")


def test_finance_pays_and_an_operator_makes_the_list_and_hands_it_over(home, batch, page):
    test = choose(page("worklists", "finance"), "payees")
    assert "This payee is paid first; then the list can be made." in [caption.value for caption in test.caption]
    press(test, "Mark as paid: Agent Wang")
    assert not test.exception
    test = press(choose(page("worklists", "operator"), "payees"), "Make the list: 5 cards · ¥90.00")
    assert not test.exception
    assert renewals.status(home.db.read(), batch).unknown == 5
    test = press(choose(test, "lists"), "Handed over")
    (row,) = offline.desk(home.db.read())
    assert (row["awaiting_receipt"], row["sent"]) == (5, 0)


def test_a_thrown_switch_is_said_in_words(home, batch, people, page):
    with home.db.write() as tx:
        offline.mark_paid(tx, people["finance"], batch=batch, payee="Agent Wang")
    test = choose(page("worklists", "operator"), "payees")
    with home.db.write() as tx:
        renewals.stop(tx, people["operator"])
    test = press(test, "Make the list")
    assert "The kill switch is thrown: no list goes out" in [error.value for error in test.error]
    assert renewals.status(home.db.read(), batch).pending == 5


def test_the_list_stands_there_as_text_in_both_languages(home, sent, page):
    for language, word in (("en", "months"), ("zh_CN", "个月")):
        test = choose(page("worklists", "viewer", language=language), "lists")
        (text,) = [code.value for code in test.code]
        assert text.splitlines()[0].startswith("Agent Wang") and word in text


def test_long_texts_are_cut_between_rows_and_never_too_long(home, sent):
    (row, *_rest) = offline.rows_of_worklist(home.db.read(), sent)
    rows = [{**row, "msisdn": f"1440000{place:06d}", "plan": "中国移动物联卡年包" * 3} for place in range(300)]
    texts = chat_texts(rows, reference="W1", payee="汀澜通信技术有限公司")
    assert len(texts) > 3
    assert max(len(text.encode()) for text in texts) <= MOST_BYTES
    lines = [line for text in texts for line in text.splitlines()[1:]]
    assert [line.split()[1] for line in lines] == [one["msisdn"] for one in rows]
