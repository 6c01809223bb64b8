"""OneLink: its codes and states, jobs that are polled, cards that are locked, a list that one card spoils, KB and spaces."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from data.renewals.moves import MOST_TRIPS, Verdict
from data.renewals.rules import REASONS
from data.sims.rules import STATUS_WORDS
from jobs.carriers import Accepted, Confirmed, Later, Order, Refused, Unknown, accounts, onelink, pacing
from jobs.carriers.http import CallError, NeverLeft
from jobs.carriers.unsayable import Unsayable
from tests.jobs.carriers.contract import connected, verdict
from tests.jobs.carriers.sent import remember
from tests.jobs.carriers.stubs.base import iccid
from tests.jobs.carriers.stubs.onelink import OneLink


@pytest.fixture
def stub() -> Iterator[OneLink]:
    with OneLink(100) as started:
        yield started


@pytest.fixture
def carrier(home, stub: OneLink, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(pacing, "_paces", {})
    return connected(home, stub, monkeypatch)


def add_on(stub: OneLink, number: int, **said: Any) -> Order:
    bought = {"kind": "add-on", "plan": "A-100", "months": 1, "amount_fen": 1000, "new_expiry": None}
    return replace(stub.order(number), **{**bought, **said})


def stop(stub: OneLink, number: int, kind: str = "suspend") -> Order:
    return add_on(stub, number, kind=kind, plan="", amount_fen=0, months=0)


def taken(home, carrier, order: Order) -> Accepted:
    (outcome,) = carrier.place([order])
    assert isinstance(outcome, Accepted), outcome
    remember(home, order, ref=outcome.carrier_ref)
    return outcome


def test_its_tables_name_states_and_reasons_that_exist() -> None:
    assert set(onelink.STATES.values()) <= set(STATUS_WORDS)
    codes = {**onelink.CODES.refused, **onelink.CODES.before_effect}
    assert set(codes.values()) <= set(REASONS)
    assert codes["12099"] == "plan_ended"
    assert not set(onelink.CODES.refused) & set(onelink.CODES.before_effect) & onelink.CODES.sign_in


@pytest.mark.parametrize(("raw", "state"), [("2", "active"), ("00", "active"), ("05", "cancelled"), ("99", "unknown")])
def test_states_of_both_platforms_stand_in_one_table(stub, carrier, raw, state) -> None:
    stub.cards[iccid(1)].status = raw
    (facts,) = carrier.card_facts([iccid(1)])
    assert (facts.raw_status, facts.status) == (raw, state)


def test_a_stop_proves_ours_only_for_a_reason_the_account_knows(stub, carrier) -> None:
    known, strange = stub.cards[iccid(1)], stub.cards[iccid(2)]
    known.status = strange.status = "4"
    known.more["reason"], strange.more["reason"] = "2", "17"
    facts = {one.iccid: one for one in carrier.card_facts([known.iccid, strange.iccid])}
    assert facts[known.iccid].status == "stopped_arrears"
    assert (facts[strange.iccid].status, facts[strange.iccid].raw_reason) == ("stopped_manual", "17")
    read = carrier.cards([known.iccid, strange.iccid])
    assert [read[one].status for one in (known.iccid, strange.iccid)] == ["stopped_arrears", None]


def test_the_latest_offering_says_plan_and_expiry(stub, carrier) -> None:
    (facts,) = carrier.card_facts([iccid(1)])
    assert (facts.plan, facts.expires_on) == ("P-12", date(2026, 12, 31))
    assert (facts.msisdn, facts.activated_on) == ("1064800000001", date(2025, 12, 31))


@pytest.mark.parametrize(
    ("kb", "used", "quality"),
    [("1024", 2**20, "ok"), ("0.5", 512, "ok"), (" ", 0, "none"), ("", 0, "missing"), ("-3", 0, "missing")],
)
def test_use_comes_in_kb_and_a_space_is_none(stub, carrier, kb, used, quality) -> None:
    stub.cards[iccid(1)].more["kb"] = kb
    (read,) = carrier.usage([iccid(1)], date(2026, 11, 20), date(2026, 11, 20))
    assert (read.grain, read.used_bytes, read.quality) == ("day", used, quality)


def test_today_lags_and_what_is_older_than_a_week_comes_by_month(stub, carrier) -> None:
    today = carrier.usage([iccid(1)], date(2026, 11, 22), date(2026, 11, 22))
    assert [one.quality for one in today] == ["lagged"]
    months = carrier.usage([iccid(1)], date(2026, 9, 30), date(2026, 11, 22))
    assert [(one.grain, one.start, one.end) for one in months] == [
        ("month", date(2026, 9, 1), date(2026, 9, 30)),
        ("month", date(2026, 10, 1), date(2026, 10, 31)),
        ("month", date(2026, 11, 1), date(2026, 11, 30)),
    ]


def test_a_balance_with_a_part_of_a_fen_is_none(stub, carrier) -> None:
    assert carrier.balance().amount_fen == 1_000_000
    stub.say(json.dumps({"status": "0", "result": [{"amount": "12.345"}]}).encode(), on="read")
    with pytest.raises(CallError):
        carrier.balance()


def test_a_payment_names_its_link_and_is_asked_by_its_own_number(home, stub, carrier) -> None:
    order = stub.order(1)
    outcome = taken(home, carrier, order)
    assert outcome == Accepted("payment/C0000000001", "https://pay.example/C0000000001")
    assert carrier.find_order(order.order_no) == Confirmed(outcome.carrier_ref, iccid=order.iccid, amount_fen=1200)
    stub.payment_state = "1"
    assert carrier.find_order(order.order_no) == Accepted(outcome.carrier_ref, "not paid yet")
    stub.payment_state = "3"
    assert carrier.find_order(order.order_no) == Refused("order_failed", "the payment failed")
    assert isinstance(carrier.find_order("R-of-nobody"), Unknown)


def test_a_paid_sum_that_is_not_ours_differs(home, stub, carrier) -> None:
    order = stub.order(1)
    taken(home, carrier, order)
    stub.ledger[0] = replace(stub.ledger[0], amount_fen=1300)
    found = carrier.find_order(order.order_no)
    assert verdict(order, found, carrier, home)[0] is Verdict.DIFFERS


def test_a_job_is_polled_until_it_says_what_became_of_each_card(home, stub, carrier) -> None:
    orders = [add_on(stub, number) for number in (1, 2, 3, 4)]
    stub.codes = {iccid(2): "12089", iccid(3): "13012", iccid(4): "19010"}
    outcomes = carrier.place(orders)
    assert {one.carrier_ref.rsplit("/", 1)[0] for one in outcomes} == {"job/J00000001"}
    assert len([one for one in stub.requests if stub.is_order(one)]) == 1
    for order, outcome in zip(orders, outcomes, strict=True):
        remember(home, order, ref=outcome.carrier_ref)
    stub.job_state = "1"
    assert carrier.find_order(orders[0].order_no) == Accepted(outcomes[0].carrier_ref, "the job has not ended")
    stub.job_state = "3"
    found = [carrier.find_order(order.order_no) for order in orders]
    assert found[0] == Confirmed(outcomes[0].carrier_ref, iccid=iccid(1))
    assert verdict(orders[0], found[0], carrier, home)[0] is Verdict.CONFIRMED
    assert found[1:3] == [Refused("wrong_state", "12089"), Refused("card_locked", "13012")]
    assert isinstance(found[3], Unknown)
    stub.jobs["J00000001"] = {}
    assert isinstance(carrier.find_order(orders[0].order_no), Unknown)


def test_a_stop_is_a_job_and_the_card_proves_it(stub, carrier) -> None:
    (outcome,) = carrier.place([stop(stub, 1)])
    assert isinstance(outcome, Accepted)
    assert carrier.cards([iccid(1)])[iccid(1)].status == "stopped_manual"
    assert stub.requests[-1].path != "/change/sim-status"


def test_one_bad_card_ends_alone_and_all_others_are_bought_once(stub, carrier) -> None:
    stub.one_bad_card(iccid(37))
    waiting = {order.order_no: order for order in (add_on(stub, number) for number in range(1, 41))}
    trips = dict.fromkeys(waiting, 0)
    ended = {}
    while waiting:
        orders = list(waiting.values())[:20]
        for order, outcome in zip(orders, carrier.place(orders), strict=True):
            if isinstance(outcome, Later):
                assert outcome.reason == "batch_refused"
                trips[order.order_no] += 1
            else:
                ended[waiting.pop(order.order_no).iccid] = outcome
    assert ended.pop(iccid(37)) == Refused("not_our_card", "12010")
    assert all(isinstance(one, Accepted) for one in ended.values())
    assert sorted(line.iccid for line in stub.ledger) == sorted(ended)
    assert max(trips.values()) < MOST_TRIPS


def test_a_locked_card_waits_alone_for_the_lock_to_end(home, stub, carrier) -> None:
    stub.locked.add(iccid(1))
    (outcome,) = carrier.place([add_on(stub, 1)])
    assert outcome == Later(home.clock.now() + timedelta(minutes=30), "13012", reason="card_locked")
    both = carrier.place([add_on(stub, 1), add_on(stub, 2)])
    assert [one.reason for one in both] == ["batch_refused"] * 2
    first, second = carrier.place([add_on(stub, 1), add_on(stub, 2)])
    assert first.reason == "card_locked" and isinstance(second, Accepted)


def test_a_card_is_not_sent_a_second_order_of_a_kind_within_the_lock(home, stub, carrier) -> None:
    sent_at = home.clock.now() - timedelta(minutes=10)
    remember(home, replace(add_on(stub, 1), order_no="R-before"), sent_at=sent_at)
    mine = add_on(stub, 1, order_no="R-mine")
    remember(home, mine)
    first, other = carrier.place([mine, add_on(stub, 2)])
    assert first == Later(sent_at + timedelta(minutes=30), "ordered a moment ago", reason="card_locked")
    assert isinstance(other, Accepted)
    assert isinstance(carrier.place([stop(stub, 1)])[0], Accepted), "another kind is another lock"
    home.clock.move(timedelta(minutes=21))
    assert isinstance(carrier.place([mine])[0], Accepted)


@pytest.mark.parametrize(
    "said",
    [
        {"msisdn": None},
        {"amount_fen": 50_001},
        {"amount_fen": 99},
        {"kind": "recharge"},
        {"kind": "plan-change"},
        {"kind": "add-on", "plan": "A-100", "amount_fen": 1200},
        {"kind": "add-on", "plan": "?", "amount_fen": 1000},
    ],
)
def test_what_it_has_no_words_for_is_not_built(stub, carrier, said) -> None:
    with pytest.raises(Unsayable, match=iccid(1)):
        carrier.request(replace(stub.order(1), **said))
    assert not stub.requests


def test_without_the_names_of_its_answer_no_payment_is_made(home, stub, monkeypatch) -> None:
    monkeypatch.setattr(stub, "account_toml", lambda: super(OneLink, stub).account_toml())
    carrier = connected(home, stub, monkeypatch)
    with pytest.raises(Unsayable, match="recharge_fields"):
        carrier.request(stub.order(1))
    assert carrier.cards([iccid(1)])[iccid(1)].expires_on is None


def test_a_refused_sign_in_is_the_accounts_not_the_cards(stub, carrier) -> None:
    stub.say(b'{"status": "12022", "message": "", "result": []}', on="order")
    outcomes = carrier.place([add_on(stub, 1), add_on(stub, 2)])
    assert [one.reason for one in outcomes] == ["credential_refused"] * 2


def test_nothing_leaves_after_the_deadline_however_long_a_token_took(stub, carrier, monkeypatch) -> None:
    monkeypatch.setattr(carrier._open._tokens, "token", lambda: time.sleep(0.3) or "late")
    with pytest.raises(NeverLeft):
        carrier._open.call("/recharge/sim-account", {}, deadline_s=0.2, money=True)
    assert not stub.requests


def test_it_also_speaks_by_post(home, stub, monkeypatch) -> None:
    plain = stub.account_toml()
    monkeypatch.setattr(
        stub, "account_toml", lambda: plain.replace("\n\nrecharge", "\nrecharge") + 'http_method = "POST"\n'
    )
    carrier = connected(home, stub, monkeypatch)
    assert carrier.cards([iccid(1)])[iccid(1)].expires_on == date(2026, 12, 31)
    assert {request.method for request in stub.requests} == {"POST"}


def test_a_stop_reason_leads_to_a_state_that_exists(home, stub, monkeypatch) -> None:
    plain = stub.account_toml()
    monkeypatch.setattr(stub, "account_toml", lambda: plain.replace("stopped_arrears", "broke"))
    with pytest.raises(accounts.AccountsError, match="stop reason leads to one of"):
        connected(home, stub, monkeypatch)


def test_a_transaction_number_is_the_accounts_the_times_and_a_new_one(stub, carrier) -> None:
    at = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
    carrier._open.now = lambda: at
    one, other = carrier._open._transid(), carrier._open._transid()
    assert one.startswith("20000000000000120261122100000") and len(one) == 15 + 14 + 8
    assert one != other
