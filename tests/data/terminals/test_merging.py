"""Agents, merchants and terminals from the rows of a file: who is meant, who is made, what changes."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from data.database import Query
from data.files import staging
from data.files.rules import MACHINE_ELSEWHERE, Counts, RefusedRow
from data.home import Home
from data.terminals import merging

Land = Callable[..., tuple[Counts, list[RefusedRow]]]


@pytest.fixture
def merchants(home: Home) -> Land:
    """`merchants({"merchant_no": …}, …)`: these rows as a file of merchants."""

    def land(*rows: dict[str, Any]) -> tuple[Counts, list[RefusedRow]]:
        with home.db.write() as tx, staging.staged(tx, pa.Table.from_pylist(list(rows)), source="import 1"):
            merging.resolve_agents(tx)
            last = merging.resolve_merchants(tx, described=True)
            return merging.merge_merchants(tx, last=last), staging.refused(tx)

    return land


@pytest.fixture
def ledger(home: Home) -> Land:
    """`ledger({"terminal_id": …}, …)`: these rows as a file of terminals."""

    def land(*rows: dict[str, Any]) -> tuple[Counts, list[RefusedRow]]:
        with home.db.write() as tx, staging.staged(tx, pa.Table.from_pylist(list(rows)), source="import 1"):
            merging.resolve_agents(tx)
            merging.resolve_merchants(tx)
            last = merging.resolve_terminals(tx, described=True)
            return merging.merge_terminals(tx, last=last), staging.refused(tx)

    return land


def asked(home: Home, text: str) -> list[dict[str, Any]]:
    return home.db.read().rows(Query("asked", "By a test.", text))


def test_a_later_line_about_one_merchant_wins_cell_by_cell(home: Home, merchants: Land) -> None:
    merchants({"merchant_no": "M1", "merchant_name": "面馆", "city": "杭州"}, {"merchant_no": "M1", "city": "宁波"})
    assert asked(home, "SELECT name, city FROM merchant") == [{"name": "面馆", "city": "宁波"}]


def test_counts_are_by_merchant(merchants: Land) -> None:
    one = {"merchant_no": "M1", "merchant_name": "面馆"}
    assert merchants(one, one)[0] == Counts(new=1)
    assert merchants(one, {"merchant_no": "M2"})[0] == Counts(new=1, same=1)
    assert merchants({"merchant_no": "M1", "merchant_name": "饭馆"})[0] == Counts(changed=1)


def test_an_agent_known_by_name_gets_its_number_when_a_file_brings_both(home: Home, ledger: Land) -> None:
    ledger({"terminal_id": "00000001", "agent_name": "甲"})
    assert asked(home, "SELECT agent_no, provisional FROM agent") == [{"agent_no": "甲", "provisional": True}]
    ledger({"terminal_id": "00000002", "agent_no": "A1", "agent_name": "甲"})
    assert asked(home, "SELECT agent_no, name, provisional FROM agent") == [
        {"agent_no": "A1", "name": "甲", "provisional": False}
    ]
    assert asked(home, "SELECT count(DISTINCT agent_id) AS n FROM terminal") == [{"n": 1}]


def test_two_agents_of_one_name_stay_two(home: Home, ledger: Land) -> None:
    ledger({"terminal_id": "00000001", "agent_no": "A1", "agent_name": "甲"})
    ledger({"terminal_id": "00000002", "agent_no": "A2", "agent_name": "甲"})
    assert asked(home, "SELECT agent_no FROM agent ORDER BY 1") == [{"agent_no": "A1"}, {"agent_no": "A2"}]


def test_a_ledger_that_knows_merchants_by_name_meets_their_numbers_later(
    home: Home, ledger: Land, merchants: Land
) -> None:
    ledger({"terminal_id": "00000001", "merchant_name": "面馆"})
    merchants({"merchant_no": "M1", "merchant_name": "面馆", "city": "杭州"})
    assert asked(home, "SELECT merchant_no, city, provisional FROM merchant") == [
        {"merchant_no": "M1", "city": "杭州", "provisional": False}
    ]
    assert ledger({"terminal_id": "00000001", "merchant_no": "M1"})[0] == Counts(same=1)


def test_a_ledger_fills_a_merchants_place_and_never_overwrites_it(home: Home, ledger: Land, merchants: Land) -> None:
    ledger({"terminal_id": "00000001", "merchant_no": "M1", "merchant_name": "面馆", "city": "杭州"})
    merchants({"merchant_no": "M1", "merchant_name": "老面馆"})
    ledger({"terminal_id": "00000001", "merchant_no": "M1", "merchant_name": "面馆", "city": "宁波"})
    assert asked(home, "SELECT name, city FROM merchant") == [{"name": "老面馆", "city": "杭州"}]


def test_one_number_at_two_merchants_is_two_terminals(home: Home, ledger: Land) -> None:
    both = [{"terminal_id": "00000001", "merchant_no": name} for name in ("M1", "M2")]
    assert ledger(*both)[0] == Counts(new=2)
    _counts, refused = ledger({"terminal_id": "00000001", "brand": "百富"})
    assert [(row.column, row.values["candidates"]) for row in refused] == [("terminal_id", "M1, M2")]
    assert asked(home, "SELECT brand FROM terminal") == [{"brand": None}, {"brand": None}]


def test_a_row_without_merchant_means_the_only_terminal_of_its_number(home: Home, ledger: Land) -> None:
    ledger({"terminal_id": "00000001", "merchant_no": "M1"})
    assert ledger({"terminal_id": "00000001", "brand": "百富"})[0] == Counts(changed=1)
    assert asked(home, "SELECT brand FROM terminal") == [{"brand": "百富"}]


def test_a_serial_number_names_a_machine_and_settles_an_ambiguous_number(home: Home, ledger: Land) -> None:
    ledger(
        {"terminal_id": "00000001", "merchant_no": "M1", "serial_no": "N1"},
        {"terminal_id": "00000001", "merchant_no": "M2", "serial_no": "N2"},
    )
    counts, refused = ledger(
        {"serial_no": "N1", "terminal_id": None, "site": "一楼"},
        {"serial_no": "N2", "terminal_id": "00000001", "site": "二楼"},
        {"serial_no": "N3", "terminal_id": None, "site": "三楼"},
    )
    assert counts == Counts(changed=2)
    assert [(row.column, row.value) for row in refused] == [("serial_no", "N3")]
    assert asked(home, "SELECT site FROM terminal ORDER BY serial_no") == [{"site": "一楼"}, {"site": "二楼"}]


def test_a_sign_of_life_never_becomes_an_older_one(home: Home, ledger: Land) -> None:
    for day in ("2026-11-20", "2026-11-10"):
        ledger({"terminal_id": "00000001", "merchant_no": "M1", "last_trade_on": day})
    assert str(asked(home, "SELECT last_trade_on FROM terminal")[0]["last_trade_on"]) == "2026-11-20"


def test_a_list_of_machines_without_terminal_numbers_meets_the_ledger_by_serial_number(
    home: Home, ledger: Land
) -> None:
    ledger(
        {"terminal_id": "00000001", "merchant_no": "M1", "serial_no": "N1"},
        {"terminal_id": "00000002", "merchant_no": None, "serial_no": "N2"},
    )
    counts, refused = ledger(
        {"serial_no": "N1", "merchant_no": "M1", "brand": "百富"},
        {"serial_no": "N2", "merchant_no": "M2", "brand": "百富"},
        {"serial_no": "N1", "merchant_no": "M3", "brand": "新大陆"},
    )
    assert counts == Counts(changed=2)
    assert [(row.msgid, row.values["candidates"]) for row in refused] == [(MACHINE_ELSEWHERE, "M1")]
    assert asked(home, "SELECT merchant_no, brand FROM terminal JOIN merchant USING (merchant_id) ORDER BY 1") == [
        {"merchant_no": "M1", "brand": "百富"},
        {"merchant_no": "M2", "brand": "百富"},
    ]
