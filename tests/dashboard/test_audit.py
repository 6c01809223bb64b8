"""The Audit log page: its entries in words, narrowed and paged, and whether the chain holds."""

import threading

import pytest

from data.audit import store as audit
from data.database import Query
from data.people.rules import Event
from data.runs import store as runs
from data.words import later
from jobs import verify_audit


@pytest.fixture
def acts(home, people):
    """Sixty acts of the operator, then one of the approver."""
    with home.db.write() as tx:
        for number in range(60):
            audit.record(tx, people["operator"], Event.VOUCHER_FILED, f"voucher {number}", kind="invoice")
        audit.record(tx, people["approver"], Event.BATCH_APPROVED, "batch 7", amount_fen=1200)
    return home


def said(test):
    return " ".join(part.value for part in (*test.markdown, *test.caption, *test.error))


@pytest.mark.parametrize(
    ("language", "what", "about"), [("en", "Batch approved", "batch 7"), ("zh_CN", "批准批次", "批次 7")]
)
def test_entries_read_in_words_newest_first(acts, page, language, what, about):
    test = page("audit", "administrator", language=language)
    assert not test.exception
    rows = test.dataframe[0].value
    assert len(rows) == 50
    found = rows[rows["about"] == about].iloc[0]
    assert (found["person"], found["what"], found["said"]) == ("approver", what, "amount_fen: 1200")
    assert rows["seq"].tolist() == sorted(rows["seq"].tolist(), key=lambda text: -int(text))


def test_the_log_is_narrowed(acts, page):
    test = page("audit", "approver")
    next(box for box in test.text_input if box.key == "audit:text").set_value("VOUCHER 17").run()
    assert test.dataframe[0].value["about"].tolist() == ["voucher 17"]
    next(box for box in test.text_input if box.key == "audit:text").set_value("").run()
    next(box for box in test.selectbox if box.key == "audit:event").set_value("renewal:approved").run()
    assert test.dataframe[0].value["about"].tolist() == ["batch 7"]
    next(box for box in test.selectbox if box.key == "audit:person").set_value("operator").run()
    assert "No entry here" in [head.value for head in test.subheader]


def test_the_page_says_that_the_chain_holds_and_its_head(acts, page):
    test = page("audit", "approver")
    assert "The chain holds" in said(test)
    assert [str(audit.head(acts.db.read()))] == [code.value for code in test.code]


def test_a_changed_entry_turns_the_badge(acts, page):
    with acts.db.write() as tx:
        tx.run(Query("t", "", "UPDATE audit SET object = 'batch 8' WHERE object = 'batch 7'"))
        seq = tx.value(Query("t", "", "SELECT seq FROM audit WHERE object = 'batch 8'"))
    test = page("audit", "approver")
    assert "The chain does not hold" in said(test)
    assert f"Entry {seq} of the audit log is not what was written." in said(test)


def test_what_the_night_found_stands_on_the_page(acts, page):
    now = acts.clock.now()
    with acts.db.write() as tx:
        for outcome, more in (("failed", {"error": later(verify_audit.CUT, seq=900)}), ("ok", {"did": later("x")})):
            runs.keep_run(
                tx, job="verify_audit", started_at=now, outcome=outcome, **{"did": None, "error": None} | more
            )
            if outcome == "failed":
                failed = tx.rows(Query("t", "", "SELECT run_id FROM job_run"))
    assert failed
    assert "The chain holds" in said(page("audit", "approver"))
    with acts.db.write() as tx:
        tx.run(Query("t", "", "DELETE FROM job_run WHERE outcome = 'ok'"))
    test = page("audit", "approver")
    assert "The chain does not hold" in said(test)
    assert "ends before entry 900" in said(test)


def test_who_reads_the_log_may_have_it_followed_now(acts, page):
    test = page("audit", "approver")
    next(button for button in test.button if button.key == "audit:verify").click().run()
    assert not test.exception
    with acts.db.write() as tx:
        wishes = runs.take_requests(tx)
    assert [(wish["job"], wish["wish"]) for wish in wishes] == [("verify_audit", "run_now")]
    assert verify_audit.run(acts, threading.Event())


@pytest.mark.parametrize("role", ["viewer", "operator", "finance", "desk", "field"])
def test_others_do_not_read_the_log(acts, page, role):
    test = page("audit", role)
    assert [title.value for title in test.title] == ["Not for your role"]
    assert not test.dataframe
