"""From the rows of an export to its file: stage once, then headers, format, one part or one per group."""

import hashlib
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from rustpy_xlsxwriter import FastExcel, Format

from data.database import Queries, Query, Reader
from data.files.exports_rules import PAPERS, TOO_MANY_ROWS, WHAT, XLSX_MAX_ROWS, ExportRefused
from data.files.exports_store import Export
from data.home import Home
from data.people.scope_rules import Scope
from data.people.scopes import narrowed
from data.words import N_, _, number, speaking
from jobs.exporting.footers import audit_line, printed
from jobs.exporting.headers import header
from jobs.exporting.names import file_name, unlike
from jobs.exporting.papers import write_paper
from jobs.exporting.sources import Rows, rows_of

Q = Queries.beside(__file__)
BOM = b"\xef\xbb\xbf"
# What a staged file carries beside the columns a person sees: by what it may be split.
SPLIT_COLUMNS = {"agent": "split_agent", "branch": "split_branch", "region": "split_region"}
_ALL = "true"
_MINE = {name: f"{column} IS NOT DISTINCT FROM $part" for name, column in SPLIT_COLUMNS.items()}
# Excel holds this much text in a cell.
_CELL_MAX = 32_767
_ROWS_AT_ONCE = 10_000
_NO_GROUP = {"agent": N_("No agent"), "branch": N_("No branch"), "region": N_("No region")}
_XLSX_FORMATS = {"date32[day]": "yyyy-mm-dd", "decimal128(18, 2)": "0.00"}


@dataclass(frozen=True)
class Written:
    """A finished file."""

    path: Path
    filename: str  # what a browser will call it
    rows: int
    sha256: str


@dataclass(frozen=True)
class _Staged:
    """The rows of one export as they stood, and how they are shown."""

    home: Home
    export: Export
    path: Path
    headers: tuple[str, ...]
    title: str


def write(home: Home, export: Export) -> Written:
    """Write the file of `export` into exports/. Raises ExportRefused when it cannot be had in this format.

    1. Stage the rows of a list as Parquet. 2. Give them headers in the language asked for. 3. Write one part, or one per
    group into a zip; a paper is written whole. 4. Move it to its name and take its hash. What was staged is removed,
    whatever happens.
    """
    today = home.clock.today()
    work = home.exports / f"part-{export.export_id}"
    work.mkdir()
    try:
        with speaking(export.language):
            if export.what in PAPERS:
                made, title, rows = write_paper(home, export, work)
                filename = f"{title}-{today.isoformat()}-{export.export_id}.{export.format}"
            else:
                made, filename, rows = _write_list(home, export, work, today)
        made.chmod(0o600)
        target = made.replace(home.exports / export.stored_as)
        return Written(target, file_name(filename), rows, _sha256(target))
    finally:
        shutil.rmtree(work)


def workbook(home: Home, reader: Reader, *, sim_ids: Sequence[int]) -> bytes:
    """An Excel sheet of these cards for those who do not sign in, in the language of the moment, as `reader` sees them."""
    source = rows_of(reader, "sims", {"sim_ids": list(sim_ids)}, today=home.clock.today())
    found = reader.arrow(Q.for_others.fill(sims=source.query.sql), **source.params)
    shown = found.rename_columns([header(name) for name in found.column_names])
    book = BytesIO()
    _save(book, _(WHAT["sims"]), shown.schema, shown.to_batches(max_chunksize=_ROWS_AT_ONCE), home)
    return book.getvalue()


def _write_list(home: Home, export: Export, work: Path, today: date) -> tuple[Path, str, int]:
    # Whoever sees a part of the fleet gets that part, whatever the filter says.
    with narrowed(home.db, Scope.from_json(export.scope)) as reader:
        source = rows_of(reader, export.what, export.filter, today=today)
        staged, rows = _stage(home, export, source, work, reader)
    base = f"{staged.title}-{today.isoformat()}-{export.export_id}"
    if export.split_by:
        return _write_split(staged, work), f"{base}.zip", rows
    return _write_part(staged, work, rows=rows), f"{base}.{export.format}", rows


def _stage(home: Home, export: Export, source: Rows, work: Path, reader: Reader) -> tuple[_Staged, int]:
    path = work / "staged.parquet"
    rows = home.db.copy_to(source.query, path, format="parquet", params=source.params, seen_by=reader)
    columns = [name for name in pq.read_schema(path).names if name not in SPLIT_COLUMNS.values()]
    headers = source.headers or tuple(header(name) for name in columns)
    return _Staged(home, export, path, headers, _(WHAT[export.what])), rows


def _write_split(staged: _Staged, work: Path) -> Path:
    split = str(staged.export.split_by)
    target = work / "parts.zip"
    taken: set[str] = set()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for group in _groups(staged, split):
            made = _write_part(staged, work, rows=group["rows"], split=split, part=group["part"])
            name = group["part"] or _(_NO_GROUP[split])
            archive.write(made, unlike(taken, file_name(f"{name}.{staged.export.format}")))
            made.unlink()
        archive.comment = audit_line(staged.home).encode()
    return target


def _groups(staged: _Staged, split: str) -> list[dict[str, Any]]:
    return staged.home.db.read().rows(Q.groups.fill(column=SPLIT_COLUMNS[split]), file=str(staged.path))


def _write_part(staged: _Staged, work: Path, *, rows: int, split: str | None = None, part: str | None = None) -> Path:
    query = Q.part.fill(mine=_MINE[split] if split else _ALL, headers=", ".join(map(_quoted, staged.headers)))
    params = {"file": str(staged.path), "part": part}
    if staged.export.format == "csv":
        return _write_csv(staged, query, params, work)
    path = work / "part.parquet"
    staged.home.db.copy_to(query, path, format="parquet", params=params)
    return path if staged.export.format == "parquet" else _write_xlsx(path, work / "part.xlsx", staged, rows)


def _write_csv(staged: _Staged, query: Query, params: dict[str, Any], work: Path) -> Path:
    bare, path = work / "bare.csv", work / "part.csv"
    staged.home.db.copy_to(Q.inert.fill(rows=query.sql), bare, format="csv", params=params)
    with bare.open("rb") as source, path.open("wb") as target:
        target.write(BOM)
        shutil.copyfileobj(source, target, 1 << 20)
    return path


def _write_xlsx(source: Path, target: Path, staged: _Staged, rows: int) -> Path:
    if rows > XLSX_MAX_ROWS:
        raise ExportRefused(TOO_MANY_ROWS, rows=number(rows))
    file = pq.ParquetFile(source)
    _save(target, staged.title, file.schema_arrow, file.iter_batches(batch_size=_ROWS_AT_ONCE), staged.home)
    return target


def _save(
    target: Path | BinaryIO, title: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch], home: Home
) -> None:
    formats = {
        field.name: Format().set_num_format(_XLSX_FORMATS[str(field.type)])
        for field in schema
        if str(field.type) in _XLSX_FORMATS
    }
    book = FastExcel(target).format(bold_headers=True, datetime_format="yyyy-mm-dd hh:mm:ss").freeze(row=1)
    book.sheet(
        title[:31],
        _cells(schema, batches),
        column_formats=formats,
        column_width=16,
        page_setup=printed(home),
    ).save()


def _cells(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[dict[str, Any]]:
    empty = True
    for batch in batches:
        cells = [_cut(column).to_pylist() for column in batch.columns]
        for row in zip(*cells, strict=True):
            empty = False
            yield dict(zip(schema.names, row, strict=True))
    if empty:
        # The writer takes its headers from the first record, so an empty export has one without values.
        yield dict.fromkeys(schema.names)


def _cut(column: pa.Array) -> pa.Array:
    return pc.utf8_slice_codeunits(column, 0, _CELL_MAX) if pa.types.is_string(column.type) else column


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
