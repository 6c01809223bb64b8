"""Files as people have them, made on the spot."""

import io
from datetime import date
from types import SimpleNamespace

import openpyxl
import pytest
import xlwt

from jobs.importing.cleaning import clean
from jobs.importing.opening import tables
from jobs.importing.reading import read_file
from jobs.importing.recognising import recognise
from jobs.importing.sheets import Sheet, Workbook

TODAY = date(2026, 11, 22)


@pytest.fixture
def importing(tmp_path):
    """Every step from bytes or rows to a cleaned table."""

    def read(content, name="list.csv", **limits):
        path = tmp_path / "file"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_file(path, name, **{"max_bytes": 50_000_000, "max_rows": 100_000} | limits)

    def opened(content, name):
        """As `read`, in this process: a child for each of a thousand values would be most of their time."""
        path = tmp_path / "file"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        sheets = []
        for table in tables(path, name, max_rows=100_000):
            rows = list(table.rows)
            sheets.append(
                Sheet(table.name, [line for line, _ in rows], [row for _, row in rows], is_text=table.is_text)
            )
        return Workbook(name, tuple(sheets))

    def xlsx(*sheets, touch=None):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in sheets:
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
        if touch:
            touch(book)
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()

    def xls(*sheets):
        book = xlwt.Workbook(encoding="utf-8")
        for name, rows in sheets:
            sheet = book.add_sheet(name)
            for line, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if cell is not None:
                        sheet.write(line, column, cell)
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()

    def cleaned(content, name="list.csv", *, kind=None, mapping=None, layouts=(), **options):
        recognition = recognise(opened(content, name), kind=kind, mapping=mapping, layouts=layouts)
        return clean(recognition, today=TODAY, **options)

    def rows(*lines, **options):
        """The cleaned table of a CSV of these lines."""
        return cleaned("\n".join(lines), **options)

    def one(column, value, *, kind="cards", key=("ICCID", "89860412345678901234")):
        """One value in a workbook, beside a good key."""
        return cleaned(xlsx(("S", [[key[0], column], [key[1], value]])), kind=kind)

    return SimpleNamespace(words=str.split, one=one, read=read, xlsx=xlsx, xls=xls, cleaned=cleaned, rows=rows)
