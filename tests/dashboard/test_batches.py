"""The Batches page: four eyes, sums that add up, live progress, and the brakes people hold."""

import pytest

from dashboard.widgets.approving import totals
from data.database import Query
from data.people.rules import Refused
from data.renewals import store as renewals
from tests.conftest import PASSWORD

END_SOME = Query(
    "end_some",
    "What a worker would have made of the first items.",
    """UPDATE state SET st = CASE WHEN obligation % 3 = 0 THEN 'failed' ELSE 'succeeded' END,
        reason = CASE WHEN obligation % 3 = 0 THEN 'insufficient_balance' END, ended_at = $now, changed_at = $now
       WHERE obligation <= $until""",
)
SET_STATE = Query("set_state", "As the worker would.", "UPDATE batch SET state = $state WHERE id = $batch")
STATE = Query("state_of", "Where a batch stands.", "SELECT state FROM batch WHERE id = $batch")


@pytest.fixture
def proposed(home, fleet, people):
    """Six SIMs proposed by the operator: batch 1."""
    ids = fleet(6)
    with home.db.write() as tx:
        return renewals.propose(tx, people["operator"], sim_ids=ids, form_key="one").batch


@pytest.fixture
def approved(home, proposed, people):
    """The same batch, approved."""
    approve(home, people["approver"], proposed)
    return proposed


def approve(home, by, batch):
    status = renewals.status(home.db.read(), batch)
    with home.db.write() as tx:
        renewals.approve(tx, by, batch=batch, content_hash=status.content_hash, settings=home.settings)


def state(home, batch):
    return home.db.read().value(STATE, batch=batch)


def said(test):
    return " | ".join(element.value for element in [*test.text, *test.caption, *test.error, *test.warning])


def typed(test, items, amount, *, password=PASSWORD):
    """Fill the approver's form: one payee, its number of SIMs and its sum."""
    fill = {"items": items, "amount": amount, "password": password}
    for field in test.text_input:
        if str(field.key).startswith("approve:") and field.key.rpartition(":")[2] in fill:
            field.set_value(fill[field.key.rpartition(":")[2]])
    next(button for button in test.button if button.label.startswith("Approve")).click()
    return test.run()


def test_without_batches_the_page_leads_to_renew(home, page):
    test = page("batches", "operator")
    assert not test.exception
    assert "No batches yet" in [head.value for head in test.subheader]


def test_the_list_counts_every_state_and_the_counts_add_up(home, approved, page):
    with home.db.write() as tx:
        tx.run(END_SOME, until=4, now=tx.now)
    table = page("batches", "viewer").dataframe[0].value
    parts = ["succeeded", "failed", "unknown", "needs_review", "to_come", "cancelled"]
    assert sum(int(table[part][0]) for part in parts) == int(table["items"][0]) == 6
    assert (table["made"][0], table["approved"][0]) == ("operator 11-22 10:00", "approver 11-22 10:00")


def test_a_number_that_is_no_batch_is_said_so(home, page):
    test = page("batches", "viewer", batch="77")
    assert not test.exception
    assert "There is no batch 77" in [head.value for head in test.subheader]


@pytest.mark.parametrize("address", ["abc", "9" * 40, "-1", "1;DROP"])
def test_an_address_that_is_no_number_leads_to_the_list(home, proposed, page, address):
    test = page("batches", "viewer", batch=address)
    assert not test.exception
    assert [title.value for title in test.title] == ["Batches"]


def test_the_maker_reads_who_can_approve_instead_of_a_button(home, proposed, page):
    test = page("batches", "operator", batch="1")
    assert "another person must approve it: approver, approver2" in said(test)
    assert not [button for button in test.button if button.label.startswith("Approve")]


def test_a_viewer_reads_whom_the_batch_waits_for(home, proposed, page):
    assert "operator made this batch. These may approve it: approver, approver2" in said(
        page("batches", "viewer", batch="1")
    )


def test_number_and_sum_and_password_approve(home, proposed, page):
    test = typed(page("batches", "approver", batch="1"), "6", "¥108.00")
    assert not test.exception
    assert state(home, 1) == "approved"
    assert "Batch 1 is approved" in " ".join(box.value for box in test.success)


@pytest.mark.parametrize(("items", "amount"), [("", ""), ("6", ""), ("6", "107.99"), ("108", "6"), ("six", "108")])
def test_anything_else_approves_nothing(home, proposed, page, items, amount):
    test = typed(page("batches", "approver", batch="1"), items, amount)
    assert "nothing was approved" in said(test)
    assert state(home, 1) == "proposed"


def test_figures_are_read_as_people_write_them():
    assert totals(" 1,824 ", " ¥1,824.50 ") == (1824, 182450)
    assert totals("\uff17", "\uffe5\uff11\uff10\uff18\uff0e\uff10\uff10") == (7, 10800)
    assert [totals(*typed) for typed in (("7.5", "1"), ("7", "1.005"), ("7", "1.2.3"), ("NaN", "1"), ("7", "inf"))] == [
        None
    ] * 5


def test_the_second_approver_is_told_who_was_first_and_when(home, proposed, people, page):
    test = page("batches", "approver2", batch="1")
    approve(home, people["approver"], 1)
    typed(test, "6", "108")
    assert not test.exception
    assert "approved by approver, 2026-11-22 10:00" in said(test)
    assert state(home, 1) == "approved"


def test_sims_that_expire_far_ahead_stand_apart_before_the_decision(home, fleet, people, page):
    ids = [*fleet(2), *fleet(1, expires_on=home.clock.today().replace(year=2027))]
    with home.db.write() as tx:
        renewals.propose(tx, people["operator"], sim_ids=ids, form_key="far")
    test = page("batches", "approver", batch="1")
    assert not test.exception
    assert "1 SIM · ¥18.00 expire more than 60 days from now" in said(test)


def test_while_it_runs_progress_and_sums_agree(home, approved, page):
    with home.db.write() as tx:
        tx.run(SET_STATE, batch=1, state="running")
        tx.run(END_SOME, until=4, now=tx.now)
    test = page("batches", "viewer", batch="1")
    assert not test.exception
    assert test.get("progress")[0].value == 66
    assert "4 of 6 done" in test.get("progress")[0].text
    assert any("together 6 SIMs and ¥108.00" in fold.label for fold in test.expander)
    assert not test.error


def test_the_lines_of_one_state_are_shown_with_the_reason(home, approved, page):
    with home.db.write() as tx:
        tx.run(END_SOME, until=4, now=tx.now)
    test = page("batches", "viewer", batch="1")
    next(control for control in test.button_group if control.key == "batch:state").set_value("failed").run()
    lines = next(table.value for table in test.dataframe if "reason" in table.value.columns)
    assert list(lines["reason"]) == ["The account's balance is too low"]


def test_an_operator_pauses_and_only_another_person_resumes(home, approved, page):
    page("batches", "operator", batch="1").button(key="batch:pause").click().run()
    assert state(home, 1) == "paused"
    assert not [button for button in page("batches", "operator", batch="1").button if button.key == "batch:resume"]
    test = page("batches", "approver2", batch="1")
    test.button(key="batch:resume").click().run()
    assert "Type your password" in said(test)
    test.text_input(key="batch:resume:password").set_value(PASSWORD)
    test.button(key="batch:resume").click().run()
    assert state(home, 1) == "running"


def test_voiding_takes_back_what_was_not_sent(home, approved, page):
    test = page("batches", "approver", batch="1")
    test.button(key="batch:void").click().run()
    assert not test.exception
    assert state(home, 1) == "cancelled"
    assert renewals.status(home.db.read(), 1).cancelled == 6


def test_while_all_is_stopped_a_running_batch_gives_no_time(home, approved, people, page):
    with home.db.write() as tx:
        tx.run(END_SOME, until=4, now=tx.now)
        tx.run(SET_STATE, state="running", batch=approved)
        renewals.stop(tx, people["operator"])
    test = page("batches", "approver", batch="1")
    assert "All renewals are stopped" in said(test)
    assert not any("left" in bar.text for bar in test.get("progress"))
    test.text_input(key="release::password").set_value(PASSWORD)
    test.button(key="release:").click()
    assert "All renewals are stopped" not in said(test.run())


def test_a_pause_gives_no_time_and_shows_what_still_comes_back(home, approved, people, page):
    with home.db.write() as tx:
        tx.run(END_SOME, until=4, now=tx.now)
        tx.run(SET_STATE, state="paused", batch=approved)
    test = page("batches", "approver", batch="1")
    assert not any("left" in bar.text for bar in test.get("progress"))
    with home.db.write() as tx:
        tx.run(
            Query("sent", "The last one is at the carrier.", "UPDATE state SET st = 'submitted' WHERE obligation = 6")
        )
    test = page("batches", "approver", batch="1")
    assert not test.exception
    assert not any("left" in bar.text for bar in test.get("progress"))
    assert [button.label for button in test.button].count("Resume batch 1") == 1


def test_a_viewer_is_offered_nothing_but_looking(home, approved, page):
    test = page("batches", "viewer", batch="1")
    keys = {str(button.key) for button in test.button}
    assert not keys & {"batch:pause", "batch:void", "stop:now"}


def test_the_page_speaks_chinese(home, proposed, page):
    test = page("batches", "approver", language="zh_CN", batch="1")
    assert test.title[0].value == "批次 1"
    assert any(button.label == "批准 6 张 · ¥108.00" for button in test.button)


def test_two_approvers_at_the_same_moment_make_one_approval(home, proposed, people):
    approve(home, people["approver"], 1)
    status = renewals.status(home.db.read(), 1)
    with pytest.raises(Refused, match="approver approved this batch already, 2026-11-22 10:00"), home.db.write() as tx:
        renewals.approve(tx, people["approver2"], batch=1, content_hash=status.content_hash, settings=home.settings)


def test_once_only_unconfirmed_ones_are_left_no_false_time_is_given(home, approved, page):
    with home.db.write() as tx:
        tx.run(SET_STATE, batch=1, state="running")
        tx.run(END_SOME, until=6, now=tx.now)
        tx.run(
            Query(
                "doubt", "One is unconfirmed.", "UPDATE state SET st = 'unknown', ended_at = NULL WHERE obligation = 1"
            )
        )
    text = page("batches", "viewer", batch="1").get("progress")[0].text
    assert text == "5 of 6 done · the carrier is asked again about 1 unconfirmed SIM"


def test_what_people_order_by_hand_is_said_and_no_time_is_given_for_it(home, approved, page):
    with home.db.write() as tx:
        tx.run(SET_STATE, batch=1, state="running")
        tx.run(END_SOME, until=4, now=tx.now)
        tx.run(Query("by_hand", "A person orders them.", "UPDATE account SET connector = 'offline'"))
    text = page("batches", "viewer", batch="1").get("progress")[0].text
    assert text == "4 of 6 done · 2 SIMs wait to be ordered by hand"


def test_refused_lines_stand_last(home, fleet, people, page):
    ids = [*fleet(1, auto_renew=True), *fleet(2)]
    with home.db.write() as tx:
        renewals.propose(tx, people["operator"], sim_ids=ids, form_key="mixed")
    lines = page("batches", "approver", batch="1").dataframe[0].value
    assert list(lines["reason"].isna()) == [True, True, False]


def test_a_batch_of_another_kind_says_what_it_is_and_what_became_of_it(home, approved, page):
    with home.db.write() as tx:
        tx.run(Query("kind", "Another kind.", "UPDATE batch SET kind = 'suspend'"))
        tx.run(END_SOME, until=6, now=tx.now)
    assert page("batches", "viewer").dataframe[0].value["kind"].to_list() == ["stop"]
    test = page("batches", "viewer", batch=str(approved))
    assert not test.exception
    words = next(control for control in test.button_group if control.key == "batch:state").options
    assert {str(getattr(word, "content", word)).split(" · ")[0] for word in words} == {"carried out", "not carried out"}
