from datetime import date

from data.database import Query
from data.sims import store
from data.usage import store as usage

MB = 1024 * 1024
TODAY = date(2026, 11, 22)


def test_usage_adds_up_per_plan_and_carrier(fleet):
    with fleet.db.write() as tx:
        tx.run(Query("test", "", f"INSERT INTO usage_month VALUES (1, DATE '2026-11-01', {40 * MB}, $now, 'days')"), now=tx.now)  # fmt: skip
        tx.run(Query("test", "", "INSERT INTO usage_day VALUES (1, DATE '2026-11-20', 9)"))
        store.roll_up(tx)
    reader = fleet.db.read()
    plan = usage.usage_by_plan(reader, today=TODAY).to_pylist()[0]
    assert (plan["plan"], plan["sims"], plan["with_figures"], plan["over_sims"], plan["overage_fen"]) == (
        "30M/月",
        4,
        1,
        1,
        290,
    )
    assert usage.usage_by_carrier(reader, today=TODAY).to_pylist()[0]["used_bytes"] == 40 * MB
    assert usage.usage_totals(reader).overage_fen == 290
    assert usage.usage_of(reader, 1, today=TODAY, days=30).to_pylist() == [{"day": date(2026, 11, 20), "used_bytes": 9}]
    assert usage.carrier_days(reader, today=TODAY, days=30).num_rows == 1
