"""HTML tables, which many platforms name .xls."""

import re

from lxml import etree, html

from data.words import N_
from jobs.importing.refusing import FileRefused
from jobs.importing.sheets import MAX_COLUMNS, Cell, Sheet, check_row, too_many_columns, too_many_rows

_HTML = re.compile(r"\A\s*(<!--.*?-->\s*)*<(!doctype html|html|head|meta|body|table|style|div|\?xml)", re.I | re.S)


def is_html(text: str) -> bool:
    """Whether the text is a web page with a table in it."""
    return bool(_HTML.match(text[:5000])) and "<table" in text.lower()


def read(text: str, filename: str, *, max_rows: int) -> list[Sheet]:
    """Each innermost table as a sheet named by its number; the line is the row in its table."""
    parser = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    try:
        page = html.document_fromstring(text.encode("utf-8"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise FileRefused(
            N_("{file} is a damaged web page; open it in a spreadsheet and save it as .xlsx"), file=filename
        ) from error
    tables = page.xpath("//table[not(.//table)]")
    sheets = []
    rows_left = max_rows + 1
    for number, table in enumerate(tables, 1):
        sheet = _sheet(table, str(number), filename, max_rows=max_rows, rows_left=rows_left)
        rows_left -= len(sheet.rows)
        sheets.append(sheet)
    return sheets


def _sheet(table: html.HtmlElement, name: str, filename: str, *, max_rows: int, rows_left: int) -> Sheet:
    lines: list[int] = []
    rows: list[list[Cell]] = []
    spans: dict[int, tuple[int, Cell]] = {}  # column -> (rows still to fill, the merged cell's value)
    for line, element in enumerate(table.iter("tr"), 1):
        row, spans = _row(element, spans, filename=filename, line=line)
        if any(row):
            if len(rows) >= rows_left:
                raise too_many_rows(filename, max_rows)
            check_row(row, filename=filename, line=line)
            lines.append(line)
            rows.append(row)
    return Sheet(name, lines, rows, is_text=False)


def _row(
    element: html.HtmlElement, spans: dict[int, tuple[int, Cell]], *, filename: str, line: int
) -> tuple[list[Cell], dict[int, tuple[int, Cell]]]:
    row: list[Cell] = []
    below = {column: (left - 1, value) for column, (left, value) in spans.items() if left > 1}
    for cell in element.iterchildren("td", "th"):
        while len(row) in spans:
            row.append(spans[len(row)][1])
        value = cell.text_content().replace("\xa0", " ").strip() or None
        deep, wide = _count(cell.get("rowspan")), _count(cell.get("colspan"))
        if deep > 1 and wide == 1:
            below[len(row)] = (deep - 1, value)
        row.extend([value, *[None] * (wide - 1)])
        if len(row) > MAX_COLUMNS:
            raise too_many_columns(filename, line)
    while len(row) in spans:
        row.append(spans[len(row)][1])
    return row, below


def _count(text: str | None) -> int:
    return min(int(text), MAX_COLUMNS + 1) if text and text.isdecimal() and len(text) < 6 and int(text) > 0 else 1
