"""The rows of one file inside a transaction: staged once as `incoming`, resolved and merged by the subjects, cleared.

Every subject's merging.sql reads and marks this one temporary table: `rn` is the row's order, `stem` its card, the
`*_id` columns what the subjects resolved, `refusal` the msgid for a row nobody takes. What is noticed on the way goes
to `noticed` and becomes findings at the end.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

import pyarrow as pa

from data.database import Queries, Transaction
from data.files.rules import INCOMING, RefusedRow

Q = Queries.beside(__file__, "staging.sql")

_ARROW = {
    str: pa.string(),
    int: pa.int64(),
    bool: pa.bool_(),
    date: pa.date32(),
    datetime: pa.timestamp("us", tz="UTC"),
}


@contextmanager
def staged(tx: Transaction, table: pa.Table, *, source: str) -> Iterator[None]:
    """`table` as `incoming` for the with-block; at its end what was noticed becomes findings from `source`."""
    with tx.frame("incoming_rows", _complete(table)):
        tx.run(Q.stage)
    tx.run(Q.stage_findings)
    yield
    tx.run(Q.keep_findings, source=source, now=tx.now)
    tx.run(Q.close_described, now=tx.now)
    tx.run(Q.clear)
    tx.run(Q.clear_findings)


def refused(tx: Transaction) -> list[RefusedRow]:
    """The rows the subjects did not take, in the file's order."""
    return [
        RefusedRow(
            sheet=row["sheet"] or "",
            line=row["line"] or 0,
            column=row["refused_column"] or "",
            value=row["refused_value"] or "",
            msgid=row["refusal"],
            values={"value": row["refused_value"], "candidates": row["candidates"]},
        )
        for row in tx.rows(Q.refused)
    ]


def noticed(tx: Transaction) -> dict[str, int]:
    """How many things do not add up, by kind of finding."""
    return {row["kind"]: row["n"] for row in tx.rows(Q.findings_noticed)}


def _complete(table: pa.Table) -> pa.Table:
    """All columns of INCOMING in their types, nulls where the file has none, and `rn`."""
    rows = table.num_rows
    columns = {
        name: table[name].cast(_ARROW[kind]) if name in table.column_names else pa.nulls(rows, _ARROW[kind])
        for name, kind in INCOMING.items()
    }
    return pa.table({**columns, "rn": pa.array(range(rows), pa.int64())})
