from datetime import UTC, datetime, timedelta

import pytest

from data.mails import rules
from data.mails.rules import After, NoSuchMove, Outcome, State

NOW = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)  # half past midnight of the 23rd in Shanghai


def test_every_state_has_its_moves_and_its_word():
    assert set(rules.MOVES) == {None, *State}
    assert set(rules.STATE_WORDS) == set(State)


@pytest.mark.parametrize("after", list(State))
def test_what_failed_stays_so_and_what_was_sent_can_only_come_back(after):
    with pytest.raises(NoSuchMove):
        rules.check(State.FAILED, after)
    if after is not State.FAILED:
        with pytest.raises(NoSuchMove):
            rules.check(State.SENT, after)


def test_tries_follow_after_1_5_15_and_60_minutes_then_hourly_until_a_day_is_over():
    waits = []
    while (wait := rules.wait_after(len(waits) + 1)) is not None:
        waits.append(wait)
    minutes = [wait / timedelta(minutes=1) for wait in waits]
    assert minutes[:6] == [1, 5, 15, 60, 60, 60]
    assert set(minutes[3:]) == {60}
    assert timedelta(hours=23) < sum(waits, timedelta()) <= timedelta(hours=24)


@pytest.mark.parametrize(
    ("kind", "doubts", "then"),
    [
        ("sent", 0, After(State.SENT)),
        ("refused", 0, After(State.FAILED)),
        ("retry", 0, After(State.QUEUED, timedelta(minutes=1))),
        ("unknown", 0, After(State.UNKNOWN, timedelta(minutes=10))),
        ("unknown", 1, After(State.FAILED)),
        ("credential", 0, After(State.QUEUED)),
    ],
)
def test_what_becomes_of_a_mail_follows_from_how_sending_ended(kind, doubts, then):
    assert rules.after(Outcome(kind), tries=1, doubts=doubts) == then


def test_a_day_of_temporary_refusals_is_enough():
    assert rules.after(Outcome("retry", 451), tries=40, doubts=0).state is State.FAILED


def test_slots_are_days_and_hours_of_shanghai():
    assert rules.slot("digest", NOW) == rules.slot("heartbeat", NOW) == "2026-11-23"
    assert rules.slot("urgent", NOW) == "2026-11-23 00"
    assert rules.slot("alarm", NOW, cause="storm") == "storm 2026-11-23"


def test_a_message_id_is_its_mail_s_for_life_and_no_other_s():
    keys = [
        (1, "digest", "2026-11-23"),
        (1, "digest", "2026-11-24"),
        (2, "digest", "2026-11-23"),
        (1, "urgent", "2026-11-23"),
    ]
    names = {rules.message_id(rules.digest(*key), "example.test") for key in keys}
    assert len(names) == 4
    assert rules.message_id("0123-ab", "example.test") == "<0123ab@example.test>"
    assert rules.digest(1, "digest", "2026-11-23") == rules.digest(1, "digest", "2026-11-23")
