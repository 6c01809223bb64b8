"""The only door to DuckDB: open, migrate, read from any thread, write through one lock, queries by name."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import fields
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

import duckdb
import pyarrow as pa

from data.clock import Clock, Watch
from data.deadline import TooSlow, stopped_after
from data.disk import DiskError, damage, disk_error
from data.idle import Idle
from data.queries import Queries, Query

__all__ = ["Database", "DatabaseError", "Queries", "Query", "Reader", "Row", "TooSlow", "Transaction"]

FILE_NAME = "flowcard.duckdb"
_MIGRATIONS = Path(__file__).parent / "migrations"

Row = dict[str, Any]
Record = TypeVar("Record")


class DatabaseError(Exception):
    """The database was used in a way that cannot work."""


class Reader:
    """Reads on one cursor. Results are always fetched whole: an open result would own its connection."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor
        self.version = -1  # of the data, when what it keeps apart was last gathered

    def rows(self, query: Query, **params: Any) -> list[Row]:
        """All rows as dicts."""
        result = self._execute(query, params)
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def row(self, query: Query, **params: Any) -> Row | None:
        """The first row, or None."""
        found = self.rows(query, **params)
        return found[0] if found else None

    def records(self, kind: type[Record], query: Query, **params: Any) -> list[Record]:
        """All rows as frozen records of `kind`; columns are matched by field name."""
        names = [field.name for field in fields(cast(Any, kind))]
        return [kind(**{name: row[name] for name in names}) for row in self.rows(query, **params)]

    def record(self, kind: type[Record], query: Query, **params: Any) -> Record | None:
        """The first row as a record, or None."""
        found = self.records(kind, query, **params)
        return found[0] if found else None

    def value(self, query: Query, **params: Any) -> Any:
        """The first column of the first row, or None."""
        found = self._execute(query, params).fetchall()
        return found[0][0] if found else None

    def arrow(self, query: Query, **params: Any) -> pa.Table:
        """The result as an Arrow table: for looking, never for acting."""
        _is_one_statement(query.sql)
        return self._cursor.sql(query.sql, params=query.only_used(params)).to_arrow_table()

    def close(self) -> None:
        """Let the cursor go."""
        self._cursor.close()

    @contextmanager
    def within(self, seconds: float) -> Iterator["Reader"]:
        """What is read in the with-block is over after `seconds`. Raises TooSlow where it was not."""
        try:
            with stopped_after(seconds, self._cursor.interrupt):
                yield self
        except duckdb.InterruptException as error:
            raise TooSlow(seconds) from error

    def _execute(self, query: Query, params: Mapping[str, Any]) -> duckdb.DuckDBPyConnection:
        try:
            _is_one_statement(query.sql)
            return self._cursor.execute(query.sql, query.only_used(params))
        except duckdb.Error as error:
            damaged = damage(error)
            if damaged is None:
                raise
            raise damaged from error


class Transaction(Reader):
    """An open transaction of the one writer, with the instant it began and the key its audit entries are chained with."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, *, now: datetime, today: date, audit_key: bytes) -> None:
        super().__init__(cursor)
        self.now = now
        self.today = today
        self.audit_key = audit_key
        self.journals = False  # whether it writes to the money journal, too

    def run(self, query: Query, **params: Any) -> int:
        """Execute a write; the number of rows it touched."""
        found = self._execute(query, params).fetchall()
        return int(found[0][0]) if found and isinstance(found[0][0], int) else 0

    @contextmanager
    def frame(self, name: str, table: pa.Table) -> Iterator[None]:
        """Let SQL see `table` under `name` inside the with-block."""
        self._cursor.register(name, table)
        yield
        # After an exception the transaction is rolled back, and the name goes with it.
        self._cursor.unregister(name)


class Database:
    """One process, one file, one writer; a cursor per reading thread."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, *, home: Path, clock: Clock, audit_key: bytes) -> None:
        self.clock = clock
        self.watch = Watch()
        self.trouble: DiskError | None = None  # why the last write failed, until one succeeds that is no smaller
        self._hit_journal = False
        self._home = home
        self._audit_key = audit_key
        self._connection = connection
        self._writer = connection.cursor()
        self._write_lock = threading.Lock()
        self._writing_thread: int | None = None
        self._local = threading.local()
        self.narrowed: Idle[Reader] = Idle()  # by what they see (data/people/scopes.py)
        self.version = 0  # rises with every committed write: the key of every cached read

    @classmethod
    def open(cls, home: Path, *, clock: Clock, audit_key: bytes, memory_mb: int = 800, threads: int = 2) -> "Database":
        """Open (or make) the database of a home, hardened: SQL reaches no file outside exports/ and backups/.

        Raises DatabaseError for a file that is none of ours or is damaged.
        """
        config: dict[str, str | bool | int | float | list[str]] = {
            "python_enable_replacements": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "memory_limit": f"{memory_mb}MB",
            "threads": threads,
        }
        try:
            connection = duckdb.connect(str(home / FILE_NAME), config=config)
        except duckdb.Error as error:
            why = str(error).splitlines()[0]
            raise DatabaseError(f"{home / FILE_NAME} cannot be opened: {why}; put back a whole copy of it") from error
        folders = ", ".join("'" + str(home / name).replace("'", "''") + "/'" for name in ("exports", "backups"))
        connection.execute("SET GLOBAL TimeZone = 'UTC'")
        connection.execute(f"SET allowed_directories = [{folders}]")
        connection.execute("SET enable_external_access = false")  # only after allowed_directories: it locks that one
        connection.execute("SET lock_configuration = true")
        return cls(connection, home=home, clock=clock, audit_key=audit_key)

    @property
    def audit_key(self) -> bytes:
        """What audit entries are chained with, for whoever verifies them."""
        return self._audit_key

    def read(self) -> Reader:
        """This thread's own cursor. Each statement sees the last committed state."""
        reader: Reader | None = getattr(self._local, "reader", None)
        if reader is None:
            reader = self._local.reader = Reader(self._connection.cursor())
        return reader

    @contextmanager
    def snapshot(self) -> Iterator[Reader]:
        """Several reads that see one and the same state."""
        cursor = self._connection.cursor()
        cursor.execute("BEGIN")
        try:
            yield Reader(cursor)
        finally:
            cursor.execute("ROLLBACK")
            cursor.close()

    def apart(self) -> Reader:
        """A reader on a connection of its own, for temporary views to stand before the tables; `close` it."""
        return Reader(self._connection.cursor())

    @contextmanager
    def write(self, *, quiet: bool = False) -> Iterator[Transaction]:
        """The writer lock and one transaction: commits at the end, rolls back on any exception.

        Raises DiskError, which `trouble` keeps, where the disk takes no more. `quiet` leaves `version` alone, so that a bulk job may bump it every few seconds (`bump`) and caches still hit.
        """
        if self._writing_thread == threading.get_ident():
            # Waiting would be for ever: this very thread holds the lock.
            raise DatabaseError("this thread has a transaction open already; pass it on instead of opening another")
        with self._write_lock:
            self._writing_thread = threading.get_ident()
            tx = Transaction(self._writer, now=self.clock.now(), today=self.clock.today(), audit_key=self._audit_key)
            try:
                self._writer.execute("BEGIN")
                yield tx
                self._writer.execute("COMMIT")
            except (OSError, duckdb.Error, DiskError) as error:
                self._rollback()
                trouble = error if isinstance(error, DiskError) else disk_error(error, self._home)
                if trouble is None:
                    raise
                self.trouble, self._hit_journal = trouble, tx.journals
                raise trouble from error
            except BaseException:
                self._rollback()
                raise
            finally:
                self._writing_thread = None
            if tx.journals or not self._hit_journal:
                self.trouble, self._hit_journal = None, False
            if not quiet:
                self.version += 1

    def bump(self) -> None:
        """Make cached reads notice what quiet writes have changed."""
        with self._write_lock:
            self.version += 1

    def checkpoint(self) -> None:
        """Fold the write-ahead log into the file."""
        with self._write_lock:
            self._writer.execute("CHECKPOINT")

    def copy_to(
        self,
        query: Query,
        path: Path,
        *,
        format: Literal["csv", "parquet"],
        params: Mapping[str, Any] | None = None,
        seen_by: Reader | None = None,
    ) -> int:
        """COPY the result of a SELECT (as `seen_by` sees it) to a file inside exports/; the number of rows written."""
        options = {"csv": "FORMAT csv, HEADER", "parquet": "FORMAT parquet, COMPRESSION zstd"}[format]
        target = str(path).replace("'", "''")
        cursor = seen_by._cursor if seen_by else self._connection.cursor()
        try:
            _is_one_statement(query.sql)
            sql = f"COPY ({query.sql}) TO '{target}' ({options})"
            first = cursor.execute(sql, query.only_used(params or {})).fetchone()
            return int(first[0]) if first else 0
        finally:
            if seen_by is None:
                cursor.close()

    def migrate(self, *, kind: str) -> None:
        """Bring the tables to the newest migration; a new file becomes a home of `kind`, for life."""
        done = {row[0] for row in self._read("SELECT number FROM migration")} if self._made() else set()
        for path in sorted(_MIGRATIONS.glob("*.sql")):
            number, name = int(path.stem[:4]), path.stem[5:]
            if number in done:
                continue
            with self.write() as tx:
                for statement in duckdb.extract_statements(path.read_text(encoding="utf-8")):
                    tx._cursor.execute(statement)
                tx._cursor.execute(
                    "INSERT INTO migration VALUES ($number, $name, $now)",
                    {"number": number, "name": name, "now": tx.now},
                )
                if number == 1:
                    tx._cursor.execute("INSERT INTO home VALUES ($kind, $now)", {"kind": kind, "now": tx.now})
            self.checkpoint()

    def home_kind(self) -> Literal["demo", "real"]:
        """Whether this file was made as a demo or for real."""
        return self._read("SELECT kind FROM home")[0][0]  # type: ignore[no-any-return]

    def close(self) -> None:
        """Wait for the writer, fold the log in, close the file."""
        with self._write_lock:
            self.narrowed.close()
            self._writer.close()
            self._connection.close()

    def _made(self) -> bool:
        return bool(self._read("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'migration'")[0][0])

    def _read(self, sql: str) -> list[tuple[Any, ...]]:
        return Reader(self._writer)._execute(Query("start", "", sql), {}).fetchall()

    def _rollback(self) -> None:
        # A failed COMMIT has already ended the transaction; there is nothing left to undo.
        with suppress(duckdb.Error):
            self._writer.execute("ROLLBACK")


@lru_cache(maxsize=2048)
def _is_one_statement(sql: str) -> None:  # `execute` would run whatever a piece of the text brings after a semicolon
    if len(duckdb.extract_statements(sql)) != 1:
        raise DatabaseError("a query is one statement")
