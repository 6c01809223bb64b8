"""Not renewing: what rules propose, what is decided with the yuan saved, and what is asked once more before it is gone."""

import streamlit as st

from dashboard import reading, viewer, widgets
from dashboard.widgets import not_renewing
from data.people.rules import Action
from data.sims import store as sims
from data.words import N_, _, number

VIEWS = {"proposals": N_("Proposals"), "decided": N_("Decided")}

viewer.enter(Action.SEE)
today = reading.today()
totals = {
    "proposals": reading.read(sims.savings, sims.PROPOSED, today=today).sims,
    "decided": reading.read(sims.savings, sims.DECLINED, today=today).sims,
}
asked = st.query_params.get("view")
with widgets.page_head(_("Not renewing"), _("every card that is not worth another term, and why")):
    view = st.segmented_control(
        _("View"),
        list(VIEWS),
        default=asked if asked in VIEWS else "proposals",
        required=True,
        format_func=lambda code: f"{_(VIEWS[code])} · {number(totals[code])}",
        key="not_renewing:view",
        label_visibility="collapsed",
    )
if not any(totals.values()):
    widgets.empty(
        _("Nothing to leave out"),
        _(
            "Where a terminal is withdrawn or silent, a merchant has closed, a card was replaced or is not used, "
            "its card is proposed here; what is decided not to be renewed stays here with the yuan saved."
        ),
        "expiry",
        _("Expiry"),
    )
    st.stop()

not_renewing.figures()
not_renewing.asked_again()
if view == "decided":
    with widgets.section(_("Not to be renewed"), _("those that are gone first stand first")):
        not_renewing.decided(widgets.sim_filters("not_renewing:decided", quick=False))
else:
    with widgets.section(_("Proposed not to be renewed"), _("nearest act-by date first")):
        not_renewing.proposals(widgets.sim_filters("not_renewing:proposals", quick=False))
