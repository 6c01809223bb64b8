"""The door to DuckDB: one writer, cursors that see commits, a file nobody else opens, a sandbox nothing leaves."""

import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from data.database import DatabaseError, Queries, Query
from data.home import Home


def sql(text: str) -> Query:
    return Query("test", "A test.", text)


@pytest.fixture
def table(home: Home) -> Home:
    with home.db.write() as tx:
        tx.run(sql("CREATE TABLE t (id BIGINT PRIMARY KEY, word VARCHAR)"))
    return home


def test_a_failed_transaction_leaves_nothing(table: Home) -> None:
    with pytest.raises(ZeroDivisionError), table.db.write() as tx:
        tx.run(sql("INSERT INTO t VALUES (1, 'a')"))
        raise ZeroDivisionError
    assert table.db.read().rows(sql("SELECT * FROM t")) == []


def test_a_commit_is_seen_by_every_thread_and_raises_the_version(table: Home) -> None:
    before, seen = table.db.version, []
    with table.db.write() as tx:
        tx.run(sql("INSERT INTO t VALUES (1, 'a')"))
    threads = [
        threading.Thread(target=lambda: seen.append(table.db.read().value(sql("SELECT word FROM t")))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (seen, table.db.version) == (["a"] * 4, before + 1)


def test_a_quiet_write_is_noticed_only_after_a_bump(table: Home) -> None:
    before = table.db.version
    with table.db.write(quiet=True) as tx:
        tx.run(sql("INSERT INTO t VALUES (1, 'a')"))
    assert table.db.version == before
    table.db.bump()
    assert table.db.version == before + 1


def test_eight_writers_lose_no_update(table: Home) -> None:
    with table.db.write() as tx:
        tx.run(sql("INSERT INTO t VALUES (1, '0')"))

    def add() -> None:
        for _ in range(20):
            with table.db.write() as tx:
                word = tx.value(sql("SELECT word FROM t"))
                tx.run(sql("UPDATE t SET word = $word"), word=str(int(word) + 1))

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert table.db.read().value(sql("SELECT word FROM t")) == "160"


def test_a_duplicate_key_names_itself_and_leaves_the_writer_usable(table: Home) -> None:
    with pytest.raises(duckdb.ConstraintException), table.db.write() as tx:
        tx.run(sql("INSERT INTO t VALUES (1, 'a'), (1, 'b')"))
    with table.db.write() as tx:
        assert tx.run(sql("INSERT INTO t VALUES (1, 'a')")) == 1


def test_a_frame_is_seen_inside_its_block_only(table: Home) -> None:
    with table.db.write() as tx:
        with tx.frame("incoming", pa.table({"id": [1, 2]})):
            assert tx.run(sql("INSERT INTO t SELECT id, 'x' FROM incoming")) == 2
        with pytest.raises(duckdb.CatalogException):
            tx.rows(sql("SELECT * FROM incoming"))


def test_a_filter_may_carry_more_than_a_statement_asks(home: Home) -> None:
    assert home.db.read().value(sql("SELECT $a"), a=1, b=2) == 1


def test_a_snapshot_does_not_see_later_commits(table: Home) -> None:
    with table.db.snapshot() as reader:
        assert reader.value(sql("SELECT count(*) FROM t")) == 0
        with table.db.write() as tx:
            tx.run(sql("INSERT INTO t VALUES (1, 'a')"))
        assert reader.value(sql("SELECT count(*) FROM t")) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM glob('/*')",
        "COPY (SELECT 1) TO '/tmp/flowcard-escape.csv'",
        "COPY (SELECT 1) TO '{home}/exports/../escape.csv'",
        "ATTACH '/tmp/flowcard-escape.duckdb'",
        "EXPORT DATABASE '/tmp/flowcard-escape'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "SET allowed_directories = ['/']",
    ],
)
def test_sql_reaches_no_file_and_no_setting(home: Home, statement: str) -> None:
    with pytest.raises(duckdb.Error):
        home.db.read().rows(sql(statement.replace("{home}", str(home.path))))


def test_exports_are_the_one_way_out(home: Home) -> None:
    target = home.exports / "one.csv"
    assert home.db.copy_to(sql("SELECT 1 AS a UNION ALL SELECT 2"), target, format="csv") == 2
    assert target.read_text(encoding="utf-8").split() == ["a", "1", "2"]


def test_a_second_process_is_refused_the_file(home: Home) -> None:
    code = f"import duckdb; duckdb.connect({str(home.path / 'flowcard.duckdb')!r}, read_only=True)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode != 0


def test_what_was_committed_survives_a_kill(tmp_path: Path) -> None:
    code = f"""
import os, signal
from pathlib import Path
from data.database import Query
from data.home import open_home
home = open_home(Path({str(tmp_path / "home")!r}), create="real")
with home.db.write() as tx:
    tx.run(Query("t", "", "CREATE TABLE t AS SELECT 7 AS n"))
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    from data.home import open_home

    home = open_home(tmp_path / "home")
    assert home.db.read().value(sql("SELECT n FROM t")) == 7
    home.close()


def test_queries_are_read_by_name_with_their_sentence() -> None:
    queries = Queries("-- name: a\n-- One.\nSELECT 1;\n\n-- name: b\n-- Two\n-- lines.\nSELECT {x};\n")
    assert (queries.a.sentence, queries.a.sql) == ("One.", "SELECT 1")
    assert queries.b.fill(x="2").sql == "SELECT 2"
    with pytest.raises(AttributeError, match="no query named 'c'"):
        _ = queries.c


def test_a_transaction_inside_a_transaction_is_named_not_waited_for(home: Home) -> None:
    with pytest.raises(DatabaseError, match="open already"), home.db.write(), home.db.write():
        pass
    with home.db.write() as tx:
        assert tx.value(sql("SELECT 1")) == 1
