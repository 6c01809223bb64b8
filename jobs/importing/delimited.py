"""Text cut into cells at tabs, commas, semicolons or pipes; quotes as spreadsheets write them, or as plain letters."""

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import cast

from data.words import N_
from jobs.importing.refusing import FileRefused
from jobs.importing.sheets import Cell, Table, cell_too_long, check_row, too_many_rows

# In the order they win a draw: people's values hold commas more often than tabs.
_SEPARATORS = "\t;|,"
_SAMPLE_LINES = 200
_QUOTED = re.compile(r'"[^"\n]*"')
# Excel's own first line that names the separator.
_SEP_LINE = re.compile(r"\Asep=(.)\r?\n", re.IGNORECASE)


def read(text: str, filename: str, *, max_rows: int) -> Table:
    """The one table of a text file. Raises FileRefused over the limits and where a quote is never closed."""
    named = _SEP_LINE.match(text)
    separator = named.group(1) if named else _separator(text)
    first_line = 1
    if named:
        text, first_line = text[named.end() :], 2
    rows: Iterable[tuple[int, list[Cell]]]
    if '"' not in text:
        rows = _split(text, separator, filename, max_rows=max_rows, quoting=csv.QUOTE_NONE, line=first_line)
        return Table("", rows, is_text=True)
    try:
        # Whether its quotes are quotes shows only at the end.
        rows = list(_split(text, separator, filename, max_rows=max_rows, quoting=csv.QUOTE_MINIMAL, line=first_line))
    except _BadQuoteError as bad:
        rows = _unquoted(text, separator, filename, max_rows=max_rows, first_line=first_line, bad_line=bad.line)
    return Table("", rows, is_text=True)


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


def _split(
    text: str, separator: str, filename: str, *, max_rows: int, quoting: int, line: int
) -> Iterator[tuple[int, list[Cell]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=quoting, strict=True)  # type: ignore[arg-type]  # the constants are ints
    first_line, left = line, max_rows + 1  # one of them is the header
    try:
        for row in cast("Iterator[list[Cell]]", reader):
            if any(row):
                left -= 1
                if left < 0:
                    raise too_many_rows(filename, max_rows)
                check_row(row, filename=filename, line=line)
                yield line, row
            line = reader.line_num + first_line
    except csv.Error as error:
        if "field limit" in str(error):
            raise cell_too_long(filename, line) from error
        raise _BadQuoteError(line) from error


def _unquoted(
    text: str, separator: str, filename: str, *, max_rows: int, first_line: int, bad_line: int
) -> list[tuple[int, list[Cell]]]:
    """The file read with quotes as letters, which holds only if every row then has the header's width."""
    rows = list(_split(text, separator, filename, max_rows=max_rows, quoting=csv.QUOTE_NONE, line=first_line))
    if len({len(row) for _line, row in rows}) > 1:
        raise FileRefused(
            N_('{file}, line {line}: a quote (") opens or closes where it may not; mend that line or save it as .xlsx'),
            file=filename,
            line=bad_line,
        )
    return rows
