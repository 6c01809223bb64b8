"""China Unicom CMP: the token's vectors, two codes in one answer, billing cycles, changes that only a table may refuse."""

import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from data.renewals.moves import Verdict
from data.sims.rules import STATUS_WORDS
from jobs.carriers import Confirmed, Order, Refused, Unknown, accounts, pacing, unicom_cmp
from jobs.carriers.http import CallError
from jobs.carriers.readings import Missing
from jobs.carriers.unicom_cmp.session import token
from jobs.carriers.unicom_cmp.sm3 import sm3
from jobs.carriers.unsayable import Unsayable
from tests.jobs.carriers.contract import HOSTILE, connected, verdict
from tests.jobs.carriers.stubs.base import iccid
from tests.jobs.carriers.stubs.unicom_cmp import OPEN_ID, SECRET, Unicom


@pytest.fixture
def stub() -> Iterator[Unicom]:
    with Unicom() as started:
        yield started


@pytest.fixture
def carrier(home, stub: Unicom, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(pacing, "_paces", {})
    return connected(home, stub, monkeypatch)


def change(stub: Unicom, number: int = 1, kind: str = "suspend") -> Order:
    return replace(stub.order(number), kind=kind, plan="P-24", amount_fen=0, months=0, new_expiry=None)


def test_sm3_gives_the_standards_digits() -> None:
    assert sm3(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    dice = random.Random(5)
    for size in [*range(130), 1000]:
        message = dice.randbytes(size)
        assert sm3(message) == hashlib.new("sm3", message).hexdigest()


def test_the_token_is_over_names_and_values_in_the_order_of_the_names() -> None:
    said = {"trans_id": "20260102030405006123456", "app_id": "testapp", "timestamp": "2026-01-02 03:04:05 006"}
    assert token(said, "testsecret") == "a94e98219bc6949772a6052f2bed288edb2fbbcf9de086e916cfbb6c5e0e6951"


def test_a_call_says_when_in_beijing_time(carrier) -> None:
    signed = carrier._open.signed()
    assert signed["timestamp"].startswith("2026-11-22 1") and len(signed["trans_id"]) == 23


def test_its_table_names_states_that_exist(stub, carrier) -> None:
    assert set(unicom_cmp.STATES.values()) <= set(STATUS_WORDS)
    stub.cards[iccid(1)].status = "42"
    assert carrier.card_facts([iccid(1)])[0].status == "unknown"


def test_fifty_cards_a_call_and_those_of_a_bad_call_are_missing(stub, carrier) -> None:
    stub.say(b"{}", on="read")
    asked = list(stub.cards)
    read = carrier.card_facts(asked)
    assert [one.iccid for one in read] == asked
    assert [isinstance(one, Missing) for one in read] == [True] * 50 + [False] * (len(asked) - 50)
    stub.say(b"{}", on="read")
    assert list(carrier.cards(asked)) == asked[50:], "of cards before an order only what is known is told"


def test_cards_of_which_no_call_comes_back_are_the_accounts_trouble(stub, carrier) -> None:
    stub.say(b"{}", on="read", times=2)
    with pytest.raises(CallError):
        carrier.card_facts(list(stub.cards))


@pytest.mark.parametrize(("told", "ok"), [("0", None), ("1", False), ("2", True), ("3", True)])
def test_a_card_says_plan_device_and_real_name(stub, carrier, told, ok) -> None:
    stub.cards[iccid(1)].more["realname"] = told
    (facts,) = carrier.card_facts([iccid(1)])
    assert (facts.plan, facts.imei, facts.realname_ok) == ("P-12", "860000000000001", ok)
    assert (facts.activated_on, facts.expires_on) == (date(2025, 12, 31), None)


def test_use_comes_by_cycle_from_the_27th_to_the_26th(stub, carrier) -> None:
    stub.cards[iccid(1)].more |= {"202610": "", "202609": "1.5"}
    read = carrier.usage([iccid(1)], date(2026, 9, 26), date(2026, 11, 27))
    assert [(one.start, one.end, one.used_bytes, one.quality) for one in read] == [
        (date(2026, 8, 27), date(2026, 9, 26), 3 * 2**19, "ok"),
        (date(2026, 9, 27), date(2026, 10, 26), 0, "missing"),
        (date(2026, 10, 27), date(2026, 11, 26), 25 * 2**19, "lagged"),
    ]
    assert {one.grain for one in read} == {"cycle"}


def test_cycles_join_without_a_gap_over_years(carrier) -> None:
    cycles = list(carrier._cycles(date(2025, 1, 15), date(2027, 3, 1)))
    assert cycles[0][0] == date(2024, 12, 27) and cycles[-1][1] == date(2027, 3, 26)
    assert all(one[1] + timedelta(days=1) == other[0] for one, other in pairwise(cycles))


def test_any_other_code_of_a_read_is_an_error(stub, carrier) -> None:
    stub.say(stub.odd_answer(), on="read")
    with pytest.raises(CallError, match="7777"):
        carrier.usage([iccid(1)], date(2026, 10, 1), date(2026, 10, 2))


def test_a_stop_a_return_and_a_plan_are_confirmed_at_once(home, stub, carrier) -> None:
    for kind, told in [("suspend", ("3", "3")), ("resume", ("3", "2")), ("plan-change", ("4", "双年包 10GB"))]:
        order = change(stub, kind=kind)
        (outcome,) = carrier.place([order])
        assert outcome == Confirmed(order.order_no, iccid=order.iccid)
        assert verdict(order, outcome, carrier, home)[0] is Verdict.CONFIRMED
        made = stub.changes[-1]
        assert (made["changeType"], made["targetValue"], made["messageId"]) == (*told, order.order_no)
    read = carrier.cards([iccid(1)])[iccid(1)]
    assert (read.status, read.expires_on) == ("active", None)


def test_a_stopped_card_proves_no_stop_of_ours(stub, carrier) -> None:
    stub.cards[iccid(1)].status = "3"
    assert carrier.card_facts([iccid(1)])[0].status == "stopped_manual"
    assert carrier.cards([iccid(1)])[iccid(1)].status is None


def test_only_a_code_of_the_accounts_table_is_a_no(home, stub, carrier) -> None:
    stub.refuse(iccid(1))
    assert carrier.place([change(stub, 1)]) == [Refused("wrong_state", "2101")]
    stub.say(stub.odd_answer(), on="order")
    assert carrier.place([change(stub, 2)]) == [Unknown("HTTP 200, 7777")]
    stub.say(b'{"status": "2101", "message": "", "data": null}', on="order")
    assert carrier.place([change(stub, 2)]) == [Refused("wrong_state", "2101")]


@pytest.mark.parametrize(
    ("card", "meant"),
    [
        (None, Verdict.UNKNOWN),
        ("", Verdict.UNKNOWN),
        (iccid(2), Verdict.DIFFERS),
        (iccid(2)[:19], Verdict.DIFFERS),
        (iccid(1)[:19], Verdict.CONFIRMED),
        (7, Verdict.UNKNOWN),
    ],
)
def test_a_yes_counts_only_for_the_card_it_names(home, stub, carrier, card, meant) -> None:
    said = {"status": "0000", "data": {"resultCode": "0000", "iccid": card}}
    stub.say(json.dumps(said).encode(), on="order")
    order = change(stub)
    (outcome,) = carrier.place([order])
    assert verdict(order, outcome, carrier, home)[0] is meant


@pytest.mark.parametrize("body", HOSTILE)
def test_a_body_that_says_nothing_is_a_doubt(home, stub, carrier, body) -> None:
    stub.say(HOSTILE[body], on="order")
    order = change(stub)
    (outcome,) = carrier.place([order])
    assert verdict(order, outcome, carrier, home)[0] is Verdict.UNKNOWN


@pytest.mark.parametrize("status", [302, 429, 500, 503])
def test_a_status_that_says_nothing_is_a_doubt(stub, carrier, status) -> None:
    stub.say(b'{"status": "2101"}', status, on="order")
    assert isinstance(carrier.place([change(stub)])[0], Unknown)


def test_a_lost_answer_is_a_doubt_and_a_return_is_seen(stub, carrier) -> None:
    stub.cards[iccid(1)].status = "3"
    stub.lose_answer()
    assert isinstance(carrier.place([change(stub, kind="resume")])[0], Unknown)
    assert len(stub.changes) == 1
    assert carrier.cards([iccid(1)])[iccid(1)].status == "active"


@pytest.mark.parametrize("kind", ["renew", "add-on", "recharge", "plan-change"])
def test_what_it_has_no_words_for_is_not_built(stub, carrier, kind) -> None:
    with pytest.raises(Unsayable, match=iccid(1)):
        carrier.request(replace(stub.order(1), kind=kind))


def test_the_bytes_of_an_order_are_the_same_and_hold_no_credential(stub, carrier) -> None:
    one = carrier.request(change(stub))
    assert one == carrier.request(change(stub)) != carrier.request(change(stub, 2))
    assert not [secret for secret in (SECRET, OPEN_ID) if secret in one.decode()]


def test_a_refusals_code_leads_to_a_reason_that_exists(home, stub, monkeypatch) -> None:
    plain = stub.account_toml()
    monkeypatch.setattr(stub, "account_toml", lambda: plain.replace("wrong_state", "broke"))
    with pytest.raises(accounts.AccountsError, match="refusal is one of"):
        connected(home, stub, monkeypatch)
