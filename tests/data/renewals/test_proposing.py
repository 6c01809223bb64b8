"""Batches from the wish to the approval: every refusal, one form one batch, four eyes, the caps."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from data.database import Query
from data.people.rules import Refused
from data.renewals import store as renewals

NOW = datetime(2026, 11, 22, 1, tzinfo=UTC)
FAR = date(2027, 1, 21)  # sixty days from the day of the tests


def sql(text):
    return Query("test", "", text)


def change(home, text, **params):
    from data.sims.rolling import roll_up

    with home.db.write() as tx:
        tx.run(sql(text), **params)
        roll_up(tx)


def propose(home, by, sims, *, form_key="f1", **wish):
    with home.db.write() as tx:
        return renewals.propose(tx, by, sim_ids=sims, form_key=form_key, **wish)


def approve(home, by, batch):
    status = renewals.status(home.db.read(), batch)
    with home.db.write() as tx:
        renewals.approve(tx, by, batch=batch, content_hash=status.content_hash, settings=home.settings)


def test_a_batch_holds_amount_and_new_expiry_of_every_card(demo_home, people, practice_fleet):
    sims = practice_fleet(5)
    made = propose(demo_home, people["operator"], sims, months=24)
    assert (made.items, made.amount_fen, made.refused) == (5, 5 * 2400, 0)
    lines = renewals.lines(demo_home.db.read(), batch=made.batch, limit=10, offset=0).to_pylist()
    assert {str(line["old_expiry"])[:7] for line in lines} == {"2026-11", "2026-12"}
    assert all(line["new_expiry"].year == line["old_expiry"].year + 2 for line in lines)


REFUSED = {
    "not_live": "UPDATE sim SET status = 'cancelled'",
    "not_in_use": "UPDATE sim SET status = 'silent'",
    "declined": "UPDATE sim SET decision = 'decline'",
    "no_expiry": "UPDATE sim SET expires_on = NULL",
    "auto_renew": "UPDATE sim SET auto_renew = true",
    "no_account": "UPDATE sim SET account = 'nobody-knows'",
    "no_price": "DELETE FROM price",
}


@pytest.mark.parametrize("code", REFUSED)
def test_a_card_that_cannot_be_ordered_says_why(demo_home, people, practice_fleet, code):
    sims = practice_fleet(1)
    change(demo_home, REFUSED[code])
    preview = renewals.preview(demo_home.db.read(), sim_ids=sims, months=None, today=demo_home.clock.today())
    assert (preview.items, preview.refused) == (0, {code: 1})
    assert propose(demo_home, people["operator"], sims) == renewals.Proposed(None, 0, 0, 1)


@pytest.mark.parametrize("months", [None, 24, 18])
def test_a_batch_contains_exactly_what_its_preview_counted(demo_home, people, practice_fleet, months):
    sims = practice_fleet(60, expires_on="2027-01-19")
    for number, text in enumerate(REFUSED.values(), start=1):
        if text.startswith("UPDATE"):
            change(demo_home, f"{text} WHERE sim_id = $id", id=sims[number])
    change(demo_home, "UPDATE sim SET anchor_day = 31 WHERE sim_id % 2 = 0")
    propose(demo_home, people["operator2"], sims[20:23], form_key="other")
    wish = {"sim_ids": [*sims, sims[0]], "months": months}
    today = demo_home.clock.today()
    reader = demo_home.db.read()
    counted = renewals.preview(reader, **wish, today=today)
    pages = {
        which: pa.concat_tables(
            renewals.preview_lines(reader, **wish, today=today, which=which, limit=25, offset=offset)
            for offset in (0, 25, 50)
        ).to_pylist()
        for which in ("all", "to_renew", "far", "refused")
    }
    made = propose(demo_home, people["operator"], wish["sim_ids"], months=months)
    assert (made.items, made.amount_fen, made.refused) == (
        counted.items,
        counted.amount_fen,
        sum(counted.refused.values()),
    )
    assert (len(pages["to_renew"]), len(pages["refused"])) == (made.items, made.refused)
    assert counted.far == len(pages["far"]) == sum(line["old_expiry"] > FAR for line in pages["to_renew"])
    assert counted.far_fen == sum(line["amount_fen"] for line in pages["far"])
    assert counted.refused == Counter(line["refusal"] for line in pages["refused"])
    assert bool(made.batch) == (months != 18)
    if made.batch:
        kept = renewals.lines(reader, batch=made.batch, limit=100, offset=0).to_pylist()
        assert [(line["sim_id"], line["reason"]) for line in kept if line["reason"]] == [
            (line["sim_id"], line["refusal"]) for line in pages["refused"]
        ]
        same = ("iccid", "months", "amount_fen", "old_expiry", "new_expiry")
        assert [[line[name] for name in same] for line in kept if not line["reason"]] == [
            [line[name] for name in same] for line in pages["to_renew"]
        ]


RETRIED = {
    ("card_locked", False): True,
    ("insufficient_balance", False): False,
    ("insufficient_balance", True): True,
    ("cancelled", True): False,
    ("E4711", False): False,
    ("E4711", True): True,
}


@pytest.mark.parametrize(("reason", "repaired"), RETRIED)
def test_a_failed_card_is_taken_up_by_its_reason_or_a_persons_word(demo_home, people, practice_fleet, reason, repaired):
    sims = practice_fleet(1)
    approve(demo_home, people["approver"], propose(demo_home, people["operator"], sims).batch)
    change(demo_home, "UPDATE state SET st = 'failed', reason = $reason, ended_at = $ts", reason=reason, ts=NOW)
    if repaired:
        with demo_home.db.write() as tx:
            renewals.note(tx, people["operator"], obligation=1, note=None, repaired=True)
    again = propose(demo_home, people["operator"], sims, form_key="again")
    assert (again.items == 1) == RETRIED[reason, repaired]


def test_months_that_are_no_multiple_of_the_term_are_refused(demo_home, people, practice_fleet):
    sims = practice_fleet(1)
    assert propose(demo_home, people["operator"], sims, months=18).refused == 1


def test_a_preview_names_the_batch_a_card_stands_in(demo_home, people, practice_fleet):
    sims = practice_fleet(2)
    made = propose(demo_home, people["operator"], sims[:1])
    asked = {"sim_ids": sims, "months": None, "today": NOW.date(), "which": "all", "limit": 10, "offset": 0}
    lines = renewals.preview_lines(demo_home.db.read(), **asked).to_pylist()
    assert {line["sim_id"]: line["in_batch"] for line in lines} == {sims[0]: made.batch, sims[1]: None}


def test_a_card_in_another_open_batch_is_refused(demo_home, people, practice_fleet):
    sims = practice_fleet(3)
    first = propose(demo_home, people["operator"], sims[:2])
    second = propose(demo_home, people["operator2"], sims, form_key="f2")
    assert (first.items, second.items, second.refused) == (2, 1, 2)
    approve(demo_home, people["approver"], first.batch)
    assert propose(demo_home, people["operator"], sims[:2], form_key="f3").refused == 2


def test_the_same_form_sent_twice_is_one_batch(demo_home, people, practice_fleet):
    sims = practice_fleet(2)
    assert propose(demo_home, people["operator"], sims) == propose(demo_home, people["operator"], sims)
    assert renewals.count_batches(demo_home.db.read()) == 1


def test_due_cards_are_those_in_use_that_expire_in_time(demo_home, people, practice_fleet):
    sims = practice_fleet(10)
    change(demo_home, "UPDATE sim SET expires_on = DATE '2027-06-30' WHERE sim_id = $id", id=sims[0])
    change(demo_home, "UPDATE sim SET status = 'stock' WHERE sim_id = $id", id=sims[1])
    change(demo_home, "UPDATE sim SET auto_renew = true WHERE sim_id = $id", id=sims[2])
    with demo_home.db.write() as tx:
        made = renewals.propose_due(tx, people["operator"], expiring_within=30, form_key="due")
    assert (made.items, made.refused) == (7, 1)


def test_only_another_person_approves(demo_home, people, practice_fleet):
    batch = propose(demo_home, people["operator"], practice_fleet(2)).batch
    maker_turned_approver = replace(people["approver"], person_id=people["operator"].person_id)
    change(demo_home, "UPDATE person SET role = 'approver' WHERE name = 'operator'")
    with pytest.raises(Refused):
        approve(demo_home, maker_turned_approver, batch)
    with pytest.raises(Refused):
        approve(demo_home, people["operator2"], batch)
    approve(demo_home, people["approver"], batch)


def test_the_second_approval_hears_who_was_first(demo_home, people, practice_fleet):
    batch = propose(demo_home, people["operator"], practice_fleet(2)).batch
    approve(demo_home, people["approver"], batch)
    with pytest.raises(Refused, match="approver"):
        approve(demo_home, people["approver2"], batch)
    status = renewals.status(demo_home.db.read(), batch)
    assert (status.state, status.pending, status.fen["pending"]) == ("approved", 2, 2400)


def test_an_approval_of_other_content_is_none(demo_home, people, practice_fleet):
    batch = propose(demo_home, people["operator"], practice_fleet(2)).batch
    with demo_home.db.write() as tx, pytest.raises(Refused, match="changed"):
        renewals.approve(tx, people["approver"], batch=batch, content_hash="0" * 64, settings=demo_home.settings)
    change(demo_home, "UPDATE batch_line SET amount_fen = 1 WHERE line = 1")
    with pytest.raises(Refused, match="not what was proposed"):
        approve(demo_home, people["approver"], batch)
    assert renewals.status(demo_home.db.read(), batch).state == "proposed"


@pytest.mark.parametrize("cap", ["batch_max_yuan", "day_max_yuan"])
def test_a_batch_beyond_a_cap_is_refused_whole(demo_home, people, practice_fleet, cap):
    sims = practice_fleet(10)
    first = propose(demo_home, people["operator"], sims[:4]).batch
    second = propose(demo_home, people["operator"], sims[4:], form_key="f2").batch
    approve(demo_home, people["approver"], first)
    settings = demo_home.settings.model_copy(update={cap: 60 if cap == "batch_max_yuan" else 100})
    status = renewals.status(demo_home.db.read(), second)
    with pytest.raises(Refused, match="at most"), demo_home.db.write() as tx:
        renewals.approve(tx, people["approver"], batch=second, content_hash=status.content_hash, settings=settings)
    assert renewals.status(demo_home.db.read(), second).state == "proposed"


def test_a_voided_batch_frees_its_cards_and_its_money(demo_home, people, practice_fleet):
    sims = practice_fleet(4)
    batch = propose(demo_home, people["operator"], sims).batch
    approve(demo_home, people["approver"], batch)
    with demo_home.db.write() as tx:
        renewals.cancel(tx, people["operator"], batch=batch)
    status = renewals.status(demo_home.db.read(), batch)
    assert (status.state, status.cancelled) == ("cancelled", 4)
    again = propose(demo_home, people["operator2"], sims, form_key="f2", months=24)
    approve(demo_home, people["approver2"], again.batch)
    first, second = (renewals.status(demo_home.db.read(), number) for number in (batch, again.batch))
    assert (first.cancelled, first.fen["cancelled"]) == (4, 4800)
    assert (second.pending, second.fen["pending"]) == (4, 9600)
    held = demo_home.db.read().rows(sql("SELECT state, sum(amount_fen)::BIGINT AS fen FROM reservation GROUP BY 1"))
    assert held == [{"state": "held", "fen": 9600}]
    assert demo_home.db.read().value(sql("SELECT count(*) FROM obligation")) == 4
