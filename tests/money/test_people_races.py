"""What several people do at the same moment (H1–H7): one approval, one run, each purchase once, brakes at once."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from data.database import Query
from data.people.rules import SYSTEM, Refused
from data.renewals import store as renewals
from jobs import run_renewals
from jobs.carriers.practice import ledger as practice_ledger
from jobs.importing.taking import take

PASSWORD = "three quiet terminals"
STANDING = Query("standing", "", "SELECT st, count(*) AS items FROM state GROUP BY st")


def sql(home, text, **params):
    with home.db.write() as tx:
        tx.run(Query("test", "", text), **params)


def propose(home, by, sims, form_key="form", **wish):
    with home.db.write() as tx:
        return renewals.propose(tx, by, sim_ids=sims, form_key=form_key, **wish)


def approve(home, by, batch):
    status = renewals.status(home.db.read(), batch)
    with home.db.write() as tx:
        renewals.approve(tx, by, batch=batch, content_hash=status.content_hash, settings=home.settings)


def at_once(*acts):
    """Every act in a thread of its own, all at the same moment; what each said: None, or its refusal."""
    start = threading.Barrier(len(acts))

    def run(act):
        start.wait()
        try:
            act()
        except Refused as refusal:
            return str(refusal)

    with ThreadPoolExecutor(len(acts)) as crowd:
        return list(crowd.map(run, acts))


def charges(home):
    book = practice_ledger.Ledger(home.practice / "ledger.jsonl")
    return Counter(entry.order_no for lines in book._by_order.values() for entry in lines if entry.kind == "charge")


def test_h1_a_double_click_through_two_sockets_is_one_approval_and_one_run(demo_home, people, practice_fleet, page):
    propose(demo_home, people["operator"], practice_fleet(4))
    sockets = [page("approvals", "approver") for _ in range(2)]
    for test in sockets:
        for field in test.text_input:
            told = {"items": "4", "amount": "48", "password": PASSWORD}.get(str(field.key).rpartition(":")[2])
            if told and str(field.key).startswith("approve:"):
                field.set_value(told)
        next(button for button in test.button if button.label.startswith("Approve")).click()
    first, second = (test.run() for test in sockets)
    assert not first.exception
    assert not second.exception
    assert "Batch 1 is approved" in first.success[0].value
    assert not second.success
    approvals = "SELECT count(*) FROM audit WHERE event = 'renewal:approved'"
    assert demo_home.db.read().value(Query("t", "", approvals)) == 1
    runs = [lambda: run_renewals.run(demo_home, threading.Event())] * 2
    assert at_once(*runs) == [None, None]
    assert list(charges(demo_home).values()) == [1, 1, 1, 1]


def test_h1_a_form_sent_twice_at_the_same_moment_is_one_batch(demo_home, people, practice_fleet):
    sims, made = practice_fleet(4), []
    clicks = [lambda: made.append(propose(demo_home, people["operator"], sims))] * 8
    assert at_once(*clicks) == [None] * 8
    assert {one.batch for one in made} == {1}
    assert renewals.count_batches(demo_home.db.read()) == 1


def test_h1_eight_clicks_on_approve_are_one_approval(demo_home, people, practice_fleet):
    batch = propose(demo_home, people["operator"], practice_fleet(4)).batch
    said = at_once(*[lambda: approve(demo_home, people["approver"], batch)] * 8)
    assert said.count(None) == 1
    assert demo_home.db.read().rows(STANDING) == [{"st": "pending", "items": 4}]
    assert demo_home.db.read().value(Query("t", "", "SELECT sum(amount_fen)::BIGINT FROM reservation")) == 4800


def test_h2_of_two_approvers_one_wins_and_the_other_hears_who_and_when(demo_home, people, practice_fleet):
    batch = propose(demo_home, people["operator"], practice_fleet(4)).batch
    both = ("approver", "approver2")
    said = at_once(*[lambda name=name: approve(demo_home, people[name], batch) for name in both])
    winner = both[said.index(None)]
    assert f"{winner} approved this batch already, 2026-11-22 10:00" in said
    assert renewals.status(demo_home.db.read(), batch).checker == winner


OVERLAPS: dict[str, tuple[dict[str, Any], str]] = {
    "the same": ({}, "SELECT 1"),
    "another term": ({"months": 24}, "SELECT 1"),
    "another plan": ({}, "UPDATE batch_line SET plan = 'M100', plan_id = 99 WHERE batch = 2"),
    "the short form of the number": ({}, "UPDATE batch_line SET iccid = iccid[1:19] WHERE batch = 2"),
}


@pytest.mark.parametrize("how", OVERLAPS)
def test_h3_overlapping_batches_buy_each_card_once(demo_home, people, practice_fleet, how):
    sims, (wish, change) = practice_fleet(4), OVERLAPS[how]
    first = propose(demo_home, people["operator"], sims[:3]).batch
    assert propose(demo_home, people["operator2"], sims, "beside", **wish).items == 1
    sql(demo_home, "UPDATE batch SET state = 'cancelled'")
    # As if both had been made at the same moment: the second proposal did not see the first.
    second = propose(demo_home, people["operator2"], sims[2:], "overlapping", **wish).batch
    sql(demo_home, change.replace("batch = 2", f"batch = {second}"))
    sql(demo_home, "UPDATE batch SET state = 'proposed' WHERE id = $first", first=first)
    said = at_once(*[lambda batch=batch: approve(demo_home, people["approver"], batch) for batch in (first, second)])
    assert said.count(None) == 1
    assert any(words and "are in another batch by now" in words for words in said)
    run_renewals.run(demo_home, threading.Event())
    assert set(charges(demo_home).values()) == {1}
    bought = demo_home.db.read().rows(Query("t", "", "SELECT sim_id, count(*) AS times FROM obligation GROUP BY 1"))
    assert {row["times"] for row in bought} == {1}


def test_h4_the_same_file_twice_is_known_and_changes_no_row(home, tmp_path):
    path = tmp_path / "cards.csv"
    path.write_text("ICCID,到期日期\n89860012345678901234,2027-02-28\n", encoding="utf-8")
    told = {"path": path, "filename": "cards.csv", "source": "command", "kind": "cards", "accept_good": True}
    first, second = take(home, SYSTEM, **told), take(home, SYSTEM, **told)
    assert (first.state, first.counts.new) == ("imported", 1)
    assert (second.state, second.counts.new, second.counts.changed) == ("known", 0, 0)
    assert home.db.read().value(Query("t", "", "SELECT count(*) FROM sim")) == 1


@pytest.mark.parametrize("column", ["amount_fen = amount_fen + 1", "months = months * 2", "seq = 2", "cycle = '2027'"])
def test_h5_an_approval_after_an_edit_is_refused(demo_home, people, practice_fleet, column):
    batch = propose(demo_home, people["operator"], practice_fleet(2)).batch
    seen = renewals.status(demo_home.db.read(), batch).content_hash
    sql(demo_home, f"UPDATE batch_line SET {column} WHERE line = 1")
    by, home = people["approver"], demo_home
    with pytest.raises(Refused, match="not what was proposed"), home.db.write() as tx:
        renewals.approve(tx, by, batch=batch, content_hash=seen, settings=home.settings, reason="on purpose")
    sql(demo_home, "UPDATE batch SET content_hash = 'edited'")
    with pytest.raises(Refused, match="changed since you looked"), home.db.write() as tx:
        renewals.approve(tx, by, batch=batch, content_hash=seen, settings=home.settings, reason="on purpose")


THREADS = 4


@pytest.fixture
def terms():
    """Four calls at once, so that a chunk of twelve cards has three rounds."""
    return {"calls_at_once": THREADS}


def after_some_calls(carrier, count, act):
    """Work in one thread; once the carrier has seen `count` orders, `act`; the moment it was done."""

    def watch():
        until = time.monotonic() + 20
        while len(carrier.requests()) < count and time.monotonic() < until:
            time.sleep(0.005)
        act()
        return time.monotonic()

    return watch


def sent_after(carrier, moment):
    return [one for one in carrier.requests() if one["monotonic"] > moment]


def test_h7_after_the_kill_switch_at_most_one_call_per_thread_leaves(money_home, carrier, approved, work):
    orders = approved(12)
    carrier.settings(latency_ms=150)
    operator = person(money_home, "operator")

    def throw():
        with money_home.db.write() as tx:
            renewals.stop(tx, operator)

    with ThreadPoolExecutor(2) as two:
        thrown = two.submit(after_some_calls(carrier, THREADS, throw))
        two.submit(work).result()
    assert len(sent_after(carrier, thrown.result())) <= THREADS
    assert len(carrier.requests()) < len(orders)
    standing = {row["st"]: row["items"] for row in money_home.db.read().rows(STANDING)}
    assert standing["pending"] == len(orders) - len(carrier.requests())
    assert not standing.get("submitted")
    assert work() is None
    approver = person(money_home, "approver")
    with money_home.db.write() as tx:
        renewals.release(tx, approver)
    carrier.settings(latency_ms=0)
    work()
    assert set(carrier.charges().values()) == {1}
    assert len(carrier.charges()) == len(orders)


@pytest.mark.parametrize("terms", [{"calls_at_once": 1}], ids=["chunks of four"])
@pytest.mark.parametrize("change", ["role = 'viewer'", "active = false"])
def test_h6_a_role_revoked_in_the_middle_pauses_at_the_next_chunk(money_home, carrier, approved, work, change):
    orders = approved(12)
    carrier.settings(latency_ms=100)
    revoke = after_some_calls(
        carrier, 2, lambda: sql(money_home, f"UPDATE person SET {change} WHERE name = 'approver'")
    )
    with ThreadPoolExecutor(2) as two:
        revoked = two.submit(revoke)
        two.submit(work).result()
    revoked.result()
    found = renewals.status(money_home.db.read(), 1)
    assert (found.state, found.pause_reason) == ("paused", "approver")
    # The chunk that was out came home; nothing of the next one was claimed.
    assert found.pending >= len(orders) - 8
    assert found.pending + found.succeeded == len(orders)
    assert len(carrier.charges()) == found.succeeded


def person(home, name):
    from data.people import store

    found = store.by_name(home.db.read(), name)
    assert found
    return found.actor("command line")
