"""The chain of acts: every tampering is found where it happened."""

import pytest

from data.audit import store as audit
from data.database import Query
from data.home import Home
from data.people.rules import Actor, Event


@pytest.fixture
def chained(home: Home, people: dict[str, Actor]) -> Home:
    with home.db.write() as tx:
        for number in range(20):
            audit.record(tx, people["operator"], Event.JOB_ASKED, f"job {number}", wish="run_now")
    return home


def broken_at(home: Home) -> int | None:
    return audit.first_broken(home.db.read(), home.db._audit_key)


def test_an_untouched_chain_verifies(chained: Home) -> None:
    assert broken_at(chained) is None


@pytest.mark.parametrize(
    ("statement", "position"),
    [
        ("UPDATE audit SET detail = '{}' WHERE seq = 9", 9),
        ("UPDATE audit SET person = 'someone else' WHERE seq = 10", 10),
        ("UPDATE audit SET ts = ts - INTERVAL 1 DAY WHERE seq = 11", 11),
        ("DELETE FROM audit WHERE seq = 12", 12),
        ("UPDATE audit SET hash = repeat('0', 64) WHERE seq = 13", 13),
    ],
)
def test_a_tampering_is_found_where_it_happened(chained: Home, statement: str, position: int) -> None:
    with chained.db.write() as tx:
        tx.run(Query("t", "", statement))
    assert broken_at(chained) == position


def test_a_line_break_in_a_name_stays_one_entry(chained: Home, people: dict[str, Actor]) -> None:
    with chained.db.write() as tx:
        audit.record(tx, people["operator"], Event.JOB_ASKED, "job x", wish="a\nb\x00")
    last = chained.db.read().value(Query("t", "", "SELECT detail FROM audit ORDER BY seq DESC LIMIT 1"))
    assert "\n" not in last
    assert broken_at(chained) is None


def test_an_act_that_fails_leaves_no_entry(chained: Home, people: dict[str, Actor]) -> None:
    count = Query("t", "", "SELECT count(*) FROM audit")
    before = chained.db.read().value(count)
    with pytest.raises(ZeroDivisionError), chained.db.write() as tx:
        audit.record(tx, people["operator"], Event.JOB_ASKED, "job x")
        raise ZeroDivisionError
    assert chained.db.read().value(count) == before
