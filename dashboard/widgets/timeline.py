"""The timeline of expiries by carrier, whose brush over days narrows the table below it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import reading, viewer
from dashboard.charts import expiry_timeline
from dashboard.widgets.sims import carrier_words
from dashboard.widgets.tables import replaced
from data.sims import store as sims
from data.sims.filter import SimFilter
from data.words import _, day

_ROWS = pa.schema([("day", pa.date32()), ("carrier", pa.string()), ("sims", pa.int64())])


def brushed_timeline(flt: SimFilter, *, days: int, key: str) -> SimFilter:
    """Draw the expiries of the next `days` that `flt` lets through; `flt` narrowed to the brushed days, if there are any."""
    rows = reading.read(sims.expiry_timeline, flt, today=reading.today(), days=days)
    if rows.num_rows == 0:
        st.caption(_("No SIM ends in these days."))
        return flt
    words = pa.array(carrier_words(rows.column("carrier").to_pylist()), type=pa.string())
    picked = st.vega_lite_chart(
        pa.concat_tables([replaced(rows, carrier=words).select(_ROWS.names).cast(_ROWS), _frame_of(days)]),
        expiry_timeline.spec(),
        key=f"{key}:timeline:{viewer.kept(f'{key}:brush', 0)}",
        on_select="rerun",
        selection_mode=expiry_timeline.BRUSH,
        alt=_("SIMs that end on each day, by carrier"),
    )
    span = brushed_days(picked.selection)
    if span is None:
        st.caption(_("Drag over the days to see only the SIMs that end on them."))
        return flt
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(_("Ends between {first} and {last}", first=day(span[0]), last=day(span[1])), width="content")
        st.button(_("Show all days"), key=f"{key}:unbrush", type="tertiary", on_click=_drop_brush, args=(key,))
    return replace(flt, expires_from=span[0], expires_to=span[1])


def brushed_days(selection: Any) -> tuple[date, date] | None:
    """The first and last day under the brush: the chart answers with the instants at the bars' edges, in UTC."""
    spans = [span for span in (selection.get(expiry_timeline.BRUSH) or {}).values() if span]
    if not spans:
        return None
    first, last = (datetime.fromtimestamp(edge / 1000, UTC) for edge in (spans[0][0], spans[0][-1]))
    # The brush counts a day when it covers the day's middle, where its bar stands.
    start = (first + timedelta(hours=12)).date()
    return start, max(start, (last - timedelta(hours=12)).date())


def _frame_of(days: int) -> pa.Table:
    # Empty rows hold the axis to the whole horizon, and every carrier to its colour, whatever the filter leaves.
    today = reading.today()
    carriers = carrier_words(reading.read(sims.choices).carriers)
    rows = [
        {"day": on, "carrier": carrier, "sims": 0}
        for carrier in carriers
        for on in (today, today + timedelta(days=days))
    ]
    return pa.Table.from_pylist(rows, schema=_ROWS)


def _drop_brush(key: str) -> None:
    viewer.keep(f"{key}:brush", viewer.kept(f"{key}:brush", 0) + 1)
