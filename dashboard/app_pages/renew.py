"""Renew: choose SIMs, see each price, new expiry and refusal, and hand one batch to a second person for approval."""

import streamlit as st

from dashboard import reading, viewer, widgets
from dashboard.widgets import renewal_choice, renewal_preview, urgents
from data.people.rules import Action
from data.renewals import store as renewals
from data.words import _

who = viewer.enter(Action.PROPOSE)
today = reading.today()
widgets.page_head(_("Renew"), _("Nothing is ordered before a second person has approved the batch."))

renewal_preview.head(who, forget=renewal_choice.forget)
with st.container(border=True):
    chosen = renewal_choice.choose(today=today)
if not chosen.sim_ids:
    widgets.empty(
        _("No SIMs chosen"),
        _("Select SIMs on Expiry, widen the due list, or paste a list of numbers."),
        page="expiry",
        label=_("Open Expiry"),
    )
    st.stop()

with st.spinner(_("Looking up prices…")):
    wish = {"sim_ids": chosen.sim_ids, "months": chosen.months, "caps": reading.item_caps()}
    preview = reading.read(renewals.preview, **wish, today=today)
renewal_preview.figures(preview)
if not preview.items:
    # A click may have come a moment after somebody else's: its button is gone, and this says why.
    st.warning(_("None of these can be ordered now; the refused lines say why."), icon=":material/block:")
with st.container(border=True):
    renewal_preview.lines(preview, wish, today=today)
urgent = urgents.urgent_offer(wish, preview, who)
if urgent is not None and urgent.batch:
    renewal_preview.hand_over(urgent)
renewal_preview.submit(preview, wish, who)
