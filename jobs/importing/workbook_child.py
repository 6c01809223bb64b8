"""The child process that opens one .xlsx or .xls, held to the memory and time its parent names.

`python workbook_child.py FILE MAX_MB MAX_SECONDS MAX_ROWS MAX_COLUMNS` prints JSON lines: per sheet an object, then per
row [line, cells], at the end {"end": true} or {"error": word}. A cell that names row 1,048,576 makes calamine reserve
the whole rectangle and abort; here that ends this process only.
"""

import json
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import python_calamine


def main(path: str, max_mb: int, max_seconds: int, max_rows: int, max_columns: int) -> None:
    """Print the workbook at `path` as JSON lines."""
    resource.setrlimit(resource.RLIMIT_AS, (max_mb * 1024 * 1024, max_mb * 1024 * 1024))
    resource.setrlimit(resource.RLIMIT_CPU, (max_seconds, max_seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        for message in _messages(path, max_rows, max_columns):
            sys.stdout.write(json.dumps(message, ensure_ascii=False, separators=(",", ":"), default=_as_text) + "\n")
    except python_calamine.PasswordError:
        sys.stdout.write('{"error":"password"}\n')
    except (python_calamine.CalamineError, OSError, ValueError):
        sys.stdout.write('{"error":"unreadable"}\n')
    except MemoryError:
        sys.stdout.write('{"error":"memory"}\n')


def _messages(path: str, max_rows: int, max_columns: int) -> Iterator[Any]:
    rows_left = max_rows + 1  # one of them is the header
    with python_calamine.CalamineWorkbook.from_path(path) as book:
        for number, about in enumerate(book.sheets_metadata):
            visible = about.visible == python_calamine.SheetVisibleEnum.Visible
            if not visible or about.typ != python_calamine.SheetTypeEnum.WorkSheet:
                continue
            sheet = book.get_sheet_by_index(number)
            merged = [span for span in sheet.merged_cell_ranges or () if span[0][1] == span[1][1]]
            yield {"sheet": about.name, "merged": merged}
            for line, row in enumerate(sheet.iter_rows(), 1):
                while row and row[-1] == "":
                    row.pop()
                if len(row) > max_columns:
                    yield {"error": "columns", "line": line}
                    return
                if row:
                    rows_left -= 1
                    if rows_left < 0:
                        yield {"error": "rows"}
                        return
                    yield [line, [None if cell == "" else cell for cell in row]]
    yield {"end": True}


def _as_text(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, date | time | timedelta):
        return str(cell)
    raise TypeError(type(cell).__name__)


if __name__ == "__main__":
    main(sys.argv[1], *(int(argument) for argument in sys.argv[2:6]))
