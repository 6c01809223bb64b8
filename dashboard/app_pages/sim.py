"""SIM: one card. The sentence a service desk reads out, then facts, usage, renewals and papers, and its history."""

import streamlit as st

from dashboard import reading, viewer, widgets
from dashboard.widgets import cards, histories, notices, recharging
from data.people.rules import Action
from data.sims import store as sims
from data.sims.filter import SimFilter
from data.words import _

# Two months of days: this cycle and the one before.
USAGE_DAYS = 62
HISTORY_ROWS = 200

who = viewer.enter(Action.LOOK_UP)
iccid = st.query_params.get("iccid", "").strip()
sim = reading.read(sims.by_iccid, iccid) if iccid else None
if sim is None:
    widgets.page_head(_("SIM"))
    widgets.empty(
        _("No such SIM"),
        _("The address names no SIM we know. Look it up by any of its numbers."),
        "look_up",
        _("Look up"),
    )
    st.stop()

with widgets.page_head(sim.iccid):
    widgets.decide_button((sim.sim_id,), key="sim")
    recharging.recharge_button(sim)
    if who.may(Action.PROPOSE) and st.button(_("Other services"), icon=":material/tune:"):
        widgets.change(SimFilter(sim_ids=(sim.sim_id,)))
    if who.may(Action.PROPOSE) and st.button(_("Renew this SIM"), type="primary", icon=":material/autorenew:"):
        widgets.renew(SimFilter(sim_ids=(sim.sim_id,)))
recharging.recharged(sim)
widgets.situation_box(reading.read(sims.situation_of, sim.sim_id, today=reading.today()))
notices.of_sim(sim.sim_id)

left, right = st.columns(2)
with left, widgets.section(_("Card and plan"), tall=True):
    cards.card_facts(sim)
with right, widgets.section(_("Terminal and merchant"), tall=True) as controls:
    cards.place_facts(sim)
    if sim.terminal_key and who.may(Action.SEE):
        with controls:
            st.page_link(
                "app_pages/terminal.py",
                label=_("Open the terminal"),
                icon=":material/point_of_sale:",
                query_params={"id": str(sim.terminal_key)},
            )
with widgets.section(_("Usage against quota")):
    cards.usage_chart(sim, days=USAGE_DAYS)
with widgets.section(_("Renewals and papers")):
    cards.renewals_of(sim)
    cards.papers_of(sim)
with widgets.section(_("History"), _("newest first")):
    histories.history(histories.of_card(reading.read(sims.timeline, sim.sim_id, limit=HISTORY_ROWS)), key="sim:history")
