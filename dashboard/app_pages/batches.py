"""Batches: every bulk renewal with its state and sums that add up; one batch with approval, live progress and lines."""

import streamlit as st

from dashboard import reading, viewer, widgets
from dashboard.widgets import approvals, approving, batch_actions, batch_progress, brakes
from data.people.rules import Action
from data.renewals import store as renewals
from data.words import _

who = viewer.enter(Action.SEE)
# An address is typed by anyone: a number longer than any batch has leads to the list, too.
asked = st.query_params.get("batch", "")

if not asked.isdecimal() or len(asked) > 9:
    widgets.page_head(_("Batches"), _("Every bulk renewal: who made it, who approved it, what became of it."))
    total = reading.read(renewals.count_batches)
    if total == 0:
        widgets.empty(
            _("No batches yet"),
            _("A batch appears here when someone submits SIMs for renewal."),
            page="renew" if who.may(Action.PROPOSE) else None,
            label=_("Open Renew"),
        )
        st.stop()
    with widgets.section(_("All batches"), _("choose a line to open the batch")):
        place = st.container()
        limit, offset = widgets.pager(total, key="batches:pager")
        with place:
            chosen = batch_progress.batch_list(reading.fresh(renewals.batches, limit=limit, offset=offset))
    if chosen is not None:
        st.query_params["batch"] = str(chosen)
        st.rerun()
    st.stop()

batch = int(asked)
if st.button(_("All batches"), icon=":material/arrow_back:", type="tertiary"):
    del st.query_params["batch"]
    st.rerun()
status = reading.fresh(renewals.status, batch)
if status is None:
    widgets.empty(_("There is no batch {batch}", batch=batch), _("Its number may be mistyped."))
    st.stop()
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="top"):
    with st.container(width="content", gap="xsmall"):
        batch_progress.head(status)
    batch_actions.verbs(status, who)
# What was sent before a pause still comes back.
moves = status.state in {"approved", "running"} or (status.state == "paused" and status.submitted > 0)
stopped = brakes.all_stopped()
approving.told_approved()
if status.state == "proposed":
    approvals.batch_card(status, who, link=False)


# Unconfirmed orders may take days: only what moves is watched every second; a switch thrown elsewhere shows at once.
@viewer.fragment(run_every="1s" if batch_progress.busy(status) else "15s")
def live() -> None:
    """Figures, pace and lines while the batch runs; when its state changes the whole page is drawn anew."""
    now = reading.fresh(renewals.status, batch)
    # The header with the kill switch stands outside this part.
    if now.state != status.state or brakes.all_stopped() != stopped:
        st.rerun()
    batch_progress.figures(now, reading.fresh(renewals.progress, batch), stopped=stopped or now.state == "paused")
    with widgets.section(_("Lines")):
        batch_progress.lines(now)


if moves:
    live()
    st.stop()
if status.approved_at:
    progress = reading.fresh(renewals.progress, batch) if status.state == "paused" else None
    batch_progress.figures(status, progress, stopped=True)
with widgets.section(_("Lines")):
    batch_progress.lines(status)
