"""Tencent IC: its signature, lists of cards in one call, and that only a card's expiry proves anything."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from pydantic import ValidationError

from data.clock import HOME_ZONE
from data.renewals.moves import MOST_TRIPS, Verdict
from data.secrets import Secret
from jobs.carriers import Accepted, Carrier, Later, Refused, Unknown, pacing
from jobs.carriers.accounts import NoConnection, connected, read
from jobs.carriers.http import CallError, NoToken, Unreadable
from jobs.carriers.pacing import Pace
from jobs.carriers.tencent_ic import ABILITIES, signing
from jobs.carriers.tencent_ic.told import Card, Page
from jobs.carriers.unsayable import Unsayable
from jobs.sending import chunk_size
from tests.jobs.carriers import contract
from tests.jobs.carriers.stubs.base import Order, iccid
from tests.jobs.carriers.stubs.tencent_ic import APP, SECRET, Tencent, no, signature, yes

TODAY = date(2026, 11, 22)
READ_AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


@pytest.fixture
def stub() -> Iterator[Tencent]:
    with Tencent() as started:
        yield started


@pytest.fixture
def carrier(home, stub, monkeypatch) -> Carrier:
    return again(home, stub, monkeypatch)


def again(home, stub, monkeypatch, **keys) -> Carrier:
    """The connector on the stub, with other keys of its account."""
    monkeypatch.setattr(pacing, "_paces", {})
    if keys:
        said = stub.account_keys() | keys
        monkeypatch.setattr(stub, "account_keys", lambda: said)
    return contract.connected(home, stub, monkeypatch)


def orders(stub: Tencent, *numbers: int, **changed) -> list[Order]:
    return [replace(stub.order(number), **changed) for number in numbers]


# Signing ----------------------------------------------------------------------------------------------------------------


def test_the_signature_is_the_one_of_the_vendors_own_client() -> None:
    body = b'{"Sdkappid":1400000001,"Iccids":["89860000000000000001"],"RenewNum":12}'
    at = datetime.fromtimestamp(1735787045, UTC)
    wanted = "7cb2789497d1fb678b9f9fef39c6f0fb2af7ad1bb87018d4e0b98334e49fd0fa"
    assert signing.signature(body, host="ic.tencentcloudapi.com", secret=Secret("testsecret"), at=at) == wanted


def test_the_day_that_is_signed_is_one_of_utc() -> None:
    night = datetime(2025, 1, 2, 20, 0, tzinfo=UTC)
    for at in (night, night.astimezone(HOME_ZONE)):
        told = signing.headers("A", b"{}", host="h", key_id=Secret("i"), secret=Secret("s"), at=at)
        told |= {"host": "h", "content-type": told["Content-Type"], "x-tc-timestamp": told["X-TC-Timestamp"]}
        assert "Credential=i/2025-01-02/ic/tc3_request" in told["Authorization"]
        assert told["Authorization"].endswith(signature(b"{}", told, "s"))


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://ic.tencentcloudapi.com", "ic.tencentcloudapi.com"),
        ("https://ic.tencentcloudapi.com:443/", "ic.tencentcloudapi.com"),
        ("https://IC.example.com:8443", "ic.example.com:8443"),
        ("http://127.0.0.1:80", "127.0.0.1"),
        ("http://[::1]:8080", "[::1]:8080"),
    ],
)
def test_the_host_that_is_signed_is_the_host_that_is_sent(url, host) -> None:
    assert signing.host_of(url) == host


def test_every_call_is_signed_and_shows_no_secret(carrier, stub) -> None:
    carrier.cards([iccid(1)])
    carrier.place(orders(stub, 1))
    for request in stub.requests:
        assert request.headers["authorization"].endswith(signature(request.body, request.headers, SECRET))
        assert SECRET not in str(request.headers) + request.body.decode()


def test_a_wrong_key_is_refused_as_a_credential_and_buys_nothing(home, stub, monkeypatch) -> None:
    monkeypatch.setattr(type(stub), "secrets", {**stub.secrets, "STUB_TC_KEY": "another"})
    carrier = again(home, stub, monkeypatch)
    (outcome,) = carrier.place(orders(stub, 1))
    assert isinstance(outcome, Later) and outcome.reason == "credential_refused" and not stub.ledger
    with pytest.raises(NoToken, match="our key"):
        carrier.list_cards(None)


# What is ordered --------------------------------------------------------------------------------------------------------


def test_a_hundred_cards_of_one_term_go_out_in_one_call(home, monkeypatch) -> None:
    with Tencent(cards=101) as stub:
        carrier = again(home, stub, monkeypatch)
        wanted = orders(stub, *range(1, 101))
        outcomes = carrier.place(wanted)
        assert [len(call["Iccids"]) for call in stub.renewals] == [100]
        assert set(outcomes) == {Accepted("req-1")} and len(stub.ledger) == 100
        assert chunk_size(carrier.terms, at_most=100) == 100


def test_cards_of_other_terms_go_out_in_calls_of_their_own(carrier, stub) -> None:
    carrier.place([*orders(stub, 1, 2), *orders(stub, 3, months=6), *orders(stub, 4)])
    assert [(call["RenewNum"], call["Iccids"]) for call in stub.renewals] == [
        (12, [iccid(1), iccid(2), iccid(4)]),
        (6, [iccid(3)]),
    ]


def test_calls_that_renew_keep_their_distance_and_what_has_no_turn_waits(home, stub, monkeypatch) -> None:
    carrier = again(home, stub, monkeypatch, renew_distance_s=1.2, call_deadline_s=2)
    first, second = orders(stub, 1)[0], orders(stub, 2, months=6)[0]
    taken, waits = carrier.place([first, second])
    assert isinstance(taken, Accepted) and len(stub.ledger) == 1
    # Nothing was wrong with it, so that it does not count as put off by the carrier.
    assert isinstance(waits, Later) and waits.reason == "not_reached"


def test_the_account_keeps_ten_seconds_apart_unless_it_says_otherwise(home, stub, monkeypatch) -> None:
    keys = stub.account_keys()
    del keys["renew_distance_s"]
    monkeypatch.setattr(stub, "account_keys", lambda: keys)
    made = {}
    monkeypatch.setattr(pacing, "of", lambda name, rate: made.setdefault(name.rsplit(" ", 1)[-1], Pace(rate)))
    contract.connected(home, stub, monkeypatch)
    assert made["renew"].rate_per_s == pytest.approx(0.1) and len(made) == 2


def test_the_bytes_of_an_order_name_card_and_months(carrier, stub) -> None:
    assert carrier.request(stub.order()) == (f'{{"Sdkappid":{APP},"Iccids":["{iccid(1)}"],"RenewNum":12}}'.encode())


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"months": 0}, "months"),
        ({"months": 25}, "months"),
        ({"kind": "suspend"}, "of this kind"),
        ({"kind": "plan-change"}, "of this kind"),
        ({"kind": "add-on", "plan": "no such pack"}, "data_packs"),
    ],
)
def test_what_it_does_not_sell_cannot_be_put_into_words(carrier, stub, changed, words) -> None:
    with pytest.raises(Unsayable, match=words):
        carrier.request(replace(stub.order(), **changed))


def test_an_add_on_is_bought_by_its_megabytes_card_by_card(home, stub, monkeypatch) -> None:
    toml = stub.account_toml
    monkeypatch.setattr(stub, "account_toml", lambda: toml() + 'data_packs = {"1 GB more" = 1024}\n')
    carrier = again(home, stub, monkeypatch)
    wanted = orders(stub, 1, 2, kind="add-on", plan="1 GB more", months=1, new_expiry=None)
    assert carrier.place(wanted) == [Accepted("C0000000001"), Accepted("C0000000002")]
    sent = [request.told() for request in stub.requests]
    assert sent == [{"Iccid": iccid(n), "ExtentData": 1024, "Sdkappid": APP} for n in (1, 2)]


# What an answer says ----------------------------------------------------------------------------------------------------


def test_a_yes_is_accepted_and_the_expiry_proves_it(carrier, stub, home) -> None:
    (outcome,) = carrier.place(orders(stub, 1))
    assert outcome == Accepted("C0000000001")
    assert contract.verdict(stub.order(), outcome, carrier, home)[0] is Verdict.ACCEPTED
    assert carrier.cards([iccid(1)])[iccid(1)].expires_on == date(2027, 12, 31)


def test_fewer_order_numbers_than_cards_leave_every_card_in_doubt(carrier, stub, home) -> None:
    stub.failing.add(iccid(2))
    wanted = orders(stub, 1, 2, 3)
    outcomes = carrier.place(wanted)
    assert outcomes == [Unknown("orders named: 2, cards: 3")] * 3
    read = carrier.cards([iccid(n) for n in (1, 2, 3)])
    assert [read[iccid(n)].expires_on.year for n in (1, 2, 3)] == [2027, 2026, 2027]


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"OrderIds": None},
        {"OrderIds": []},
        {"OrderIds": [7]},
        {"OrderIds": [""]},
        {"OrderIds": ["a", "b"]},
        ["a"],
    ],
)
def test_a_yes_without_its_numbers_is_none(carrier, stub, data) -> None:
    stub.say(yes(data).body, on="order")
    assert isinstance(carrier.place(orders(stub, 1))[0], Unknown)


def test_the_same_number_twice_is_not_two_orders(carrier, stub) -> None:
    stub.say(yes({"OrderIds": ["a", "a"]}).body, on="order")
    assert all(isinstance(one, Unknown) for one in carrier.place(orders(stub, 1, 2)))


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (no("ResourceNotFound").body, Refused("not_our_card", "ResourceNotFound")),
        (no("ResourceNotFound.AppNotFound").body, Refused("account_data", "ResourceNotFound.AppNotFound")),
        (no("InvalidParameter").body, Refused("not_buildable", "InvalidParameter")),
        (no("InvalidParameterValue").body, Refused("not_buildable", "InvalidParameterValue")),
        (no("FailedOperation").body, Unknown),
        (no("InternalError").body, Unknown),
        (no("ok").body, Unknown),
        (no("RequestLimitExceeded").body, Unknown),
        (no("RequestLimitExceeded.UinLimitExceeded").body, Unknown),
        (no("AuthFailure.SignatureExpire").body, Later),
        (b'{"Response":{"Error":"InvalidParameter","RequestId":"r"}}', Unknown),
        (b'{"Response":{"Error":null,"Data":{"OrderIds":["a"]},"RequestId":"r"}}', Unknown),
        (b'{"Response":{"Data":{"OrderIds":["a"]}}}', Unknown),
        (b'{"Response":{"RequestId":"r"}}', Unknown),
        (b'{"Response":[]}', Unknown),
    ],
)
def test_codes(carrier, stub, body, wanted) -> None:
    stub.say(body, on="order")
    (outcome,) = carrier.place(orders(stub, 1))
    assert outcome == wanted or (isinstance(wanted, type) and isinstance(outcome, wanted))


def test_an_account_may_know_that_the_limit_comes_before_any_effect(home, stub, monkeypatch) -> None:
    carrier = again(home, stub, monkeypatch, limit_is_early=True)
    for code in ("RequestLimitExceeded", "RequestLimitExceeded.UinLimitExceeded"):
        stub.say(no(code).body, on="order")
        (outcome,) = carrier.place(orders(stub, 1))
        assert isinstance(outcome, Later) and outcome.reason == "rate_limited"
    stub.say(no("RequestLimitExceeded").body, 502, on="order")
    assert isinstance(carrier.place(orders(stub, 1))[0], Unknown)


def test_a_refused_list_is_cut_until_the_bad_card_stands_alone(home, monkeypatch) -> None:
    with Tencent(cards=100) as stub:
        carrier = again(home, stub, monkeypatch)
        waiting = orders(stub, *range(1, 101))
        bad = waiting[41].iccid
        stub.one_bad_card(bad)
        rounds, refused = 0, []
        while waiting:
            outcomes = dict(zip([order.order_no for order in waiting], carrier.place(waiting), strict=True))
            later = [order for order in waiting if isinstance(outcomes[order.order_no], Later)]
            assert all(outcomes[order.order_no].reason == "batch_refused" for order in later)
            refused += [order.iccid for order in waiting if isinstance(outcomes[order.order_no], Refused)]
            waiting, rounds = later, rounds + 1
        assert refused == [bad] and rounds <= MOST_TRIPS
        assert sorted(line.iccid for line in stub.ledger) == sorted(set(stub.cards) - {bad})


# Doubts -----------------------------------------------------------------------------------------------------------------


def test_nothing_is_ever_sent_again_and_no_order_can_be_asked_for(carrier, stub) -> None:
    assert carrier.terms.key_life is None and not carrier.terms.query_trusted
    assert ABILITIES["order_key"][0] == ABILITIES["find_order"][0] == "no"
    assert isinstance(carrier.find_order("R1"), Unknown) and not stub.requests


def test_a_lost_list_is_in_doubt_card_by_card(carrier, stub) -> None:
    stub.lose_answer()
    outcomes = carrier.place(orders(stub, 1, 2))
    assert all(isinstance(one, Unknown) for one in outcomes)
    assert len(stub.renewals) == 1 and len(stub.ledger) == 2


# Readings ---------------------------------------------------------------------------------------------------------------


def test_a_full_last_page_is_the_last(carrier, stub) -> None:
    for one in list(stub.cards)[40:]:
        del stub.cards[one]
    page = carrier.list_cards("20")
    assert len(page.cards) == 20 and page.next is None


def test_an_application_nobody_knows_is_no_empty_list(carrier, stub) -> None:
    for code in ("ResourceNotFound", "ResourceNotFound.AppNotFound", "InternalError"):
        stub.say(no(code).body, on="read")
        with pytest.raises(CallError):
            carrier.list_cards(None)


@pytest.mark.parametrize("total", [45, "-1", "x", "", None, "1e9", "²"])
def test_a_total_of_another_shape_is_none(total) -> None:
    with pytest.raises(ValidationError):
        Page.model_validate({"Total": total, "List": []})


def test_another_card_than_the_one_asked_for_is_not_read(carrier, stub) -> None:
    stub.say(yes({"Iccid": iccid(2), "ProductExpiredTime": "2030-01-01 00:00:00"}).body, on="read")
    assert carrier.cards([iccid(1)]) == {}
    stub.say(yes({"Iccid": iccid(2)}).body, on="read")
    with pytest.raises(Unreadable):
        carrier.card_facts([iccid(1)])


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ({"CardStatus": 1}, "silent"),
        ({"CardStatus": 2, "ProductExpiredTime": "2020-01-01 00:00:00"}, "active"),
        ({"CardStatus": 3}, "stopped_risk"),
        ({"CardStatus": 3, "ProductExpiredTime": "2026-11-21 23:59:59"}, "stopped_expired"),
        ({"CardStatus": 3, "ProductExpiredTime": "2026-11-22 23:59:59"}, "stopped_risk"),
        ({"CardStatus": 3, "DataUsedInPeriod": 10, "DataTotalInPeriod": 10, "AllowArrears": 0}, "stopped_quota"),
        ({"CardStatus": 3, "DataUsedInPeriod": 10, "DataTotalInPeriod": 10, "AllowArrears": 1}, "stopped_risk"),
        ({"CardStatus": 3, "DataUsedInPeriod": 0, "DataTotalInPeriod": 0, "AllowArrears": 0}, "stopped_risk"),
        ({"CardStatus": 5}, "cancelled"),
        ({"CardStatus": 4}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_states(told, state) -> None:
    assert Card.model_validate({"Iccid": "1", **told}).state(TODAY) == state


def test_a_card_says_what_it_says() -> None:
    told = {"Iccid": "1", "Msisdn": "106", "Imsi": None, "Imei": "", "CardStatus": 2, "Type": 2, "PoolId": "L1"}
    told |= {"ProductId": "P", "AutoRenew": 1, "CertificationState": 1, "ProductExpiredTime": "0000-00-00 00:00:00"}
    facts = Card.model_validate(told).facts(READ_AT, {"P": "30 MB a month"})
    assert (facts.msisdn, facts.imsi, facts.imei, facts.pool, facts.plan) == ("106", None, None, "L1", "30 MB a month")
    assert (facts.auto_renew, facts.realname_ok, facts.expires_on, facts.raw_status) == (True, False, None, "2")
    single = Card.model_validate(told | {"Type": 1, "AutoRenew": None, "CertificationState": 2}).facts(READ_AT, {})
    assert (single.pool, single.plan, single.auto_renew, single.realname_ok) == (None, None, None, True)


@pytest.mark.parametrize(
    "told",
    [
        {"Iccid": 1},
        {"Iccid": "1", "CardStatus": "2"},
        {"Iccid": "1", "ProductExpiredTime": "soon"},
        {"Iccid": "1", "ProductExpiredTime": {}},
        {"Iccid": "1", "DataUsedInPeriod": "3"},
        {"Iccid": "1", "DataUsedInPeriod": -1},
    ],
)
def test_a_card_of_another_shape_is_none(told) -> None:
    with pytest.raises(ValidationError):
        Card.model_validate(told)


def test_data_is_counted_in_the_accounts_unit() -> None:
    card = Card.model_validate({"Iccid": "1", "DataUsedInPeriod": Decimal("1.5"), "DataTotalInPeriod": 30})
    told = card.quota("MB")
    assert (told.used_bytes, told.total_bytes, told.left_bytes) == (1_572_864, 30 * 2**20, 30 * 2**20 - 1_572_864)
    assert card.quota("KB").used_bytes == 1536
    over = Card.model_validate({"Iccid": "1", "DataUsedInPeriod": 31, "DataTotalInPeriod": 30}).quota("MB")
    assert over.left_bytes == 0
    assert Card.model_validate({"Iccid": "1"}).quota("MB").left_bytes is None


# The account ------------------------------------------------------------------------------------------------------------


def test_a_key_without_a_value_is_named(home, stub, monkeypatch) -> None:
    monkeypatch.setenv("STUB_TC_ID", "x")
    monkeypatch.delenv("STUB_TC_KEY", raising=False)
    home.carriers_file.write_text(stub.account_toml(), encoding="utf-8")
    with pytest.raises(NoConnection, match="secret_key"):
        connected(home, "stub-a")
    account = read(home)[0]
    assert json.loads(account.model_dump_json())["secret_key"] == "env:STUB_TC_KEY"
    assert timedelta(seconds=account.horizon_s) == timedelta(days=1)
