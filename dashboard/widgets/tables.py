"""Thin tables from Arrow: paging in SQL, a selection that survives it, coloured words, money and dates in columns."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from math import ceil
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import viewer
from data.words import _, moment, number

PAGE_ROWS = 50
_ROW_PX = 32
# The head is as tall as a row, and two pixels are the frame.
_HEAD_PX = 34
# A table is as tall as its rows up to this many; above it, it scrolls.
_ROWS_IN_SIGHT = 15


def table(
    data: pa.Table,
    columns: Mapping[str, Any],
    *,
    key: str,
    alt: str,
    id_column: str | None = None,
    rows_in_sight: int = _ROWS_IN_SIGHT,
) -> frozenset[Any]:
    """Draw `columns` (name → st.column_config) of `data` in that order; others are not sent to the browser.

    With `id_column` rows can be ticked, and the ids ticked on this and on every other page are returned: the
    selection lives under `key` until `clear_selection(key)`.
    """
    if data.num_rows == 0:
        st.caption(_("Nothing here"))
        return frozenset() if id_column is None else selected(key)
    shown = data.select([name for name in columns if name in data.column_names])
    look: dict[str, Any] = {
        "column_config": dict(columns),
        "hide_index": True,
        "placeholder": "",
        "row_height": _ROW_PX,
        "height": _HEAD_PX + _ROW_PX * min(shown.num_rows, rows_in_sight),
        "alt": alt,
    }
    if id_column is None:
        st.dataframe(shown, **look)
        return frozenset()
    ids = data.column(id_column).to_pylist()
    ticked = selected(key)
    # A new page, another order or a selection made by a button is a new widget: old row numbers must not be read as its.
    widget = f"{key}:rows:{viewer.kept(f'{key}:turn', 0)}:{hash(tuple(ids))}"
    rows = [place for place, found in enumerate(ids) if found in ticked]
    picked = st.dataframe(
        shown,
        **look,
        key=widget,
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": rows}},
    )
    now = (ticked - set(ids)) | {ids[place] for place in picked.selection.rows if place < len(ids)}
    if now != ticked:
        viewer.keep(f"{key}:selected", now)
    return now


def selected(key: str) -> frozenset[Any]:
    """The ids ticked so far in the table `key`."""
    kept: frozenset[Any] = viewer.kept(f"{key}:selected", frozenset())
    return kept


def select(key: str, ids: Iterable[Any]) -> None:
    """Tick exactly `ids` in the table `key`, on whatever page they are."""
    viewer.keep(f"{key}:selected", frozenset(ids))
    viewer.keep(f"{key}:turn", viewer.kept(f"{key}:turn", 0) + 1)


def clear_selection(key: str) -> None:
    """Untick everything in the table `key`."""
    select(key, ())


# What one page number, and the arrows at both ends, take.
_PAGE_PX = 40
_PAGES_IN_SIGHT = 7


def pager(total: int, *, key: str, about: object = None, rows: int = PAGE_ROWS) -> tuple[int, int]:
    """Draw "1–50 of 1,824" and the pages; return (limit, offset) for the SQL.

    `about` is what is being paged through, such as the filter: another one begins at its first page. To draw the
    table above its pager: `place = st.container()`, `limit, offset = pager(…)`, `with place: …`.
    """
    pages = max(1, ceil(total / rows))
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        line = st.container(width="content")
        # A width of its own: squeezed beside the line, the pager hides pages it has room for.
        with st.container(width=_PAGE_PX * (min(pages, _PAGES_IN_SIGHT) + 2)):
            page = st.pagination(pages, key=f"{key}:page:{hash(repr(about))}") if pages > 1 else 1
        offset = (page - 1) * rows
        first, last = min(offset + 1, total), min(offset + rows, total)
        if total:
            line.caption(_("{first}–{last} of {total}", first=number(first), last=number(last), total=number(total)))
    return rows, offset


def badge_column(
    label: str,
    words: Mapping[str, str],
    colours: Mapping[str, str],
    *,
    width: int | str | None = None,
    help: str | None = None,
) -> Any:
    """A column of coloured words: `words` says each code in the viewer's language, `colours` names a theme colour.

    Its cells come from `badge_cells`.
    """
    return st.column_config.MultiselectColumn(
        label,
        options=list(words),
        color=[colours.get(code, "gray") for code in words],
        format_func=lambda code: words.get(code, code),
        width=width,
        help=help,
    )


def badge_cells(codes: Iterable[str | None]) -> pa.Array:
    """Codes as the lists a badge column wants; no code, no badge."""
    return pa.array([[code] if code else None for code in codes], type=pa.list_(pa.string()))


def yuan_column(label: str, **more: Any) -> Any:
    """A column of amounts; its cells come from `yuan_cells`."""
    return st.column_config.NumberColumn(label, format="¥%,.2f", **more)


def yuan_cells(fen: Iterable[int | None]) -> pa.Array:
    """Fen as yuan, for looking only."""
    return pa.array([None if amount is None else amount / 100 for amount in fen], type=pa.float64())


def date_column(label: str, **more: Any) -> Any:
    """A column of plain dates, written the same in every language."""
    return st.column_config.DateColumn(label, format="YYYY-MM-DD", **more)


def moment_cells(instants: Iterable[datetime | None]) -> pa.Array:
    """Instants as texts in the viewer's zone, not the browser's: "2026-11-22 09:30"."""
    return pa.array([moment(instant) for instant in instants], type=pa.string())


def replaced(data: pa.Table, **columns: pa.Array) -> pa.Table:
    """`data` with these columns put in or put anew."""
    for name, cells in columns.items():
        place = data.column_names.index(name) if name in data.column_names else -1
        data = data.append_column(name, cells) if place < 0 else data.set_column(place, name, cells)
    return data
