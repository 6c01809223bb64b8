"""Bytes to cells: which format a file really is, its sheets, and its rows with the line a person would look at."""

from collections.abc import Callable
from pathlib import Path

from data.words import N_
from jobs.importing import delimited, web_tables, workbooks, xml_workbooks
from jobs.importing.decoding import decode
from jobs.importing.refusing import FileRefused
from jobs.importing.sheets import Sheet, Workbook

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
_ZIP = b"PK"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_file(path: Path, filename: str, *, max_bytes: int, max_rows: int) -> Workbook:
    """Every visible sheet of the file at `path`; `filename` is what the person calls it.

    Raises FileRefused for a file that cannot be read as a whole.
    """
    size = path.stat().st_size
    if size == 0:
        raise FileRefused(N_("{file} is empty (0 bytes); export it again"), file=filename)
    if size > max_bytes:
        raise FileRefused(
            N_("{file} has {size} MB, more than {limit} MB; split it, or raise FLOWCARD_IMPORT_MAX_MB"),
            file=filename,
            size=f"{size / 1024 / 1024:.1f}",
            limit=f"{max_bytes / 1024 / 1024:g}",
        )
    with path.open("rb") as file:
        head = file.read(16)
    return Workbook(filename, tuple(_sheets(path, filename, head=head, max_rows=max_rows)))


def _sheets(path: Path, filename: str, *, head: bytes, max_rows: int) -> list[Sheet]:
    if head.startswith(_ZIP) and head[2:4] in (b"\x03\x04", b"\x05\x06", b"\x07\x08"):
        return workbooks.read_xlsx(path, filename, max_rows=max_rows)
    if head.startswith(_OLE):
        return workbooks.read_xls(path, filename, max_rows=max_rows)
    for magic, name in _OTHER_FORMATS:
        if head.startswith(magic):
            raise FileRefused(
                N_("{file} is a {format} file, not a table; export it as .xlsx, .xls or .csv"),
                file=filename,
                format=name,
            )
    text = decode(path.read_bytes(), filename)
    if not text.strip():
        raise FileRefused(N_("{file} holds only blank lines; export it again"), file=filename)
    return _reader(text)(text, filename, max_rows=max_rows)


def _reader(text: str) -> Callable[..., list[Sheet]]:
    if xml_workbooks.is_xml_workbook(text):
        return xml_workbooks.read
    return web_tables.read if web_tables.is_html(text) else delimited.read
