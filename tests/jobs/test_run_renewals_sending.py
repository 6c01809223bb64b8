"""Sending: the switch before every call, several calls at once, connectors that break."""

import hashlib
import threading
import time
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import pytest

from data.renewals import store as renewals
from data.words import speaking, told
from jobs import run_renewals, sending
from jobs.carriers import accounts, unsayable
from tests.renewing import GO, charges, journal_lines, moved, sql, standing, work


@pytest.fixture
def one_by_one(demo_home, monkeypatch):
    """`one_by_one(before, calls_at_once=4)`: the account takes one order a call; `before` is called ahead of each."""

    def build(before=lambda _order: None, **terms):
        carrier = accounts.connected(demo_home, "practice-a")
        place = carrier.place

        def watched(orders):
            (order,) = orders
            before(order)
            return place(orders)

        monkeypatch.setattr(carrier, "terms", replace(carrier.terms, orders_per_call=1, **terms))
        monkeypatch.setattr(carrier, "place", watched)
        return carrier

    return build


def test_a_connector_that_breaks_leaves_the_item_unknown_and_sends_nothing_else(demo_home, approved, monkeypatch):
    batch = approved(10)
    carrier = accounts.connected(demo_home, "practice-a")
    monkeypatch.setattr(carrier, "place", lambda _orders: 1 / 0)
    assert work(demo_home) == {"unknown": "3"}
    assert standing(demo_home, batch) == {"unknown": 3, "pending": 7, "state": "running"}


@pytest.mark.parametrize("account", ["", "practice-a"])
@pytest.mark.parametrize("threads", [1, 4])
def test_after_the_switch_is_thrown_each_thread_makes_at_most_one_more_call(
    demo_home, people, approved, one_by_one, account, threads
):
    batch = approved(40, canary_items=0, delay_ms=5)
    calls, thrown = Counter(), threading.Event()

    def throw_at_the_fifth(_order):
        calls["after" if thrown.is_set() else "before"] += 1
        if sum(calls.values()) == 5:
            with demo_home.db.write() as tx:
                renewals.stop(tx, people["operator"], account=account)
            thrown.set()

    one_by_one(throw_at_the_fifth, calls_at_once=threads)
    work(demo_home)
    assert calls["after"] < threads
    sent = sum(calls.values())
    assert standing(demo_home, batch) == {"succeeded": sent, "pending": 40 - sent, "state": "running"}
    # What was claimed and not sent goes back under its number, and costs no trip.
    assert demo_home.db.read().value(sql("SELECT max(trips) FROM state")) == 0
    assert demo_home.db.read().value(sql("SELECT count(*) FROM event WHERE arrow = 3 AND n = 1")) > 0
    with demo_home.db.write() as tx:
        tx.run(sql("DELETE FROM stop_switch"))
    work(demo_home)
    assert standing(demo_home, batch) == {"succeeded": 40, "state": "done"}
    assert set(charges(demo_home).values()) == {1}


def test_as_many_calls_are_out_at_once_as_the_terms_allow(demo_home, approved, one_by_one):
    batch = approved(40, canary_items=0)
    out, most, seen, lock = set(), [0], Counter(), threading.Lock()

    def watch(order):
        with lock:
            assert order.iccid not in out
            out.add(order.iccid)
            seen[order.order_no] += 1
            most[0] = max(most[0], len(out))
        time.sleep(0.01)
        with lock:
            out.discard(order.iccid)

    one_by_one(watch, calls_at_once=4)
    work(demo_home)
    assert most[0] in {2, 3, 4}
    assert set(seen.values()) == {1} and len(seen) == 40
    assert standing(demo_home, batch) == {"succeeded": 40, "state": "done"}


def test_nothing_leaves_after_the_deadline_of_a_chunk(demo_home, approved, one_by_one, monkeypatch):
    batch = approved(4, canary_items=0)
    sent, now = [], [1000.0]

    def slow(order):
        sent.append(order.order_no)
        now[0] += 21.0 if len(sent) <= 2 else 0.0

    # Five deadlines for four calls: the last may begin within forty seconds.
    one_by_one(slow, call_deadline_s=10.0)
    for module in (run_renewals, sending):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    with monkeypatch.context() as first:
        first.setattr(run_renewals, "_work_off", _one_chunk(run_renewals._work_off))
        work(demo_home)
    assert len(sent) == 2
    assert standing(demo_home, batch) == {"succeeded": 2, "pending": 2, "state": "running"}
    work(demo_home)
    assert standing(demo_home, batch) == {"succeeded": 4, "state": "done"}


def _one_chunk(work_off):
    """Only the first chunk of a run is worked off."""
    done = []

    def once(*args):
        done.append(1)
        return work_off(*args) if len(done) == 1 else 0

    return once


def test_a_stop_lets_the_call_that_is_out_come_home_and_sends_nothing_else(demo_home, approved, one_by_one):
    batch = approved(10, canary_items=0)
    stop = threading.Event()
    one_by_one(lambda _order: stop.set())
    assert moved(run_renewals.run(demo_home, stop)) == {"succeeded": "1", "pending": "3"}
    assert standing(demo_home, batch) == {"succeeded": 1, "pending": 9, "state": "running"}
    assert moved(run_renewals.run(demo_home, GO)) == {"succeeded": "9"}


def test_who_answers_fewer_orders_has_said_nothing_of_the_others(demo_home, approved, monkeypatch):
    batch = approved(10, canary_items=0)
    carrier = accounts.connected(demo_home, "practice-a")
    place = carrier.place
    monkeypatch.setattr(carrier, "place", lambda orders: place(orders)[:7])
    work(demo_home)
    assert standing(demo_home, batch) == {"succeeded": 7, "unknown": 3, "state": "running"}


def test_an_order_that_cannot_be_put_into_words_is_parked_and_the_others_go_on(demo_home, approved, monkeypatch):
    batch = approved(10)
    carrier = accounts.connected(demo_home, "practice-a")
    request = carrier.request

    def some(order):
        if order.iccid.endswith(("27", "57")):
            raise ValueError("no such plan code")
        return request(order)

    monkeypatch.setattr(carrier, "request", some)
    work(demo_home)
    assert standing(demo_home, batch) == {"succeeded": 8, "needs_review": 2, "state": "done"}
    parked = demo_home.db.read().rows(sql("SELECT DISTINCT reason, detail FROM state WHERE st = 'needs_review'"))
    assert parked == [{"reason": "not_buildable", "detail": "ValueError"}]
    assert demo_home.db.read().value(sql("SELECT count(*) FROM event WHERE arrow = 20")) == 2


def test_a_parked_order_says_card_value_and_way_out_in_the_readers_language(demo_home, approved, monkeypatch):
    batch = approved(3)

    def never(order):
        raise unsayable.no_such_months(order, sold=[1, 3])

    monkeypatch.setattr(accounts.connected(demo_home, "practice-a"), "request", never)
    work(demo_home)
    assert standing(demo_home, batch) == {"needs_review": 3, "state": "done"}
    kept = demo_home.db.read().value(sql("SELECT any_value(detail) FROM state"))
    assert "12 months cannot be bought at once here, only 1, 3" in told(kept)
    with speaking("zh_CN"):
        assert "不能一次购买 12 个月" in told(kept)


def test_the_hash_of_what_is_sent_stands_in_attempt_and_journal(demo_home, approved, monkeypatch):
    approved(3)
    carrier = accounts.connected(demo_home, "practice-a")
    sent, place = {}, carrier.place

    def watched(orders):
        sent.update({order.order_no: hashlib.sha256(carrier.request(order)).hexdigest() for order in orders})
        return place(orders)

    monkeypatch.setattr(carrier, "place", watched)
    work(demo_home)
    kept = demo_home.db.read().rows(sql("SELECT order_no, request_sha256 FROM attempt"))
    assert {row["order_no"]: row["request_sha256"] for row in kept} == sent
    lines = journal_lines(demo_home, "intent")
    assert {entry["order_no"]: entry["request_sha256"] for entry in lines} == sent
