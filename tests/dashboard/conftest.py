"""A small fleet in the joined view, as the pages read it: two accounts, a card per story."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest

from data.database import Query
from data.home import Home

TODAY = date(2026, 11, 22)

_ADD_ACCOUNT = Query(
    "add_account",
    "An account people may renew at.",
    """INSERT INTO account (account, connector, carrier, payee, way_to_pay, last_order_day, working_days, cancel_after_days,
        expiry_rule, gives_invoice, support)
       VALUES ($account, 'practice', $carrier, $account || ' payee', 'prepaid', NULL, 1, 90, 'from_old_expiry', true, $support)""",
)

_ADD_PLAN = Query(
    "add_plan",
    "The plan of every card.",
    """INSERT INTO plan (plan_id, plan, carrier, network, quota_bytes, term_months)
       VALUES (1, 'CM-30M-12', 'mobile', '4G', 31457280, 12)""",
)

_ADD_PRICE = Query(
    "add_price",
    "What it costs.",
    """INSERT INTO price (plan_id, channel, term_months, price_fen, valid_from)
       VALUES (1, '', 12, 1800, DATE '2026-01-01'), (1, '', 1, 180, DATE '2026-01-01')""",
)


@pytest.fixture
def fleet(home: Home) -> Callable[..., list[int]]:
    """`fleet(3, expires_on=…)` adds so many SIMs, each at ¥18.00 a year, and returns their sim_ids."""
    with home.db.write() as tx:
        tx.run(_ADD_ACCOUNT, account="mobile-main", carrier="mobile", support="10086")
        tx.run(_ADD_ACCOUNT, account="unicom-east", carrier="unicom", support="10010")
        tx.run(_ADD_PLAN)
        tx.run(_ADD_PRICE)
    columns = {
        row["column_name"]: row for row in home.db.read().rows(Query("columns", "Its columns.", "DESCRIBE sim_now"))
    }
    made = 0

    def add(count: int, **facts: Any) -> list[int]:
        nonlocal made
        rows = [_row(made + number, columns, facts) for number in range(1, count + 1)]
        made += count
        with home.db.write() as tx, tx.frame("rows", pa.Table.from_pylist(rows)):
            names = ", ".join(rows[0])
            tx.run(
                Query(
                    "add_sims",
                    "SIMs as the roll-up would write them.",
                    f"INSERT INTO sim_now ({names}) SELECT {names} FROM rows",
                )
            )
        return [row["sim_id"] for row in rows]

    return add


def _row(number: int, columns: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    iccid = f"898600000000000{number:04d}"
    row: dict[str, Any] = {
        "sim_id": number,
        "stem": iccid[:19],
        "iccid": iccid,
        "msisdn": f"1064800000{number:03d}",
        "carrier": "mobile",
        "account": "mobile-main",
        "connector": "practice",
        "payee": "mobile-main payee",
        "plan_id": 1,
        "plan": "CM-30M-12",
        "network": "4G",
        "term_months": 12,
        "price_fen": 1800,
        "status": "active",
        "expires_on": TODAY + timedelta(days=20),
        "act_by": TODAY + timedelta(days=17),
        "live": True,
        "due": True,
        "terminal_key": number,
        "terminal_id": f"T{number:07d}",
        "merchant": f"Noodle bar {number}",
        "city": "Hangzhou",
        "quota_bytes": 30 * 1024 * 1024,
        "used_bytes": 10 * 1024 * 1024,
        "used_share": 1 / 3,
        "observed_at": None,
        "search_text": iccid,
    } | facts
    row["observed_at"] = row["observed_at"] or pa.scalar(0, pa.timestamp("us", "UTC")).as_py()
    return {name: value for name, value in row.items() if name in columns and value is not None}
