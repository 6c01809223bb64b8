from datetime import UTC, date, datetime

from data.database import Query
from data.sims import store

TODAY = date(2026, 11, 22)


def test_what_must_be_placed_is_summed_per_payee(seen):
    rows = store.today_by_payee(seen.db.read(), today=TODAY).to_pylist()
    assert [(row["payee"], row["sims"], row["amount_fen"], row["unpriced"], row["expired"]) for row in rows] == [
        ("华南代理", 1, 0, 1, 1),
        ("中国移动", 1, 1500, 0, 0),
    ]


def test_a_card_with_a_renewal_under_way_need_not_be_placed(fleet):
    with fleet.db.write() as tx:
        tx.run(
            Query(
                "test",
                "",
                """INSERT INTO batch (id, form_key, maker, content_hash, items, refused, amount_fen, state, proposed_at)
                VALUES (7, 'f', 1, 'h', 1, 0, 1500, 'proposed', $now)""",
            ),
            now=tx.now,
        )
        tx.run(
            Query(
                "test",
                "",
                """INSERT INTO batch_line (batch, line, digest, sim_id, iccid, months, amount_fen)
                VALUES (7, 1, uuid(), 1, 'x', 12, 1500)""",
            )
        )
    assert [row["payee"] for row in store.today_by_payee(fleet.db.read(), today=TODAY).to_pylist()] == ["华南代理"]
    row = store.page(fleet.db.read(), store.SimFilter(sim_ids=(1,)), today=TODAY).to_pylist()[0]
    assert (row["item_state"], row["batch"]) == ("proposed", 7)
    told = store.situation_of(fleet.db.read(), 1, today=TODAY)
    assert told.under_way.values == {"batch": 7}
    assert told.who_acts.msgid == "The approver decides"


def test_went_dark_counts_from_the_last_working_day(fleet):
    assert store.last_working_day(fleet.db.read(), today=TODAY) == date(2026, 11, 20)
    noted = "INSERT INTO sim_change VALUES (2, $ts, 'status', 'active', 'stopped_quota', 'import 1')"
    for ts, dark in ((datetime(2026, 11, 19, 2, tzinfo=UTC), []), (datetime(2026, 11, 20, 2, tzinfo=UTC), [2])):
        with fleet.db.write() as tx:
            tx.run(Query("test", "", noted), ts=ts)
        assert store.went_dark(fleet.db.read(), today=TODAY).column("sim_id").to_pylist() == dark


def test_what_is_at_risk_is_takings_where_known_and_days_elsewhere(seen):
    risk = store.at_risk(seen.db.read(), today=TODAY)
    # Card 1 ends on the 30th: 21 of the next 30 days at ¥9,000 a month. Card 3 has ended: 30 days, takings not known.
    assert risk == store.AtRisk(known_sims=1, lost_fen=630_000, known_days=21, unknown_sims=1, unknown_days=30)
    rows = store.at_risk_rows(seen.db.read(), today=TODAY).to_pylist()
    assert [(row["sim_id"], row["days_lost"], row["lost_fen"]) for row in rows] == [(1, 21, 630_000), (3, 30, None)]


def test_the_age_of_the_data_is_told_per_carrier(seen):
    rows = store.data_age(seen.db.read(), today=TODAY).to_pylist()
    assert [(row["carrier"], row["sims"], row["stale_sims"]) for row in rows] == [("mobile", 4, 4), ("unicom", 1, 1)]


def test_figures_come_with_the_days_before_them(fleet):
    with fleet.db.write() as tx:
        tx.run(Query("test", "", "INSERT INTO fleet_day VALUES (DATE '2026-11-15', 5, 9, 3, 0, 100)"))
    figures = store.kpis(fleet.db.read(), today=TODAY)
    assert figures.to_place == store.Figure(2, 9, (9, 2))
    assert figures.dark == store.Figure(1, 3, (3, 1))


def test_the_join_report_counts_what_joins_and_what_does_not(seen):
    lines = {line.kind: line for line in store.join_report(seen.db.read(), today=TODAY)}
    assert {kind: line.count for kind, line in lines.items()} == {
        "terminals_joined": 4,
        "cards_without_terminal": 1,
        "terminals_without_card": 1,
        "terminals_with_two_cards": 0,
        "card_in_two_rows": 0,
        "expired": 1,
        "cancel_soon": 0,
        "plans_without_price": 1,
        "merchants_without_contact": 1,
        "unfit": 1,
    }
    assert lines["cards_without_terminal"].amount_fen == 1500
