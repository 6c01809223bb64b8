"""Usage against quota: month to date with its age, forecast, overage in yuan, cards without use; per SIM, plan, carrier."""

import json
from dataclasses import replace

import streamlit as st

from dashboard import reading, viewer, widgets
from dashboard.widgets import usage_lists
from data.people.rules import Action
from data.usage import store as usage
from data.words import N_, _

VIEWS = {"sims": N_("SIMs"), "plans": N_("Plans"), "carriers": N_("Carriers")}
CHART_DAYS = 30

who = viewer.enter(Action.SEE)
today = reading.today()
totals = reading.read(usage.usage_totals)
with widgets.page_head(_("Usage against quota"), usage_lists.as_of(totals)):
    view = st.segmented_control(
        _("View"),
        list(VIEWS),
        default="sims",
        required=True,
        format_func=lambda code: _(VIEWS[code]),
        key="usage:view",
        label_visibility="collapsed",
    )
if not totals.with_figures:
    widgets.empty(
        _("No usage figures yet"),
        _("Import usage files or card lists with use and quota; the month to date appears here."),
        page="import_files" if who.may(Action.IMPORT) else None,
        label=_("Import files"),
    )
    st.stop()
usage_lists.figures(totals)

if view == "plans":
    with widgets.section(_("By plan"), _("the dearest overage first")):
        usage_lists.plans(reading.read(usage.usage_by_plan, today=today), today=today)
elif view == "carriers":
    with widgets.section(_("By carrier")):
        days = reading.read(usage.carrier_days, today=today, days=CHART_DAYS)
        usage_lists.carriers(reading.read(usage.usage_by_carrier, today=today), days)
else:
    with widgets.section(_("By SIM")) as controls:
        chosen = st.segmented_control(
            _("Which SIMs"),
            list(usage_lists.LISTS),
            default="over" if totals.over_sims else "all",
            required=True,
            format_func=lambda code: _(usage_lists.LISTS[code][0]),
            key="usage:list",
            label_visibility="collapsed",
        )
        _word, base, order = usage_lists.LISTS[chosen]
        flt = replace(widgets.sim_filters("usage", quick=False), quick=base.quick, report=base.report)
        with controls:
            widgets.export_button("usage", json.loads(flt.to_json()) | {"order": order}, _("Export"), "usage:export")
        usage_lists.sim_rows(flt, order=order, key=f"usage:{chosen}")
