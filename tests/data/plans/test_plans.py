from datetime import date

from data.plans import store as plans

TODAY = date(2026, 11, 22)


def test_offers_are_comparable_and_plans_without_one_are_named(seen):
    offer = plans.offers(seen.db.read(), today=TODAY).to_pylist()[0]
    assert offer["fen_per_month"] == 125
    assert [row["plan"] for row in plans.plans_without_price(seen.db.read()).to_pylist()] == ["NB"]
