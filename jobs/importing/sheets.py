"""What reading hands on: sheets of cells, each row with its line; and the limits every format obeys."""

from collections.abc import Iterable
from dataclasses import dataclass

from data.words import N_
from jobs.importing.refusing import FileRefused

# Text as written, a number from a numeric cell (its digits may be gone), or nothing.
Cell = str | int | float | None

MAX_COLUMNS = 200
MAX_CELL = 32_767  # what Excel itself holds


@dataclass(frozen=True)
class Sheet:
    """One sheet without its blank rows; rows may be shorter or longer than the header."""

    name: str  # '' in text files
    lines: list[int]  # 1-based line of each row
    rows: list[list[Cell]]
    is_text: bool  # cells were split at a separator, so a row too long means a value was torn


@dataclass(frozen=True)
class Table:
    """One sheet on its way: its rows are read as they are asked for."""

    name: str
    rows: Iterable[tuple[int, list[Cell]]]  # each with its line
    is_text: bool


@dataclass(frozen=True)
class Workbook:
    """A file as read."""

    filename: str
    sheets: tuple[Sheet, ...]


def too_many_rows(filename: str, limit: int) -> FileRefused:
    """The refusal of a file with more than `limit` rows."""
    return FileRefused(
        N_("{file} has more than {limit} rows; split it, or raise FLOWCARD_IMPORT_MAX_ROWS"),
        file=filename,
        limit=f"{limit:,}",
    )


def too_many_columns(filename: str, line: int) -> FileRefused:
    """The refusal of a file wider than MAX_COLUMNS."""
    return FileRefused(
        N_("{file}, line {line}: more than {limit} columns; keep the columns you need"),
        file=filename,
        line=line,
        limit=MAX_COLUMNS,
    )


def cell_too_long(filename: str, line: int) -> FileRefused:
    """The refusal of a file with a cell longer than MAX_CELL."""
    return FileRefused(
        N_("{file}, line {line}: a cell holds more than {limit} characters; a closing quote may be missing before it"),
        file=filename,
        line=line,
        limit=f"{MAX_CELL:,}",
    )


def check_row(row: list[Cell], *, filename: str, line: int) -> None:
    """Hold one row to the limits of width and cell length."""
    if len(row) > MAX_COLUMNS:
        raise too_many_columns(filename, line)
    for cell in row:
        if cell.__class__ is str and len(cell) > MAX_CELL:
            raise cell_too_long(filename, line)
