"""F1 to F9: the answer is lost before or after the effect. Every end is read from the carrier's ledger."""

from datetime import datetime, timedelta

import pytest

from jobs.carriers import Unknown
from jobs.carriers.accounts import connected
from tests.deadlines import on_time
from tests.money.conftest import BOTH, SOON, first_order, iccid, standing, states

HORIZON = timedelta(seconds=60)


@BOTH
def test_without_a_fault_each_is_charged_once(money_home, carrier, approved, work, sound):
    orders = approved(3)
    work()
    assert states(money_home) == {"succeeded": 3}
    assert carrier.charges() == dict.fromkeys(orders, 1)
    assert carrier.fen() == 3 * 1200
    sound()


@pytest.fixture
def no_effect(money_home, carrier, approved, work, rest, sound, key):
    """Play a fault that comes before any effect, one card for each set of params: in doubt, then bought once, and without a
    key never sent again before the horizon."""

    def play(fault, *variants):
        orders = approved(len(variants) or 1)
        for order, params in zip(orders, variants or [{}], strict=True):
            carrier.fault(fault, order_no=order, call=1, **params)
        work()
        assert states(money_home) == {"unknown": len(orders)}
        assert not carrier.charges()
        assert rest() == {"succeeded": len(orders)}
        assert carrier.charges() == dict.fromkeys(orders, 1)
        for order in orders:
            sent = [line for line in carrier.requests() if line["order_no"] == order]
            first, *again = (datetime.fromisoformat(line["ts"]) for line in sent)
            assert again
            assert key or all(at > first + HORIZON for at in again)
            # Two answers that agree, both later than the horizon; a card nobody charged comes back no sooner.
            assert key or carrier.stats()["queries"] >= 2 * len(orders)
            assert len({line["body_sha256"] for line in sent}) == 1
        sound()

    return play


@pytest.fixture
def effect(money_home, carrier, approved, work, settle, sound):
    """Play a fault that comes after the effect, one card for each set of params: in doubt, found by the first question, never
    sent again."""

    def play(fault, *variants):
        orders = approved(len(variants) or 1)
        for order, params in zip(orders, variants or [{}], strict=True):
            carrier.fault(fault, order_no=order, call=1, **params)
        work()
        assert states(money_home) == {"unknown": len(orders)}
        assert carrier.charges() == dict.fromkeys(orders, 1)
        settle(seconds=10)
        assert states(money_home) == {"succeeded": len(orders)}
        assert carrier.charges() == dict.fromkeys(orders, 1)
        assert len(carrier.requests()) == len(orders)
        sound()

    return play


@SOON
@BOTH
def test_f1_timeout_before_effect_is_resolved_and_charged_once(no_effect):
    no_effect("f1_timeout_before")


@SOON
@BOTH
def test_f2_timeout_after_effect_is_found_and_charged_once(effect):
    effect("f2_timeout_after")


@BOTH
def test_f3_an_error_of_the_server_before_effect_is_resolved_and_charged_once(no_effect):
    no_effect("f3_5xx_before", {"status": 500}, {"status": 503}, {"status": 504})


@BOTH
def test_f4_an_error_of_the_server_after_effect_is_found_and_charged_once(effect):
    effect("f4_5xx_after", {"status": 500}, {"status": 503}, {"status": 599})


@BOTH
def test_f5_a_reset_before_effect_is_resolved_and_charged_once(no_effect):
    no_effect("f5_reset_before")


@BOTH
def test_f6_a_reset_after_effect_is_found_and_charged_once(effect):
    effect("f6_reset_after")


@BOTH
def test_f7_a_stream_that_ends_inside_the_body_is_found_and_charged_once(effect):
    effect("f7_cut_body", {}, {"chunked": True}, {"keep": 0})


@BOTH
def test_f8_the_page_of_a_proxy_is_no_answer_of_the_carrier(effect):
    effect("f8_proxy_page", {"status": 502}, {"status": 504}, {"status": 200})


@BOTH
def test_f8_a_proxy_that_never_passed_the_order_on_leads_to_one_charge(no_effect):
    no_effect("f8_proxy_page", {"charged": False})


@SOON
@BOTH
@pytest.mark.parametrize("where", ["headers", "body"])
def test_f9_a_slow_drip_is_found_and_charged_once(effect, where):
    effect(f"f9_drip_{where}")


@pytest.mark.parametrize("terms", [{"call_deadline_s": 1.0}], ids=["1 s"])
@pytest.mark.parametrize("where", ["headers", "body"])
def test_f9_a_slow_drip_ends_at_the_deadline_and_not_a_tenth_later(money_home, carrier, approved, where, terms):
    approved(1)
    connection = connected(money_home, "test-a")
    connection.cards([iccid(1)])  # the token is there
    carrier.fault(f"f9_drip_{where}")
    order = first_order(money_home)
    (answer,) = on_time(1.0, lambda: connection.place([order]))
    assert isinstance(answer, Unknown)


@SOON
@BOTH
def test_a_doubt_is_told_in_words_and_asked_about_ten_seconds_later(money_home, carrier, approved, work):
    approved(1)
    carrier.fault("f2_timeout_after")
    work()
    found = standing(money_home)
    assert (found["reason"], found["detail"]) == ("no_answer", "the deadline passed")
    assert found["next_at"] == money_home.clock.now() + timedelta(seconds=10)
