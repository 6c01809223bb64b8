"""Sums in Chinese capitals against a reader of its own, and until when a payee is to be paid."""

import re
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from data.renewals.paying_rules import MOST_FEN, capitals, due_on, standing
from data.sims.rules import Workdays

# The first lines are the examples of the banks' own rules; others are what is easily got wrong.
VECTORS = {
    140950: "壹仟肆佰零玖元伍角整",
    600714: "陆仟零柒元壹角肆分",
    168032: "壹仟陆佰捌拾元叁角贰分",
    10700053: "壹拾万柒仟元伍角叁分",
    1640902: "壹万陆仟肆佰零玖元零贰分",
    32504: "叁佰贰拾伍元零肆分",
    0: "零元整",
    1: "壹分",
    10: "壹角整",
    11: "壹角壹分",
    100: "壹元整",
    1000: "壹拾元整",
    1005: "壹拾元零伍分",
    101005: "壹仟零壹拾元零伍分",
    1000000: "壹万元整",
    1000100: "壹万零壹元整",
    1100000: "壹万壹仟元整",
    10000000: "壹拾万元整",
    100010000: "壹佰万零壹佰元整",
    10001000030: "壹亿零壹万元叁角整",
    10000000000: "壹亿元整",
    10000000100: "壹亿零壹元整",
    10100000000: "壹亿零壹佰万元整",
    11000000000: "壹亿壹仟万元整",
    1_000_000_000_000: "壹佰亿元整",
    1_000_000_000_001: "壹佰亿元零壹分",
    999_999_999_999: "玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分",
    100_000_000_000_000: "壹万亿元整",
    100_010_000_000_000: "壹万零壹亿元整",
}


@pytest.mark.parametrize(("fen", "words"), VECTORS.items())
def test_sums_are_written_as_banks_want_them(fen, words):
    assert capitals(fen) == words


UNITS = {"拾": 10, "佰": 100, "仟": 1000}


def read_back(text):
    """Fen, read from the left the way a teller does: a digit, its unit, sections of 万 and 亿."""
    total = wan = section = digit = 0
    fen = 0
    for sign in text:
        if sign in "零壹贰叁肆伍陆柒捌玖":
            digit = "零壹贰叁肆伍陆柒捌玖".index(sign)
        elif sign in UNITS:
            section, digit = section + digit * UNITS[sign], 0
        elif sign == "万":
            wan, section, digit = (section + digit) * 10_000, 0, 0
        elif sign == "亿":
            total, wan, section, digit = (total + wan + section + digit) * 10**8, 0, 0, 0
        elif sign == "元":
            fen, digit = (total + wan + section + digit) * 100, 0
        elif sign == "角":
            fen, digit = fen + digit * 10, 0
        elif sign == "分":
            fen, digit = fen + digit, 0
    return fen


@given(st.integers(0, 10**12) | st.integers(0, MOST_FEN - 1) | st.integers(0, 10**10).map(lambda yuan: yuan * 100))
@example(10**12)
def test_every_sum_reads_back_as_itself_and_has_no_doubled_or_loose_nought(fen):
    text = capitals(fen)
    assert read_back(text) == fen
    assert "零零" not in text
    # A figure whose unit is not the next smaller one stands behind a 零.
    for loose in ("仟D(?!佰)", "佰D(?!拾)", "拾D[拾佰仟]", "[万亿]D(?!仟)", "元D分"):
        assert not re.search(loose.replace("D", "[壹贰叁肆伍陆柒捌玖]"), text), text
    assert not re.search("零[万亿元角分整]", text.removeprefix("零元整"))
    assert text.endswith("整") == (fen % 10 == 0)


@pytest.mark.parametrize("fen", [-1, MOST_FEN])
def test_what_no_transfer_holds_is_refused(fen):
    with pytest.raises(ValueError, match="capitals"):
        capitals(fen)


CALENDAR = Workdays(
    holidays=frozenset({date(2026, 10, 1), date(2026, 10, 2)}), extra_workdays=frozenset({date(2026, 10, 10)})
)


@pytest.mark.parametrize(
    ("act_by", "way", "today", "due"),
    [
        # Wednesday: the money is there on Tuesday.
        ("2026-11-25", "transfer", "2026-11-20", "2026-11-24"),
        # Monday: on Friday before.
        ("2026-11-30", "prepaid", "2026-11-20", "2026-11-27"),
        # The days off in between are skipped: Monday the 5th looks back over them to Wednesday.
        ("2026-10-05", "transfer", "2026-09-20", "2026-09-30"),
        # A Saturday worked in exchange is a day like others.
        ("2026-10-12", "online", "2026-09-20", "2026-10-10"),
        # Too late already: at once.
        ("2026-11-19", "transfer", "2026-11-20", "2026-11-20"),
        ("2026-11-25", "monthly", "2026-11-20", "2026-12-31"),
        # The last of January 2027 is a Sunday: shifted earlier, never later.
        ("2026-12-25", "monthly", "2026-12-20", "2027-01-29"),
    ],
)
def test_the_due_day_leaves_the_money_a_working_day(act_by, way, today, due):
    asked = {"way_to_pay": way, "today": date.fromisoformat(today), "workdays": CALENDAR}
    assert due_on(date.fromisoformat(act_by), **asked) == date.fromisoformat(due)


def test_only_an_open_request_is_ever_overdue():
    today, before = date(2026, 11, 22), date(2026, 11, 21)
    assert [standing(state, before, today=today) for state in ("asked", "paid", "withdrawn")] == [
        "overdue",
        "paid",
        "withdrawn",
    ]
    assert standing("asked", today, today=today) == "asked"
