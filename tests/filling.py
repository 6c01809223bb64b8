"""Rows for every table of a home, whatever its columns ask for: for tests of copies, which must lose nothing."""

import re
from typing import Any

from data.database import Query
from data.home import Home

# What a value of a type looks like; {i} tells rows apart.
_VALUES = {
    "BIGINT": "{i}",
    "INTEGER": "{i}",
    "SMALLINT": "{i}",
    "HUGEINT": "{i}",
    "DOUBLE": "{i} + 0.1",
    "BOOLEAN": "{i} % 2 = 0",
    "DATE": "DATE '2026-11-22' + {i}",
    "TIME": "TIME '08:30:0{i}'",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ '2026-11-22 02:00:0{i}.123456Z'",
    "UUID": "'00000000-0000-4000-8000-00000000000{i}'::UUID",
    "BLOB": "'\\x00\\xFF{i}'::BLOB",
    "VARCHAR": "'终端 {i} \"''\n\t😀'",
}
_ONE_OF = re.compile(r"""\((\w+|"\w+") (?:IN \(|= )('[^)]*?')\)""")


def sql(text: str) -> Query:
    return Query("test", "", text)


def tables(home: Home) -> list[str]:
    """All of them."""
    found = home.db.read().rows(
        sql(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'flowcard' AND NOT internal ORDER BY table_name"
        )
    )
    return [row["table_name"] for row in found]


def rows(home: Home, table: str) -> list[dict[str, Any]]:
    """Every row, in an order of its own."""
    return home.db.read().rows(sql(f"SELECT * FROM {table} ORDER BY ALL"))


def fill_every_table(home: Home, *, each: int = 3) -> set[str]:
    """Put rows into every table that has none; the tables that took none."""
    return {table for table in tables(home) if not rows(home, table) and not _filled(home, table, each)}


def _filled(home: Home, table: str, each: int) -> bool:
    told = home.db.read().rows(
        sql(f"SELECT column_name, data_type, is_nullable FROM duckdb_columns() WHERE table_name = '{table}'")
    )
    checks = home.db.read().value(sql(f"SELECT sql FROM duckdb_tables() WHERE table_name = '{table}'"))
    # The first check of a column names all its values; later ones are about some of them.
    allowed = {name.strip('"'): re.findall(r"'([^']*)'", values) for name, values in reversed(_ONE_OF.findall(checks))}

    def value(place: int, column: dict[str, Any], number: int, pick: int) -> str:
        if column["column_name"] in allowed:
            choice = allowed[column["column_name"]]
            return f"'{choice[pick % len(choice)]}'"
        kind = column["data_type"]
        # Two people of one row are not the same.
        return _VALUES[kind].format(i=number + (10 * place if kind == "BIGINT" else 0))

    # Checks of a whole row want some columns empty together: the fuller rows are tried first.
    nullable = [column["column_name"] for column in told if column["is_nullable"]]
    for pick, left_out in enumerate([set(), *({name} for name in nullable), set(nullable), set(nullable)]):
        put = [column for column in told if column["column_name"] not in left_out]
        names = ", ".join(f'"{column["column_name"]}"' for column in put)
        # Rows of several kinds where the table lets them be, else of one kind, else a single row.
        for picks in (range(pick, pick + each), [pick] * each, [pick]):
            lines = (
                ", ".join(value(place, column, number, one) for place, column in enumerate(put))
                for number, one in enumerate(picks, start=1)
            )
            try:
                with home.db.write() as tx:
                    tx.run(sql(f"INSERT INTO {table} ({names}) VALUES ({'), ('.join(lines)})"))
            except Exception as error:
                if "onstraint" not in str(error):
                    raise
            else:
                return True
    return False
