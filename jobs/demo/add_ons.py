"""The add-on data that the demo's carriers sell beside the plans: for one month, gone with it."""

from datetime import date
from typing import Any

import pyarrow as pa

from jobs.demo.cards import CARRIER_NAMES, CARRIERS

MB = 1024 * 1024
# Size in MB and price in fen; what is used beyond the quota costs ¥0.29 a MB, so the smallest pays from 11 MB on.
_SIZES = ((100, 300), (500, 800), (1024, 1200))


def add_on_tables(first_id: int, *, since: date) -> tuple[pa.Table, pa.Table]:
    """The add-ons and their prices, numbered from `first_id`."""
    plans = list[dict[str, Any]]()
    prices = list[dict[str, Any]]()
    for carrier, code in enumerate(CARRIERS):
        for size, fen in _SIZES:
            plan_id = first_id + len(plans)
            volume = "1G" if size == 1024 else f"{size}M"
            plans.append(
                {
                    "plan_id": plan_id,
                    "plan": f"{CARRIER_NAMES[carrier]}POS-加油包 {volume}",
                    "carrier": code,
                    "network": "4G",
                    "quota_bytes": size * MB,
                    "term_months": 1,
                    "kind": "add-on",
                }
            )
            prices.append({"plan_id": plan_id, "channel": "", "term_months": 1, "price_fen": fen, "valid_from": since})
    return pa.Table.from_pylist(plans), pa.Table.from_pylist(prices)
