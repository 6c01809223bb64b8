"""F10, F11, F17 to F19, F22: answers that come and say something odd. Every end is read from the carrier's ledger."""

import base64
import json
import resource
import socket
import threading

import pytest

from jobs.carriers import Confirmed, Unknown
from jobs.carriers.accounts import connected
from tests.money.building import sql
from tests.money.conftest import BOTH, SOON, alarms, first_order, iccid, standing, states
from tests.money.odd_bodies import ODD, told_of, variations

CHINESE = json.dumps({"code": "0", "信": "成功"}, ensure_ascii=False)
UNREADABLE = [
    {"body": base64.b64encode(CHINESE.encode("gb18030")).decode()},
    {"body": "e30=", "headers": {"Content-Encoding": "br"}},
    {"body": "e30=", "headers": {"Content-Encoding": "gzip"}},
    {"body": ""},
]


@pytest.fixture
def unreadable(money_home, carrier, approved, work, settle, sound):
    """Play answers nobody can read, one card each: in doubt, found by the first question, charged once."""

    def play(*answers):
        orders = approved(len(answers))
        for order, params in zip(orders, answers, strict=True):
            carrier.fault("f10_odd_body", order_no=order, call=1, **params)
        work()
        assert states(money_home) == {"unknown": len(orders)}
        settle(seconds=10)
        assert states(money_home) == {"succeeded": len(orders)}
        assert carrier.charges() == dict.fromkeys(orders, 1)
        sound()

    return play


@BOTH
def test_f10_a_body_nobody_can_read_is_found_and_charged_once(unreadable):
    unreadable(*UNREADABLE)


@BOTH
@pytest.mark.parametrize("body", [{"bomb_mb": 100}, {"huge_mb": 100}], ids=["a gzip bomb", "100 MB"])
def test_f10_a_body_without_measure_fills_no_memory_and_leads_to_one_charge(unreadable, body):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unreadable(body)
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 80


def test_f10_some_hundred_odd_bodies_are_all_doubts(money_home, carrier, approved):
    (order,) = approved(1)
    connection, asked = connected(money_home, "test-a"), first_order(money_home)
    assert len(ODD) >= 150
    for number, body in enumerate(ODD, start=1):
        carrier.fault("f10_odd_body", call=number, body=base64.b64encode(body).decode())
        (answer,) = connection.place([asked])
        assert isinstance(answer, Unknown), body
    assert carrier.charges() == {order: 1}


def test_f10_a_good_answer_with_any_byte_changed_or_missing_never_confirms_what_is_not_ours(
    money_home, carrier, approved
):
    (order,) = approved(1)
    connection, asked = connected(money_home, "test-a"), first_order(money_home)
    good = told_of(order, iccid(1), 1200)
    confirmed = 0
    for number, body in enumerate(variations(good), start=1):
        carrier.fault("f10_odd_body", call=number, body=base64.b64encode(body).decode())
        (answer,) = connection.place([asked])
        if isinstance(answer, Confirmed):
            said = json.loads(body)
            assert (answer.order_no, answer.iccid, answer.amount_fen) == tuple(
                said.get(name) for name in ("order_no", "iccid", "amount_fen")
            )
            confirmed += 1
        else:
            assert isinstance(answer, Unknown), body
    # The good one itself, and those whose changed byte is in a word nobody reads or in a value that is compared later.
    assert 0 < confirmed < number / 2


@BOTH
def test_f11_another_schema_is_found_and_charged_once(money_home, carrier, approved, work, settle, sound):
    (order,) = approved(1)
    carrier.fault("f11_schema", order_no=order, call=1)
    work()
    assert states(money_home) == {"unknown": 1}
    settle(seconds=10)
    assert states(money_home) == {"succeeded": 1}
    assert carrier.charges() == {order: 1}
    sound()


@BOTH
def test_f11_a_reply_about_something_else_goes_to_a_person_with_an_alarm(
    money_home, carrier, approved, work, rest, sound
):
    orders = approved(3)
    for order, what in zip(orders, ("order", "amount", "iccid"), strict=True):
        carrier.fault(f"f11_other_{what}", order_no=order, call=1)
    work()
    assert states(money_home) == {"needs_review": 3}
    reasons = money_home.db.read().rows(sql("SELECT DISTINCT reason FROM state"))
    assert reasons == [{"reason": "reply_differs"}]
    assert alarms(money_home) == ["money_reply"] * 3
    assert rest() == {"needs_review": 3}
    assert carrier.charges() == dict.fromkeys(orders, 1)
    sound()


@BOTH
def test_f11_a_code_in_no_table_is_never_a_no(money_home, carrier, approved, work, settle, sound):
    codes = ["E9999", "ORDER_EXISTS", "REPEAT_SUBMISSION", "ORDER_UNKNOWN", ""]
    answers = [(code, status) for code in codes for status in (200, 409)]
    orders = approved(len(answers))
    for order, (code, status) in zip(orders, answers, strict=True):
        carrier.fault("f11_code", order_no=order, call=1, code=code, status=status)
    work()
    assert states(money_home) == {"unknown": len(orders)}
    settle(seconds=10)
    assert states(money_home) == {"succeeded": len(orders)}
    assert carrier.charges() == dict.fromkeys(orders, 1)
    sound()


@BOTH
def test_a_code_of_the_table_is_a_no_whatever_the_status_says(money_home, carrier, approved, work, sound):
    orders = approved(2)
    for order, status in zip(orders, (200, 400), strict=True):
        carrier.fault("refused", order_no=order, code="BALANCE_LOW", status=status)
    work()
    assert states(money_home) == {"failed": 2}
    reasons = money_home.db.read().rows(sql("SELECT DISTINCT reason FROM state"))
    assert reasons == [{"reason": "insufficient_balance"}]
    assert not carrier.charges()
    sound()


@BOTH
def test_a_code_of_the_table_under_a_server_error_is_a_doubt(money_home, carrier, approved, work, settle, sound):
    (order,) = approved(1)
    carrier.fault("f11_code", order_no=order, call=1, code="BALANCE_LOW", status=500)
    work()
    assert states(money_home) == {"unknown": 1}
    settle(seconds=10)
    assert states(money_home) == {"succeeded": 1}
    assert carrier.charges() == {order: 1}
    sound()


@BOTH
def test_f17_accepted_is_no_proof_until_it_is_in_effect(money_home, carrier, approved, work, settle, sound):
    (order,) = approved(1)
    carrier.fault("f17_accepted", order_no=order, delay_s=30)
    work()
    assert standing(money_home)["reason"] == "in_progress"
    settle(seconds=10)
    assert states(money_home) == {"unknown": 1}
    settle(seconds=50)
    assert states(money_home) == {"succeeded": 1}
    assert carrier.charges() == {order: 1}
    sound()


@BOTH
@pytest.mark.parametrize(
    ("fault", "reason"), [("f17_accepted_fails", "order_failed"), ("f17_accepted_refunded", "refunded")]
)
def test_f17_accepted_and_then_failed_or_refunded_is_failed_and_the_sums_agree(
    money_home, carrier, approved, work, rest, sound, fault, reason
):
    (order,) = approved(1)
    carrier.fault(fault, order_no=order, delay_s=30)
    work()
    assert states(money_home) == {"unknown": 1}
    assert rest() == {"failed": 1}
    assert standing(money_home)["reason"] == reason
    assert carrier.fen() == 0
    sound()


@BOTH
def test_f18_half_the_amount_goes_to_a_person_and_the_sums_agree(money_home, carrier, approved, work, rest, sound):
    (order,) = approved(1)
    carrier.fault("f18_partial", order_no=order)
    work()
    assert states(money_home) == {"needs_review": 1}
    assert alarms(money_home) == ["money_reply"]
    assert rest() == {"needs_review": 1}
    assert carrier.fen() == 600
    sound()


@SOON
@BOTH
def test_f18_half_the_amount_that_only_the_query_tells_goes_to_a_person_too(
    money_home, carrier, approved, work, settle, sound
):
    (order,) = approved(1)
    carrier.fault("f18_partial_silent", order_no=order)
    work()
    settle(seconds=10)
    assert states(money_home) == {"needs_review": 1}
    assert standing(money_home)["reason"] == "reply_differs"
    assert carrier.fen() == 600
    sound()


@pytest.fixture
def elsewhere():
    """Another server: how many connections it got."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(30)
    came = []

    def listen():
        while True:
            try:
                came.append(listener.accept()[0])
            except OSError:
                return

    threading.Thread(target=listen, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/orders", came
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@BOTH
def test_f19_a_redirect_is_not_followed_and_leads_to_one_charge(
    money_home, carrier, approved, work, rest, sound, elsewhere
):
    (order,) = approved(1)
    location, came = elsewhere
    carrier.fault("f19_redirect", order_no=order, call=1, location=location)
    work()
    assert states(money_home) == {"unknown": 1}
    assert not carrier.charges()
    assert rest() == {"succeeded": 1}
    assert carrier.charges() == {order: 1}
    assert not came
    sound()


@BOTH
def test_f22_another_price_than_approved_goes_to_a_person(money_home, carrier, approved, work, sound):
    (order,) = approved(1)
    carrier.fault("f22_price_changed", order_no=order, amount_fen=1500)
    work()
    assert states(money_home) == {"needs_review": 1}
    assert alarms(money_home) == ["money_reply"]
    assert carrier.fen() == 1500
    sound()


@BOTH
def test_f22_a_carrier_that_refuses_the_old_price_charges_nothing(money_home, carrier, approved, work, sound):
    approved(1)
    carrier.put_cards({iccid(1): {"price_fen": 1500}})
    work()
    assert states(money_home) == {"failed": 1}
    assert standing(money_home)["reason"] == "price_changed"
    assert not carrier.charges()
    sound()
