"""The pace of a credential: never more than the limit in any second, renewals first, halved by a complaint, slow to rise."""

import random
import threading
import time

import pytest

from jobs.carriers import pacing
from jobs.carriers.pacing import LONGEST_HOLD_S, Pace


class Time:
    """A monotonic clock that moves when somebody waits."""

    def __init__(self):
        self.now_s = 1_000.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Time()


@pytest.fixture
def pace(clock, monkeypatch):
    """`pace(10)`: a pace whose waiting moves the clock instead of taking time."""

    def build(rate_per_s):
        built = Pace(rate_per_s, clock=clock)

        def wait(seconds):
            clock.now_s += seconds

        monkeypatch.setattr(built._changed, "wait", wait)
        return built

    return build


@pytest.mark.parametrize("rate_per_s", [0.1, 1, 5, 20, 333])
def test_in_any_second_there_are_at_most_as_many_turns_as_the_limit(pace, clock, rate_per_s):
    built, turns, dice = pace(rate_per_s), [], random.Random(7)
    for _ in range(500):
        clock.now_s += dice.choice([0, 0, 0, 0.01, 0.4, 3])
        assert built.take(until=clock() + 1_000, urgent=dice.random() < 0.5)
        # A turn may reach the carrier a little sooner or later than the others.
        turns.append(clock() + dice.random() * 0.05 / rate_per_s)
        if dice.random() < 0.05:
            built.complained()
        built.answered()
    turns.sort()
    for number, first in enumerate(turns):
        window_s = max(1.0, 1 / rate_per_s)
        assert sum(at < first + window_s for at in turns[number:]) <= max(1, rate_per_s)


def test_without_a_limit_nobody_waits(pace, clock):
    built = pace(None)
    assert all(built.take(until=clock(), urgent=False) for _ in range(100))
    assert clock() == 1_000.0


def test_a_process_that_has_just_started_waits_one_turn_first(pace, clock):
    built = pace(1)
    assert not built.take(until=clock() + 0.5, urgent=True)
    assert built.take(until=clock() + 2, urgent=True)
    assert clock() >= 1_001.0


def test_no_turn_before_the_deadline_is_said_at_once(pace, clock):
    built = pace(0.1)
    built.take(until=clock() + 100, urgent=True)
    before = clock()
    assert not built.take(until=clock() + 5, urgent=True)
    assert clock() == before


def test_a_complaint_halves_the_pace_and_a_hundred_answers_bring_it_back(pace, clock):
    built = pace(20)
    built.complained(5)
    assert (built.rate_per_s, built.held_s()) == (10, 5)
    assert not built.take(until=clock() + 4, urgent=True)
    clock.now_s += 5
    rates = []
    for _ in range(60):
        built.answered()
        rates.append(built.rate_per_s)
    assert rates == sorted(rates)
    assert 10 < rates[0] < 10.5
    assert rates[-1] == 20


def test_calls_that_were_out_together_complain_once(pace):
    built = pace(20)
    for _ in range(8):
        built.complained(5)
    assert built.rate_per_s == 10


def test_complaint_after_complaint_ends_at_a_floor_and_no_wait_is_for_ever(pace, clock):
    built = pace(64)
    for _ in range(30):
        assert built.complained(10**9) <= LONGEST_HOLD_S
        clock.now_s += LONGEST_HOLD_S
    assert built.rate_per_s == 1
    assert built.take(until=clock() + 10, urgent=False)


def test_a_carrier_without_a_limit_that_complains_gets_one(pace, clock):
    built = pace(None)
    built.complained()
    assert built.rate_per_s == 5
    clock.now_s += 2
    for _ in range(60):
        built.answered()
    assert built.rate_per_s is None


def test_a_carrier_that_cannot_be_reached_is_left_alone_longer_each_time(pace, clock):
    built, waits = pace(None), []
    for _ in range(14):
        waits.append(built.unreachable())
        assert built.unreachable() == waits[-1]
        clock.now_s += waits[-1]
    assert waits[:4] == [1, 2, 4, 8]
    assert waits[-1] == LONGEST_HOLD_S
    built.answered()
    assert built.unreachable() == 1


def test_renewals_go_before_refreshes_and_all_threads_share_one_pace():
    shared = pacing.of("tests: one credential", 100)
    assert pacing.of("tests: one credential", 5) is shared
    order, guard, started = [], threading.Lock(), threading.Barrier(9)

    def calls(urgent, count):
        started.wait()
        for _ in range(count):
            assert shared.take(until=time.monotonic() + 10, urgent=urgent)
            with guard:
                order.append((urgent, time.monotonic()))

    threads = [threading.Thread(target=calls, args=(urgent, 5)) for urgent in (True, False) * 4]
    for thread in threads:
        thread.start()
    began = time.monotonic()
    started.wait()
    for thread in threads:
        thread.join()
    # Forty turns at a hundred a second; the last renewal leaves long before the last refresh.
    assert time.monotonic() - began >= 39 * 0.01
    assert max(at for urgent, at in order if urgent) < sorted(at for urgent, at in order if not urgent)[10]
    pacing._paces.pop("tests: one credential")
