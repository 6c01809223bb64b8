"""Renewal records: what became of every card of every batch, as finance and auditors ask for it, and its export."""

import json

import streamlit as st

from dashboard import reading, viewer, widgets
from dashboard.widgets.records import record_filters, record_list
from data.people.rules import Action
from data.renewals import store as renewals
from data.words import _, number, plural, yuan

LIST = "records"

viewer.enter(Action.SEE)
corner = widgets.page_head(_("Renewal records"), _("What became of every card of every approved batch, newest first."))
if reading.read(renewals.count_batches) == 0:
    widgets.empty(
        _("No renewals yet"),
        _("A record appears here for every card of an approved batch."),
        page="expiry",
        label=_("Open Expiry"),
    )
    st.stop()

flt = record_filters(LIST)
totals = reading.read(renewals.record_totals, flt)
with corner:
    label = plural("Export the current {count}", "Export the current {count}", totals.records)
    widgets.export_button("renewals", json.loads(flt.to_json()), label, f"{LIST}:export", splits=True)
widgets.kpi_row(
    [
        widgets.Kpi(_("Records"), number(totals.records)),
        widgets.Kpi(_("Ordered"), yuan(totals.amount_fen)),
        widgets.Kpi(_("Renewed"), number(totals.succeeded)),
        widgets.Kpi(_("Spent"), yuan(totals.succeeded_fen)),
    ]
)
if totals.records == 0:
    widgets.empty(_("No record here"), _("No record passes these filters. Take one away."))
    st.stop()
place = st.container()
limit, offset = widgets.pager(totals.records, key=LIST, about=flt)
with place:
    record_list(reading.read(renewals.records, flt, limit=limit, offset=offset), key=LIST)
