"""The chain of acts: every tampering is found where it happened."""

import json
import re
from datetime import date
from typing import Any

import pytest

from data import words
from data.audit import store as audit
from data.audit.rules import Head, anchor
from data.audit.wording_rules import EVENT_WORDS, said_detail, said_event, said_object
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


@pytest.mark.parametrize(
    ("sign", "written"),
    [
        ("\n", "\\u000a"),
        ("\x1b[2K", "\\u001b[2K"),
        ("\u202e", "\\u202e"),
        ("\u2028", "\\u2028"),
        ("\U000e0001", "\\udb40\\udc01"),
        ("\ud800", "\\ud800"),
    ],
)
def test_signs_that_turn_hide_or_break_a_line_are_written_out(
    chained: Home, people: dict[str, Actor], sign: str, written: str
) -> None:
    name = f"evil{sign}2026-11-22 admin approved"
    with chained.db.write() as tx:
        audit.record(tx, people["operator"], Event.JOB_ASKED, f"payee {name}", note=name)
    last = audit.entries(
        chained.db.read(), person=None, event=None, text=None, first=None, last=None, limit=1
    ).to_pylist()[0]
    assert last["object"] == f"payee evil{written}2026-11-22 admin approved"
    assert last["object"].isprintable()
    assert last["detail"].isprintable()
    if sign not in {"\ud800"}:
        assert json.loads(last["detail"]) == {"note": name}
    assert broken_at(chained) is None


def test_the_log_is_narrowed_by_who_what_object_and_days(chained: Home, people: dict[str, Actor]) -> None:
    every: dict[str, Any] = {"person": None, "event": None, "text": None, "first": None, "last": None}
    with chained.db.write() as tx:
        audit.record(tx, people["approver"], Event.BATCH_APPROVED, "batch 7", note="Für Alle")

    def found(**asked: Any) -> list[str]:
        told = every | asked
        rows = audit.entries(chained.db.read(), **told, limit=100)["object"].to_pylist()
        assert audit.count(chained.db.read(), **told) == len(rows)
        return rows

    assert found()[0] == "batch 7"
    assert (
        found(person="approver")
        == found(event="renewal:approved")
        == found(text="BATCH 7")
        == found(text="für")
        == ["batch 7"]
    )
    assert len(found(person="operator")) == len(found(event="job:asked")) == 20
    today = date(2026, 11, 22)
    assert found(first=today, last=today) == found()
    assert found(last=date(2026, 11, 21)) == found(first=date(2026, 11, 23)) == []
    assert {"operator", "approver"} <= set(audit.persons(chained.db.read()))


def test_every_event_has_its_words() -> None:
    assert set(EVENT_WORDS) == set(Event)
    with words.speaking("zh_CN"):
        assert said_event("renewal:approved") == "批准批次"
        assert said_object("batch 7") == "批次 7"
        assert said_object("12 SIMs") == "12 SIMs"
        assert said_event("no:such") == "no:such"
    assert said_detail('{"a":1,"b":null,"c":"x","d":[1,2]}') == "a: 1 · c: x · d: [1, 2]"


def test_a_head_that_was_written_down_is_read_back_and_nothing_else_is() -> None:
    head = Head(17, "ab" * 32)
    assert anchor(f" {head}\n") == head
    for odd in ("", "17", "17:xyz", f"0:{'a' * 64}", f"-1:{'a' * 64}", f"1:{'A' * 64}", f"{'9' * 19}:{'a' * 64}"):
        with pytest.raises(ValueError, match="^" + re.escape(odd)):
            anchor(odd)


def test_an_act_that_fails_leaves_no_entry(chained: Home, people: dict[str, Actor]) -> None:
    count = Query("t", "", "SELECT count(*) FROM audit")
    before = chained.db.read().value(count)
    with pytest.raises(ZeroDivisionError), chained.db.write() as tx:
        audit.record(tx, people["operator"], Event.JOB_ASKED, "job x")
        raise ZeroDivisionError
    assert chained.db.read().value(count) == before
