"""Keys, order numbers, hashes and amounts; every reason and refusal has its words in both languages."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import words
from data.renewals import rules

DAY = date(2026, 11, 30)
KEY = rules.obligation_key(account="mobile-main", iccid="89860410123450000017", cycle=DAY.isoformat())


def test_both_forms_of_a_card_number_are_one_obligation():
    assert KEY == "mobile-main|8986041012345000001|renew|2026-11-30|1"
    assert rules.obligation_key(account="mobile-main", iccid="8986041012345000001", cycle=DAY.isoformat()) == KEY


def test_an_order_number_is_computed_and_says_its_attempt():
    assert rules.order_no(KEY, 1) == rules.order_no(KEY, 1)
    assert rules.order_no(KEY, 2) == rules.order_no(KEY, 1)[:-2] + "02"
    with pytest.raises(ValueError, match="attempt 0"):
        rules.order_no(KEY, 0)


@given(st.text(min_size=1), st.text(min_size=1), st.integers(1, 99), st.integers(1, 99))
def test_equal_order_numbers_mean_equal_key_and_attempt(key, other, n, m):
    first, second = rules.order_no(key, n), rules.order_no(other, m)
    assert re.fullmatch(r"R[A-Z2-7]{20}\d\d", first)
    assert (first == second) == ((key, n) == (other, m))


@given(st.lists(st.tuples(st.text("ab|1", min_size=1), st.integers(1, 10**9), st.integers(1, 120)), max_size=6))
def test_any_change_of_a_line_or_of_their_order_changes_the_content(lines):
    base = rules.content_hash(lines)
    assert base == rules.content_hash(list(lines))
    for place, (key, amount, months) in enumerate(lines):
        for changed in ((key + "x", amount, months), (key, amount + 1, months), (key, amount, months + 1)):
            assert rules.content_hash([*lines[:place], changed, *lines[place + 1 :]]) != base
        assert rules.content_hash(lines[:place]) != base
    if lines[::-1] != lines:
        assert rules.content_hash(lines[::-1]) != base


def test_every_reason_refusal_and_state_speaks_chinese():
    told = [*rules.REFUSALS.values(), *rules.STATE_WORDS.values(), *rules.BATCH_WORDS.values(), *rules.PAUSES.values()]
    told += [*rules.WARNINGS.values(), *rules.WAY_TO_PAY_WORDS.values()]
    for reason in rules.REASONS.values():
        told += [reason.msgid, reason.who, reason.by_when]
    with words.speaking("zh_CN"):
        assert [msgid for msgid in told if words._(msgid) == msgid] == []
