"""Excel's own files, .xlsx and the old .xls: their directory is judged before anything is unpacked. Runs in the child.

A cell that names row 1,048,576 makes calamine reserve the whole rectangle and abort; that ends the child only.
"""

import math
import stat
import struct
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import python_calamine

from data.words import N_
from jobs.importing.refusing import FileRefused
from jobs.importing.sheets import MAX_COLUMNS, Cell, Table, check_row, too_many_columns, too_many_rows

# A workbook has a dozen entries; pictures and comments make hundreds.
_MAX_ENTRIES = 5_000
# Their names and sizes.
_MAX_DIRECTORY = 2 * 1024**2
_END_OF_DIRECTORY = b"PK\x05\x06"
_MAX_UNPACKED = 2 * 1024**3
# A sheet of repeated short cells packs 1:20; a bomb packs 1:1,000.
_MAX_RATIO = 200
# Small files may reach any ratio, for there is little to unpack.
_RATIO_FROM = 20 * 1024**2
_ENCRYPTED_FLAG = 0x1
_MAGIC_STREAM = "EncryptedPackage".encode("utf-16-le")
_EXACT = 2**53


def read_xlsx(path: Path, filename: str, *, max_rows: int) -> Iterator[Table]:
    """The visible sheets of a zip that is a workbook. Raises FileRefused for any other zip, bombs and passwords."""
    packed = path.stat().st_size
    _check_directory(path, filename, packed=packed)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _damaged(filename) from error
    _check_size(filename, entries, packed=packed)
    _check_entries(filename, entries)
    yield from _sheets(path, filename, max_rows=max_rows)


def read_xls(path: Path, filename: str, *, max_rows: int) -> Iterator[Table]:
    """The visible sheets of an old .xls. Raises FileRefused for passwords and other OLE files."""
    if _MAGIC_STREAM in path.read_bytes():
        raise _password(filename)
    yield from _sheets(path, filename, max_rows=max_rows)


def _check_directory(path: Path, filename: str, *, packed: int) -> None:
    """Told by the archive's last record: a directory of a million entries is not even read."""
    with path.open("rb") as file:
        file.seek(max(0, packed - 65_536 - 22))
        tail = file.read()
    end = tail.rfind(_END_OF_DIRECTORY)
    if end < 0 or len(tail) < end + 22:
        raise _damaged(filename)
    if struct.unpack("<I", tail[end + 12 : end + 16])[0] > _MAX_DIRECTORY:
        raise FileRefused(N_("{file} has far more parts than any ledger; save it anew as .xlsx or .csv"), file=filename)


def _check_size(filename: str, entries: list[zipfile.ZipInfo], *, packed: int) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    if (
        len(entries) > _MAX_ENTRIES
        or unpacked > _MAX_UNPACKED
        or (unpacked > _RATIO_FROM and unpacked > _MAX_RATIO * packed)
    ):
        raise FileRefused(
            N_("{file} unpacks to {size} MB in {entries} parts, which no ledger does; save it anew as .xlsx or .csv"),
            file=filename,
            size=f"{unpacked / 1024 / 1024:,.0f}",
            entries=f"{len(entries):,}",
        )
    # Entries that share their bytes: small to send, large to read.
    if sum(entry.compress_size for entry in entries) > packed:
        raise _damaged(filename)


def _check_entries(filename: str, entries: list[zipfile.ZipInfo]) -> None:
    if any(entry.flag_bits & _ENCRYPTED_FLAG for entry in entries):
        raise _password(filename)
    names = [entry.filename for entry in entries]
    outside = any(name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") for name in names)
    links = any(stat.S_ISLNK(entry.external_attr >> 16) for entry in entries)
    if len(set(names)) < len(names) or outside or links:
        raise _damaged(filename)
    if "xl/workbook.xml" in names:
        return
    if "xl/workbook.bin" in names or "mimetype" in names:
        raise FileRefused(N_("{file} is a workbook of another kind (.xlsb, .ods); save it as .xlsx"), file=filename)
    raise FileRefused(
        N_("{file} is a zip archive, not a workbook; unpack it and import the files inside"), file=filename
    )


def _sheets(path: Path, filename: str, *, max_rows: int) -> Iterator[Table]:
    left = [max_rows + 1]  # one of them is the header
    try:
        with python_calamine.CalamineWorkbook.from_path(path) as book:
            for number, about in enumerate(book.sheets_metadata):
                visible = about.visible == python_calamine.SheetVisibleEnum.Visible
                if not visible or about.typ != python_calamine.SheetTypeEnum.WorkSheet:
                    continue
                sheet = book.get_sheet_by_index(number)
                yield Table(about.name, _rows(sheet, filename, max_rows=max_rows, left=left), is_text=False)
    except python_calamine.PasswordError as error:
        raise _password(filename) from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise _damaged(filename) from error


def _rows(
    sheet: python_calamine.CalamineSheet, filename: str, *, max_rows: int, left: list[int]
) -> Iterator[tuple[int, list[Cell]]]:
    merged = _Merged(sheet)
    for line, row in enumerate(sheet.iter_rows(), 1):
        while row and row[-1] == "":
            row.pop()
        if len(row) > MAX_COLUMNS:
            raise too_many_columns(filename, line)
        if not row:
            continue
        left[0] -= 1
        if left[0] < 0:
            raise too_many_rows(filename, max_rows)
        cells = [_cell(cell) for cell in row]
        merged.fill(cells, line)
        check_row(cells, filename=filename, line=line)
        yield line, cells


class _Merged:
    """Merged ranges of one column: every row of one that has cells gets the value its first row shows."""

    def __init__(self, sheet: python_calamine.CalamineSheet) -> None:
        self._starts: dict[int, list[tuple[int, int]]] = {}
        for (top, column), (bottom, last) in sheet.merged_cell_ranges or ():
            if column == last and column < MAX_COLUMNS:
                self._starts.setdefault(top + 1, []).append((column, bottom + 1))
        self._open: dict[int, tuple[int, Cell]] = {}

    def fill(self, cells: list[Cell], line: int) -> None:
        """Rows must come from the top downwards."""
        for column, (bottom, value) in list(self._open.items()):
            if line > bottom:
                del self._open[column]
                continue
            cells.extend([None] * (column + 1 - len(cells)))
            cells[column] = value
        for column, bottom in self._starts.get(line, ()):
            if column < len(cells):
                self._open[column] = (bottom, cells[column])


def _cell(cell: object) -> Cell:
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return _number(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    return cell if isinstance(cell, int) else str(cell)


def _number(cell: float) -> Cell:
    if not math.isfinite(cell):
        return str(cell)
    return int(cell) if cell.is_integer() and abs(cell) < _EXACT else cell


def _password(filename: str) -> FileRefused:
    return FileRefused(
        N_("{file} has a password; open it, save it without one (or as .csv), and import that"), file=filename
    )


def _damaged(filename: str) -> FileRefused:
    return FileRefused(
        N_("{file} is a damaged or cut-off workbook; open it in Excel or WPS and save it anew as .xlsx"), file=filename
    )
