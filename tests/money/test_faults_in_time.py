"""F14 to F17 and random mixes: delivered twice, late, stale, lying, refunded. Every end is read from the carrier's ledger."""

import threading
from datetime import datetime, timedelta

import pytest

from jobs import reconcile
from tests.carrier.faults import MIXABLE
from tests.money.conftest import BOTH, CARDS, SOON, alarms, let_go, standing, states

HORIZON_S = 60


@pytest.fixture
def next_morning(money_home, settle):
    """`next_morning()`: the statements of the days before are read and compared."""

    def step(days=1):
        settle(days=days)
        return reconcile.run(money_home, threading.Event())

    return step


def sent_at(carrier):
    return [datetime.fromisoformat(line["ts"]) for line in carrier.requests()]


@pytest.mark.parametrize("key", [True], ids=["key"])
def test_f14_a_request_delivered_twice_is_charged_once_under_a_key(
    money_home, carrier, approved, work, sound, next_morning
):
    (order,) = approved(1)
    carrier.fault("f14_twice", order_no=order)
    work()
    assert states(money_home) == {"succeeded": 1}
    assert len(carrier.requests()) == 2
    assert carrier.charges() == {order: 1}
    next_morning()
    assert not alarms(money_home)
    sound()


@pytest.mark.parametrize("key", [False], ids=["no key"])
def test_f14_without_a_key_the_statement_finds_the_second_charge_and_alarms(
    money_home, carrier, approved, work, sound, next_morning
):
    (order,) = approved(1)
    carrier.fault("f14_twice", order_no=order)
    work()
    assert carrier.charges() == {order: 2}
    next_morning()
    assert "money_duplicate" in alarms(money_home)
    sound()


# Long enough for three questions before it ends.
LONG = pytest.mark.parametrize("terms", [{"call_deadline_s": 0.8, "horizon_s": 600}], ids=["600 s"])


@LONG
@BOTH
def test_f15_an_effect_just_inside_the_horizon_is_charged_once(
    money_home, carrier, approved, work, settle, rest, sound, key
):
    (order,) = approved(1)
    carrier.fault("f15_late", order_no=order, call=1, delay_s=599)
    work()
    for seconds in (10, 50, 240, 290):
        settle(seconds=seconds)
        work()
    # The carrier has said three times that it knows no such order; without a key nothing has gone out again.
    assert carrier.stats()["queries"] == 3
    assert key or len(carrier.requests()) == 1
    assert rest() == {"succeeded": 1}
    assert carrier.charges() == {order: 1}
    sound()


@SOON
@pytest.mark.parametrize("key", [False], ids=["no key"])
def test_f15_an_effect_beyond_the_horizon_is_found_by_the_statement_alarmed_and_counted(
    money_home, carrier, approved, work, rest, sound, next_morning
):
    (order,) = approved(1)
    carrier.fault("f15_late", order_no=order, call=1, delay_s=HORIZON_S * 60)
    work()
    assert rest() == {"succeeded": 1}
    first, second = sent_at(carrier)
    assert second > first + timedelta(seconds=HORIZON_S)
    next_morning()
    assert carrier.charges() == {order: 2}
    assert "money_duplicate" in alarms(money_home)
    sound()


@SOON
@pytest.mark.parametrize("key", [True], ids=["key"])
def test_f15_under_a_key_an_effect_beyond_the_horizon_is_charged_once(
    money_home, carrier, approved, work, rest, sound, next_morning
):
    (order,) = approved(1)
    carrier.fault("f15_late", order_no=order, call=1, delay_s=HORIZON_S * 60)
    work()
    rest()
    next_morning()
    assert carrier.charges() == {order: 1}
    assert states(money_home) == {"succeeded": 1}
    assert not alarms(money_home)
    sound()


QUERIES = {
    "stale and honest": {"query": "stale", "stale_s": 400},
    "stale and silent about it": {"query": "stale", "stale_s": 400, "stale_honest": False},
    "very stale and honest": {"query": "stale", "stale_s": 100_000},
    "down": {"query": "down"},
}


@LONG
@BOTH
@pytest.mark.parametrize("query", QUERIES)
def test_f16_a_query_that_does_not_know_yet_leads_to_no_second_order_and_one_charge(
    money_home, carrier, approved, work, rest, sound, key, query
):
    (order,) = approved(1)
    carrier.settings(**QUERIES[query])
    carrier.fault("f2_timeout_after", order_no=order, call=1)
    work()
    assert rest() == {"succeeded": 1}
    assert carrier.charges() == {order: 1}
    assert key or len(carrier.requests()) == 1
    sound()


@BOTH
@pytest.mark.parametrize("terms", [{"query_trusted": False, "call_deadline_s": 0.8}], ids=["not trusted"])
def test_f16_a_query_that_lies_is_never_believed_and_the_card_itself_proves_the_purchase(
    money_home, carrier, approved, work, rest, sound, key
):
    (order,) = approved(1)
    carrier.settings(query="lying")
    carrier.fault("f2_timeout_after", order_no=order, call=1)
    work()
    assert rest() == {"succeeded": 1}
    assert key or standing(money_home)["proof"] == "reading"
    assert carrier.charges() == {order: 1}
    assert key or len(carrier.requests()) == 1
    sound()


@pytest.mark.parametrize("key", [False], ids=["no key"])
@pytest.mark.parametrize("query", ["down", "lying"])
@pytest.mark.parametrize("terms", [{"query_trusted": False, "call_deadline_s": 0.8}], ids=["not trusted"])
def test_f16_where_nothing_can_be_learnt_a_person_decides_and_nothing_is_sent_again(
    money_home, carrier, approved, work, rest, sound, query
):
    approved(1)
    carrier.settings(query=query)
    carrier.fault("f1_timeout_before", call=1)
    work()
    carrier.fault("down", on="cards")
    assert rest() == {"needs_review": 1}
    assert standing(money_home)["reason"] == "schedule_used"
    assert "money_no_answer" in alarms(money_home)
    assert len(carrier.requests()) == 1
    sound()


@BOTH
def test_f17_a_refund_after_the_success_goes_to_a_person_with_an_alarm_and_the_sums_agree(
    money_home, carrier, approved, work, sound, next_morning
):
    (order,) = approved(1)
    carrier.fault("f17_refunded", order_no=order, delay_s=3600)
    work()
    assert states(money_home) == {"succeeded": 1}
    next_morning()
    assert states(money_home) == {"needs_review": 1}
    assert "money_contradicted" in alarms(money_home)
    assert carrier.fen() == 0
    sound()


@BOTH
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("terms", [{"call_deadline_s": 0.5}], ids=["0.5 s"])
def test_a_random_mix_of_faults_ends_with_one_charge_each(
    money_home, carrier, approved, work, rest, sound, next_morning, seed
):
    orders = approved(CARDS)
    carrier.settings(seed=seed, mix=dict.fromkeys(MIXABLE, 0.5 / len(MIXABLE)))
    for _ in range(4):
        work()
        rest()
        let_go(money_home)
    next_morning(days=9)
    found = states(money_home)
    assert set(found) <= {"succeeded", "failed", "needs_review"}
    assert sum(found.values()) == CARDS
    charges = carrier.charges()
    assert set(charges) <= set(orders)
    assert max(charges.values()) == 1
    assert len(charges) >= found["succeeded"]
    sound()
