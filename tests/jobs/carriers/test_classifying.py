"""What answers mean: money.md's table, row by row; and strict reading, and tokens for all threads."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import TypeAdapter, ValidationError

from jobs.carriers import Later, Refused, Unknown
from jobs.carriers.classifying import Codes, no_answer, outcome
from jobs.carriers.http import Doubt, Held, NeverLeft, NoToken, Reply, Token, TokenKeeper, Unreadable
from jobs.carriers.http.fields import Day, Fen, Instant, Text
from jobs.carriers.http.reading import parsed, wait_asked

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
CODES = Codes(
    ok=frozenset({"0"}),
    refused={"LOW": "insufficient_balance"},
    before_effect={"BUSY": "card_locked"},
    session_over=frozenset({"EXPIRED"}),
    sign_in=frozenset({"WHO"}),
    too_many_is_early=True,
)


def meaning(status, code, codes=CODES, wait_s=0.0):
    return outcome(Reply(status, {}, b"", wait_s), code, codes, now=NOW)


@pytest.mark.parametrize("status", [500, 501, 502, 503, 504, 599])
@pytest.mark.parametrize("code", [None, "0", "LOW", "BUSY", "EXPIRED", "NEW"])
def test_a_server_error_says_nothing_whatever_its_body_says(status, code):
    assert isinstance(meaning(status, code), Unknown)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 100, 199, 600, 0])
def test_a_redirect_or_an_odd_status_says_nothing(status):
    assert isinstance(meaning(status, "LOW"), Unknown)
    assert isinstance(meaning(status, "0"), Unknown)


@pytest.mark.parametrize("status", [200, 400, 403, 404, 409, 422])
def test_a_code_counts_by_itself_not_by_the_status_above_it(status):
    assert meaning(status, "LOW") == Refused("insufficient_balance", "LOW")
    assert meaning(status, "BUSY") == Later(NOW + timedelta(seconds=5), "BUSY", reason="card_locked")
    for code in ("EXPIRED", "WHO"):
        assert meaning(status, code).reason == "credential_refused"


@pytest.mark.parametrize("status", [200, 400, 409])
@pytest.mark.parametrize("code", [None, "", "NEW", "low", " LOW", "ORDER_EXISTS", "重复提交", "x" * 1_000])
def test_a_code_that_is_in_no_table_is_never_a_no(status, code):
    assert isinstance(meaning(status, code), Unknown)


def test_a_yes_counts_under_a_good_status_only():
    assert meaning(200, "0") is None
    assert isinstance(meaning(400, "0"), Unknown)


def test_too_many_is_before_any_effect_only_where_the_contract_says_so():
    assert meaning(429, None, wait_s=30) == Later(NOW + timedelta(seconds=30), "HTTP 429")
    assert isinstance(meaning(429, None, Codes(ok=frozenset({"0"}))), Unknown)
    # Not even a code of the table makes it one: where the two disagree, doubt wins.
    assert isinstance(meaning(429, "LOW", Codes(ok=frozenset(), refused={"LOW": "arrears"})), Unknown)


def test_only_what_never_left_goes_out_again():
    assert no_answer(NeverLeft("no route"), now=NOW) == Later(
        NOW + timedelta(seconds=10), "no route", reason="not_reached"
    )
    assert no_answer(Held(30), now=NOW).retry_at == NOW + timedelta(seconds=30)
    assert no_answer(NoToken("HTTP 500"), now=NOW).reason == "credential_refused"
    for doubt in (Doubt("reset"), Unreadable("odd")):
        assert isinstance(no_answer(doubt, now=NOW), Unknown)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        ("1000000000", 10**9),
        ("9" * 5_000, 999999999999),
        ("Sun, 22 Nov 2026 02:02:00 GMT", 120),
        ("Sun, 22 Nov 2026 01:00:00 GMT", 0),
        ("Sun, 22 Nov 2026 10:02:00 +0800", 120),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("١٢٠", None),
        ("Sun, 99 Nov 2026 02:02:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(told, seconds):
    assert wait_asked({"retry-after": told}, NOW) == seconds


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"1", b"{", b'{"a":1,"a":2}', b'{"a":NaN}', b'{"a":1e99}', b"\xef\xbb\xbf{}", b'{"a":"\\ud800"}']
)  # fmt: skip
def test_json_that_can_be_read_two_ways_is_not_read(body):
    with pytest.raises(Unreadable):
        parsed(body)


def test_a_field_takes_one_form_and_turns_nothing_else_into_a_value():
    good = {Day: "2027-11-30", Instant: "2027-11-30T08:00:00+08:00", Text: "R1", Fen: 1200}
    bad = {
        Day: [0, True, "", "20271130", "2027-W48-2", "2027-02-30", "２０２７-11-30", "2027-11-30T00:00:00", None],
        Instant: [0, 1.5, True, "", "2027-11-30", "2027-11-30T08:00:00", None],
        Text: [0, True, "", "x" * 65, None, []],
        Fen: ["1200", 1200.0, True, None, 10**13],
    }
    for kind, value in good.items():
        TypeAdapter(kind).validate_python(value)
        for wrong in bad[kind]:
            with pytest.raises(ValidationError):
                TypeAdapter(kind).validate_python(wrong)


def test_of_all_threads_with_the_same_old_token_one_fetches_a_new_one():
    fetched = []

    def fetch():
        time.sleep(0.05)
        fetched.append(1)
        return Token(f"T{len(fetched)}", 3_600)

    keeper = TokenKeeper(fetch)
    got = []
    threads = [threading.Thread(target=lambda: got.append(keeper.token())) for _ in range(8)]
    threads += [threading.Thread(target=lambda: got.append(keeper.token(not_this="T1"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fetched) <= 2
    assert set(got) <= {"T1", "T2"}
    assert keeper.token(not_this="T1") == "T2"
    assert len(fetched) == 2
    assert "T2" not in repr(Token("T2", 1))


def test_where_no_token_can_be_had_all_threads_hear_it_from_one_try():
    clock, tries = [0.0], []

    def fetch():
        tries.append(1)
        raise Doubt("HTTP 500")

    keeper = TokenKeeper(fetch, clock=lambda: clock[0])
    for _ in range(5):
        with pytest.raises(NoToken):
            keeper.token()
    assert len(tries) == 1
    clock[0] += 6
    with pytest.raises(NoToken):
        keeper.token()
    assert len(tries) == 2


def test_a_token_is_not_used_in_its_last_moments():
    clock, fetched = [0.0], []

    def fetch():
        fetched.append(1)
        return Token(f"T{len(fetched)}", 60)

    keeper = TokenKeeper(fetch, clock=lambda: clock[0])
    keeper.token()
    clock[0] = 54.0
    assert keeper.token() == "T1"
    clock[0] = 56.0
    assert keeper.token() == "T2"
