"""What we write, we read: an export dropped back into the import changes nothing."""

import pytest

from data.database import Query
from data.home import Home
from data.people.rules import Actor
from jobs.importing.cleaning import Cleaned, clean
from jobs.importing.landing import land
from jobs.importing.reading import read_file
from jobs.importing.recognising import recognise
from tests.fleet import MERCHANTS, iccid, stock
from tests.jobs.exporting.test_writing import written


def read_back(home: Home, by: Actor, what: str, format: str, language: str) -> Cleaned:
    made = written(home, by, what=what, format=format, language=language)
    book = read_file(home.exports / made.stored_as, str(made.filename), max_bytes=10**8, max_rows=10**6)
    cleaned = clean(recognise(book), today=home.clock.today())
    assert not cleaned.refusals, cleaned.refusals[:3]
    return cleaned


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_exported_sims_come_back_exactly_and_change_nothing(
    home: Home, people: dict[str, Actor], format: str, language: str
) -> None:
    stock(home)
    cleaned = read_back(home, people["operator"], "sims", format, language)
    assert cleaned.kind == "cards"
    assert sorted(cleaned.table["iccid"].to_pylist()) == [iccid(n) for n in range(1, 41)]
    # The quota a list shows may be the plan's; coming back it is the card's own, and the same figure.
    seen = Query(
        "test",
        "",
        "SELECT * EXCLUDE (quota_bytes, observed_at, as_of, status_seen_at, expiry_seen_at, expiry_source, raw_status, anchor_day) FROM sim ORDER BY sim_id",
    )
    before = home.db.read().rows(seen)
    with home.db.write() as tx:
        landed = land(tx, cleaned, source="import 1")
    assert (landed.counts.new, landed.refusals) == (0, ())
    assert home.db.read().rows(seen) == before


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_exported_terminals_come_back_exactly(home: Home, people: dict[str, Actor], language: str) -> None:
    stock(home)
    cleaned = read_back(home, people["operator"], "terminals", "csv", language)
    assert cleaned.kind == "terminals"
    assert sorted(cleaned.table["terminal_id"].to_pylist()) == [f"{n:08d}" for n in range(1, 41)]
    names = Query("test", "", "SELECT name FROM merchant ORDER BY merchant_id")
    with home.db.write() as tx:
        landed = land(tx, cleaned, source="import 1")
    assert (landed.counts.new, landed.refusals) == (0, ())
    assert [row["name"].strip() for row in home.db.read().rows(names)] == [name.strip() for name in MERCHANTS]
