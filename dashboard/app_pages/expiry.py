"""Expiry: which SIMs end when, sorted and coloured by the day to act by; tick them and renew."""

from dataclasses import replace
from datetime import timedelta

import streamlit as st

from dashboard import reading, viewer, widgets
from dashboard.widgets import not_renewing
from data.people.rules import Action
from data.words import _, day, plural

LIST = "expiry"
# None: however far away the end. The timeline then shows half a year.
HORIZONS = (30, 60, 90, None)
ALL_SHOWN_DAYS = 180

viewer.enter(Action.SEE)
today = reading.today()
with widgets.page_head(_("Expiry"), day(today)):
    horizon = st.segmented_control(
        _("Horizon"),
        HORIZONS,
        default=60,
        required=True,
        format_func=lambda days: plural("{count} day", "{count} days", days) if days else _("All"),
        key=f"{LIST}:horizon",
        label_visibility="collapsed",
        persist_state="session",
    )

with widgets.section(_("Expiry timeline"), _("by carrier")):
    timeline = st.container()
with widgets.section(_("SIMs by the day to act")) as controls:
    widgets.unpublished_note(today)
    chosen = widgets.money_to_come(widgets.sim_filters(LIST))
    listed = st.container()

with timeline:
    flt = widgets.brushed_timeline(chosen, days=horizon or ALL_SHOWN_DAYS, key=LIST)
if horizon and flt == chosen and not widgets.looks_beyond_dates(flt):
    flt = replace(flt, expires_to=today + timedelta(days=horizon))
with controls:
    not_renewing.expiry_note(flt)
    widgets.sim_export(flt, key=LIST)
with listed:
    widgets.sim_list(flt, key=LIST)
widgets.sim_bulk_bar(LIST)
