"""Cells to the canonical typed table, column by column; every row that does not fit is refused with its reason."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pyarrow as pa

from data.words import N_
from jobs.importing.fields import KINDS, Field, Kind
from jobs.importing.headers import header_of, month_of
from jobs.importing.mangled import mangled_iccids
from jobs.importing.recognising import Recognition
from jobs.importing.records import drop_repeats
from jobs.importing.refusing import FileRefused, Refusal, Remark, ValueRefused
from jobs.importing.sheets import MAX_COLUMNS, Cell
from jobs.importing.tables import Part, is_note, is_sum
from jobs.importing.values import Notes

# What a refusal shows of a value; the file has the rest.
_SHOWN = 200
# Different words a column may be remarked for, such as states nobody knows.
_REMARKS_OF_A_KIND = 20


@dataclass(frozen=True)
class Cleaned:
    """What a file holds once it is read: good rows, bad rows, and what was changed on the way."""

    kind: str
    table: pa.Table  # canonical columns, typed, and `sheet`, `line`; absent columns absent, empty cells null
    refusals: list[Refusal]  # in the file's order; every refused cell of a refused row
    remarks: list[Remark]
    rows: int  # records the file holds: good and refused ones


def clean(recognition: Recognition, *, today: date) -> Cleaned:
    """The rows of a recognised file as a typed table.

    1. Gather the records of every sheet: no sums, no repeated headers, no torn lines.
    2. Clean each column; a cell that does not fit refuses its row.
    3. Refuse rows that name nothing.
    4. Spread wide usage to one row per month.
    5. Of rows that say the same of one record keep the first; refuse later ones that say something else.

    Raises FileRefused where the kind is not known or a column without which no row means anything is missing.
    """
    kind = _kind(recognition)
    rows = _Rows.gathered(recognition.parts)
    for sheet in recognition.skipped_sheets:
        if not is_note(sheet):
            msgid = N_("Sheet '{sheet}' has other columns and was not read; import it as a file of its own")
            rows.remark("", msgid, sheet, 1, "", {"sheet": sheet})
    columns: dict[str, tuple[pa.DataType, list[Any]]] = {}
    months: dict[date, list[Any]] = {}
    for canonical, header in recognition.mapping.items():
        month = month_of(canonical) if canonical not in kind.fields else None
        field = kind.fields["used_mb"] if month else kind.fields[canonical]
        notes = Notes(unit=header_of(header).unit, today=today)
        cleaned = _column(rows, header, field, notes)
        if month:
            months[month] = cleaned
        else:
            _keep(columns, field, cleaned)
    _refuse_nameless(rows, kind, recognition, columns)
    good = [row for row in range(len(rows.lines)) if row not in rows.refused]
    data = {name: (type_, [values[row] for row in good]) for name, (type_, values) in columns.items()}
    data["sheet"] = (pa.string(), [rows.sheets[row] for row in good])
    data["line"] = (pa.int64(), [rows.lines[row] for row in good])
    if months:
        data = _spread(data, {month: [values[row] for row in good] for month, values in months.items()})
    data = drop_repeats(recognition, data, rows.refusals, rows.remark)
    return Cleaned(
        kind=recognition.kind or "",
        table=pa.table({name: pa.array(values, type_) for name, (type_, values) in data.items()}),
        refusals=sorted(rows.refusals, key=lambda refusal: (rows.order[refusal.sheet], refusal.line)),
        remarks=[replace(remark, count=rows.counts[key]) for key, remark in rows.remarks.items()],
        rows=len(rows.lines) + rows.torn,
    )


def _kind(recognition: Recognition) -> Kind:
    if recognition.kind is None:
        raise FileRefused(
            N_("{file}: its columns ({headers}) do not tell what it holds; choose a kind and name its columns"),
            file=recognition.filename,
            headers=", ".join(recognition.headers[:12]),
        )
    kind = KINDS[recognition.kind]
    named = any(all(name in recognition.mapping for name in names) for names in kind.identity)
    months = any(month_of(name) for name in recognition.mapping)
    if not named or (kind.needs and not months and not set(kind.needs) & set(recognition.mapping)):
        missing = kind.needs if named else [" + ".join(names) for names in kind.identity]
        raise FileRefused(
            N_("{file} has no column for {missing}, without which {kind} mean nothing; its columns are {headers}"),
            file=recognition.filename,
            missing=" / ".join(missing),
            kind=recognition.kind,
            headers=", ".join(recognition.headers[:12]),
        )
    return kind


@dataclass
class _Rows:
    """The records of all parts, and what becomes known of them on the way."""

    sheets: list[str]
    lines: list[int]
    cells: list[tuple[list[Cell], Mapping[str, int]]]
    refused: set[int]
    refusals: list[Refusal]
    remarks: dict[tuple[str, str, str], Remark]
    order: dict[str, int]
    counts: Counter[tuple[str, ...]]  # how often each remark was made, and how many there are of its kind
    torn: int = 0

    @classmethod
    def gathered(cls, parts: Sequence[Part]) -> "_Rows":
        order = {part.sheet.name: place for place, part in enumerate(parts)}
        rows = cls([], [], [], set(), [], {}, order, Counter())
        for part in parts:
            rows.take(part)
        return rows

    def take(self, part: Part) -> None:
        """Add the records of one sheet."""
        sheet = part.sheet
        header = sheet.rows[part.header_index]
        width = len(header)
        for index in range(part.header_index + 1, len(sheet.rows)):
            row, line = sheet.rows[index], sheet.lines[index]
            if is_sum(row):
                self.remark("", N_("Rows with sums (合计, 总计) were left out"), sheet.name, line, _shown(row[0]))
            elif row == header:
                self.remark("", N_("Repeated header rows were left out"), sheet.name, line, _shown(row[0]))
            elif sheet.is_text and len(row) > width and any(cell and cell.strip() for cell in row[width:]):  # type: ignore[union-attr]  # text cells
                self.torn += 1
                self._refuse_torn(sheet.name, line, cells=len(row), width=width, row=row)
            elif any(cell is not None and (cell.__class__ is not str or cell.strip()) for cell in row):
                self.sheets.append(sheet.name)
                self.lines.append(line)
                self.cells.append((row, part.places))

    def _refuse_torn(self, sheet: str, line: int, *, cells: int, width: int, row: list[Cell]) -> None:
        self.refusals.append(
            Refusal(
                sheet,
                line,
                "",
                _shown(",".join(str(cell) for cell in row)),
                N_("This line has {cells} cells, the header {width}: a value holds the separator; put it in quotes"),
                {"cells": cells, "width": width},
            )
        )

    def refuse(self, row: int, column: str, value: Cell, error: ValueRefused) -> None:
        """Refuse one row for one value."""
        self.refused.add(row)
        shown = "" if value is None else _shown(value)
        self.refusals.append(Refusal(self.sheets[row], self.lines[row], column, shown, error.msgid, error.values))

    def remark(
        self, column: str, msgid: str, sheet: str, line: int, value: str, values: dict[str, Any] | None = None
    ) -> None:
        """Count one more row of a remark; the first stays its example."""
        key = (column, msgid, str(values or ""))
        if key not in self.remarks:
            if self.counts[column, msgid] >= _REMARKS_OF_A_KIND:
                return
            self.counts[column, msgid] += 1
            self.remarks[key] = Remark(column, msgid, 0, sheet, line, value, values or {})
        self.counts[key] += 1

    def column(self, header: str) -> list[Cell]:
        """One column's cells, None where a row is too short."""
        return [
            row[place] if (place := places.get(header, MAX_COLUMNS)) < len(row) else None for row, places in self.cells
        ]


def _column(rows: _Rows, header: str, field: Field, notes: Notes) -> list[Any]:
    """Every cell of a column through its parser; equal cells are parsed once."""
    cells = rows.column(header)
    plain: dict[Cell, Any] = {None: None, "": None}
    odd: dict[Cell, tuple[Any, list[tuple[str, dict[str, Any]]], ValueRefused | None]] = {}
    spoiled = mangled_iccids(cells) if field.concept == "iccid" else set()
    result: list[Any] = []
    for row, cell in enumerate(cells):
        if cell in plain:
            result.append(plain[cell])
            continue
        if cell not in odd:
            value, said, error = _parsed(cell, field, notes, spoiled=cell in spoiled)
            if not said and error is None:
                plain[cell] = value
                result.append(value)
                continue
            odd[cell] = (value, said, error)
        value, said, error = odd[cell]
        for msgid, values in said:
            rows.remark(header, msgid, rows.sheets[row], rows.lines[row], _shown(cell), values)
        if error is not None:
            rows.refuse(row, header, cell, error)
        result.append(value)
    return result


def _parsed(
    cell: Cell, field: Field, notes: Notes, *, spoiled: bool
) -> tuple[Any, list[tuple[str, dict[str, Any]]], ValueRefused | None]:
    notes.said = []
    try:
        if spoiled:
            raise ValueRefused(
                N_(
                    "'{value}' ends in zeros as many others here do: a spreadsheet has rounded the column to 15 digits; "
                    "export it as text from the source again"
                ),
                value=_shown(cell),
            )
        return field.parse(cell, notes), notes.said, None
    except ValueRefused as error:
        return None, [], error


def _keep(columns: dict[str, tuple[pa.DataType, list[Any]]], field: Field, cleaned: list[Any]) -> None:
    """Put a cleaned column under its outputs; a column of its own wins over part of a combined one."""
    if len(field.outputs) == 1:
        name, type_ = field.outputs[0]
        columns[name] = (type_, cleaned)
        return
    for part, (name, type_) in enumerate(field.outputs):
        values = [None if value is None else value[part] for value in cleaned]
        if name in columns:
            values = [own if own is not None else value for own, value in zip(columns[name][1], values, strict=True)]
        columns[name] = (type_, values)


def _refuse_nameless(
    rows: _Rows, kind: Kind, recognition: Recognition, columns: Mapping[str, tuple[pa.DataType, list[Any]]]
) -> None:
    """Refuse rows without any of the values that say what they are about, or without one that must be there."""
    named: list[str] = []
    for names in kind.identity:
        named += [kind.fields[name].outputs[0][0] for name in names if name in recognition.mapping]
    headers = [recognition.mapping[name] for names in kind.identity for name in names if name in recognition.mapping]
    values = [columns[name][1] for name in named]
    for row in range(len(rows.lines)):
        if row not in rows.refused and all(column[row] is None for column in values):
            error = ValueRefused(
                N_("Nothing stands under {columns}, so the row names no record"), columns=" / ".join(headers)
            )
            rows.refuse(row, headers[0], None, error)
    for name in kind.filled:
        for row, value in enumerate(columns[name][1] if name in columns else ()):
            if value is None and row not in rows.refused:
                header = recognition.mapping[name]
                rows.refuse(row, header, None, ValueRefused(N_("Nothing stands under {column}"), column=header))


def _spread(
    data: Mapping[str, tuple[pa.DataType, list[Any]]], months: Mapping[date, list[Any]]
) -> dict[str, tuple[pa.DataType, list[Any]]]:
    """One row per card and month that has a figure."""
    cells = [
        (row, month, values[row])
        for month, values in months.items()
        for row in range(len(values))
        if values[row] is not None
    ]
    spread: dict[str, tuple[pa.DataType, list[Any]]] = {
        name: (type_, [values[row] for row, _month, _used in cells]) for name, (type_, values) in data.items()
    }
    spread["month"] = (pa.date32(), [month for _row, month, _used in cells])
    spread["used_bytes"] = (pa.int64(), [used for _row, _month, used in cells])
    return spread


def _shown(cell: object) -> str:
    return str(cell)[:_SHOWN]
