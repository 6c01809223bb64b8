"""Failed and unconfirmed: by reason who acts, by when and whom to call; notes, tickets, repairs, retry of the repaired."""

import streamlit as st

from dashboard import reading, viewer, widgets
from dashboard.widgets import trouble
from data.people.rules import Action
from data.renewals import store as renewals
from data.words import _, number

who = viewer.enter(Action.SEE)
controls = widgets.page_head(_("Failed and unconfirmed"), _("What did not go through, who mends it, and by when"))

found = reading.read(renewals.trouble_by_reason, today=reading.today())
counts = trouble.counted(found)
if not any(counts.values()):
    widgets.empty(
        _("Nothing failed and nothing is unconfirmed"),
        _("Renewals that were refused, or whose result nobody can say yet, appear here by reason."),
        page="batches",
        label=_("Open Batches"),
    )
    st.stop()
view = st.segmented_control(
    _("What to look at"),
    list(trouble.VIEWS),
    default=next(view for view in trouble.VIEWS if counts[view]),
    required=True,
    format_func=lambda code: f"{_(trouble.VIEWS[code])} · {number(counts[code])}",
    key="failed:view",
    label_visibility="collapsed",
)
st.caption(_(trouble.DOING[view]))
if view == "needs_review":
    st.page_link("app_pages/review.py", label=_("Open the review desk"), icon=":material/gavel:")
if not counts[view]:
    widgets.empty(_("Nothing here"), _("No renewal is in this state now."))
    st.stop()

with widgets.section(_("By reason"), _("choose a line to see only its renewals")):
    reason, total = trouble.by_reason(found, view)
with controls:
    widgets.export_button("failures", {"states": [view], "reason": reason}, _("Export"), "failed:export")
with widgets.section(_("Renewals")):
    ticked = trouble.rows(view, reason, total=total)
if ticked and who.may(Action.NOTE):
    with st.bottom, st.container(horizontal=True, vertical_alignment="bottom"):
        trouble.note_form(view, ticked, who)
        if view == "failed" and who.may(Action.PROPOSE):
            trouble.retry(ticked, who)
elif who.may(Action.NOTE):
    st.caption(_("Tick renewals to note a call or a ticket, to mark their cause as mended, or to retry them."))
