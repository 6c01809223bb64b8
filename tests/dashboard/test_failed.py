"""Failed and unconfirmed: who acts, by when, whom to call; notes, repairs and the retry."""

from datetime import timedelta

import pytest

from data.database import Query
from data.renewals import store as renewals

NOTES = Query(
    "all_notes",
    "What was written.",
    "SELECT obligation, note, ticket_no, repaired FROM renewal_note ORDER BY obligation",
)
MAKE_TROUBLE = Query(
    "make_trouble",
    "One failure for the balance, one for the real name, one unconfirmed, one for a person.",
    """UPDATE state SET st = ['failed', 'failed', 'unknown', 'needs_review'][obligation],
        reason = ['insufficient_balance', 'realname_missing', 'no_answer', 'reply_differs'][obligation],
        ended_at = CASE WHEN obligation <> 3 THEN $now END, changed_at = $now, asked = 2,
        next_at = CASE WHEN obligation = 3 THEN $now + INTERVAL 5 MINUTE END""",
)


@pytest.fixture
def trouble(home, fleet, people):
    """Four SIMs of batch 1: two failed, one unconfirmed, one with a person."""
    ids = fleet(4)
    with home.db.write() as tx:
        batch = renewals.propose(tx, people["operator"], sim_ids=ids, form_key="one").batch
    status = renewals.status(home.db.read(), batch)
    with home.db.write() as tx:
        renewals.approve(tx, people["approver"], batch=batch, content_hash=status.content_hash, settings=home.settings)
        tx.run(MAKE_TROUBLE, now=tx.now)


def view(test, code):
    return next(control for control in test.button_group if control.key == "failed:view").set_value(code).run()


def tick(test, *obligations):
    state = "needs_review" if 4 in obligations else "unknown" if 3 in obligations else "failed"
    test.session_state[f"failed:{state}:selected"] = frozenset(obligations)
    test.session_state[f"failed:{state}:turn"] = 1
    return test.run()


def press(test, start):
    next(button for button in test.button if button.label.startswith(start)).click()
    return test.run()


def test_without_trouble_the_page_says_so(home, page):
    test = page("failed", "viewer")
    assert not test.exception
    assert "Nothing failed and nothing is unconfirmed" in [head.value for head in test.subheader]


def test_each_reason_says_who_acts_by_when_and_whom_to_call(home, trouble, page):
    test = page("failed", "viewer")
    assert not test.exception
    reasons = test.dataframe[0].value.set_index("reason")
    row = reasons.loc["The account's balance is too low"]
    assert (row["who"], row["by_when"], row["support"]) == ("finance", "before the act-by date", "10086")
    assert (row["sims"], row["amount_fen"]) == ("1", 18.0)


def test_a_reason_in_no_table_shows_its_code_and_goes_to_people(home, trouble, page):
    with home.db.write() as tx:
        tx.run(Query("odd", "By a test.", "UPDATE state SET reason = 'E4711' WHERE obligation = 1"))
    test = page("failed", "viewer")
    assert not test.exception
    row = test.dataframe[0].value.set_index("reason").loc["E4711"]
    assert (row["who"], row["by_when"], row["sims"]) == ("operator and approver", "today", "1")


def test_choosing_a_reason_shows_its_renewals_only(home, trouble, page):
    test = page("failed", "viewer")
    assert len(test.dataframe[1].value) == 2
    test.session_state["failed:reasons:failed"] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    test.run()
    assert len(test.dataframe[1].value) == 1


def test_the_unconfirmed_say_when_the_carrier_is_asked_again(home, trouble, page):
    test = view(page("failed", "viewer"), "unknown")
    assert not test.exception
    assert any("nothing is sent twice" in caption.value for caption in test.caption)
    assert list(test.dataframe[1].value["next_at"]) == ["2026-11-22 10:05"]


def test_a_note_with_ticket_and_repair_is_kept_on_each_ticked_renewal(home, trouble, page):
    test = tick(page("failed", "operator"), 1, 2)
    next(field for field in test.text_input if field.label == "Note").set_value("topped up")
    next(field for field in test.text_input if field.label == "Ticket number").set_value("T-88")
    next(box for box in test.checkbox if box.label == "The cause is mended").check()
    press(test, "Write on 2 renewals")
    assert not test.exception
    assert home.db.read().rows(NOTES) == [
        {"obligation": number, "note": "topped up", "ticket_no": "T-88", "repaired": True} for number in (1, 2)
    ]


def test_an_empty_note_is_not_written(home, trouble, page):
    test = press(tick(page("failed", "operator"), 1), "Write on")
    assert any("Nothing was written" in warning.value for warning in test.warning)
    assert home.db.read().rows(NOTES) == []


def test_the_repaired_go_into_a_new_batch_that_waits_for_approval(home, trouble, people, page):
    with home.db.write() as tx:
        renewals.note(tx, people["operator"], obligation=1, note="topped up", repaired=True)
    test = press(tick(page("failed", "operator"), 1, 2), "Retry")
    assert not test.exception
    status = renewals.status(home.db.read(), 2)
    assert (status.state, status.items, status.refused) == ("proposed", 1, 1)


def test_what_nobody_has_mended_is_not_tried_again(home, trouble, page):
    test = press(tick(page("failed", "operator"), 1), "Retry")
    assert any("mark the cause as mended first" in warning.value for warning in test.warning)
    assert renewals.count_batches(home.db.read()) == 1


def test_a_locked_card_is_retried_only_after_its_half_hour(home, trouble, page):
    with home.db.write() as tx:
        tx.run(Query("locked", "By a test.", "UPDATE state SET reason = 'card_locked' WHERE obligation = 1"))
    test = page("failed", "operator")
    assert list(test.dataframe[1].value["retry_from"].dropna()) == ["2026-11-22 10:30"]
    test = press(tick(test, 1), "Retry")
    assert any("only from 2026-11-22 10:30" in error.value for error in test.error)
    assert renewals.count_batches(home.db.read()) == 1
    home.clock.move(timedelta(minutes=30))
    test = press(tick(page("failed", "operator"), 1), "Retry")
    assert not test.exception
    assert renewals.status(home.db.read(), 2).items == 1


def test_each_reason_says_whether_it_may_be_retried(home, trouble, page):
    reasons = page("failed", "viewer").dataframe[0].value.set_index("reason")
    assert reasons.loc["The account's balance is too low"]["retry"] == "once the cause is mended"


def test_an_unconfirmed_renewal_offers_no_retry(home, trouble, page):
    test = tick(view(page("failed", "operator"), "unknown"), 3)
    assert not [button for button in test.button if button.label.startswith("Retry")]


def test_a_viewer_sees_and_writes_nothing(home, trouble, page):
    test = tick(page("failed", "viewer"), 1)
    assert not [button for button in test.button if button.label.startswith(("Write on", "Retry"))]


def test_the_page_speaks_chinese(home, trouble, page):
    test = page("failed", "operator", language="zh_CN")
    assert test.title[0].value == "异常处理"
