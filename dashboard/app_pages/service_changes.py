"""Stop, resume, plan change, add-on: choose SIMs, see what each would get or why not, hand one batch to a second person."""

import streamlit as st

from dashboard import reading, viewer, widgets
from dashboard.widgets import changing, renewal_preview
from data.people.rules import Action
from data.renewals import store as renewals
from data.words import _

KEY = "changes"

who = viewer.enter(Action.PROPOSE)
today = reading.today()
widgets.page_head(
    _("Stop, resume, plan change"), _("Nothing is ordered before a second person has approved the batch.")
)

renewal_preview.head(who, key=KEY, forget=changing.forget)
with st.container(border=True):
    chosen = changing.choose(today=today)
if not chosen.sim_ids:
    widgets.empty(
        _("No SIMs chosen"),
        _("Paste a list of numbers, or tick SIMs on Expiry or Usage and send them here."),
        page="expiry",
        label=_("Open Expiry"),
    )
    st.stop()
if not chosen.complete:
    widgets.empty(_("No plan chosen"), _("Choose a plan above; what each SIM would get appears here."))
    st.stop()

with st.spinner(_("Looking up prices…")):
    wish = {
        "kind": chosen.kind,
        "sim_ids": chosen.sim_ids,
        "plan_id": chosen.plan_id,
        "seq": chosen.seq,
        "caps": reading.item_caps(),
    }
    preview = reading.read(renewals.preview, **wish, today=today)
renewal_preview.figures(preview, kind=chosen.kind)
if not preview.items:
    st.warning(_("None of these can be ordered now; the refused lines say why."), icon=":material/block:")
with st.container(border=True):
    renewal_preview.lines(preview, wish, today=today, key=f"{KEY}:{chosen.kind}")
renewal_preview.submit(preview, wish, who, key=KEY)
