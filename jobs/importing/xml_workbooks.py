"""Excel's XML spreadsheets of 2003, which web systems still write and name .xls."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from data.words import N_
from jobs.importing.refusing import FileRefused
from jobs.importing.sheets import MAX_COLUMNS, Cell, Sheet, check_row, too_many_columns, too_many_rows

_SPACE = "urn:schemas-microsoft-com:office:spreadsheet"
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_EXACT_DIGITS = 15


def is_xml_workbook(text: str) -> bool:
    """Whether the text is such a spreadsheet."""
    return text.lstrip()[:1] == "<" and _SPACE in text[:5000]


def read(text: str, filename: str, *, max_rows: int) -> list[Sheet]:
    """Its sheets. Raises FileRefused for broken XML, entities, and over the limits."""
    try:
        book = fromstring(_DECLARATION.sub("", text), forbid_dtd=True)
    except (ParseError, DefusedXmlException) as error:
        raise FileRefused(
            N_("{file} is a damaged or cut-off workbook; open it in Excel or WPS and save it anew as .xlsx"),
            file=filename,
        ) from error
    sheets = []
    rows_left = max_rows + 1  # one of them is the header
    for element in book.iter(f"{{{_SPACE}}}Worksheet"):
        sheet = Sheet(element.get(f"{{{_SPACE}}}Name", ""), [], [], is_text=False)
        for line, row in _rows(element, filename):
            if any(cell is not None for cell in row):
                rows_left -= 1
                if rows_left < 0:
                    raise too_many_rows(filename, max_rows)
                check_row(row, filename=filename, line=line)
                sheet.lines.append(line)
                sheet.rows.append(row)
        sheets.append(sheet)
    return sheets


def _rows(sheet: Element, filename: str) -> Iterator[tuple[int, list[Cell]]]:
    line = 0
    spans: dict[int, tuple[int, Cell]] = {}  # column -> (last line, value) of cells merged downwards
    for element in sheet.iter(f"{{{_SPACE}}}Row"):
        line = _number(element, "Index") or line + 1
        row: list[Cell] = []
        for cell in element.iter(f"{{{_SPACE}}}Cell"):
            _fill(row, (_number(cell, "Index") or 0) - 1, spans, line, filename)
            value, down, across = _value(cell), _number(cell, "MergeDown"), _number(cell, "MergeAcross")
            if down and not across:
                spans[len(row)] = (line + down, value)
            row.append(value)
            _fill(row, len(row) + across, {}, line, filename)
        _fill(row, max(spans, default=-1) + 1, spans, line, filename)
        yield line, row


def _fill(row: list[Cell], width: int, spans: dict[int, tuple[int, Cell]], line: int, filename: str) -> None:
    """Lengthen `row` to `width`, and over cells merged from above, with their value or nothing."""
    if width > MAX_COLUMNS:
        raise too_many_columns(filename, line)
    while len(row) < width or spans.get(len(row), (0, None))[0] >= line:
        last, value = spans.get(len(row), (0, None))
        row.append(value if last >= line else None)


def _value(cell: Element) -> Cell:
    data = cell.find(f"{{{_SPACE}}}Data")
    text = "".join(data.itertext()).strip() if data is not None else ""
    if not text or data is None:
        return None
    match data.get(f"{{{_SPACE}}}Type"):
        case "Number" if re.fullmatch(r"\d+", text):
            # Written with all its digits by a program, not by Excel: nothing is lost.
            return int(text) if len(text) <= _EXACT_DIGITS else text
        case "Number" if re.fullmatch(r"-?\d+(\.\d+)?(E[+-]?\d{1,2})?", text):
            return float(text)
        case "DateTime":
            return text.replace("T", " ").removesuffix(".000")
    return text


def _number(element: Element, name: str) -> int:
    text = element.get(f"{{{_SPACE}}}{name}", "")
    return int(text) if text.isdecimal() and len(text) < 8 else 0
