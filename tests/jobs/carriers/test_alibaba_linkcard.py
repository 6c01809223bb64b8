"""Linkcard: its signature, its words for states and data, what a yes is worth, and how a doubt is settled."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import ValidationError

from data.renewals.moves import Verdict
from data.secrets import Secret
from jobs.carriers import Accepted, Carrier, Confirmed, Later, Refused, Unknown, pacing
from jobs.carriers.accounts import AccountsError, NoConnection, connected, read
from jobs.carriers.alibaba_linkcard import ABILITIES, ACCOUNT, signing
from jobs.carriers.alibaba_linkcard.told import Card, Flows, months_between
from jobs.carriers.http import CallError, Held, NoToken, Unreadable
from jobs.carriers.unsayable import Unsayable
from tests.jobs.carriers import contract
from tests.jobs.carriers.stubs.alibaba_linkcard import SECRET, Alibaba, no, signature, yes
from tests.jobs.carriers.stubs.base import Order, iccid

READ_AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)


@pytest.fixture
def stub() -> Iterator[Alibaba]:
    with Alibaba() as started:
        yield started


@pytest.fixture
def carrier(home, stub, monkeypatch) -> Carrier:
    monkeypatch.setattr(pacing, "_paces", {})
    return contract.connected(home, stub, monkeypatch)


def order(stub: Alibaba, number: int = 1, **changed) -> Order:
    return replace(stub.order(number), **changed)


# Signing ----------------------------------------------------------------------------------------------------------------


def test_the_signature_is_the_one_of_the_vendors_own_client() -> None:
    params = {
        "Action": "Renew",
        "Iccid": "89860000000000000001",
        "RechargeType": "STANDARD",
        "SerialNo": "S1",
        "BuyNum": "12",
    }
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    told = signing.signed(params, key_id=Secret("testid"), secret=Secret("testsecret"), now=now, nonce="n1")
    assert told["Signature"] == "RC6wNyQBniUGohlO+ClLwkp2toQ="
    assert told["Timestamp"] == "2026-01-02T03:04:05Z"


def test_names_and_values_are_encoded_by_rfc_3986() -> None:
    assert signing.joined({"b": "2026-11-22 00:00:00", "a": "~*+/=é-_."}) == (
        "a=~%2A%2B%2F%3D%C3%A9-_.&b=2026-11-22%2000%3A00%3A00"
    )


def test_a_wrong_secret_is_refused_as_a_credential_and_buys_nothing(home, stub, monkeypatch) -> None:
    monkeypatch.setattr(pacing, "_paces", {})
    monkeypatch.setattr(type(stub), "secrets", {**stub.secrets, "STUB_ALI_SK": "another"})
    carrier = contract.connected(home, stub, monkeypatch)
    (outcome,) = carrier.place([stub.order()])
    assert isinstance(outcome, Later) and outcome.reason == "credential_refused" and not stub.ledger
    with pytest.raises(NoToken, match="access key"):
        carrier.list_cards(None)


def test_every_call_has_a_nonce_of_its_own_and_no_secret(carrier, stub) -> None:
    carrier.cards([iccid(1), iccid(2)])
    carrier.place([stub.order()])
    assert len(stub.nonces) == 3
    assert not any(SECRET in request.raw_query or SECRET in str(request.headers) for request in stub.requests)
    assert all(request.params["Signature"] == signature(request.raw_query, SECRET) for request in stub.requests)


# What is ordered --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "months", "times"),
    [("P-1", 1, "1"), ("P-1", 3, "3"), ("P-1", 12, "12"), ("P-12", 12, "1"), ("P-12", 36, "3")],
)
def test_months_become_periods_of_the_plan(carrier, stub, plan, months, times) -> None:
    assert f"&BuyNum={times}&".encode() in b"&" + carrier.request(order(stub, plan=plan, months=months)) + b"&"


@pytest.mark.parametrize(
    ("plan", "months"),
    [("P-1", 4), ("P-1", 24), ("P-1", 0), ("P-12", 6), ("P-12", 48), ("P-12", 18), ("not listed", 12)],
)
def test_what_linkcard_does_not_sell_cannot_be_put_into_words(carrier, stub, plan, months) -> None:
    with pytest.raises(Unsayable, match=r"months|monthly_plans"):
        carrier.request(order(stub, plan=plan, months=months))


@pytest.mark.parametrize("number", ["", "0", "R-1", "R" * 33, "Ｒ１"])
def test_a_serial_number_is_letters_and_digits_and_never_a_constant(carrier, stub, number) -> None:
    with pytest.raises(ValueError, match="SerialNo"):
        carrier.request(order(stub, order_no=number))


def test_the_bytes_of_an_order_hold_the_money_words_and_nothing_that_changes(carrier, stub) -> None:
    assert carrier.request(order(stub, order_no="R123")).decode() == (
        f"Action=Renew&BuyNum=1&Iccid={iccid(1)}&RechargeType=STANDARD&SerialNo=R123"
    )
    carrier.place([order(stub, order_no="R123")])
    sent = stub.requests[-1].params
    assert {name: sent[name] for name in ("Action", "BuyNum", "Iccid", "RechargeType", "SerialNo")} == dict(
        pair.split("=") for pair in carrier.request(order(stub, order_no="R123")).decode().split("&")
    )


def test_an_add_on_goes_out_under_the_accounts_offer_code(home, stub, monkeypatch) -> None:
    monkeypatch.setattr(pacing, "_paces", {})
    account_toml = stub.account_toml
    monkeypatch.setattr(stub, "account_toml", lambda: account_toml() + 'offer_codes = {"1 GB more" = "OFF-7"}\n')
    carrier = contract.connected(home, stub, monkeypatch)
    wish = order(stub, kind="add-on", plan="1 GB more", months=1, new_expiry=None)
    (outcome,) = carrier.place([wish])
    assert contract.verdict(wish, outcome, carrier, home)[0] is Verdict.ACCEPTED
    assert (stub.bought[0]["RechargeType"], stub.bought[0]["OfferCode"], stub.bought[0]["BuyNum"]) == (
        "OVERLAY",
        "OFF-7",
        "1",
    )
    with pytest.raises(Unsayable, match="offer_codes"):
        carrier.request(replace(wish, plan="2 GB more"))


@pytest.mark.parametrize("kind", ["plan-change", "recharge"])
def test_what_it_cannot_do_cannot_be_ordered(carrier, stub, kind) -> None:
    assert ABILITIES[kind.replace("-", "_")][0] == "no"
    with pytest.raises(Unsayable, match="no order of this kind"):
        carrier.request(order(stub, kind=kind))


def test_a_plan_whose_period_the_account_gets_wrong_is_not_bought(carrier, stub) -> None:
    stub.cards[iccid(1)].more["Period"] = "1101"
    carrier.cards([iccid(1)])
    (outcome,) = carrier.place([stub.order()])
    assert isinstance(outcome, Later) and outcome.reason == "plan_unsuitable" and "1 months" in outcome.detail
    assert not stub.ledger and outcome.retry_at > READ_AT


# What an answer says ----------------------------------------------------------------------------------------------------


def test_a_yes_names_neither_card_nor_amount_so_the_expiry_has_to_prove_it(carrier, stub, home) -> None:
    (outcome,) = carrier.place([stub.order()])
    assert outcome == Confirmed("C0000000001", order_no=stub.order().order_no)
    verdict, said = contract.verdict(stub.order(), outcome, carrier, home)
    assert verdict is Verdict.ACCEPTED and said["carrier_ref"] == "C0000000001"
    assert carrier.cards([iccid(1)])[iccid(1)].expires_on == date(2027, 12, 31)


def test_a_yes_without_our_number_or_with_another_is_no_yes(carrier, stub, home) -> None:
    for data, wanted in (
        ({"OrderNo": "C1"}, Verdict.UNKNOWN),
        ({"OrderNo": "C1", "SerialNo": "S"}, Verdict.DIFFERS),
        ({"SerialNo": stub.order().order_no}, Verdict.UNKNOWN),
        ({"OrderNo": 7, "SerialNo": stub.order().order_no}, Verdict.UNKNOWN),
        (None, Verdict.UNKNOWN),
    ):
        stub.say(yes(data).body, on="order")
        (outcome,) = carrier.place([stub.order()])
        assert contract.verdict(stub.order(), outcome, carrier, home)[0] is wanted, data


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b'{"Code":"200","Success":false}', Unknown),
        (b'{"Code":"200"}', Unknown),
        (b'{"Code":"IccidNotExist","Success":true}', Unknown),
        (b'{"Code":200,"Success":true,"Data":{"OrderNo":"C1"}}', Unknown),
        (no("IccidNotExist").body, Refused),
        (b'{"data":{"Code":"IccidNotExist","Success":false}}', Refused),
        (no("InternalError").body, Unknown),
        (no("RPCInvokeError").body, Unknown),
        (no("BatchOperationFailed").body, Unknown),
        (no("Throttling").body, Unknown),
        (no("SignVerificationFailed").body, Later),
    ],
)
def test_success_and_code_have_to_agree(carrier, stub, body, wanted) -> None:
    stub.say(body, on="order")
    assert isinstance(carrier.place([stub.order()])[0], wanted)


def test_a_rule_that_refused_is_a_doubt_with_the_carriers_words(carrier, stub) -> None:
    stub.say(no("BusinessProcessError", "余额\x07不足").body, on="order")
    (outcome,) = carrier.place([stub.order()])
    assert outcome == Unknown("HTTP 200, BusinessProcessError 余额不足")
    stub.say(no("SomethingNew", "what was signed: AccessKeyId").body, on="order")
    assert carrier.place([stub.order()])[0] == Unknown("HTTP 200, SomethingNew")


def test_flow_control_of_the_gateway_comes_before_any_effect(carrier, stub) -> None:
    stub.say(b'{"Code":"Throttling.User","Message":"m"}', 400, on="order")
    (outcome,) = carrier.place([stub.order()])
    assert isinstance(outcome, Later) and outcome.reason == "rate_limited"
    assert carrier.held_s() > 0


def test_flow_control_of_a_read_slows_everybody_down(carrier, stub) -> None:
    stub.say(b'{"Code":"Throttling.Api","Message":"m"}', 400, on="read")
    with pytest.raises(Held):
        carrier.list_cards(None)
    assert carrier.held_s() > 0


def test_a_nonce_that_counts_as_used_may_be_our_own_order(carrier, stub) -> None:
    stub.say(b'{"Code":"SignatureNonceUsed","Message":"m"}', 400, on="order")
    assert isinstance(carrier.place([stub.order()])[0], Unknown)


# Doubts -----------------------------------------------------------------------------------------------------------------


def test_a_lost_order_sent_again_under_its_number_is_bought_once_and_named(carrier, stub, home) -> None:
    stub.lose_answer()
    (lost,) = carrier.place([stub.order()])
    assert isinstance(lost, Unknown) and carrier.terms.key_life == timedelta(days=1)
    again = replace(stub.order(), old_expiry=date(2026, 12, 31))
    (outcome,) = carrier.place([again])
    assert isinstance(outcome, Confirmed) and len(stub.ledger) == 1


def test_an_account_may_say_that_nothing_is_sent_again(home, stub, monkeypatch) -> None:
    monkeypatch.setattr(pacing, "_paces", {})
    keys = stub.account_keys()
    monkeypatch.setattr(stub, "account_keys", lambda: keys | {"resend_same_serial": False})
    assert contract.connected(home, stub, monkeypatch).terms.key_life is None


def test_the_list_of_orders_tells_a_failure_of_an_order_whose_number_was_heard(carrier, stub) -> None:
    first, second = stub.order(1), stub.order(2)
    assert isinstance(carrier.find_order(first.order_no), Unknown)
    assert not stub.requests, "without their number there is nothing to ask for"
    carrier.place([first])
    carrier.place([second])
    for status, wanted in (
        ("completed", Unknown),
        ("processing", Unknown),
        ("unpaid", Unknown),
        ("failure", Refused("order_failed", "C0000000001: failure")),
        ("refunded", Refused("refunded", "C0000000001: refunded")),
    ):
        stub.statuses["C0000000001"] = status
        found = carrier.find_order(first.order_no)
        assert found == wanted or (isinstance(found, Unknown) and wanted is Unknown), status
    stub.statuses.clear()
    assert isinstance(carrier.find_order(first.order_no), Unknown)
    stub.say(b"no", on="read")
    assert isinstance(carrier.find_order(first.order_no), Unknown)


def test_an_order_is_asked_for_by_the_number_that_was_kept(carrier, stub) -> None:
    stub.statuses["C0000000007"] = "failure"
    assert carrier.find_order("R7", "C0000000007") == Refused("order_failed", "C0000000007: failure")
    assert [request.params["OrderId"] for request in stub.requests] == ["C0000000007"]


def test_a_list_of_other_orders_says_nothing_of_ours(carrier, stub) -> None:
    carrier.place([stub.order()])
    stub.say(yes({"List": [{"OrderId": "C9", "OrderStatus": "failure"}]}).body, on="read")
    assert isinstance(carrier.find_order(stub.order().order_no), Unknown)


def test_a_stop_and_a_resume_are_proved_by_the_cards_state(carrier, stub, home) -> None:
    for kind, status in (("suspend", "stopped_manual"), ("resume", "active")):
        wish = order(stub, kind=kind, months=0, amount_fen=0, new_expiry=None)
        (outcome,) = carrier.place([wish])
        assert outcome == Accepted("R1")
        assert contract.verdict(wish, outcome, carrier, home)[0] is Verdict.ACCEPTED
        assert carrier.cards([iccid(1)])[iccid(1)].status == status
    assert not stub.ledger


# Readings ---------------------------------------------------------------------------------------------------------------


def test_the_list_is_asked_for_a_window_of_expiries(carrier, stub) -> None:
    stub.cards[iccid(7)].expires_on = date(2026, 12, 1)
    page = carrier.list_expiring(None, date(2026, 11, 22), date(2026, 12, 1))
    assert [card.iccid for card in page.cards] == [iccid(7)] and page.next is None
    sent = stub.requests[-1].params
    assert (sent["ExpireTimeStart"], sent["ExpireTimeEnd"]) == ("2026-11-22 00:00:00", "2026-12-01 23:59:59")


def test_another_page_than_the_one_asked_for_is_unreadable(carrier, stub) -> None:
    stub.say(yes({"List": [], "PageNo": 2, "PageCount": 2, "PageSize": 40, "Total": 45}).body, on="read")
    with pytest.raises(Unreadable):
        carrier.list_cards(None)


def test_another_card_than_the_one_asked_for_is_not_read(carrier, stub) -> None:
    stub.say(yes({"VsimCardInfo": {"Iccid": iccid(2), "ExpireTime": "2030-01-01 00:00:00"}}).body, on="read")
    assert carrier.cards([iccid(1)]) == {}


def test_a_card_says_what_it_says(carrier, stub) -> None:
    stub.cards[iccid(1)].more |= {"DataType": "unityPayPool", "IsAutoRecharge": True}
    (facts,) = carrier.card_facts([iccid(1)])
    assert (facts.imsi, facts.msisdn, facts.imei) == (
        stub.cards[iccid(1)].imsi,
        stub.cards[iccid(1)].msisdn,
        "861234567890123",
    )
    assert (facts.auto_renew, facts.pool, facts.activated_on) == (True, "C1", date(2024, 1, 1))
    assert (facts.raw_status, facts.raw_reason, facts.status) == ("30", "100", "active")


@pytest.mark.parametrize(
    ("status", "reason", "expires", "state"),
    [
        ("10", "130", None, "test"),
        ("20", None, None, "silent"),
        ("30", None, None, "active"),
        ("30", "150", None, "active"),
        ("30", "200", None, "unknown"),
        ("35", "200", None, "stopped_manual"),
        ("35", "300", None, "stopped_quota"),
        ("35", "400", None, "stopped_arrears"),
        ("35", "500", None, "stopped_separation"),
        ("35", "600", None, "stopped_realname"),
        ("35", "700", None, "stopped_risk"),
        ("35", None, None, "unknown"),
        ("35", "900", None, "unknown"),
        ("40", "400", "2026-11-21 23:59:59", "stopped_expired"),
        ("40", "400", "2026-11-22 23:59:59", "unknown"),
        ("40", None, None, "unknown"),
        ("50", "100", None, "cancelled"),
        ("60", None, None, "unknown"),
        ("", None, None, "unknown"),
    ],
)
def test_states(status, reason, expires, state) -> None:
    told = {"Iccid": "8986", "Status": status, "OsStatus": reason, "ExpireTime": expires}
    assert Card.model_validate(told).state(TODAY) == state


@pytest.mark.parametrize(
    "told", [{"Iccid": 8986}, {"Iccid": ""}, {"Iccid": "1", "ExpireTime": "soon"}, {"Iccid": "1", "Status": 30}]
)
def test_a_card_of_another_shape_is_none(told) -> None:
    with pytest.raises(ValidationError):
        Card.model_validate(told)


def test_data_is_told_as_text_with_a_unit() -> None:
    def quota(used: str | None, left: str | None):
        return Card.model_validate({"Iccid": "1", "PeriodAddFlow": used, "PeriodRestFlow": left}).quota()

    told = quota("1.50MB", "1GB")
    assert (told.used_bytes, told.left_bytes, told.total_bytes) == (1_572_864, 2**30, 1_572_864 + 2**30)
    assert quota("512KB", "").left_bytes is None and quota("512KB", "").total_bytes is None
    for odd in ("1.5", "MB", "-1MB", "1.5 mb ", "1,5MB", "1e9MB", None):
        assert quota(odd, "0.00MB").used_bytes is None, odd


def test_usage_comes_by_day_and_month_up_to_yesterday(carrier, stub) -> None:
    read = carrier.usage([iccid(1)], date(2026, 4, 10), date(2026, 11, 21))
    asked = [request.params for request in stub.requests]
    assert [sum(name.startswith("DateList.") for name in params) for params in asked] == [6, 2]
    months = {one.start: one for one in read if one.grain == "month"}
    assert len(months) == 8 and months[date(2026, 4, 1)].end == date(2026, 4, 30)
    assert months[date(2026, 10, 1)].used_bytes == 130 * 2**20 and months[date(2026, 10, 1)].quality == "ok"
    assert months[date(2026, 11, 1)].quality == "lagged"
    days = {one.start: one for one in read if one.grain == "day"}
    assert days[date(2026, 11, 5)].used_bytes == 1_572_864 and days[date(2026, 11, 6)].quality == "none"
    assert all(one.as_of.isoformat() == "2026-11-22T00:00:00+08:00" for one in read)


@pytest.mark.parametrize(
    ("told", "day"),
    [("20261105", 5), ("2026-11-05", 5), ("5", 5), ("05", 5), ("20261205", None), ("31", None), ("x", None)],
)
def test_days_of_a_month(told, day) -> None:
    flows = {"ListCardMonthFlow": [{"Month": "2026-11", "ListDayFlow": [{"Day": told, "Flow": "1MB"}]}]}
    read = list(Flows.model_validate(flows).readings("1", date(2026, 11, 1), date(2026, 11, 30), READ_AT))
    assert [one.start.day for one in read] == ([day] if day else [])


def test_months_between_two_days() -> None:
    assert months_between(date(2026, 11, 30), date(2027, 1, 1)) == ["202611", "202612", "202701"]
    assert months_between(date(2026, 11, 2), date(2026, 11, 1)) == ["202611"]


# The account ------------------------------------------------------------------------------------------------------------


def test_a_plan_has_one_period(home, stub) -> None:
    home.carriers_file.write_text(stub.account_toml(), encoding="utf-8")
    keys = {"monthly_plans": ["P"], "yearly_plans": ["P"]}
    with pytest.raises(ValidationError, match="take it out of one"):
        ACCOUNT.model_validate({**read(home)[0].model_dump(), **keys})


def test_a_key_without_a_value_is_named(home, stub, monkeypatch) -> None:
    monkeypatch.delenv("STUB_ALI_AK", raising=False)
    home.carriers_file.write_text(stub.account_toml(), encoding="utf-8")
    with pytest.raises(NoConnection, match="access_key_id"):
        connected(home, "stub-a")
    home.carriers_file.write_text(stub.account_toml().replace("env:STUB_ALI_AK", "LTAI5t"), encoding="utf-8")
    with pytest.raises(AccountsError, match="never the value itself"):
        read(home)


def test_a_read_that_is_refused_says_so(carrier, stub) -> None:
    stub.say(no("IllegalRequest").body, on="read")
    with pytest.raises(CallError, match="IllegalRequest"):
        carrier.list_cards(None)
