"""F1 to F8: the answer is lost before or after the effect. Every end is read from the carrier's ledger."""

from tests.money.conftest import BOTH, standing, states


@BOTH
def test_no_fault_is_charged_once(money_home, carrier, approved, work, sound):
    orders = approved(3)
    work()
    assert states(money_home) == {"succeeded": 3}
    assert carrier.charges() == dict.fromkeys(orders, 1)
    assert carrier.fen() == 3 * 1200
    sound()


@BOTH
def test_f2_timeout_after_effect_is_found_and_charged_once(money_home, carrier, approved, work, settle, sound):
    (order,) = approved(1)
    carrier.fault("f2_timeout_after", order_no=order, call=1)
    work()
    assert states(money_home) == {"unknown": 1}
    settle(seconds=10)
    assert states(money_home) == {"succeeded": 1}
    assert standing(money_home)["proof"] == "query"
    assert carrier.charges() == {order: 1}
    sound()
