"""The test carrier's statement beside our orders: F2, F14, F17 and F18 as the comparison of the next night finds them."""

import threading
from datetime import timedelta

from data.renewals import store as renewals
from jobs import reconcile
from tests.money.building import NOW, sql
from tests.money.conftest import BOTH, alarms, standing, states

ONE = 1200


def compared(home, carrier, **time):
    """Time passes, the night's comparison runs; open differences as (class, ours, theirs) in fen."""
    home.clock.move(timedelta(**time))
    carrier.settings(now=home.clock.now().isoformat())
    reconcile.run(home, threading.Event())
    found = "SELECT class, ours_fen, theirs_fen FROM difference WHERE closed_at IS NULL ORDER BY class"
    return [tuple(row.values()) for row in home.db.read().rows(sql(found))]


def spent_fen(home):
    return home.db.read().value(
        sql("SELECT coalesce(sum(amount_fen), 0)::BIGINT FROM reservation WHERE state = 'spent'")
    )


@BOTH
def test_f2_a_statement_proves_what_no_query_answers(carrier, money_home, approved, work, sound):
    carrier.settings(query="down")
    carrier.fault("f2_timeout_after")
    (order_no,) = approved(1)
    work()
    assert states(money_home) == {"unknown": 1}
    assert compared(money_home, carrier, days=1) == []
    assert (standing(money_home)["st"], standing(money_home)["proof"]) == ("succeeded", "statement")
    assert carrier.charges() == {order_no: 1}
    assert carrier.fen() == spent_fen(money_home) == ONE
    sound()


def test_an_empty_statement_moves_no_unconfirmed_order(carrier, money_home, approved, work):
    carrier.settings(query="down")
    carrier.fault("f1_timeout_before")
    approved(1)
    work()
    assert compared(money_home, carrier, days=1) == []
    assert compared(money_home, carrier, days=3) == []
    assert states(money_home) == {"unknown": 1}


def test_f14_a_request_delivered_twice_without_a_key_is_a_duplicate_with_an_alarm(carrier, money_home, approved, work):
    carrier.settings(key=False)
    carrier.fault("f14_twice")
    approved(1)
    work()
    assert compared(money_home, carrier, days=1) == [("duplicate", ONE, 2 * ONE)]
    assert "money_duplicate" in alarms(money_home)
    assert renewals.classes(money_home.db.read()) == {"duplicate": (1, ONE)}
    assert carrier.fen() == spent_fen(money_home) + ONE


@BOTH
def test_f17_a_renewal_refunded_later_goes_to_people_and_the_sums_agree(carrier, money_home, approved, work, sound):
    carrier.fault("f17_refunded", delay_s=40 * 3600)
    approved(1)
    work()
    assert states(money_home) == {"succeeded": 1}
    assert compared(money_home, carrier, days=1) == []
    assert states(money_home) == {"succeeded": 1}
    assert compared(money_home, carrier, days=2) == [("amount_differs", ONE, 0)]
    assert states(money_home) == {"needs_review": 1}
    assert alarms(money_home) == ["money_contradicted"]
    assert carrier.fen() == 0
    sound()


@BOTH
def test_f18_a_partial_charge_that_was_never_answered_goes_to_people(carrier, money_home, approved, work):
    carrier.settings(query="down")
    carrier.fault("f18_partial_silent")
    approved(1)
    work()
    assert compared(money_home, carrier, days=1) == [("amount_differs", ONE, carrier.fen())]
    assert states(money_home) == {"needs_review": 1}
    assert standing(money_home)["reason"] == "contradicted"
    assert spent_fen(money_home) == 0


def test_every_fen_of_the_statement_is_matched_or_a_difference(carrier, money_home, approved, work):
    carrier.settings(key=False, query="down")
    orders = approved(12)
    for order_no, fault in zip(
        orders,
        ("f14_twice", "f2_timeout_after", "f18_partial_silent", "f4_5xx_after", "f1_timeout_before"),
        strict=False,
    ):
        carrier.fault(fault, order_no=order_no)
    work()
    differences = compared(money_home, carrier, days=1)
    row = money_home.db.read().row(sql("SELECT * FROM reconciliation WHERE day = $day"), day=NOW.date())
    extra = sum(theirs - ours for cls, ours, theirs in differences if cls == "duplicate")
    partial = sum(theirs for cls, _ours, theirs in differences if cls == "amount_differs")
    assert row["theirs_fen"] == carrier.fen() == row["matched_fen"] + extra + partial
    assert (
        row["ours"] == 12 == row["matched"] + row["waiting"] + sum(cls == "amount_differs" for cls, *_ in differences)
    )
