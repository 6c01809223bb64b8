"""The list behind the one line of the join report that is about machines: those in use without a card."""

import pyarrow as pa
import streamlit as st

from dashboard import reading
from dashboard.widgets import tables
from dashboard.widgets.exporting import export_button
from dashboard.widgets.heads import empty, page_head
from dashboard.widgets.listing import Column, listing
from data.sims.rules import JOIN_REPORT
from data.terminals import store as terminals
from data.words import N_, _, plural

# The report's own name of the line, in addresses and exports.
WITHOUT_CARD = "terminals_without_card"
_COLUMNS = (
    Column("terminal", N_("Terminal"), "link", pinned=True, width=100),
    Column("merchant", N_("Merchant"), width=190),
    Column("city", N_("City"), width=80),
    Column("agent", N_("Agent"), width=140),
    Column("brand", N_("Terminal brand"), width=100),
    Column("serial_no", N_("Serial number"), width=140),
    Column("last_trade_on", N_("Last trade"), "date", width=100),
    Column("monthly_takings_fen", N_("Takings a month"), "yuan", width=120),
    Column("contact_name", N_("Contact"), width=90),
    Column("contact_phone", N_("Phone"), width=120),
)


def without_card() -> None:
    """The page of these machines, fifty at a time, with their export."""
    total = reading.read(terminals.counted_without_card)
    with page_head(_(JOIN_REPORT[WITHOUT_CARD])):
        if total:
            label = plural("Export the current {count}", "Export the current {count}", total)
            export_button("terminals", {"report": WITHOUT_CARD}, label, f"{WITHOUT_CARD}:export")
    if not total:
        empty(_("No machine is without a card"), _("Every terminal in use has a card that is not gone."))
        return
    place = st.container()
    limit, offset = tables.pager(total, key=WITHOUT_CARD)
    rows = reading.read(terminals.without_card, limit=limit, offset=offset)
    with place:
        listing(
            tables.replaced(rows, terminal=_links(rows)),
            _COLUMNS,
            key=WITHOUT_CARD,
            alt=_("Terminals without a card"),
        )


def _links(rows: pa.Table) -> pa.Array:
    keys, names = rows.column("terminal_key").to_pylist(), rows.column("terminal_id").to_pylist()
    return pa.array([f"/terminal?id={key}#{name}" for key, name in zip(keys, names, strict=True)], type=pa.string())
