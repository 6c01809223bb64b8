"""Tables declared as data: each column says what kind of thing it holds, and that decides how it reads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pyarrow as pa
import streamlit as st

from dashboard.widgets import tables
from data import words
from data.words import _

# told: a text that may be a sentence of ours, kept for whoever reads it (data.words.later).
Kind = Literal["text", "told", "date", "moment", "yuan", "count", "data", "share", "word", "badge", "link"]

# A table is as tall as its rows up to this many; above it, it scrolls.
_ROWS_IN_SIGHT = 14
_ROW_PX = 32


@dataclass(frozen=True)
class Column:
    """How one column of a frame is shown."""

    name: str  # in the frame; a column the frame lacks is left out
    label: str  # msgid
    kind: Kind = "text"
    words: Mapping[str, str] = field(default_factory=dict)  # code → msgid, for "word" and "badge"
    colours: Mapping[str, str] = field(default_factory=dict)  # code → theme colour, for "badge"
    width: int | None = None
    pinned: bool = False


def listing(
    data: pa.Table, columns: Sequence[Column], *, key: str, alt: str, id_column: str | None = None
) -> frozenset[Any]:
    """Show `data`; with `id_column` its rows can be ticked, page after page (see `tables.table`)."""
    shown, config = _declared(data, columns)
    return tables.table(shown, config, key=key, alt=alt, id_column=id_column, rows_in_sight=_ROWS_IN_SIGHT)


def choose_one(data: pa.Table, columns: Sequence[Column], *, key: str, alt: str) -> int | None:
    """Show `data`, of which one row can be chosen; its position."""
    shown, config = _declared(data, columns)
    picked = st.dataframe(
        shown.select(list(config)),
        column_config=config,
        hide_index=True,
        placeholder="",
        row_height=_ROW_PX,
        height=_height(data),
        alt=alt,
        key=key,
        on_select="rerun",
        selection_mode="single-row",
    )
    rows = [row for row in picked["selection"]["rows"] if row < data.num_rows]
    return rows[0] if rows else None


def _height(data: pa.Table) -> int:
    return _ROW_PX * (1 + min(data.num_rows, _ROWS_IN_SIGHT)) + 2


def _declared(data: pa.Table, columns: Sequence[Column]) -> tuple[pa.Table, dict[str, Any]]:
    here = [column for column in columns if column.name in data.column_names]
    cells = {
        column.name: _CELLS[column.kind](column, data[column.name].to_pylist())
        for column in here
        if column.kind in _CELLS
    }
    return tables.replaced(data, **cells), {column.name: _config(column) for column in here}


def _texts(write: Callable[[Any], str]) -> Callable[[Column, list[Any]], pa.Array]:
    # An absent figure is an empty cell, never a nought.
    return lambda _column, values: pa.array([None if value is None else write(value) for value in values], pa.string())


def _said(column: Column, values: list[Any]) -> pa.Array:
    return pa.array([None if code is None else _(column.words.get(code, code)) for code in values], pa.string())


# Kinds whose cells are not the frame's own.
_CELLS: dict[str, Callable[[Column, list[Any]], pa.Array]] = {
    "moment": _texts(words.moment),
    "count": _texts(words.number),
    "data": _texts(words.megabytes),
    "yuan": lambda _column, values: tables.yuan_cells(values),
    "badge": lambda _column, values: tables.badge_cells(values),
    "word": _said,
    "told": _texts(words.told),
    # An ICCID leads to its card's page.
    "card": _texts(lambda iccid: f"/sim?iccid={iccid}"),
}


def _config(column: Column) -> Any:
    label = _(column.label)
    if column.kind == "badge":
        said = {code: _(word) for code, word in column.words.items()}
        return tables.badge_column(label, said, column.colours, width=column.width)
    build, options = _BUILDERS.get(column.kind, (st.column_config.TextColumn, {"alignment": "left"}))
    return build(label, width=column.width, pinned=column.pinned or None, **options)


_FIGURE = (st.column_config.TextColumn, {"alignment": "right"})
# What is not listed is plain text, and so are figures: they are written as the viewer's language writes them.
_BUILDERS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "count": _FIGURE,
    "data": _FIGURE,
    "date": (tables.date_column, {}),
    "yuan": (tables.yuan_column, {}),
    "card": (st.column_config.LinkColumn, {"display_text": r"iccid=(.*)$", "alignment": "left"}),
    # An address of this house, the words to show behind a "#".
    "link": (st.column_config.LinkColumn, {"display_text": "#(.+)$", "alignment": "left"}),
    "share": (
        st.column_config.ProgressColumn,
        {"format": "percent", "min_value": 0, "max_value": 1, "color": "auto-inverse"},
    ),
}
