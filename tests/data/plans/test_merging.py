"""Plans and prices from the rows of a file: one plan per name and carrier, one price per channel, term and first day."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from data.database import Query
from data.files import staging
from data.files.rules import Counts, RefusedRow
from data.home import Home
from data.plans import merging

Land = Callable[..., tuple[Counts, list[RefusedRow]]]


@pytest.fixture
def plans(home: Home) -> Land:
    """`plans({"plan": …}, …)`: these rows as a price list."""

    def land(*rows: dict[str, Any]) -> tuple[Counts, list[RefusedRow]]:
        with home.db.write() as tx, staging.staged(tx, pa.Table.from_pylist(list(rows)), source="import 1"):
            last = merging.resolve_plans(tx, described=True)
            return merging.merge_plans(tx, last=last, source="import 1"), staging.refused(tx)

    return land


def asked(home: Home, text: str) -> list[dict[str, Any]]:
    return home.db.read().rows(Query("asked", "By a test.", text))


def offer(**more: Any) -> dict[str, Any]:
    return {"plan": "30M", "carrier": "mobile", "term_months": 12, "price_fen": 1500, **more}


def test_one_name_at_two_carriers_is_two_plans(home: Home, plans: Land) -> None:
    assert plans(offer(), offer(carrier="unicom"))[0] == Counts(new=2)
    assert asked(home, "SELECT carrier FROM plan ORDER BY 1") == [{"carrier": "mobile"}, {"carrier": "unicom"}]


def test_a_plan_a_card_list_named_without_carrier_gets_it_from_the_price_list(home: Home, plans: Land) -> None:
    with home.db.write() as tx, staging.staged(tx, pa.table({"plan": ["30M"]}), source="import 1"):
        merging.resolve_plans(tx)
    assert plans(offer())[0] == Counts(changed=1)
    assert asked(home, "SELECT carrier, provisional FROM plan") == [{"carrier": "mobile", "provisional": False}]


def test_channels_terms_and_first_days_are_prices_of_their_own(home: Home, plans: Land) -> None:
    plans(
        offer(channel=None, valid_from=None),
        offer(channel="张三", price_fen=1400, valid_from=None),
        offer(term_months=36, price_fen=4000, channel=None, valid_from=None),
        offer(price_fen=1600, channel=None, valid_from=date(2027, 1, 1)),
    )
    assert len(asked(home, "SELECT * FROM price")) == 4
    assert asked(home, "SELECT term_months FROM plan") == [{"term_months": 12}]


def test_the_same_list_again_changes_nothing(home: Home, plans: Land) -> None:
    plans(offer(), offer(term_months=36, price_fen=4000))
    assert plans(offer(), offer(term_months=36, price_fen=4000))[0] == Counts(same=1)
    assert len(asked(home, "SELECT * FROM price")) == 2


def test_a_price_without_a_term_is_refused_unless_the_plan_has_one(home: Home, plans: Land) -> None:
    _counts, refused = plans(offer(term_months=None))
    assert [row.column for row in refused] == ["term_months"]
    plans(offer())
    assert plans(offer(term_months=None, price_fen=1600))[0] == Counts(changed=1)
    assert asked(home, "SELECT price_fen FROM price") == [{"price_fen": 1600}]


def test_an_add_on_is_known_by_what_the_trade_calls_it(home: Home, plans: Land) -> None:
    plans(
        offer(plan="1G加油包", term_months=1),
        offer(plan="叠加包 500M", term_months=1),
        offer(plan="Add-on 1G"),
        offer(),
    )
    kinds = asked(home, "SELECT kind, count(*) AS plans FROM plan GROUP BY ALL ORDER BY kind")
    assert kinds == [{"kind": "add-on", "plans": 3}, {"kind": "main", "plans": 1}]
