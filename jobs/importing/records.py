"""Several rows of one file about one record: the same values count once, different ones are refused."""

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa

from data.words import N_
from jobs.importing.fields import KINDS, ONE_RECORD, ONE_RECORD_WITH
from jobs.importing.recognising import Recognition
from jobs.importing.refusing import Refusal

# `sheet` and `line` are the row that was kept.
DIFFERS = N_("Line {line} has the same record with another value ({other}); keep one of the two")
DIFFERS_ELSEWHERE = N_(
    "Line {line} of sheet {sheet} has the same record with another value ({other}); keep one of the two"
)
SAME_STEM = N_(
    "Line {line} has {other}: the same card, for the 20th character is only a check digit, "
    "yet other values differ; correct the ICCID or keep one of the two"
)
# Every reason that says so.
REPEATS = (DIFFERS, DIFFERS_ELSEWHERE, SAME_STEM)

Columns = dict[str, tuple[pa.DataType, list[Any]]]


def drop_repeats(
    recognition: Recognition, data: Columns, refusals: list[Refusal], remark: Callable[..., None]
) -> Columns:
    """`data` with one row per record; adds to `refusals` and calls `remark` for what was dropped."""
    keys = _keys(recognition.kind or "", data)
    first: dict[Any, int] = {}
    kept: list[int] = []
    repeats: list[tuple[int, int]] = []
    for row, key in enumerate(keys):
        if key is None or (before := first.setdefault(key, row)) == row:
            kept.append(row)
        else:
            repeats.append((before, row))
    if not repeats:
        return data
    for before, row in repeats:
        differing = _differing(data, before, row)
        if differing:
            refusals.append(_refusal(recognition, data, before, row, differing))
        else:
            where = (data["sheet"][1][row], data["line"][1][row], str(data["line"][1][before]))
            remark("", N_("Rows that repeat an earlier row count once"), *where)
            if _two_prints(data, before, row):
                remark("", N_("One ICCID stands in two prints that differ in the 20th character only"), *where)
    return {name: (type_, [values[row] for row in kept]) for name, (type_, values) in data.items()}


def _keys(kind: str, data: Columns) -> list[Any]:
    """Each row's record: the first of its numbers that is there, and what belongs to it."""
    rows = len(data["line"][1])
    empty: list[Any] = [None] * rows
    names = [data[name][1] if name in data else empty for name in ONE_RECORD[kind]]
    with_ = [data[name][1] for name in ONE_RECORD_WITH.get(kind, ()) if name in data]
    keys: list[Any] = []
    for row in range(rows):
        own = next(((place, column[row]) for place, column in enumerate(names) if column[row] is not None), None)
        keys.append(None if own is None else (own, *(column[row] for column in with_)) if with_ else own)
    return keys


def _differing(data: Mapping[str, tuple[pa.DataType, list[Any]]], before: int, row: int) -> str | None:
    """The first column in which two rows of one record differ."""
    for name, (_type, values) in data.items():
        if name in ("sheet", "line", "raw_status") or values[before] == values[row]:
            continue
        if name == "iccid":
            continue  # their stems agree, and the 20th character is only how it was printed
        return name
    return None


def _refusal(recognition: Recognition, data: Columns, before: int, row: int, column: str) -> Refusal:
    fields = KINDS[recognition.kind or ""].fields
    header = next(
        (
            header
            for canonical, header in recognition.mapping.items()
            if canonical in fields and any(name == column for name, _type in fields[canonical].outputs)
        ),
        column,
    )
    sheet, kept_sheet = data["sheet"][1][row], data["sheet"][1][before]
    if _two_prints(data, before, row):
        column, header = "iccid", recognition.mapping["iccid"]
        reason = SAME_STEM
    else:
        reason = DIFFERS if sheet == kept_sheet else DIFFERS_ELSEWHERE
    return Refusal(
        sheet=sheet,
        line=data["line"][1][row],
        column=header,
        value=_said(data[column][1][row]),
        reason=reason,
        values={"sheet": kept_sheet, "line": data["line"][1][before], "other": _said(data[column][1][before])},
    )


def _said(value: object) -> str:
    return "" if value is None else str(value)


def _two_prints(data: Columns, before: int, row: int) -> bool:
    """Whether two rows of one card print its ICCID with different 20th characters."""
    iccids = data["iccid"][1] if "iccid" in data else None
    return bool(iccids and iccids[row] and len(iccids[before]) == len(iccids[row]) and iccids[before] != iccids[row])
