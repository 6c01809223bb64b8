"""Every kind from the proposal to the practice carrier's ledger; recharge cards are shown nowhere and used once."""

import json
import logging
import subprocess
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from data.database import Query
from data.people.rules import SYSTEM, Refused
from data.renewals import store as renewals
from data.renewals.moves import Verdict
from data.renewals.store import RechargeCard
from data.secrets import Secret
from data.sims import store as sims
from data.sims.rolling import roll_up
from jobs import run_renewals, settle_unknowns
from jobs.carriers import Confirmed, Order, Terms, accounts, verdict_of
from jobs.carriers import Refused as CarrierRefused

GO = threading.Event()
NUMBER, PIN = "13579135791357913", "246802468024680246"
CARD = RechargeCard(Secret(NUMBER), Secret(PIN), 5000)
PLANS = """
INSERT INTO plan (plan_id, plan, carrier, network, quota_bytes, term_months, kind) VALUES
    (101, '加油包1G', 'mobile', '4G', 1073741824, 1, 'add-on'), (102, 'M100', 'mobile', '4G', 104857600, 12, 'main')
"""
PRICES = "INSERT INTO price (plan_id, channel, term_months, price_fen, valid_from) VALUES (101, '', 1, 500, DATE '2025-01-01')"


def sql(text):
    return Query("test", "", text)


def change(home, *texts):
    with home.db.write() as tx:
        for text in texts:
            tx.run(sql(text))
        roll_up(tx)


@pytest.fixture
def fleet(demo_home, practice_fleet):
    def build(count, **said):
        sims = practice_fleet(count, **said)
        change(demo_home, PLANS, PRICES)
        return sims

    return build


def approve(home, by, batch):
    status = renewals.status(home.db.read(), batch)
    with home.db.write() as tx:
        renewals.approve(tx, by, batch=batch, content_hash=status.content_hash, settings=home.settings)


def ordered(home, people, sims, kind, form_key="f", **wish):
    with home.db.write() as tx:
        made = renewals.propose(tx, people["operator"], kind=kind, sim_ids=sims, form_key=form_key, **wish)
    approve(home, people["approver"], made.batch)
    run_renewals.run(home, GO)
    return renewals.status(home.db.read(), made.batch)


def recharged(home, people, sim, card=CARD, form_key="f", run=True):
    with home.db.write() as tx:
        made = renewals.recharge(tx, people["operator"], sim_id=sim, card=card, keyring=home.keyring, form_key=form_key)
    if run:
        approve(home, people["approver"], made.batch)
        run_renewals.run(home, GO)
    return renewals.status(home.db.read(), made.batch)


def ledger(home):
    path = home.practice / "ledger.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def cards(home):
    return home.db.read().rows(sql("SELECT sim_id, status, plan_id, expires_on FROM sim ORDER BY sim_id"))


KINDS = [
    ("renew", {}, 1200, None),
    ("add-on", {"plan_id": 101}, 500, None),
    ("plan-change", {"plan_id": 102}, 0, None),
    ("suspend", {}, 0, None),
    ("resume", {}, 0, "UPDATE sim SET status = 'stopped_manual'"),
]


@pytest.mark.parametrize(("kind", "wish", "fen", "before"), KINDS)
def test_a_kind_goes_from_proposal_to_ledger_and_stands_in_the_statement(
    demo_home, people, fleet, kind, wish, fen, before
):
    sims = fleet(4)
    change(demo_home, *([before] if before else []))
    status = ordered(demo_home, people, sims, kind, **wish)
    assert (status.succeeded, status.amount_fen, status.state) == (4, 4 * fen, "done")
    charges = ledger(demo_home)
    assert Counter((entry["kind"], entry["kind_of_order"], entry["amount_fen"]) for entry in charges) == {
        ("charge", kind, fen): 4
    }
    carrier = accounts.connected(demo_home, "practice-a")
    assert {line.amount_fen for line in carrier.statement(demo_home.clock.today()).lines} == {fen}
    found = [carrier.find_order(entry["order_no"]) for entry in charges]
    assert all(isinstance(outcome, Confirmed) and outcome.amount_fen == fen for outcome in found)


EFFECTS = [
    ("add-on", {"plan_id": 101}, "UPDATE sim SET status = 'stopped_quota'", {}),
    ("plan-change", {"plan_id": 102}, None, {"plan_id": 102}),
    ("suspend", {}, None, {"status": "stopped_manual"}),
    ("resume", {}, "UPDATE sim SET status = 'number_kept'", {"status": "active"}),
]


@pytest.mark.parametrize(("kind", "wish", "before", "after"), EFFECTS)
def test_a_kind_changes_its_card_and_no_expiry(demo_home, people, fleet, kind, wish, before, after):
    sims = fleet(2)
    change(demo_home, *([before] if before else []))
    was = cards(demo_home)
    ordered(demo_home, people, sims[:1], kind, **wish)
    assert cards(demo_home) == [was[0] | after, was[1]]
    reading = accounts.connected(demo_home, "practice-a").cards(
        [row["iccid"] for row in demo_home.db.read().rows(sql("SELECT iccid FROM sim ORDER BY sim_id"))]
    )
    stopped = {"suspend": "stopped_manual"}.get(kind, "active")
    assert next(iter(reading.values())).status == stopped


def test_a_stopped_card_is_stopped_and_resumed_again_by_orders_alone(demo_home, people, fleet):
    [sim] = fleet(1)
    ordered(demo_home, people, [sim], "suspend")
    ordered(demo_home, people, [sim], "resume", form_key="g")
    assert cards(demo_home)[0]["status"] == "active"
    assert [entry["status_after"] for entry in ledger(demo_home)] == ["stopped_manual", "active"]


def test_a_carrier_that_charges_for_what_is_free_goes_to_a_person(demo_home, people, fleet, monkeypatch):
    from jobs.carriers.practice import Practice

    told = Practice._told
    monkeypatch.setattr(
        Practice,
        "_told",
        lambda self, entry, now: Confirmed(told(self, entry, now).carrier_ref, entry.order_no, entry.iccid, 990),
    )
    status = ordered(demo_home, people, fleet(1), "suspend")
    assert status.needs_review == 1
    assert cards(demo_home)[0]["status"] == "active"


def test_an_add_on_without_an_answer_is_settled_by_a_query_never_by_a_reading(demo_home, people, fleet):
    status = ordered(demo_home, people, fleet(2, lost_share=1.0), "add-on", plan_id=101)
    assert status.unknown == 2
    demo_home.clock.move(timedelta(seconds=11))
    settle_unknowns.run(demo_home, GO)
    assert renewals.status(demo_home.db.read(), status.batch).succeeded == 2
    assert len(ledger(demo_home)) == 2


def test_where_no_order_can_be_asked_for_a_cards_expiry_says_nothing_about_an_add_on(demo_home, people, fleet):
    status = ordered(demo_home, people, fleet(2, lost_share=1.0, query="none"), "add-on", plan_id=101)
    demo_home.clock.move(timedelta(seconds=11))
    settle_unknowns.run(demo_home, GO)
    assert renewals.status(demo_home.db.read(), status.batch).unknown == 2


def test_a_renewal_and_an_add_on_of_one_card_are_never_out_together(demo_home, people, fleet):
    sims = fleet(3, lost_share=1.0)
    add_on = ordered(demo_home, people, sims, "add-on", plan_id=101)
    assert add_on.unknown == 3
    with demo_home.db.write() as tx:
        assert renewals.propose(tx, people["operator"], sim_ids=sims, form_key="r").refused == 3
        # Even where a batch was made before: nothing is claimed while something else of the card is out.
        tx.run(sql("UPDATE state SET st = 'cancelled'"))
        batch = renewals.propose(tx, people["operator"], sim_ids=sims, form_key="r").batch
    approve(demo_home, people["approver"], batch)
    work = renewals.Work(batch, "practice-a", None)
    seen = renewals.next_items(demo_home.db.read(), work, now=demo_home.clock.now(), limit=9)
    with demo_home.db.write() as tx:
        tx.run(
            sql("UPDATE state SET st = 'unknown' WHERE obligation IN (SELECT id FROM obligation WHERE kind = 'add-on')")
        )
        # Nor what was looked up just before.
        ready = [renewals.Ready(item, "0" * 64) for item in seen]
        assert renewals.claim(tx, SYSTEM, batch=batch, ready=ready, deadline_at=tx.now) == ([], [])
    assert len(seen) == 3
    run_renewals.run(demo_home, GO)
    assert renewals.status(demo_home.db.read(), batch).pending == 3
    assert {entry["kind_of_order"] for entry in ledger(demo_home)} == {"add-on"}


def test_a_recharge_reaches_the_carrier_with_its_card_and_leaves_no_trace_of_it(demo_home, people, fleet, caplog):
    [sim] = fleet(1)
    with caplog.at_level(logging.DEBUG):
        status = recharged(demo_home, people, sim)
    assert (status.succeeded, status.amount_fen) == (1, 5000)
    [charge] = ledger(demo_home)
    assert (charge["kind_of_order"], charge["amount_fen"], len(charge["blind"])) == ("recharge", 5000, 64)
    assert renewals.entered(demo_home.db.read(), status.batch) == renewals.Entered("7913", 5000)
    for secret in (NUMBER, PIN):
        assert secret not in caplog.text
        # Another process looks: whoever opens the file here would let go of its lock.
        found = subprocess.run(
            ["grep", "-rlaF", secret, str(demo_home.path)], capture_output=True, text=True, check=False
        )
        assert found.stdout == ""
    assert subprocess.run(["grep", "-rlaF", "7913", str(demo_home.path)], capture_output=True, check=False).stdout


def test_one_recharge_card_is_never_entered_twice_except_where_it_was_taken_back_unused(demo_home, people, fleet):
    first, second = fleet(2)
    made = recharged(demo_home, people, first, run=False)
    assert recharged(demo_home, people, first, run=False) == made  # the same form sent twice
    spaced = RechargeCard(Secret(f" {NUMBER[:4]} {NUMBER[4:]}"), Secret(PIN), 3000)
    with pytest.raises(Refused, match="entered before, by operator"):
        recharged(demo_home, people, second, spaced, "g")
    with demo_home.db.write() as tx:
        renewals.cancel(tx, people["operator"], batch=made.batch)
    assert recharged(demo_home, people, second, spaced, "g").succeeded == 1
    with pytest.raises(Refused, match="entered before"):
        recharged(demo_home, people, first, CARD, "h")


def test_a_number_that_no_carrier_could_print_is_refused_and_an_unusual_length_only_warns(demo_home, people, fleet):
    [sim] = fleet(1)
    with pytest.raises(Refused, match="letters and digits"):
        recharged(demo_home, people, sim, RechargeCard(Secret("12"), Secret(PIN), 5000))
    assert not renewals.odd_shape(CARD, "mobile")
    assert renewals.odd_shape(CARD, "unicom")
    assert not renewals.odd_shape(CARD, "a carrier nobody knows")


def test_two_refused_cards_lock_the_accounts_recharges_until_somebody_has_looked(demo_home, people, fleet):
    sims = fleet(4)
    bad = [RechargeCard(Secret(f"1111222233334{n:04d}"), Secret("12345678901234" + "0000"), 5000) for n in range(2)]
    waiting = recharged(demo_home, people, sims[3], CARD, "w", run=False)
    first = recharged(demo_home, people, sims[0], bad[0], "a")
    assert (first.failed, first.state) == (1, "done")
    recharged(demo_home, people, sims[1], bad[1], "b")
    preview = renewals.preview(
        demo_home.db.read(), kind="recharge", sim_ids=sims[2:3], amount_fen=5000, today=demo_home.clock.today()
    )
    assert preview.refused == {"pin_lock": 1}
    # What was proposed before waits, approved or not.
    approve(demo_home, people["approver"], waiting.batch)
    run_renewals.run(demo_home, GO)
    assert renewals.status(demo_home.db.read(), waiting.batch).pending == 1
    obligation = demo_home.db.read().value(sql("SELECT max(obligation) FROM state WHERE st = 'failed'"))
    demo_home.clock.move(timedelta(minutes=1))
    with demo_home.db.write() as tx:
        renewals.note(tx, people["operator"], obligation=obligation, note="the seller changes them", repaired=True)
    run_renewals.run(demo_home, GO)
    assert renewals.status(demo_home.db.read(), waiting.batch).succeeded == 1


def test_another_card_after_a_refused_one_is_another_try_of_the_same_obligation(demo_home, people, fleet):
    [sim] = fleet(1)
    bad = RechargeCard(Secret("11112222333344445"), Secret("123456789012340000"), 5000)
    assert recharged(demo_home, people, sim, bad, "a").failed == 1
    assert recharged(demo_home, people, sim, CARD, "b").succeeded == 1
    assert demo_home.db.read().rows(sql("SELECT n FROM attempt ORDER BY n")) == [{"n": 1}, {"n": 2}]


def test_used_already_after_our_own_doubt_is_not_a_failure():
    item = Order("R" + "A" * 20 + "01", "practice-a", "recharge", "8986041012345000001", None, "", 0, 5000, None, None)
    terms = Terms(1, frozenset())
    at = datetime(2026, 11, 22, tzinfo=UTC)
    for trips, verdict in ((0, Verdict.REFUSED), (1, Verdict.UNKNOWN)):
        sent = type("Sent", (), {**vars(item), "trips": trips})()
        found, said = verdict_of(sent, CarrierRefused("pin_refused"), terms, at=at)
        assert (found, said["reason"]) == (verdict, "pin_refused" if trips == 0 else "pin_maybe_ours")


def test_a_recharge_whose_card_cannot_be_opened_waits_for_a_person(demo_home, people, fleet):
    [sim] = fleet(1)
    made = recharged(demo_home, people, sim, run=False)
    with demo_home.db.write() as tx:
        tx.run(sql("UPDATE recharge_pin SET sealed = 'FC1'::BLOB"))
    approve(demo_home, people["approver"], made.batch)
    run_renewals.run(demo_home, GO)
    assert renewals.status(demo_home.db.read(), made.batch).needs_review == 1
    assert ledger(demo_home) == []


def test_a_failed_add_on_is_tried_again_as_the_same_add_on(demo_home, people, fleet):
    sims = fleet(2, refused_share=1.0)
    status = ordered(demo_home, people, sims, "add-on", plan_id=101)
    assert status.failed == 2
    failed = [row["obligation"] for row in demo_home.db.read().rows(sql("SELECT obligation FROM state"))]
    with demo_home.db.write() as tx:
        tx.run(sql("UPDATE state SET reason = 'card_locked', ended_at = ended_at - INTERVAL 2 HOUR"))
        again = renewals.retry_repaired(tx, people["operator"], obligations=failed, form_key="r")
    lines = demo_home.db.read().rows(sql("SELECT plan_id, amount_fen FROM batch_line WHERE batch = $b"), b=again.batch)
    assert lines == [{"plan_id": 101, "amount_fen": 500}] * 2
    approve(demo_home, people["approver"], again.batch)
    with demo_home.db.write() as tx:
        kinds = tx.rows(sql("SELECT kind FROM batch ORDER BY id"))
        tx.run(sql("UPDATE state SET st = 'failed', reason = 'card_locked', ended_at = changed_at - INTERVAL 2 HOUR"))
        tx.run(sql("UPDATE obligation SET kind = 'suspend' WHERE id = $id"), id=failed[0])
    assert [row["kind"] for row in kinds] == ["add-on", "add-on"]
    with pytest.raises(Refused, match="one kind and one plan"), demo_home.db.write() as tx:
        renewals.retry_repaired(tx, people["operator"], obligations=failed, form_key="s")


def test_a_refused_recharge_is_not_tried_again_without_another_card(demo_home, people, fleet):
    bad = RechargeCard(Secret("11112222333344445"), Secret("123456789012340000"), 5000)
    recharged(demo_home, people, fleet(1)[0], bad)
    failed = [row["obligation"] for row in demo_home.db.read().rows(sql("SELECT obligation FROM state"))]
    with pytest.raises(Refused, match="another card"), demo_home.db.write() as tx:
        renewals.retry_repaired(tx, people["operator"], obligations=failed, form_key="r")


def test_a_cards_history_says_what_was_ordered(demo_home, people, fleet):
    [sim] = fleet(1)
    ordered(demo_home, people, [sim], "suspend")
    rows = sims.timeline(demo_home.db.read(), sim).to_pylist()
    told = [sims.happening(kind=row["kind"], what=row["what"], detail=row["detail"]) for row in rows]
    assert {
        "Proposed for ¥0.00, batch 1: stop",
        "Approved, batch 1: stop",
        "Sent to the carrier: stop",
        "Carried out: stop",
    } <= {*told}
    assert not [sentence for sentence in told if "enewal" in sentence]
