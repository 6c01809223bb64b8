"""The review desk: one person says what became of it, another confirms; only then does anything move."""

import threading
from dataclasses import replace
from datetime import date

import pytest

from data.database import Query
from data.people.rules import Event, Refused
from data.renewals import journal
from data.renewals import store as renewals
from jobs import run_renewals
from tests.conftest import proof

GO = threading.Event()
PASSWORD = "three quiet terminals"


def sql(text):
    return Query("test", "", text)


@pytest.fixture
def puzzle(demo_home, people, practice_fleet):
    """One card of ¥12.00 whose renewal went through and was contradicted later; its obligation."""
    sims = practice_fleet(1)
    with demo_home.db.write() as tx:
        made = renewals.propose(tx, people["operator"], sim_ids=sims, form_key="f")
    approve(demo_home, people, made.batch)
    run_renewals.run(demo_home, GO)
    with demo_home.db.write() as tx:
        tx.run(sql("UPDATE state SET st = 'needs_review', reason = 'contradicted'"))
        return tx.value(sql("SELECT obligation FROM state"))


def approve(home, people, batch):
    with home.db.write() as tx:
        status = renewals.status(tx, batch)
        renewals.approve(tx, people["approver"], batch=batch, content_hash=status.content_hash, settings=home.settings)


def stated(home, by, obligation, verdict="succeeded", **said):
    said = {"evidence": "their desk sees the order", "reference": "CS-1", **said}
    with home.db.write() as tx:
        return renewals.state_review(tx, by, obligation=obligation, verdict=verdict, **said)


def confirmed(home, by, review, password=PASSWORD):
    password = proof(home, by, password, Event.RENEWAL_REVIEWED, f"review {review}")
    with home.db.write() as tx:
        renewals.confirm_review(tx, by, review=review, password=password, book=journal.opened(home.journal))


def standing(home):
    return home.db.read().row(
        sql(
            "SELECT s.st, s.reason, s.proof, r.state AS money, c.expires_on FROM state s JOIN reservation r USING (obligation) JOIN obligation o ON o.id = s.obligation JOIN sim c USING (sim_id)"
        )
    )


def test_a_confirmed_success_spends_the_money_and_moves_the_card(demo_home, people, puzzle):
    review = stated(demo_home, people["approver"], puzzle, new_expiry=date(2027, 12, 31))
    assert standing(demo_home)["st"] == "needs_review"
    confirmed(demo_home, people["approver2"], review)
    assert standing(demo_home) == {
        "st": "succeeded",
        "reason": None,
        "proof": "person",
        "money": "spent",
        "expires_on": date(2027, 12, 31),
    }
    last = list(demo_home.db.read().rows(sql("SELECT actor, arrow, evidence FROM event ORDER BY seq")))[-1]
    assert (last["actor"], last["arrow"]) == ("approver2", 14)
    assert '"stated_by":"approver"' in last["evidence"]
    lines = "".join(path.read_text() for path in demo_home.journal.glob("*.jsonl"))
    assert '"kind":"reviewed"' in lines


def test_no_effect_frees_the_money_takes_the_expiry_back_and_may_be_tried_under_the_next_number(
    demo_home, people, puzzle
):
    old = demo_home.db.read().value(sql("SELECT old_expiry FROM obligation"))
    assert standing(demo_home)["expires_on"] > old
    review = stated(demo_home, people["approver"], puzzle, verdict="failed")
    confirmed(demo_home, people["approver2"], review)
    assert standing(demo_home) == {
        "st": "failed",
        "reason": "reviewed_no_effect",
        "proof": "person",
        "money": "released",
        "expires_on": old,
    }
    with demo_home.db.write() as tx:
        from data.sims.rolling import roll_up

        roll_up(tx)
        again = renewals.retry_repaired(tx, people["operator"], obligations=[puzzle], form_key="r")
    assert again.items == 1
    approve(demo_home, people, again.batch)
    assert demo_home.db.read().row(sql("SELECT st, n FROM state")) == {"st": "pending", "n": 2}


def test_nobody_confirms_what_he_said_himself(demo_home, people, puzzle):
    review = stated(demo_home, people["approver"], puzzle)
    with pytest.raises(Refused, match="yourself"):
        confirmed(demo_home, people["approver"], review)
    with pytest.raises(Refused, match="yourself"), demo_home.db.write() as tx:
        renewals.refuse_review(tx, people["approver"], review=review)
    assert standing(demo_home)["st"] == "needs_review"


def test_a_confirmation_asks_for_the_password_again(demo_home, people, puzzle):
    review = stated(demo_home, people["approver"], puzzle)
    by = replace(people["approver2"], source="page")
    for wrong in (None, "", "not my password"):
        with pytest.raises(Refused):
            confirmed(demo_home, by, review, password=wrong)
    assert standing(demo_home)["st"] == "needs_review"
    confirmed(demo_home, by, review)
    assert standing(demo_home)["st"] == "succeeded"


def test_a_refused_statement_leaves_it_open_for_another_one(demo_home, people, puzzle):
    review = stated(demo_home, people["approver"], puzzle)
    with pytest.raises(Refused, match="already said"):
        stated(demo_home, people["approver2"], puzzle)
    with demo_home.db.write() as tx:
        renewals.refuse_review(tx, people["approver2"], review=review)
    with pytest.raises(Refused, match="decided already"):
        confirmed(demo_home, people["approver2"], review)
    assert stated(demo_home, people["approver2"], puzzle, verdict="failed") != review


@pytest.mark.parametrize(
    "said",
    [{"evidence": " "}, {"reference": None}, {"reference": "  "}, {"reference": None, "voucher_id": 99}],
    ids=["no words", "no proof", "an empty number", "a paper that is not there"],
)
def test_a_word_without_a_proof_is_refused(demo_home, people, puzzle, said):
    with pytest.raises(Refused):
        stated(demo_home, people["approver"], puzzle, **said)


@pytest.mark.parametrize("who", ["viewer", "operator", "administrator"])
def test_only_approvers_decide(demo_home, people, puzzle, who):
    with pytest.raises(Refused):
        stated(demo_home, people[who], puzzle)
    review = stated(demo_home, people["approver"], puzzle)
    with pytest.raises(Refused):
        confirmed(demo_home, people[who], review)


def test_what_the_order_s_own_answer_alarmed_about_is_settled_with_it(demo_home, people, puzzle):
    alarm = "INSERT INTO finding (kind, object, detail, source, found_at) SELECT $kind, 'x', json_object('order_no', order_no)::VARCHAR, 'x', $now FROM attempt"
    with demo_home.db.write() as tx:
        for kind in ("money_reply", "money_contradicted"):
            tx.run(sql(alarm), kind=kind, now=tx.now)
    confirmed(demo_home, people["approver2"], stated(demo_home, people["approver"], puzzle))
    left = demo_home.db.read().rows(sql("SELECT kind FROM finding WHERE closed_at IS NULL"))
    assert left == [{"kind": "money_contradicted"}]


def test_two_confirmations_move_it_once(demo_home, people, puzzle):
    review = stated(demo_home, people["approver"], puzzle)
    confirmed(demo_home, people["approver2"], review)
    with pytest.raises(Refused):
        confirmed(demo_home, people["approver2"], review)
    assert demo_home.db.read().value(sql("SELECT count(*) FROM event WHERE arrow = 14")) == 1


def test_what_does_not_wait_for_people_cannot_be_stated(demo_home, people, puzzle):
    with demo_home.db.write() as tx:
        tx.run(sql("UPDATE state SET st = 'succeeded'"))
    with pytest.raises(Refused, match="does not wait"):
        stated(demo_home, people["approver"], puzzle)


def test_all_that_is_known_stands_side_by_side(demo_home, people, puzzle):
    stated(demo_home, people["approver"], puzzle)
    reader = demo_home.db.read()
    found = renewals.reviewed(reader, puzzle)
    assert (found.amount_fen, found.months, found.st) == (1200, 12, "needs_review")
    assert found.order_no == reader.value(sql("SELECT order_no FROM attempt"))
    assert renewals.review_counts(reader) == renewals.ReviewCounts(items=1, stated=1, fen=1200)
    assert renewals.waiting_for_review(reader, limit=5, offset=0).to_pylist()[0]["stated_by"] == "approver"
    assert renewals.readings_of(reader, puzzle).to_pylist()[0]["field"] == "expires_on"
    assert renewals.reviews_of(reader, puzzle)[0]["reference"] == "CS-1"
