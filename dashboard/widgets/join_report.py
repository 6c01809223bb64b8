"""The join report: what joins between card lists and ledgers and what does not, each line a link and an export."""

import pyarrow as pa
import streamlit as st

from dashboard import reading
from dashboard.widgets.exporting import export_button
from dashboard.widgets.filters import filter_url
from dashboard.widgets.heads import section
from dashboard.widgets.listing import Column, choose_one
from data.sims import store as sims
from data.sims.rules import JOIN_REPORT
from data.words import N_, _

# Lines that no list of cards can show.
_NOT_CARDS = frozenset({"terminals_without_card"})
_LINES = (
    Column("kind", N_("In the report"), "word", words=JOIN_REPORT, width=420),
    Column("count", N_("Count"), "count", width=90),
    Column("amount_fen", N_("Per year"), "yuan", width=130),
    Column("link", N_("List"), "link", width=120),
)


def join_report() -> None:
    """The report as of now; nothing while there is nothing to join."""
    lines = reading.read(sims.join_report, today=reading.today())
    if not any(line.count for line in lines):
        return
    rows = [
        {
            "kind": line.kind,
            "count": line.count,
            "amount_fen": line.amount_fen,
            "link": f"{filter_url(_page(line), report=line.kind)}#{_('Open')}" if line.count else None,
        }
        for line in lines
    ]
    with section(_("What joins and what does not"), _("choose a line to export it")):
        row = choose_one(pa.Table.from_pylist(rows, schema=_SCHEMA), _LINES, key="import:report", alt=_("Join report"))
        if row is None:
            return
        kind = lines[row].kind
        what = "terminals" if kind in _NOT_CARDS else "sims"
        export_button(what, {"report": kind}, _("Export"), f"import:report:{kind}")
        st.caption(_(JOIN_REPORT[kind]))


def _page(line: sims.ReportLine) -> str:
    return "terminal" if line.kind in _NOT_CARDS else "expiry"


_SCHEMA = pa.schema([("kind", pa.string()), ("count", pa.int64()), ("amount_fen", pa.int64()), ("link", pa.string())])
