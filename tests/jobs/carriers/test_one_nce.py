"""1NCE: what it tells and how it is read, what an order may say, and how one without a key is settled."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from data.renewals.moves import Verdict
from jobs.carriers import Accepted, Confirmed, Later, Order, Refused, Unknown, accounts, pacing
from jobs.carriers.http import CallError, Reply
from jobs.carriers.one_nce import OneNce, told
from jobs.carriers.unsayable import Unsayable
from tests.jobs.carriers.contract import connected, verdict
from tests.jobs.carriers.sent import remember
from tests.jobs.carriers.stubs.base import Answer, iccid
from tests.jobs.carriers.stubs.one_nce import OneNceStub


@pytest.fixture
def stub() -> Iterator[OneNceStub]:
    with OneNceStub() as started:
        yield started


@pytest.fixture
def carrier(home, stub: OneNceStub, monkeypatch: pytest.MonkeyPatch) -> OneNce:
    monkeypatch.setattr(pacing, "_paces", {})
    return connected(home, stub, monkeypatch)


def test_an_account_without_a_payment_method_is_refused_with_words(home, stub):
    home.carriers_file.write_text(stub.account_toml().replace('payment_method = "monthlyinvoice"', ""))
    with pytest.raises(accounts.AccountsError, match=r"payment_method: .*choose one of banktransfer, creditcard"):
        accounts.read(home)


def test_an_account_without_a_secret_names_the_key_and_the_way_out(home, stub):
    home.carriers_file.write_text(stub.account_toml())
    with pytest.raises(
        accounts.NoConnection, match=r"'stub-a', client_id: env:NCE_CLIENT holds no value; set NCE_CLIENT"
    ):
        accounts.connected(home, "stub-a")


# What is told -----------------------------------------------------------------------------------------------------------


def card(**said) -> told.Card:
    told_of = {"iccid": "8988280000000000001", "status": "Enabled", "activation_date": "2025-01-01T00:00:00Z"}
    return told.Card.model_validate(told_of | said)


@pytest.mark.parametrize(
    ("said", "expires_on", "state"),
    [
        ({}, None, "active"),
        ({}, date(2026, 11, 22), "active"),
        ({}, date(2026, 11, 21), "stopped_expired"),
        ({"quota_status": {"id": 2}}, None, "stopped_quota"),
        ({"quota_status": {"id": 1}}, None, "active"),
        ({"activation_date": None}, None, "silent"),
        ({"status": "Disabled"}, None, "stopped_manual"),
        ({"status": "Disabled", "quota_status": {"id": 2}}, date(2026, 1, 1), "stopped_manual"),
        ({"status": "Sleeping"}, None, "unknown"),
    ],
)
def test_states(said, expires_on, state):
    assert card(**said).state(expires_on, date(2026, 11, 22)) == state


def test_data_is_counted_in_megabytes_of_what_is_left():
    quota = told.Quota.model_validate({"volume": "437.5", "total_volume": 500, "expiry_date": "2033-05-14 00:00:00"})
    read = quota.reading("8988280000000000001")
    assert (read.total_bytes, read.used_bytes, read.left_bytes) == (500 * 2**20, 65_536_000, 458_752_000)


@pytest.mark.parametrize(
    ("expiry", "day"),
    [
        ("2033-05-14 00:00:00", date(2033, 5, 14)),
        ("2033-05-13T15:59:59Z", date(2033, 5, 13)),
        ("2033-05-13T16:00:00.000Z", date(2033, 5, 14)),
        (None, None),
    ],
)
def test_an_expiry_is_told_in_utc_and_kept_as_our_day(expiry, day):
    assert told.Quota.model_validate({"volume": 1, "expiry_date": expiry}).expires_on() == day


def test_usage_is_decimal_text_by_days_and_sums_are_no_day():
    stats = [
        {"date": "TOTAL", "data": {"volume": "9"}},
        {"date": "2026-11-02", "data": {"volume": "0.000000"}},
        {"date": "2026-11-01", "data": {"volume": "1.500000", "volume_rx": "1.0"}},
        {"date": "2026-11-03", "data": None},
        {"date": "2026-11-04", "data": {"volume": "2"}},
        {"date": "2026-10-31", "data": {"volume": "2"}},
    ]
    window = {"first": date(2026, 11, 1), "last": date(2026, 11, 30), "today": date(2026, 11, 4)}
    read = told.Usage.model_validate({"stats": stats}).readings("8988280000000000001", **window)
    assert [(one.start.day, one.used_bytes, one.quality) for one in read] == [
        (1, 1_572_864, "ok"),
        (2, 0, "none"),
        (3, 0, "missing"),
        (4, 2_097_152, "lagged"),
    ]


def test_an_order_of_the_documentation_is_read():
    said = {
        "order_number": 1234,
        "order_type": "BULK_TOPUP",
        "order_date": "2026-11-22T02:00:00.000+0000",
        "order_status": "COMPLETED",
        "invoice_amount": "19.99",
        "currency": "EUR",
        "sims": [{"iccid": "8988280000000000001"}],
    }
    bought = told.Bought.model_validate(said)
    assert (bought.order_number, bought.stems(), bought.amount_fen()) == (1234, {"8988280000000000001"}, None)
    assert told.Bought.model_validate(said | {"currency": "CNY"}).amount_fen() == 1999


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (403, b'{"statusCode": 403}', "403"),
        (401, b'{"statusCode": 401, "errorCode": "AuthValidationError"}', "AuthValidationError"),
        (403, b'{"statusCode": 404}', None),
        (403, b"<html>no</html>", None),
        (404, b"{}", None),
    ],
)
def test_only_an_error_in_the_carriers_own_form_has_a_code(status, body, code):
    assert told.code_of(Reply(status, {}, body)) == code


# Orders -----------------------------------------------------------------------------------------------------------------


def test_an_order_in_words_this_carrier_does_not_have_is_not_built(stub, carrier):
    for wrong in ({"months": 24}, {"kind": "suspend"}, {"iccid": "123"}):
        with pytest.raises(Unsayable, match="only 12|of this kind|19 digits"):
            carrier.request(replace(stub.order(1), **wrong))
    assert carrier.request(stub.order(1)) == (
        b'POST /v1/sims/extension?payment_method=monthlyinvoice\n{"iccids":["8986041012345000001"]}'
    )


def remembered(home, order: Order, **said: Any) -> Order:
    remember(home, order, **said)
    return order


def test_an_extension_is_taken_and_only_the_card_proves_it(stub, carrier, home):
    order = remembered(home, stub.order(1))
    (taken,) = carrier.place([order])
    assert taken == Accepted("taken 2026-11-22T02:00:00Z", "taken; not yet paid")
    assert isinstance(carrier.find_order(order.order_no), Unknown)
    assert carrier.cards([order.iccid])[order.iccid].expires_on == order.new_expiry


def test_an_extension_that_is_booked_and_not_yet_in_effect_is_in_progress(stub, carrier, home):
    order = remembered(home, stub.order(1), ref="taken 2026-11-22T02:00:00Z", expires_before=date(2026, 12, 31))
    carrier.place([order])
    stub.cards[order.iccid].expires_on = order.old_expiry
    assert carrier.find_order(order.order_no) == Accepted("1", "booked; the expiry has not moved")


def top_up(stub, number: int, order_no: str = "") -> Order:
    return replace(stub.order(number, order_no=order_no), kind="add-on", new_expiry=None)


def test_a_top_up_is_proved_by_the_carriers_order(stub, carrier, home):
    order = top_up(stub, 1)
    stub.status = "IN_PROGRESS"
    assert carrier.place([order]) == [Accepted("1", "taken; not yet paid")]
    remember(home, order, ref="1")
    assert carrier.find_order(order.order_no) == Accepted("1", "IN_PROGRESS")
    stub.status = "COMPLETED"
    assert carrier.find_order(order.order_no) == Confirmed("1", iccid=order.iccid)


def test_a_reference_that_is_another_cards_order_is_not_this_one(stub, carrier, home):
    carrier.place([top_up(stub, 2)])
    order = remembered(home, top_up(stub, 1), ref="1")
    assert isinstance(carrier.find_order(order.order_no), Unknown)


def test_a_lost_top_up_is_found_among_the_newest_orders_by_its_card(stub, carrier, home):
    carrier.place([top_up(stub, number, f"A{number}") for number in range(2, 14)])
    order = remembered(home, top_up(stub, 1))
    stub.lose_answer()
    assert isinstance(carrier.place([order])[0], Unknown)
    carrier.place([top_up(stub, number, f"B{number}") for number in range(14, 26)])
    assert carrier.find_order(order.order_no) == Confirmed("13", iccid=order.iccid)


def test_an_extension_is_no_top_up(stub, carrier, home):
    order = remembered(home, top_up(stub, 1))
    carrier.place([stub.order(1)])
    assert isinstance(carrier.find_order(order.order_no), Unknown)


def test_two_orders_that_could_be_ours_are_none(stub, carrier, home):
    order = remembered(home, top_up(stub, 1))
    carrier.place([order, order])
    assert isinstance(carrier.find_order(order.order_no), Unknown)


def test_an_order_that_is_known_to_be_another_of_ours_is_not_this_one(stub, carrier, home):
    carrier.place([top_up(stub, 1, "A1")])
    remember(home, top_up(stub, 1, "A1"), ref="1")
    second = remembered(home, top_up(stub, 1, "A2"))
    stub.lose_answer()
    carrier.place([second])
    assert carrier.find_order("A2") == Confirmed("2", iccid=second.iccid)


def test_an_older_order_of_the_same_card_is_not_this_one(stub, carrier, home):
    stub.now -= timedelta(minutes=3)
    carrier.place([top_up(stub, 1, "A1")])
    order = remembered(home, top_up(stub, 1))
    assert isinstance(carrier.find_order(order.order_no), Unknown)


def test_a_number_of_nobody_is_not_asked_for(stub, carrier):
    assert isinstance(carrier.find_order("R0000000000000000001"), Unknown) and not stub.requests


def test_an_expired_card_takes_no_top_up_and_its_extension_is_no_refusal(stub, carrier, home):
    order = replace(stub.order(1), kind="add-on")
    stub.cards[order.iccid].expires_on = date(2026, 11, 1)
    assert carrier.place([order]) == [Refused("plan_ended", "422")]
    stub.say(b'{"statusCode": 422}', 422, on="order")
    (said,) = carrier.place([stub.order(2)])
    assert isinstance(said, Unknown)


def test_a_token_refused_twice_is_the_accounts_trouble(stub, carrier, monkeypatch):
    monkeypatch.setattr(stub, "new_token", lambda: "never good")
    (said,) = carrier.place([stub.order(1)])
    assert isinstance(said, Later) and said.reason == "credential_refused" and not stub.ledger


# Reading ----------------------------------------------------------------------------------------------------------------


def test_a_card_whose_expiry_the_carrier_keeps_to_itself_is_expired(stub, carrier):
    stub.cards[iccid(1)].more["expired"] = True
    assert carrier.cards([iccid(1)])[iccid(1)].status == "stopped_expired"
    facts = carrier.card_facts([iccid(1), iccid(2), iccid(999_999)])
    assert [(one.status, one.expires_on) for one in facts] == [
        ("stopped_expired", None),
        ("active", date(2026, 12, 31)),
    ]


def test_a_list_without_a_count_goes_on_while_pages_are_full(stub, carrier, monkeypatch):
    listed = stub._list
    monkeypatch.setattr(stub, "_list", lambda request: Answer(200, listed(request).body))
    first = carrier.list_cards(None)
    assert (len(first.cards), first.next, carrier.list_cards("2").next) == (100, "2", None)


def test_an_error_is_no_empty_page(stub, carrier):
    stub.say(b"[]", 500, times=9)
    with pytest.raises(CallError):
        carrier.list_cards(None)


def test_the_engine_takes_a_top_up_as_bought_only_for_its_own_card(stub, carrier, home):
    order = replace(stub.order(1), kind="add-on", new_expiry=None)
    assert verdict(order, Confirmed("1", iccid=order.iccid), carrier, home)[0] is Verdict.CONFIRMED
    assert verdict(order, Confirmed("1", iccid=iccid(2)), carrier, home)[0] is Verdict.DIFFERS
