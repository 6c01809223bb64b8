"""The reason table: who acts, by when, whether and from when a renewal may be tried again."""

from datetime import UTC, datetime, timedelta

import pytest

from data.clock import HOME_ZONE
from data.renewals.desk_rules import retry_from, retry_word
from data.renewals.rules import HOPELESS, REASONS, RETRYABLE, reason_of

# Saturday the 28th of November, eleven at night in Shanghai.
FAILED_AT = datetime(2026, 11, 28, 15, 0, tzinfo=UTC)


def opens(code, *, last_order_day=None):
    return retry_from(code, failed_at=FAILED_AT, last_order_day=last_order_day, zone=HOME_ZONE)


@pytest.mark.parametrize("code", REASONS)
def test_every_reason_says_who_acts_by_when_and_whether_it_may_be_retried(code):
    reason = REASONS[code]
    assert reason.msgid and reason.who and reason.by_when
    assert retry_word("failed", reason)
    # What waits for its time may be tried again at all.
    assert reason.retryable or not (reason.retry_after or reason.next_window)


def test_the_field_s_own_table_is_whole():
    """domain.md's rows of why a renewal fails, but for the three that fail nothing: no answer, in progress, still stopped."""
    asked_for = {
        *("insufficient_balance", "account_data", "plan_unsuitable", "amount_too_low", "price_changed", "pin_refused"),
        *("window_closed", "card_locked", "batch_refused", "rate_limited", "token_expired", "credential_refused"),
        *("not_our_card", "pool_card", "realname_missing", "separation", "stop_reason", "plan_ended", "arrears"),
        *("cancelled", "in_progress", "no_answer"),
    }
    assert asked_for <= set(REASONS)
    assert {"cancelled", "pin_refused"} <= HOPELESS
    assert {"card_locked", "batch_refused", "rate_limited", "token_expired", "window_closed"} <= RETRYABLE


def test_a_locked_card_waits_for_its_half_hour():
    assert opens("card_locked") == FAILED_AT + timedelta(minutes=30)


def test_the_next_window_is_the_next_day_in_shanghai():
    assert opens("window_closed") == datetime(2026, 11, 29, tzinfo=HOME_ZONE)
    assert opens("window_closed", last_order_day=29) == datetime(2026, 11, 29, tzinfo=HOME_ZONE)


def test_after_the_last_order_day_the_next_window_is_the_next_month():
    assert opens("window_closed", last_order_day=28) == datetime(2026, 12, 1, tzinfo=HOME_ZONE)
    assert opens("window_closed", last_order_day=20) == datetime(2026, 12, 1, tzinfo=HOME_ZONE)


@pytest.mark.parametrize("code", ["insufficient_balance", "reviewed_no_effect", "E4711"])
def test_other_reasons_wait_for_no_time(code):
    assert opens(code) is None
    assert retry_word("unknown", reason_of(code)) != retry_word("failed", reason_of(code))
