"""Text cut into cells at tabs, commas, semicolons or pipes; quotes as spreadsheets write them, or as plain letters."""

import csv
import io
import math
import re
from collections import Counter

from data.words import N_
from jobs.importing.refusing import FileRefused
from jobs.importing.sheets import MAX_CELL, MAX_COLUMNS, Cell, Sheet, cell_too_long, check_row, too_many_rows

# In the order they win a draw: people's values hold commas more often than tabs.
_SEPARATORS = "\t;|,"
_SAMPLE_LINES = 200
_QUOTED = re.compile(r'"[^"\n]*"')
# Excel's own first line that names the separator.
_SEP_LINE = re.compile(r"\Asep=(.)\r?\n", re.IGNORECASE)


def read(text: str, filename: str, *, max_rows: int) -> list[Sheet]:
    """The one sheet of a text file. Raises FileRefused over the limits and where a quote is never closed."""
    named = _SEP_LINE.match(text)
    separator = named.group(1) if named else _separator(text)
    first_line = 0
    if named:
        text, first_line = text[named.end() :], 1
    try:
        sheet = _split(text, separator, filename, max_rows=max_rows, quoting=csv.QUOTE_MINIMAL)
    except _BadQuoteError as bad:
        sheet = _unquoted(text, separator, filename, max_rows=max_rows, line=bad.line + first_line)
    if first_line:
        return [Sheet("", [line + first_line for line in sheet.lines], sheet.rows, is_text=True)]
    return [sheet]


class _BadQuoteError(Exception):
    """A quote that opens or closes where none may."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def _separator(text: str) -> str:
    sample = [line for line in text[: _SAMPLE_LINES * 400].splitlines() if line.strip()][:_SAMPLE_LINES]
    plain = [_QUOTED.sub("", line) for line in sample]
    scores = {separator: _evenness(plain, separator) for separator in _SEPARATORS}
    best = max(_SEPARATORS, key=lambda separator: scores[separator])
    return best if scores[best] else ","


def _evenness(lines: list[str], separator: str) -> float:
    """How well `separator` cuts the lines into equal numbers of cells."""
    counts = Counter(line.count(separator) for line in lines)
    counts.pop(0, None)
    if not counts:
        return 0.0
    usual, times = counts.most_common(1)[0]
    return (times / len(lines)) ** 2 * math.sqrt(usual)


def _split(text: str, separator: str, filename: str, *, max_rows: int, quoting: int) -> Sheet:
    lines: list[int] = []
    rows: list[list[Cell]] = []
    # One object per repeated word: a status column of 200,000 rows holds a handful.
    shared: dict[str, str] = {}
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=quoting, strict=True)  # type: ignore[arg-type]  # the constants are ints
    line = 1
    try:
        for row in reader:
            if any(row):
                if len(rows) >= max_rows + 1:  # one of them is the header
                    raise too_many_rows(filename, max_rows)
                lines.append(line)
                rows.append([shared.setdefault(cell, cell) if len(cell) < 16 else cell for cell in row])
                if len(row) > MAX_COLUMNS or max(map(len, row)) > MAX_CELL:
                    check_row(rows[-1], filename=filename, line=line)
            line = reader.line_num + 1
    except csv.Error as error:
        if "field limit" in str(error):
            raise cell_too_long(filename, line) from error
        raise _BadQuoteError(line) from error
    return Sheet("", lines, rows, is_text=True)


def _unquoted(text: str, separator: str, filename: str, *, max_rows: int, line: int) -> Sheet:
    """The file read with quotes as letters, which holds only if every row then has the header's width."""
    sheet = _split(text, separator, filename, max_rows=max_rows, quoting=csv.QUOTE_NONE)
    widths = Counter(len(row) for row in sheet.rows)
    if len(widths) > 1:
        raise FileRefused(
            N_('{file}, line {line}: a quote (") opens or closes where it may not; mend that line or save it as .xlsx'),
            file=filename,
            line=line,
        )
    return sheet
