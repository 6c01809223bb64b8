"""The one table of moves, the schedule of an unknown, and what answers mean."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.renewals import moves
from data.renewals.moves import Arrow, State, Verdict

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
EVERY_MOVE = {(before, after) for befores, afters in moves.MOVES.values() for before in befores for after in afters}


def test_the_table_holds_all_twenty_arrows_and_no_other():
    assert sorted(arrow.value for arrow in moves.MOVES) == list(range(1, 21))
    assert set(moves.MOVES) == set(Arrow)


@given(st.sampled_from(Arrow), st.sampled_from([None, *State]), st.sampled_from(State))
def test_a_move_that_is_not_in_the_table_raises(arrow, before, after):
    befores, afters = moves.MOVES[arrow]
    if before in befores and after in afters:
        moves.check(arrow, before, after)
    else:
        with pytest.raises(moves.NoSuchMove):
            moves.check(arrow, before, after)


def test_nothing_in_doubt_is_ever_sent_again_without_proof_or_key():
    to_submitted = {arrow for arrow, (_befores, afters) in moves.MOVES.items() if State.SUBMITTED in afters}
    assert to_submitted == {Arrow.CLAIMED, Arrow.SENT_AGAIN}
    assert (State.NEEDS_REVIEW, State.PENDING) not in EVERY_MOVE
    assert {
        arrow
        for arrow, (befores, afters) in moves.MOVES.items()
        if State.UNKNOWN in befores and State.PENDING in afters
    } == {Arrow.NO_EFFECT_PROVEN}


def test_succeeded_is_left_by_a_contradiction_only():
    assert {after for before, after in EVERY_MOVE if before is State.SUCCEEDED} == {State.NEEDS_REVIEW}


@given(st.sampled_from(Verdict))
def test_every_verdict_makes_a_move_from_submitted(verdict):
    arrow, after = moves.after_sending(verdict)
    moves.check(arrow, State.SUBMITTED, after)


def test_a_verdict_nobody_listed_is_unknown():
    assert moves.after_sending(Verdict.ACCEPTED) == (Arrow.IN_DOUBT, State.UNKNOWN)
    assert moves.after_sending(None) == (Arrow.IN_DOUBT, State.UNKNOWN)


def test_the_schedule_is_ten_seconds_to_seven_days():
    hours = [slot / timedelta(hours=1) for slot in moves.SCHEDULE]
    assert [slot.total_seconds() for slot in moves.SCHEDULE[:5]] == [10, 60, 300, 1800, 7200]
    assert hours[4:27] == list(range(2, 25))
    assert hours[27:] == [day * 24 for day in range(2, 8)]
    assert moves.first_slot(NOW) == NOW + timedelta(seconds=10)
    assert moves.next_slot(NOW, 0, moves.first_slot(NOW)) == (1, NOW + timedelta(minutes=1))
    assert moves.next_slot(NOW, len(moves.SCHEDULE) - 1, NOW) is None


@given(st.integers(0, 32), st.integers(-1_000_000, 1_000_000))
def test_the_next_slot_is_the_first_one_ahead_that_was_not_used(asked, shift_s):
    now = NOW + timedelta(seconds=shift_s)
    ahead = [number for number, slot in enumerate(moves.SCHEDULE) if number > asked and NOW + slot > now]
    found = moves.next_slot(NOW, asked, now)
    assert found == ((ahead[0], NOW + moves.SCHEDULE[ahead[0]]) if ahead else None)


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_not_found_counts_only_past_deadline_and_horizon(read_after_s, horizon_s):
    trail = moves.Trail(deadline_at=NOW, doubted_at=NOW, asked=0, not_found=0)
    counts = moves.counts_as_not_found(
        trail, read_at=NOW + timedelta(seconds=read_after_s), horizon=timedelta(seconds=horizon_s)
    )
    assert counts == (read_after_s > horizon_s)
