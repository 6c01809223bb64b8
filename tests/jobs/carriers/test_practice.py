"""The practice carrier: its ledger first, the same misfortunes every time, one charge per order number with a key."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from data.renewals import rules
from data.words import _, speaking
from jobs.carriers import Accepted, Confirmed, Later, NotFound, Order, Refused, Unknown, accounts, practice, verdict_of
from jobs.carriers.practice.ledger import Ledger


@pytest.fixture
def carrier(demo_home, practice_fleet):
    def build(count=5, **said):
        practice_fleet(count, **said)
        return accounts.connected(demo_home, "practice-a")

    return build


def order(number=1, **said):
    iccid = f"8986041012345{number:06d}7"
    told = {
        "kind": "renew",
        "order_no": f"R{number:020d}01",
        "account": "practice-a",
        "iccid": iccid,
        "msisdn": None,
        "plan": "M30",
        "months": 12,
        "amount_fen": 1200,
        "old_expiry": date(2026, 11, 30),
        "new_expiry": date(2027, 11, 30),
    }
    return Order(**(told | said))


def renewed(carrier, *orders):
    return list(carrier.place(orders))


def test_a_confirmation_names_the_order_and_moves_the_card(carrier):
    practice_a = carrier()
    expiry = practice_a.cards([order().iccid])[order().iccid].expires_on
    [outcome] = renewed(practice_a, order(old_expiry=expiry))
    assert isinstance(outcome, Confirmed)
    assert (outcome.order_no, outcome.iccid, outcome.amount_fen) == (order().order_no, order().iccid, 1200)
    assert outcome.new_expiry == expiry.replace(year=expiry.year + 1)
    assert practice_a.cards([order().iccid])[order().iccid].expires_on == outcome.new_expiry


def test_the_ledger_outlives_the_process(demo_home, carrier):
    practice_a = carrier()
    [before] = renewed(practice_a, order())
    path = demo_home.practice / "ledger.jsonl"
    with path.open("ab") as file:
        file.write(b'{"kind":"charge","account":"pract')
    again = practice.Practice(demo_home, practice_a._account, Ledger(path))
    assert again.find_order(order().order_no) == before
    assert path.read_bytes().endswith(b"}\n")


@pytest.mark.parametrize(("key", "charges"), [(True, 1), (False, 2)])
def test_an_order_number_that_comes_twice_is_bought_once_with_a_key_only(demo_home, carrier, key, charges):
    practice_a = carrier(order_key=key)
    renewed(practice_a, order())
    renewed(practice_a, order())
    assert (demo_home.practice / "ledger.jsonl").read_text().count('"charge"') == charges


def test_a_lost_answer_has_taken_effect(carrier):
    practice_a = carrier(lost_share=1.0)
    [outcome] = renewed(practice_a, order())
    assert isinstance(outcome, Unknown)
    assert isinstance(practice_a.find_order(order().order_no), Confirmed)


def test_an_accepted_order_is_confirmed_when_its_time_has_come(demo_home, carrier):
    practice_a = carrier(accepted_share=1.0, accepted_s=30)
    before = practice_a.cards([order().iccid])[order().iccid]
    [outcome] = renewed(practice_a, order())
    assert isinstance(outcome, Accepted)
    assert practice_a.cards([order().iccid])[order().iccid].expires_on == before.expires_on
    demo_home.clock.move(timedelta(seconds=30))
    assert isinstance(practice_a.find_order(order().order_no), Confirmed)


def test_later_is_said_once_and_nothing_is_written(carrier):
    practice_a = carrier(later_share=1.0)
    assert isinstance(renewed(practice_a, order())[0], Later)
    assert isinstance(practice_a.find_order(order().order_no), NotFound)
    assert isinstance(renewed(practice_a, order())[0], Confirmed)


def test_a_wrong_amount_and_a_foreign_card_are_refused(carrier):
    practice_a = carrier()
    outcomes = renewed(practice_a, order(1, amount_fen=1100), order(2, amount_fen=1300), order(99))
    assert [outcome.reason for outcome in outcomes] == ["amount_too_low", "price_changed", "not_our_card"]


def test_two_or_three_in_a_hundred_are_refused_for_believable_reasons(carrier):
    practice_a = carrier(2000, refused_share=0.025)
    orders = [order(number) for number in range(1, 2001)]
    outcomes = [
        outcome for start in range(0, 2000, 100) for outcome in renewed(practice_a, *orders[start : start + 100])
    ]
    refused = Counter(outcome.reason for outcome in outcomes if isinstance(outcome, Refused))
    assert 30 <= refused.total() <= 75
    assert set(refused) <= set(rules.REASONS)
    assert len(refused) >= 6


def test_the_same_cards_are_refused_every_time_and_once_mended_they_are_not(carrier):
    practice_a = carrier(40, refused_share=1.0)
    first = renewed(practice_a, *(order(number) for number in range(1, 41)))
    second = renewed(practice_a, *(order(number, order_no=f"R{number:020d}02") for number in range(1, 41)))
    for before, after in zip(first, second, strict=True):
        assert isinstance(after, Refused if before.reason == "cancelled" else Confirmed)


@pytest.mark.parametrize(("language", "said"), [("en", "Practice carrier: {text}"), ("zh_CN", "演练运营商：{text}")])
def test_it_refuses_in_the_language_of_the_moment(demo_home, practice_fleet, language, said):
    practice_fleet(1, refused_share=1.0)
    with speaking(language):
        [refused] = renewed(accounts.connected(demo_home, "practice-a"), order())
        assert isinstance(refused, Refused)
        assert refused.detail == said.format(text=_(rules.REASONS[refused.reason].msgid))


def test_what_differs_in_a_reply_is_named_in_words(carrier):
    practice_a = carrier()
    reply = Confirmed("P1", order().order_no, order().iccid, 1500, None)
    with speaking("zh_CN"):
        _verdict, said = verdict_of(order(), reply, practice_a.terms, at=datetime(2026, 11, 22, tzinfo=UTC))
    assert (said["reason"], said["detail"]) == ("reply_differs", "金额（分）：返回 1500，应为 1200")
