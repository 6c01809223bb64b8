"""What a comparison of plans finds, and what a new price makes of the coming year."""

from datetime import date

import pytest

from data.plans.notice_rules import Buyers, Effect, KnownPlan, Offer, effect, near, offers_compared, terms_bought

TODAY = date(2026, 11, 22)
MB = 1024 * 1024
OURS = {"30M": KnownPlan(1, "30M", "mobile", 12, {12: 1500, 36: 4000})}


def offer(plan="30M", months=12, fen=1500, mb=30):
    return Offer(plan, months, mb * MB if mb else None, fen)


def found(now, before=(), known=OURS):
    changes = offers_compared(now, list(before), known, account="a", today=TODAY)
    return [(change.kind, dict(change.detail)) for change in changes]


def test_a_price_other_than_ours_is_told_with_both():
    price = {"plan": "30M", "months": 12, "before_fen": 1500, "after_fen": 1600}
    assert found([offer(fen=1600)]) == [("price", price)]
    change = offers_compared([offer(fen=1600)], [], OURS, account="a", today=TODAY)[0]
    assert (change.plan.term_months, change.plan.old_fen, change.plan.new_fen) == (12, 1500, 1600)
    assert (change.account, change.carrier, change.effective_on) == ("a", "mobile", TODAY)


@pytest.mark.parametrize(
    ("now", "before"),
    [
        ([offer()], []),  # as we know it
        ([offer(fen=None)], []),  # no price told
        ([offer(fen=1600)], [offer(fen=1600)]),  # told before: the notice of it is open, or somebody has looked
        ([offer("another", fen=9)], []),  # no plan of ours
        ([offer(mb=100)], []),  # a volume told for the first time may be counted otherwise than ours
        ([offer(months=36, fen=4000), offer()], []),
        ([], [offer()]),  # an empty list says nothing
    ],
)
def test_what_is_no_news_is_not_told(now, before):
    assert found(now, before) == []


def test_our_own_new_price_is_no_news_when_the_carrier_tells_it():
    known = {"30M": KnownPlan(1, "30M", "mobile", 12, {12: 1600})}
    assert found([offer(fen=1600)], [offer(fen=1500)], known) == []


def test_a_price_we_do_not_know_is_compared_with_the_carriers_own_before():
    known = {"30M": KnownPlan(1, "30M", "mobile", 12)}
    assert found([offer(fen=1600)], [offer(fen=1500)], known)[0][1]["before_fen"] == 1500
    assert found([offer(fen=1600)], [], known) == []


def test_each_term_has_its_own_price():
    now = [offer(fen=1600), offer(months=36, fen=4000)]
    assert [(kind, said["months"]) for kind, said in found(now, [offer(), offer(months=36, fen=4000)])] == [
        ("price", 12)
    ]


def test_volume_and_term_are_compared_with_the_carriers_own_word():
    kinds = found([offer(mb=20, months=6, fen=None)], [offer(fen=None)])
    assert [kind for kind, _said in kinds] == ["quota", "term"]
    assert kinds[0][1] == {"plan": "30M", "before_bytes": 30 * MB, "after_bytes": 20 * MB}
    assert kinds[1][1] == {"plan": "30M", "before": 12, "after": 6}


def test_a_plan_of_ours_that_left_the_list_is_told():
    assert found([offer("other")], [offer(), offer("other"), offer("third")]) == [("withdrawn", {"plan": "30M"})]


@pytest.mark.parametrize(
    ("expires_on", "term", "effective_on", "terms"),
    [
        (date(2026, 12, 31), 12, TODAY, 1),
        (date(2026, 12, 31), 1, TODAY, 11),  # the last day of each month until October
        (date(2026, 12, 31), 3, TODAY, 4),
        (date(2026, 12, 31), 12, date(2027, 1, 1), 0),  # bought the day before, at the old price
        (date(2026, 12, 31), 6, date(2027, 1, 1), 1),
        (date(2026, 12, 31), 12, date(2026, 12, 31), 1),
        (date(2027, 11, 21), 12, TODAY, 1),
        (date(2027, 11, 22), 12, TODAY, 0),  # not within the year
        (date(2026, 1, 1), 12, TODAY, 1),  # over: bought today
        (date(2028, 1, 1), 36, TODAY, 0),
        (None, 12, TODAY, 0),
    ],
)
def test_a_card_buys_a_term_when_one_ends(expires_on, term, effective_on, terms):
    assert terms_bought(expires_on, term, effective_on=effective_on, today=TODAY) == terms


def test_the_effect_sums_what_is_bought_at_the_new_price():
    buyers = [
        Buyers(10, date(2026, 12, 31), 12, 1500, 1600),
        Buyers(5, date(2028, 1, 1), 36, 4000, 4400),
        Buyers(3, date(2027, 2, 28), 12, 1500, None),
        Buyers(1, date(2027, 2, 28), None, 1500, 1600),
    ]
    told = effect(buyers, effective_on=None, today=TODAY)
    assert told == Effect(cards=15, unpriced=4, purchases=10, old_fen=15_000, new_fen=16_000)
    assert told.more_fen == 1_000


def test_a_notice_without_a_date_is_near():
    assert near(None, today=TODAY)
    assert near(date(2026, 12, 22), today=TODAY)
    assert not near(date(2026, 12, 23), today=TODAY)
