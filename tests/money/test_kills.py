"""K1 to K8: the process is killed at an exact point; whatever happens there, each card is charged once and nothing is lost."""

import signal
import time
from collections import Counter

import pytest

from data.database import Query

CARDS = 3


def ends_well(mortal, home, *, cards=CARDS):
    assert mortal.rest(home) == {"succeeded": cards}
    assert Counter(mortal.carrier.charges().values()) == {1: cards}
    assert mortal.carrier.fen() == cards * 1200
    mortal.sound(home)


# Where a life ends, and how many orders the carrier had booked by then.
@pytest.mark.parametrize(
    ("point", "booked", "key"),
    [
        ("k1", {0}, False),
        ("k2", {0}, False),
        ("k3", {0}, False),
        ("k3", {0}, True),
        ("k4", {0, 1}, False),
        ("k4", {0, 1}, True),
        ("k5 before the journal", {CARDS}, False),
        ("k5 before the journal", {CARDS}, True),
        ("k5 after the journal", {CARDS}, False),
    ],
)
def test_k1_to_k5_what_was_claimed_is_unknown_at_the_next_start_and_charged_once(mortal, point, booked):
    mortal.approved(CARDS)
    mortal.dies(point)
    assert len(mortal.carrier.charges()) in booked
    with mortal.open() as home:
        assert mortal.states(home) == {"unknown": CARDS}
        assert mortal.recovered.in_doubt == CARDS
        assert mortal.recovered.lost_commits == (CARDS if point == "k1" else 0)
        assert mortal.recovered.restored is None
        ends_well(mortal, home)


def test_k6_what_is_written_down_stays_succeeded(mortal):
    mortal.approved(CARDS)
    mortal.dies("k6")
    with mortal.open() as home:
        assert mortal.states(home) == {"succeeded": CARDS}
        assert mortal.recovered.in_doubt == 0
        ends_well(mortal, home)


@pytest.mark.parametrize("point", ["k7 before the journal", "k7 after the journal", "k7 after the commit"])
def test_k7_a_kill_while_an_unclear_order_is_settled_leaves_it_no_worse(mortal, point):
    mortal.approved(CARDS)
    mortal.carrier.fault("f2_timeout_after")
    assert mortal.lives("work")[0] == 0
    mortal.carrier.calm()
    mortal.wait(seconds=15)
    mortal.dies(point, "settle")
    with mortal.open() as home:
        known = {"succeeded": CARDS} if point == "k7 after the commit" else {"unknown": CARDS}
        assert mortal.states(home) == known
        ends_well(mortal, home)


@pytest.mark.parametrize("point", ["k7 before the journal", "k7 after the journal", "k7 after the commit"])
def test_k7_a_kill_inside_the_reconciliation_leaves_it_no_worse(mortal, point):
    mortal.approved(CARDS)
    mortal.carrier.fault("f2_timeout_after")
    assert mortal.lives("work")[0] == 0
    mortal.carrier.calm()
    mortal.wait(days=1)
    mortal.dies(point, "reconcile")
    with mortal.open() as home:
        known = {"succeeded": CARDS} if point == "k7 after the commit" else {"unknown": CARDS}
        assert mortal.states(home) == known
        ends_well(mortal, home)


def test_k8_a_kill_inside_a_checkpoint_loses_nothing_acknowledged(mortal):
    counted = Query("counted", "", "SELECT field, count(*) AS n FROM sim_change WHERE source = 'test' GROUP BY 1")
    for life in range(4):
        child = mortal.start("checkpoint")
        told = [child.stdout.readline() for _ in range(3)]
        # The last one is on disk and its checkpoint has just begun.
        time.sleep(0.002 * life)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        with mortal.open() as home:
            kept = {row["field"]: row["n"] for row in home.db.read().rows(counted)}
            assert [kept.get(f"round {int(number)}") for number in told] == [20_000 * (life + 1)] * 3
            assert mortal.wrong(home) == {}


@pytest.mark.parametrize("signal_", [signal.SIGTERM, signal.SIGKILL])
def test_a_worker_that_is_ended_in_mid_batch_leaves_each_card_charged_once(mortal, signal_):
    mortal.carrier.settings(latency_ms=60)
    mortal.approved(12)
    for _life in range(3):
        child = mortal.start("work")
        before, deadline = len(mortal.carrier.charges()), time.monotonic() + 20
        while len(mortal.carrier.charges()) < min(before + 2, 12) and time.monotonic() < deadline:
            time.sleep(0.01)
        child.send_signal(signal_)
        child.communicate(timeout=30)
        assert child.returncode == (0 if signal_ is signal.SIGTERM else -signal.SIGKILL)
        if signal_ is signal.SIGTERM:
            with mortal.open() as home:
                assert "submitted" not in mortal.states(home)
                assert mortal.recovered.in_doubt == 0
        mortal.wait(minutes=3)
    with mortal.open() as home:
        ends_well(mortal, home, cards=12)


def test_a_worker_that_is_frozen_longer_than_a_call_may_take_charges_nothing_twice(mortal):
    mortal.carrier.settings(latency_ms=200)
    mortal.approved(CARDS)
    child = mortal.start("work")
    while not mortal.carrier.requests():
        time.sleep(0.01)
    child.send_signal(signal.SIGSTOP)
    time.sleep(1.5)
    child.send_signal(signal.SIGCONT)
    assert child.wait(30) == 0
    child.communicate()
    with mortal.open() as home:
        assert "submitted" not in mortal.states(home)
        ends_well(mortal, home)


def test_a_second_process_is_refused_and_told_who_has_the_home(mortal):
    first = mortal.start("wait")
    try:
        with pytest.raises(AssertionError, match=f"is held by process {first.pid} .*stop it first, or use that one"):
            mortal.start("work")
    finally:
        first.communicate("", timeout=30)
    assert first.returncode == 0
