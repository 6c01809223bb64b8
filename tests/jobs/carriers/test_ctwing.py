"""CTWing: the published sign, states and cuts by access number, the running month, and texts that refuse."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from data.database import Query
from data.renewals.moves import Verdict
from data.secrets import Secret
from data.sims.rules import STATUS_WORDS
from jobs.carriers import Accepted, Order, Refused, Unknown, accounts, ctwing, pacing
from jobs.carriers.ctwing.session import code_of, sign
from jobs.carriers.http import CallError
from jobs.carriers.unsayable import Unsayable
from tests.jobs.carriers.contract import HOSTILE, connected, verdict
from tests.jobs.carriers.stubs.base import iccid
from tests.jobs.carriers.stubs.ctwing import KEY, SECRET, Ctwing

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)


@pytest.fixture
def stub() -> Iterator[Ctwing]:
    with Ctwing() as started:
        yield started


@pytest.fixture
def carrier(home, stub: Ctwing, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(pacing, "_paces", {})
    return connected(home, stub, monkeypatch)


def change(stub: Ctwing, kind: str = "suspend", number: int = 1) -> Order:
    return replace(stub.order(number), kind=kind, months=0, amount_fen=0, new_expiry=None)


def keys_of(stub: Ctwing, monkeypatch: pytest.MonkeyPatch, was: str, now: str) -> None:
    """The account with other words."""
    plain = stub.account_toml()
    assert was in plain
    monkeypatch.setattr(stub, "account_toml", lambda: plain.replace(was, now))


def test_the_sign_is_the_published_one() -> None:
    said = sign(
        {"c": "3", "a": "1", "b": "2"},
        b'{"name":"xf","age":"dd"}',
        secret=Secret("d1209cfefe895364e03"),
        stamp="20201101021435",
    )
    assert said == "3863613035653132306631333231313733383637376333326536316631643934"


def test_a_body_can_be_signed_as_its_fields(home, stub, monkeypatch) -> None:
    stub.flattened = True
    carrier = connected(home, stub, monkeypatch)
    assert carrier.usage([iccid(1)], FIRST, LAST)
    assert carrier.place([change(stub)]) == [Accepted("1001")]


def test_a_stamp_is_of_the_accounts_zone(home, stub, monkeypatch) -> None:
    keys_of(stub, monkeypatch, "list_fields", 'timestamp_zone = "UTC"\nlist_fields')
    monkeypatch.setattr(stub, "_check", lambda _request: None)
    carrier = connected(home, stub, monkeypatch)
    carrier.list_cards(None)
    assert stub.requests[0].headers["timestamp"].startswith("2026112202")


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"result": "0"}, "0"),
        ({"code": 0, "data": [{"result": "1"}]}, "0"),
        ({"SvcCont": {"Response": [{"RspCode": ["0000"]}]}}, "0000"),
        ({"result": "0", "code": "7"}, None),
        ({"code": True}, None),
        ({"code": None}, None),
        ({}, None),
    ],
)
def test_an_answer_has_one_code_or_none(told, code) -> None:
    assert code_of(told) == code


def test_a_cut_card_is_stopped_and_proves_no_stop_of_ours(stub, carrier) -> None:
    stub.cards[iccid(1)].more["cut"] = True
    stub.cards[iccid(2)].status = "5"
    stub.cards[iccid(3)].status = "77"
    read = carrier.card_facts([iccid(n) for n in (1, 2, 3, 4)])
    told = [(one.raw_status, one.raw_reason, one.status) for one in read]
    assert told == [
        ("4", "已断网", "stopped_manual"),
        ("5", None, "stopped_manual"),
        ("77", None, "unknown"),
        ("4", None, "active"),
    ]
    readings = carrier.cards([iccid(n) for n in (1, 2, 3, 4)])
    assert [readings[iccid(n)].status for n in (1, 2, 3, 4)] == [None, None, None, "active"]
    assert set(ctwing.STATES.values()) <= set(STATUS_WORDS)


def test_a_real_name_is_told_or_not(stub, carrier) -> None:
    stub.cards[iccid(2)].more["auth"] = "0"
    stub.cards[iccid(3)].more["auth"] = "?"
    assert [one.realname_ok for one in carrier.card_facts([iccid(n) for n in (1, 2, 3)])] == [True, False, None]


def test_the_number_in_our_books_is_asked_and_the_list_is_not(home, stub, carrier) -> None:
    with home.db.write() as tx:
        tx.run(
            Query(
                "test",
                "",
                "INSERT INTO sim (stem, iccid, msisdn, account, observed_at) VALUES ($stem, $iccid, $msisdn, 'stub-a', now())",
            ),
            stem=iccid(1)[:19],
            iccid=iccid(1),
            msisdn=stub.cards[iccid(1)].msisdn,
        )
    assert [one.msisdn for one in carrier.card_facts([iccid(1)])] == [stub.cards[iccid(1)].msisdn]
    assert [request.path.rsplit("/", 1)[-1] for request in stub.requests] == ["queryCardMainStatus"]


def test_the_list_names_plan_and_expiry_where_the_account_knows_their_names(home, stub, monkeypatch) -> None:
    keys_of(stub, monkeypatch, "list_fields = {", 'list_fields = { plan = "offer", expires_on = "expDate",')
    stub.cards[iccid(1)].more["listed"] = {"offer": "P-12", "expDate": "20261121235959"}
    stub.cards[iccid(1)].status = "5"
    carrier = connected(home, stub, monkeypatch)
    listed = carrier.list_cards(None).cards[0]
    assert (listed.plan, listed.expires_on, listed.status) == ("P-12", date(2026, 11, 21), "stopped_expired")
    assert carrier.card_facts([iccid(1)])[0].expires_on == date(2026, 11, 21)


def test_without_the_lists_names_it_says_so(home, stub, monkeypatch) -> None:
    monkeypatch.setattr(stub, "account_toml", lambda: super(Ctwing, stub).account_toml())
    carrier = connected(home, stub, monkeypatch)
    with pytest.raises(CallError, match="list_fields"):
        carrier.list_cards(None)
    assert not stub.requests


@pytest.mark.parametrize(
    ("flow", "used", "quality"),
    [
        ({}, 44_145_050, "lagged"),
        ({"flowAmount": "0"}, 0, "lagged"),
        ({"flowAmount": "1", "unit": "KB"}, 1024, "lagged"),
        ({"flowAmount": "1", "unit": "?"}, 0, "missing"),
        ({"flowAmount": "-1"}, 0, "missing"),
        ({"flowAmount": "NaN"}, 0, "missing"),
        ({"status": "1"}, 0, "missing"),
        ({"month": "202610"}, 0, "missing"),
    ],
)
def test_the_running_month_is_told_in_its_unit(stub, carrier, flow, used, quality) -> None:
    stub.cards[iccid(1)].more["flow"] = flow
    (read,) = carrier.usage([iccid(1)], FIRST, LAST)
    assert (read.grain, read.start, read.end, read.used_bytes, read.quality) == ("month", FIRST, LAST, used, quality)


def test_other_months_are_not_asked_and_a_number_of_ours_is_needed(home, stub, carrier, monkeypatch) -> None:
    assert carrier.usage([iccid(1)], date(2026, 9, 1), date(2026, 10, 31)) == []
    assert not stub.requests
    keys_of(stub, monkeypatch, 'cust_number = "14900000009"', 'cust_number = ""')
    with pytest.raises(CallError, match="cust_number"):
        connected(home, stub, monkeypatch).usage([iccid(1)], FIRST, LAST)


def test_data_is_cut_and_restored_and_the_return_is_seen(home, stub, carrier) -> None:
    order = change(stub)
    (outcome,) = carrier.place([order])
    assert verdict(order, outcome, carrier, home)[0] is Verdict.ACCEPTED
    assert carrier.cards([iccid(1)])[iccid(1)].status is None
    carrier.place([change(stub, "resume")])
    assert carrier.cards([iccid(1)])[iccid(1)].status == "active"
    assert stub.cuts == [(iccid(1), "ADD"), (iccid(1), "DEL")]


def answer(code: str, text: str = "", serial: str = "17") -> bytes:
    said = f"<Response><RspCode>{code}</RspCode><RspDesc>{text}</RspDesc></Response>"
    return f"<SvcCont>{said}<GROUP_TRANSACTIONID>{serial}</GROUP_TRANSACTIONID></SvcCont>".encode()


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (answer("0000"), Accepted("17")),
        (answer("0000", "欠费"), Accepted("17")),
        (answer("0000", serial=""), Unknown("taken, without a serial number")),
        (answer("1001", "该用户欠费"), Refused("arrears", "该用户欠费")),
        (answer("1001", "欠费，用户已断网"), Unknown("HTTP 200, 1001")),
        (answer("1001", "系统繁忙"), Unknown("HTTP 200, 1001")),
        (answer("", "欠费"), Unknown("HTTP 200")),
        (json.dumps({"result": "0", "code": "1", "resultMsg": "?"}).encode(), Unknown("HTTP 200")),
    ],
)
def test_what_a_cut_is_answered(stub, carrier, said, outcome) -> None:
    stub.say(said, on="order")
    assert carrier.place([change(stub)]) == [outcome]


@pytest.mark.parametrize("body", HOSTILE)
def test_a_body_that_says_nothing_is_a_doubt(home, stub, carrier, body) -> None:
    stub.say(HOSTILE[body], on="order")
    order = change(stub)
    (outcome,) = carrier.place([order])
    assert verdict(order, outcome, carrier, home)[0] is Verdict.UNKNOWN


@pytest.mark.parametrize("status", [302, 400, 429, 500, 503])
def test_a_status_other_than_200_says_nothing(stub, carrier, status) -> None:
    stub.say(answer("1001", "欠费"), status, on="order")
    assert isinstance(carrier.place([change(stub)])[0], Unknown)


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "renew"},
        {"kind": "add-on"},
        {"kind": "plan-change"},
        {"kind": "recharge"},
        {"msisdn": None},
        {"msisdn": "１４"},
    ],
)
def test_what_it_has_no_words_for_is_not_built(stub, carrier, said) -> None:
    with pytest.raises(Unsayable, match=iccid(1)):
        carrier.request(replace(change(stub), **said))
    assert not stub.requests


def test_the_bytes_of_an_order_hold_no_credential_and_are_the_same_again(stub, carrier) -> None:
    text = carrier.request(change(stub)).decode()
    assert text == carrier.request(change(stub)).decode() != carrier.request(change(stub, "resume")).decode()
    assert KEY not in text and SECRET not in text


def test_a_refusals_text_leads_to_a_reason_that_exists(home, stub, monkeypatch) -> None:
    keys_of(stub, monkeypatch, '"arrears"', '"broke"')
    with pytest.raises(accounts.AccountsError, match="leads to one of"):
        connected(home, stub, monkeypatch)
