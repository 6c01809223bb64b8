"""Usage from the rows of a file: days are replaced, months follow the later figure, missing is not nought."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from data.database import Query
from data.files import staging
from data.files.rules import Counts
from data.home import Home
from data.sims import merging as sims
from data.usage import merging

CARD = "89860012345678901234"
Land = Callable[..., Counts]


@pytest.fixture
def usage(home: Home) -> Land:
    """`usage({"iccid": …, "used_bytes": …}, …)`: these rows as a usage file."""

    def land(*rows: dict[str, Any]) -> Counts:
        table = pa.Table.from_pylist([{"iccid": CARD, **row} for row in rows])
        with home.db.write() as tx, staging.staged(tx, table, source="import 1"):
            sims.find_sims(tx)
            sims.add_sims(tx, described=False)
            return merging.merge_usage(tx)

    return land


def asked(home: Home, text: str) -> list[dict[str, Any]]:
    return home.db.read().rows(Query("asked", "By a test.", text))


def test_a_day_is_replaced_and_others_stay(home: Home, usage: Land) -> None:
    usage({"day": date(2026, 11, 1), "used_bytes": 5}, {"day": date(2026, 11, 2), "used_bytes": 7})
    assert usage({"day": date(2026, 11, 2), "used_bytes": 9}) == Counts(changed=1)
    assert asked(home, "SELECT used_bytes FROM usage_day ORDER BY day") == [{"used_bytes": 5}, {"used_bytes": 9}]
    assert asked(home, "SELECT used_bytes, source FROM usage_month") == [{"used_bytes": 14, "source": "days"}]


def test_a_sum_of_days_never_lowers_a_given_month(home: Home, usage: Land) -> None:
    usage({"month": date(2026, 10, 1), "used_bytes": 100})
    usage({"day": date(2026, 10, 5), "used_bytes": 30})
    assert asked(home, "SELECT used_bytes, source FROM usage_month") == [{"used_bytes": 100, "source": "file"}]


def test_an_empty_cell_is_no_figure(home: Home, usage: Land) -> None:
    assert usage({"month": date(2026, 10, 1), "used_bytes": None}) == Counts()
    assert asked(home, "SELECT * FROM usage_month") == []


def test_a_figure_of_the_cycle_belongs_to_the_local_month_it_was_true_in(home: Home, usage: Land) -> None:
    # 23:30 UTC of the last of October is November in Shanghai.
    usage({"used_bytes": 8, "as_of": datetime(2026, 10, 31, 23, 30, tzinfo=UTC)})
    assert asked(home, "SELECT month FROM usage_month") == [{"month": date(2026, 11, 1)}]
    assert asked(home, "SELECT used_bytes FROM sim") == [{"used_bytes": 8}]


def test_an_older_figure_never_replaces_a_later_one(home: Home, usage: Land) -> None:
    usage({"used_bytes": 8, "as_of": datetime(2026, 11, 20, tzinfo=UTC)})
    assert usage({"used_bytes": 5, "as_of": datetime(2026, 11, 10, tzinfo=UTC)}) == Counts(same=1)
    assert asked(home, "SELECT used_bytes FROM usage_month") == [{"used_bytes": 8}]


def test_a_counter_that_falls_is_kept_and_noticed(home: Home, usage: Land) -> None:
    usage({"used_bytes": 8, "as_of": datetime(2026, 11, 10, tzinfo=UTC)})
    usage({"used_bytes": 2, "as_of": datetime(2026, 11, 20, tzinfo=UTC)})
    assert asked(home, "SELECT used_bytes FROM usage_month") == [{"used_bytes": 2}]
    kinds = asked(home, "SELECT kind FROM finding WHERE kind = 'falling_usage'")
    assert kinds == [{"kind": "falling_usage"}]
