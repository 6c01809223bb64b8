"""Excel's own files, .xlsx and the old .xls: looked at from outside first, then opened in a limited child process."""

import json
import math
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from data.words import N_
from jobs.importing import workbook_child
from jobs.importing.refusing import FileRefused
from jobs.importing.sheets import MAX_COLUMNS, Cell, Sheet, check_row, too_many_columns, too_many_rows

# A workbook has a dozen entries; pictures and comments make hundreds.
_MAX_ENTRIES = 5_000
_MAX_UNPACKED = 2 * 1024**3
# A sheet of repeated short cells packs 1:20; a bomb packs 1:1,000.
_MAX_RATIO = 200
# Small files may reach any ratio, for there is little to unpack.
_RATIO_FROM = 20 * 1024**2
_ENCRYPTED_FLAG = 0x1
# Measured: the interpreter with calamine needs 100 MB, and a sheet four times its unpacked XML.
_BASE_MB = 512
_MB_PER_UNPACKED_MB = 8
_MOST_MB = 6_144
_MAX_SECONDS = 300
_MAGIC_STREAM = "EncryptedPackage".encode("utf-16-le")


def read_xlsx(path: Path, filename: str, *, max_rows: int) -> list[Sheet]:
    """The visible sheets of a zip that is a workbook. Raises FileRefused for any other zip, bombs and passwords."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _damaged(filename) from error
    unpacked = sum(entry.file_size for entry in entries)
    _check_size(filename, entries, unpacked=unpacked, packed=path.stat().st_size)
    _check_entries(filename, entries)
    return _open(path, filename, max_rows=max_rows, unpacked=unpacked)


def read_xls(path: Path, filename: str, *, max_rows: int) -> list[Sheet]:
    """The visible sheets of an old .xls. Raises FileRefused for passwords and other OLE files."""
    if _MAGIC_STREAM in path.read_bytes():
        raise _password(filename)
    return _open(path, filename, max_rows=max_rows, unpacked=path.stat().st_size)


def _check_size(filename: str, entries: list[zipfile.ZipInfo], *, unpacked: int, packed: int) -> None:
    bomb = unpacked > _RATIO_FROM and unpacked > _MAX_RATIO * packed
    if len(entries) > _MAX_ENTRIES or unpacked > _MAX_UNPACKED or bomb:
        raise FileRefused(
            N_("{file} unpacks to {size} MB in {entries} parts, which no ledger does; save it anew as .xlsx or .csv"),
            file=filename,
            size=f"{unpacked / 1024 / 1024:,.0f}",
            entries=f"{len(entries):,}",
        )


def _check_entries(filename: str, entries: list[zipfile.ZipInfo]) -> None:
    if any(entry.flag_bits & _ENCRYPTED_FLAG for entry in entries):
        raise _password(filename)
    names = [entry.filename for entry in entries]
    if len(set(names)) < len(names) or any(name.startswith("/") or ".." in name.split("/") for name in names):
        raise _damaged(filename)
    if "xl/workbook.xml" in names:
        return
    if "xl/workbook.bin" in names or "mimetype" in names:
        raise FileRefused(N_("{file} is a workbook of another kind (.xlsb, .ods); save it as .xlsx"), file=filename)
    raise FileRefused(
        N_("{file} is a zip archive, not a workbook; unpack it and import the files inside"), file=filename
    )


def _open(path: Path, filename: str, *, max_rows: int, unpacked: int) -> list[Sheet]:
    megabytes = min(_BASE_MB + _MB_PER_UNPACKED_MB * unpacked // 1024**2, _MOST_MB)
    limits = [str(limit) for limit in (megabytes, _MAX_SECONDS, max_rows, MAX_COLUMNS)]
    command = [sys.executable, "-I", workbook_child.__file__, str(path), *limits]
    # The child needs no setting and no secret of ours, only an encoding for its pipe.
    environment = {"PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1", "PATH": os.environ.get("PATH", "")}
    with subprocess.Popen(  # noqa: S603 - our own file, no shell
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, encoding="utf-8"
    ) as child:
        alarm = threading.Timer(_MAX_SECONDS, child.kill)
        alarm.start()
        try:
            return _received(child.stdout or (), filename, max_rows=max_rows)
        finally:
            alarm.cancel()
            child.kill()


def _received(lines: Iterable[str], filename: str, *, max_rows: int) -> list[Sheet]:
    sheets: list[Sheet] = []
    merged: list[list[tuple[tuple[int, int], tuple[int, int]]]] = []
    shared: dict[str, str] = {}
    for text in lines:
        message = json.loads(text)
        if isinstance(message, list):
            line, row = message
            cells = [_cell(cell, shared) for cell in row]
            check_row(cells, filename=filename, line=line)
            sheets[-1].lines.append(line)
            sheets[-1].rows.append(cells)
        elif "sheet" in message:
            sheets.append(Sheet(message["sheet"], [], [], is_text=False))
            merged.append(message["merged"])
        elif "error" in message:
            raise _error(message, filename, max_rows=max_rows)
        else:
            for sheet, spans in zip(sheets, merged, strict=True):
                _fill_down(sheet, spans)
            return sheets
    # It ended without a word: out of memory or time.
    raise FileRefused(
        N_("{file} needs more memory or time to open than its size allows; save only its cells as a new .xlsx or .csv"),
        file=filename,
    )


def _cell(cell: Any, shared: dict[str, str]) -> Cell:
    if cell.__class__ is str:
        text: str = cell
        return shared.setdefault(text, text) if len(text) < 16 else text
    if cell.__class__ is bool:
        return "TRUE" if cell else "FALSE"
    if cell.__class__ is float and not math.isfinite(cell):
        return str(cell)
    if cell.__class__ is float and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)
    number: int | float | None = cell
    return number


def _fill_down(sheet: Sheet, spans: list[Any]) -> None:
    """Give every row of a merged one-column range the value its first row shows."""
    place = {line: number for number, line in enumerate(sheet.lines)} if spans else {}
    for (top, column), (bottom, _column) in spans:
        first = place.get(top + 1)
        if first is None or column >= len(sheet.rows[first]):
            continue
        for line in range(top + 2, bottom + 2):
            row = sheet.rows[place[line]] if line in place else None
            if row is not None:
                row.extend([None] * (column + 1 - len(row)))
                row[column] = sheet.rows[first][column]


def _error(message: dict[str, Any], filename: str, *, max_rows: int) -> FileRefused:
    match message["error"]:
        case "password":
            return _password(filename)
        case "rows":
            return too_many_rows(filename, max_rows)
        case "columns":
            return too_many_columns(filename, message["line"])
        case _:
            return _damaged(filename)


def _password(filename: str) -> FileRefused:
    return FileRefused(
        N_("{file} has a password; open it, save it without one (or as .csv), and import that"), file=filename
    )


def _damaged(filename: str) -> FileRefused:
    return FileRefused(
        N_("{file} is a damaged or cut-off workbook; open it in Excel or WPS and save it anew as .xlsx"), file=filename
    )
