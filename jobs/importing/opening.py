"""In the child: which format a table's file really is, and its rows, sent in batches as they are read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data.words import N_
from jobs.importing import delimited, web_tables, workbooks, xml_workbooks
from jobs.importing.decoding import decode
from jobs.importing.refusing import FileRefused
from jobs.importing.sheets import Sheet, Table

_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Rows of one message: long enough that a message costs nothing, short enough to be read while the next is written.
_BATCH = 500


def answers(*, path: str, filename: str, max_rows: int) -> Iterator[Any]:
    """Per sheet {"sheet", "is_text"}, then batches [lines, rows]. Raises FileRefused."""
    for table in tables(Path(path), filename, max_rows=max_rows):
        yield {"sheet": table.name, "is_text": table.is_text}
        lines: list[int] = []
        rows: list[Any] = []
        for line, row in table.rows:
            lines.append(line)
            rows.append(row)
            if len(rows) == _BATCH:
                yield [lines, rows]
                lines, rows = [], []
        if rows:
            yield [lines, rows]


def tables(path: Path, filename: str, *, max_rows: int) -> Iterator[Table]:
    """Every visible sheet, its rows still to be read. Raises FileRefused, also while rows are read."""
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(_ZIP):
        yield from workbooks.read_xlsx(path, filename, max_rows=max_rows)
    elif head.startswith(_OLE):
        yield from workbooks.read_xls(path, filename, max_rows=max_rows)
    else:
        yield from _texts(path, filename, max_rows=max_rows)


def _texts(path: Path, filename: str, *, max_rows: int) -> list[Table]:
    text = decode(path.read_bytes(), filename)
    if not text.strip():
        raise FileRefused(N_("{file} holds only blank lines; export it again"), file=filename)
    if xml_workbooks.is_xml_workbook(text):
        return [_table(sheet) for sheet in xml_workbooks.read(text, filename, max_rows=max_rows)]
    if web_tables.is_html(text):
        return [_table(sheet) for sheet in web_tables.read(text, filename, max_rows=max_rows)]
    return [delimited.read(text, filename, max_rows=max_rows)]


def _table(sheet: Sheet) -> Table:
    return Table(sheet.name, zip(sheet.lines, sheet.rows, strict=True), is_text=sheet.is_text)
