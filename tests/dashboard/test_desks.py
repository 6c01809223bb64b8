"""Reconciliation, paid cards that do not run on, and the review desk, as each role sees them: empty, full, not allowed."""

import itertools
import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest

from data.database import Query
from data.renewals import store as renewals
from data.words import later
from jobs import reconcile, run_renewals, verify_renewals
from jobs.carriers import unsayable
from jobs.carriers.practice.ledger import Entry, opened

GO = threading.Event()
# Each tick is a table of its own, as after a page turn.
TURNS = itertools.count(100, 10)
PASSWORD = "three quiet terminals"


def sql(text):
    return Query("test", "", text)


@pytest.fixture
def bought(demo_home, people, practice_fleet):
    """Three cards bought yesterday for ¥12.00 each."""
    sims = practice_fleet(3)
    with demo_home.db.write() as tx:
        made = renewals.propose(tx, people["operator"], sim_ids=sims, form_key="f")
        status = renewals.status(tx, made.batch)
        renewals.approve(
            tx, people["approver"], batch=made.batch, content_hash=status.content_hash, settings=demo_home.settings
        )
    run_renewals.run(demo_home, GO)
    demo_home.clock.move(timedelta(hours=18))


@pytest.fixture
def differing(demo_home, bought):
    """One of them was charged twice, and somebody else's card once."""
    (order,) = demo_home.db.read().rows(
        sql(
            "SELECT t.order_no, l.iccid FROM attempt t JOIN batch_line l USING (batch) WHERE l.line = 1 AND l.digest = (SELECT digest FROM obligation WHERE id = t.obligation)"
        )
    )
    ts = demo_home.clock.now() - timedelta(hours=5)
    lines = [(order["order_no"], order["iccid"], 1200), ("X-1", "89860410123450009997", 4200)]
    entries = [Entry("charge", "practice-a", name, iccid, 12, fen, ts, ref=f"P-{name}") for name, iccid, fen in lines]
    opened(demo_home.practice / "ledger.jsonl").append(entries)
    reconcile.run(demo_home, GO)


@pytest.fixture
def dark(demo_home, bought):
    """Two of the paid cards stay stopped."""
    with demo_home.db.write() as tx:
        tx.run(
            sql(
                "UPDATE sim_now SET status = 'stopped_risk' WHERE sim_id IN (SELECT sim_id FROM obligation WHERE id <= 2)"
            )
        )
    verify_renewals.run(demo_home, GO)


@pytest.fixture
def puzzle(demo_home, bought):
    """One of them has to be settled by people."""
    with demo_home.db.write() as tx:
        tx.run(sql("UPDATE state SET st = 'needs_review', reason = 'contradicted' WHERE obligation = 1"))


def press(test, label):
    next(button for button in test.button if button.label.startswith(label)).click()
    return test.run()


def field(test, label):
    return next(one for one in [*test.text_input, *test.text_area] if one.label == label)


def tick(test, key, *ids):
    test.session_state[f"{key}:selected"] = frozenset(ids)
    test.session_state[f"{key}:turn"] = next(TURNS)
    return test.run()


def metrics(test):
    return {metric.label: metric.value for metric in test.metric}


def heads(test):
    return [head.value for head in test.subheader]


# Reconciliation


def test_before_the_first_night_the_page_says_what_will_be_here(demo_home, page):
    test = page("reconciliation", "viewer")
    assert not test.exception
    assert "No accounts yet" in heads(test)


def test_an_account_without_a_statement_is_named(demo_home, bought, page):
    test = page("reconciliation", "viewer")
    assert not test.exception
    assert "Nothing has been compared yet" in heads(test)
    said = test.dataframe[-1].value.set_index("account")["said"]
    assert said["by-hand"] == "Its connection tells no statement"
    assert said["practice-a"] == "No statement has been read yet"


def test_what_nobody_ordered_stands_on_top_with_its_sum(demo_home, differing, page):
    test = page("reconciliation", "viewer")
    assert not test.exception
    assert "1 charge that nobody here ordered: ¥42.00" in test.error[0].value
    assert metrics(test) == {"Theirs only": "1", "Duplicate": "1", "Amount differs": "0", "Ours only": "0"}
    day = test.dataframe[0].value.iloc[0]
    assert (day["ours"], day["ours_fen"], day["theirs"], day["theirs_fen"], day["matched"]) == (
        "3",
        36.0,
        "5",
        90.0,
        "3",
    )
    found = test.dataframe[1].value
    assert list(found["off_fen"]) == [42.0, 12.0]
    assert found["open_batch"].iloc[1] == "/batches?batch=1#1"


def test_a_difference_is_settled_with_a_word_and_never_without(demo_home, differing, page):
    ids = [row["difference_id"] for row in demo_home.db.read().rows(sql("SELECT difference_id FROM difference"))]
    test = tick(page("reconciliation", "operator"), "reconciliation:found", *ids)
    test = press(test, "Settle 2 differences")
    assert any("few words" in error.value for error in test.error)
    field(test, "How it was settled").set_value("booked by head office")
    test = press(test, "Settle 2 differences")
    assert not test.exception
    assert metrics(test)["Theirs only"] == "0"
    assert (
        demo_home.db.read().value(sql("SELECT count(*) FROM finding WHERE kind LIKE 'money%' AND closed_at IS NULL"))
        == 0
    )


def test_today_opens_with_the_money_alarms_and_where_each_is_settled(demo_home, differing, dark, page):
    test = page("today", "viewer")
    assert not test.exception
    alarms = test.dataframe[0].value.set_index("kind")
    assert alarms.loc["Charges that nobody here ordered"]["desk"] == "/reconciliation#Reconciliation"
    assert alarms.loc["Orders and cards charged more than once"]["count"] == "1"


def test_without_an_alarm_today_says_nothing_of_money(demo_home, bought, page):
    test = page("today", "viewer")
    assert "Money alarms" not in heads(test)


def test_a_viewer_settles_no_difference(demo_home, differing, page):
    test = tick(page("reconciliation", "viewer"), "reconciliation:found", 1)
    assert not [button for button in test.button if button.label.startswith("Settle")]


# Paid, not extended


def test_before_the_first_reading_the_queue_says_what_will_be_here(demo_home, bought, page):
    test = page("verification", "viewer")
    assert not test.exception
    assert "No paid card has been read yet" in heads(test)


def test_when_every_paid_card_runs_on_the_queue_says_so(demo_home, bought, page):
    verify_renewals.run(demo_home, GO)
    test = page("verification", "viewer")
    assert metrics(test)["Paid, not extended"] == "0"
    assert "Nothing here" in heads(test)


def test_a_card_on_the_queue_is_taken_on_ticketed_and_settled(demo_home, dark, page):
    test = page("verification", "operator")
    assert not test.exception
    assert metrics(test)["Paid, not extended"] == "2"
    test = press(tick(test, "verification:not_extended", 1, 2), "Take on 2 cards")
    assert not test.exception
    assert list(test.dataframe[0].value["owner"]) == ["operator", "operator"]
    test = tick(test, "verification:not_extended", 1)
    field(test, "Ticket number").set_value("GD-9")
    field(test, "Note").set_value("lifted by their desk")
    test = press(test, "Settled by hand")
    assert not test.exception
    rows = demo_home.db.read().rows(sql("SELECT outcome, ticket_no, note FROM verification ORDER BY obligation"))
    assert rows[0] == {"outcome": "closed", "ticket_no": "GD-9", "note": "lifted by their desk"}
    assert rows[1]["outcome"] == "not_extended"


def test_a_viewer_takes_no_card_on(demo_home, dark, page):
    test = tick(page("verification", "viewer"), "verification:not_extended", 1)
    assert not [button for button in test.button if button.label.startswith(("Take on", "Settled"))]


# The review desk


def test_without_doubts_the_desk_says_so(demo_home, bought, page):
    test = page("review", "viewer")
    assert not test.exception
    assert "Nothing waits for a decision" in heads(test)


def test_the_desk_lists_what_waits_with_its_money(demo_home, puzzle, page):
    test = page("review", "operator")
    assert metrics(test) == {
        "Needs a person": "1",
        "Wait for a second person": "0",
        "Money set aside for them": "¥12.00",
    }


@pytest.mark.parametrize(
    ("language", "words"), [("en", "24 months cannot be bought at once"), ("zh_CN", "不能一次购买 24 个月")]
)
def test_why_an_order_could_not_be_sent_is_said_to_each_reader_in_his_language(
    demo_home, puzzle, page, language, words
):
    iccid = demo_home.db.read().value(sql("SELECT iccid FROM sim_now JOIN obligation USING (sim_id) WHERE id = 1"))
    order = SimpleNamespace(iccid=iccid, months=24)
    error = unsayable.no_such_months(order, sold=[12])
    with demo_home.db.write() as tx:
        detail = later(error.msgid, **error.values)
        tx.run(sql("UPDATE state SET reason = 'not_buildable', detail = $detail WHERE obligation = 1"), detail=detail)
    desk = page("review", "operator", language=language)
    failed = page("failed", "operator", language=language)
    card = page("sim", "viewer", language=language, iccid=iccid)
    for test in (desk, failed, card):
        (told,) = [frame.value["detail"].iloc[0] for frame in test.dataframe if "detail" in frame.value]
        assert words in told and iccid in told
    one = page("review", "operator", language=language, renewal="1")
    assert any(words in text.value for text in one.text)
    assert words in "".join(str(frame.value.to_dict()) for frame in one.dataframe)


@pytest.mark.parametrize("who", ["viewer", "operator", "administrator"])
def test_who_may_not_decide_reads_all_and_finds_no_form(demo_home, puzzle, page, who):
    test = page("review", who, renewal="1")
    assert not test.exception
    assert not [button for button in test.button if button.label in {"State it", "Confirm it"}]
    ordered = test.dataframe[0].value.set_index("label")["value"]
    assert ordered["Amount"] == "¥12.00"


def test_one_states_it_with_a_proof_and_another_confirms_it_with_the_password(demo_home, puzzle, page):
    test = page("review", "approver", renewal="1")
    next(one for one in test.button_group if one.key == "review:verdict").set_value("failed")
    field(test, "What you have seen").set_value("their desk finds no order")
    test = press(test, "State it")
    assert any("number of a proof" in error.value for error in test.error)
    field(test, "Number of the proof").set_value("CS-7")
    test = press(test, "State it")
    assert not test.exception
    assert any("another approver has to confirm" in caption.value for caption in test.caption)
    other = page("review", "approver2", renewal="1")
    field(other, "Your password").set_value("wrong")
    other = press(other, "Confirm it")
    assert any("not your password" in error.value for error in other.error)
    assert demo_home.db.read().value(sql("SELECT st FROM state WHERE obligation = 1")) == "needs_review"
    field(other, "Your password").set_value(PASSWORD)
    other = press(other, "Confirm it")
    assert not other.exception
    row = demo_home.db.read().row(sql("SELECT st, reason FROM state WHERE obligation = 1"))
    assert row == {"st": "failed", "reason": "reviewed_no_effect"}


def test_a_statement_that_does_not_convince_is_refused(demo_home, puzzle, people, page):
    with demo_home.db.write() as tx:
        renewals.state_review(
            tx, people["approver"], obligation=1, verdict="succeeded", evidence="I think so", reference="?"
        )
    test = press(page("review", "approver2", renewal="1"), "Do not confirm")
    assert not test.exception
    assert [button for button in test.button if button.label == "State it"]


def test_a_number_that_is_no_renewal_says_so(demo_home, bought, page):
    test = page("review", "viewer", renewal="4711")
    assert "There is no renewal 4711" in heads(test)


@pytest.mark.parametrize("name", ["reconciliation", "verification", "review"])
def test_the_desks_speak_chinese(demo_home, differing, dark, puzzle, page, name):
    test = page(name, "operator", language="zh_CN")
    assert not test.exception
    assert test.title[0].value == {"reconciliation": "对账", "verification": "已付未延期", "review": "需人工核实"}[name]
