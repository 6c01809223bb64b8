"""Migrations that move rows: what a home of an earlier day has after them."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from data import database
from data.database import Query
from data.home import Home, open_home

MIGRATIONS = Path(database.__file__).parent / "migrations"


def sql(text: str) -> Query:
    return Query("test", "A test.", text)


def home_before(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *rows: str) -> Home:
    """A home as it stood before migration `number`, with `rows` in it, opened by the program of today."""
    (tmp_path / "migrations").mkdir()
    for path in MIGRATIONS.glob("*.sql"):
        if int(path.name[:4]) < number:
            shutil.copy(path, tmp_path / "migrations")
    with monkeypatch.context() as then:
        then.setattr(database, "_MIGRATIONS", tmp_path / "migrations")
        home = open_home(tmp_path / "home", create="real")
        with home.db.write() as tx:
            for row in rows:
                tx.run(sql(row))
        home.close()
    return open_home(tmp_path / "home")


RULE = "INSERT INTO reminder_rule (subject, stages, role, made_at) VALUES ('cancel', '30', 'finance', '2026-11-01 01:00:00+00')"
CARDS = """INSERT INTO sim (sim_id, stem, iccid, status, observed_at) VALUES (1, 'a', 'a', 'silent', '2026-11-01 01:00:00+00'),
    (2, 'b', 'b', 'silent', '2026-11-01 01:00:00+00'), (3, 'c', 'c', 'active', '2026-11-01 01:00:00+00')"""
CHANGES = """INSERT INTO sim_change (sim_id, ts, field, before, after, source) VALUES
    (1, '2026-09-30 17:00:00+00', 'status', 'stock', 'silent', 'import 1'),
    (2, '2026-09-30 17:00:00+00', 'status', 'unknown', 'silent', 'import 1'),
    (3, '2026-09-30 17:00:00+00', 'status', 'stock', 'silent', 'import 1')"""


def test_a_home_with_rules_hears_of_silent_periods_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = home_before(8, tmp_path, monkeypatch, RULE)
    rules = home.db.read().rows(sql("SELECT subject, stages, role, active FROM reminder_rule ORDER BY rule_id"))
    home.close()
    assert [tuple(row.values()) for row in rules][1:] == [("silent", "30,7,1", "operator", True)]


def test_a_home_without_rules_gets_none_before_its_first_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = home_before(8, tmp_path, monkeypatch)
    rules = home.db.read().rows(sql("SELECT * FROM reminder_rule"))
    home.close()
    assert rules == []


def test_a_silent_card_that_was_seen_in_stock_was_delivered_that_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = home_before(8, tmp_path, monkeypatch, CARDS, CHANGES)
    days = home.db.read().rows(sql("SELECT delivered_on FROM sim ORDER BY sim_id"))
    home.close()
    assert [row["delivered_on"] for row in days] == [date(2026, 10, 1), None, None]
