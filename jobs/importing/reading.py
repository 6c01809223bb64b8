"""A file of a table to its cells: looked at from outside here, opened in a limited child process (opening.py)."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from data.words import N_
from jobs.importing.limited import Limits, answers
from jobs.importing.refusing import FileRefused
from jobs.importing.sheets import Cell, Sheet, Workbook

# First bytes of what people drop here by mistake, and its name in the sentence.
_OTHER_FORMATS = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"PAR1", "Parquet"),
    (b"SQLite format 3", "SQLite"),
    (b"{\\rtf", "RTF"),
)
_MB = 1024 * 1024
# Measured: text of a web page takes twenty times its size as a tree, a workbook sixty times its packed size.
_BASE_MB, _MB_PER_MB, _MOST_MB = 384, 160, 4_096
_BASE_S, _S_PER_MB, _MOST_S = 8, 2, 300
_ANSWER_MB, _ANSWER_PER_MB, _MOST_ANSWER_MB = 64, 40, 1_024
# Two million rows of 25 columns; in our memory that is half a gigabyte.
_MOST_CELLS = 50_000_000
# Columns and states repeat their short words.
_SHORT = 16


def read_file(path: Path, filename: str, *, max_bytes: int, max_rows: int) -> Workbook:
    """Every visible sheet of the file at `path`; `filename` is what the person calls it.

    Raises FileRefused for a file that cannot be read as a whole or reaches a limit.
    """
    size = path.stat().st_size
    if size == 0:
        raise FileRefused(N_("{file} is empty (0 bytes); export it again"), file=filename)
    if size > max_bytes:
        raise FileRefused(
            N_("{file} has {size} MB, more than {limit} MB; split it, or raise FLOWCARD_IMPORT_MAX_MB"),
            file=filename,
            size=f"{size / _MB:.1f}",
            limit=f"{max_bytes / _MB:g}",
        )
    with path.open("rb") as file:
        head = file.read(16)
    for magic, name in _OTHER_FORMATS:
        if head.startswith(magic):
            raise FileRefused(
                N_("{file} is a {format} file, not a table; export it as .xlsx, .xls or .csv"),
                file=filename,
                format=name,
            )
    with _uncollected():
        return Workbook(filename, _sheets(path, filename, limits=_limits(size // _MB), max_rows=max_rows))


def _sheets(path: Path, filename: str, *, limits: Limits, max_rows: int) -> tuple[Sheet, ...]:
    sheets: list[Sheet] = []
    cells, shared = 0, dict[str, str]()
    for message in answers("tables", path, filename, limits=limits, max_rows=max_rows):
        if isinstance(message, dict):
            sheets.append(Sheet(message["sheet"], [], [], is_text=message["is_text"]))
            continue
        lines, rows = message
        cells += sum(map(len, rows))
        if cells > _MOST_CELLS:
            raise FileRefused(
                N_("{file} has more than {limit} cells; split it, or keep the columns you need"),
                file=filename,
                limit=f"{_MOST_CELLS:,}",
            )
        sheets[-1].lines.extend(lines)
        sheets[-1].rows.extend(_sharing(row, shared) for row in rows)
    return tuple(sheets)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Millions of new cells hold no cycles; walking them again and again is a third of the time they take to read."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _limits(size_mb: int) -> Limits:
    return Limits(
        memory_mb=min(_BASE_MB + _MB_PER_MB * size_mb, _MOST_MB),
        seconds=min(_BASE_S + _S_PER_MB * size_mb, _MOST_S),
        answer_mb=min(_ANSWER_MB + _ANSWER_PER_MB * size_mb, _MOST_ANSWER_MB),
    )


def _sharing(row: list[Any], shared: dict[str, str]) -> list[Cell]:
    """One object per repeated word: a status column of 200,000 rows holds a handful."""
    return [shared.setdefault(cell, cell) if cell.__class__ is str and len(cell) < _SHORT else cell for cell in row]
