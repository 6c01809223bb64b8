from datetime import UTC, date, datetime

import pytest

from data.database import Query
from data.sims import store

MB = 1024 * 1024
TODAY = date(2026, 11, 22)


def changed(home, *statements, sim_ids=None, **params):
    with home.db.write() as tx:
        for sql in statements:
            tx.run(Query("test", "", sql), **params)
        store.roll_up(tx, sim_ids)


def one(home, sim_id):
    return store.one(home.db.read(), sim_id)


def test_a_row_joins_card_terminal_merchant_agent_plan_and_price(seen):
    card = one(seen, 1)
    assert (card.terminal_id, card.merchant, card.city, card.agent) == (
        "00001001",
        "杭州第一便利店（文三）",
        "杭州",
        "顺达",
    )
    assert (card.plan, card.price_fen, card.term_months, card.payee) == ("30M/月", 1500, 12, "中国移动")
    # The cut-off is the 20th, the card ends on the 30th: three working days and one more before the 20th.
    assert card.act_by == date(2026, 11, 16)
    assert card.cancel_by == date(2027, 2, 28)
    assert card.due


def test_an_unknown_account_has_no_connector_and_the_usual_dates(seen):
    card = one(seen, 5)
    assert (card.connector, card.payee) == (None, None)
    assert card.act_by == date(2027, 6, 24)


@pytest.mark.parametrize("status", ["stock", "silent", "test", "cancelled", "replaced", "lost"])
def test_cards_that_have_not_begun_or_are_gone_are_not_due(fleet, status):
    changed(fleet, "UPDATE sim SET status = $status WHERE sim_id = 1", status=status, sim_ids=[1])
    assert not one(fleet, 1).due


def test_due_follows_the_setting(fleet):
    with fleet.db.write() as tx:
        store.measure_with(tx, store.Yardstick(due_days=7, idle_months=2, holidays={}))
        store.roll_up(tx)
    assert not one(fleet, 1).due


def test_the_price_in_force_is_of_the_own_term_then_of_the_nearest_channel(fleet):
    offer = "INSERT INTO price (plan_id, channel, term_months, price_fen, valid_from, valid_to) VALUES (1, {}, {}, {}, {}, {})"
    changed(
        fleet,
        offer.format("'mobile-main'", 12, 1400, "DATE '2026-06-01'", "NULL"),
        offer.format("'mobile-main'", 36, 3000, "DATE '2026-06-01'", "NULL"),
        offer.format("'agent'", 12, 1000, "DATE '2026-06-01'", "NULL"),
        offer.format("'mobile-main'", 12, 900, "DATE '2026-12-01'", "NULL"),
        offer.format("'mobile-main'", 12, 800, "DATE '2026-01-01'", "DATE '2026-11-21'"),
    )
    assert (one(fleet, 1).price_fen, one(fleet, 1).term_months) == (1400, 12)
    assert one(fleet, 5).price_fen == 1500  # no account: the carrier's own list


def test_usage_of_the_month_forecasts_the_end_of_the_quota_and_counts_overage(fleet):
    as_of = datetime(2026, 11, 20, 16, tzinfo=UTC)  # the 21st begins in Shanghai
    changed(
        fleet,
        f"INSERT INTO usage_month VALUES (1, DATE '2026-11-01', {24 * MB}, $as_of, 'days')",
        f"INSERT INTO usage_month VALUES (2, DATE '2026-11-01', {31 * MB} - {MB // 2}, $as_of, 'days')",
        f"INSERT INTO usage_month VALUES (4, DATE '2026-11-01', {1 * MB}, $as_of, 'days')",
        f"INSERT INTO usage_day SELECT 1, DATE '2026-11-10' + i::INTEGER, {2 * MB} FROM range(11) t(i)",
        as_of=as_of,
    )
    soon, over, calm = one(fleet, 1), one(fleet, 2), one(fleet, 4)
    assert (soon.daily_bytes, soon.exhausts_on, soon.overage_fen) == (2 * MB, date(2026, 11, 24), 0)
    assert (over.exhausts_on, over.overage_fen) == (date(2026, 11, 21), 15)  # half a MB at ¥0.29, rounded
    assert calm.exhausts_on is None
    assert calm.used_share == pytest.approx(1 / 30)


def test_what_a_card_list_says_of_this_month_counts_and_last_months_word_does_not(fleet):
    say = f"UPDATE sim SET left_bytes = {20 * MB}, as_of = $as_of WHERE sim_id = 1"
    changed(fleet, say, as_of=datetime(2026, 11, 10, tzinfo=UTC), sim_ids=[1])
    assert one(fleet, 1).used_bytes == 10 * MB
    changed(fleet, say, as_of=datetime(2026, 10, 31, 15, 59, tzinfo=UTC), sim_ids=[1])
    assert one(fleet, 1).used_bytes is None


def test_idle_months_count_back_until_a_byte_or_a_gap(fleet):
    month = "INSERT INTO usage_month VALUES ({}, DATE '2026-{}-01', {}, NULL, 'file')"
    changed(
        fleet,
        *(month.format(1, n, 0) for n in ("08", "09", "10")),
        month.format(1, "07", 5),
        month.format(2, "10", 0),
        month.format(2, "08", 0),  # September is not known, so it is not nought
        month.format(3, "10", 0),
        month.format(3, "11", 7),
    )
    assert [one(fleet, n).idle_months for n in (1, 2, 3, 4)] == [3, 1, 0, None]


def test_a_plan_that_cannot_run_is_a_finding_once_and_closes_when_it_fits(fleet):
    assert one(fleet, 3).unfit
    changed(fleet)
    assert store.counted_findings(fleet.db.read()) == {"unfit": 1}
    changed(fleet, "UPDATE sim SET plan_id = 1 WHERE sim_id = 3", sim_ids=[3])
    assert store.counted_findings(fleet.db.read()) == {}


def test_a_models_networks_serve_where_a_terminal_has_none(fleet):
    changed(fleet, "UPDATE terminal SET networks = NULL, brand = '百富', model = 'S90' WHERE terminal_key = 1")
    assert one(fleet, 1).unfit


def test_some_rows_made_anew_are_those_of_all_rows_made_anew(fleet):
    every = Query("test", "", "SELECT * EXCLUDE (observed_at) FROM sim_now ORDER BY sim_id")
    before = fleet.db.read().rows(every)
    changed(fleet, sim_ids=[1, 3, 5, 999])
    assert fleet.db.read().rows(every) == before
    changed(fleet)
    assert fleet.db.read().rows(every) == before


def test_bytes_are_summed_per_carrier_and_day(fleet):
    changed(fleet, "INSERT INTO usage_day VALUES (1, DATE '2026-11-20', 5), (4, DATE '2026-11-20', 7)")
    rows = fleet.db.read().rows(Query("test", "", "SELECT * FROM carrier_day"))
    assert rows == [{"carrier": "mobile", "day": date(2026, 11, 20), "used_bytes": 12, "sims": 2}]


def test_new_figures_of_a_few_cards_reach_the_days_of_their_carrier(fleet):
    with fleet.db.write() as tx:
        tx.run(Query("test", "", "INSERT INTO usage_day VALUES (1, DATE '2026-11-20', 5)"))
        store.roll_up(tx, [1], days=True)
    assert fleet.db.read().value(Query("test", "", "SELECT sum(used_bytes) FROM carrier_day")) == 5


DELIVERED = "UPDATE sim SET status = 'silent', expires_on = NULL, delivered_on = DATE '2026-09-01' WHERE sim_id = 4"
SIX_MONTHS = "UPDATE account SET silent_months = 6 WHERE account = 'mobile-main'"


def test_a_silent_period_ends_as_told_else_so_many_months_after_delivery_else_nobody_knows(fleet):
    changed(fleet, DELIVERED, sim_ids=[4])
    assert one(fleet, 4).silent_until is None
    changed(fleet, SIX_MONTHS, sim_ids=[4])
    assert one(fleet, 4).silent_until == date(2027, 2, 28)
    changed(fleet, "UPDATE sim SET silent_until = DATE '2026-12-05' WHERE sim_id = 4", sim_ids=[4])
    assert one(fleet, 4).silent_until == date(2026, 12, 5)
    changed(fleet, "UPDATE sim SET delivered_on = NULL, silent_until = NULL WHERE sim_id = 4", sim_ids=[4])
    assert one(fleet, 4).silent_until is None


def test_a_card_in_service_has_no_silent_period_whatever_was_told(fleet):
    told = "UPDATE sim SET silent_until = DATE '2026-12-05', status = $status WHERE sim_id = 4"
    for status, until in (("test", date(2026, 12, 5)), ("stock", date(2026, 12, 5)), ("active", None), ("lost", None)):
        changed(fleet, told, sim_ids=[4], status=status)
        assert one(fleet, 4).silent_until == until


def test_another_length_of_the_silent_period_makes_every_row_anew(fleet):
    yardstick = store.Yardstick(due_days=30, idle_months=2, holidays={})
    with fleet.db.write() as tx:
        store.measure_with(tx, yardstick)
        store.roll_up(tx)
        assert not store.outdated(tx, yardstick, today=TODAY)
        tx.run(Query("test", "", SIX_MONTHS))
        assert store.outdated(tx, yardstick, today=TODAY)
