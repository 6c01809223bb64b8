"""Approvals: what waits for a second person, each batch on the scales; urgent renewals to look at; who stands in for whom."""

import streamlit as st

from dashboard import reading, viewer, widgets
from dashboard.widgets import absences, approvals, approving, urgents
from data.payees import store as payees
from data.people.rules import Action
from data.renewals import store as renewals
from data.words import _, plural

# Each card asks several questions of the database; whoever approves reads a few at a time.
BATCHES_SHOWN = 5

who = viewer.enter(Action.DEPUTISE)
widgets.page_head(_("Approvals"), _("Every batch needs a second person: never its maker."))
approving.told_approved()
if changes := len(reading.read(payees.changes, waiting=True)):
    label = plural(
        "{count} change of bank data awaits a second person",
        "{count} changes of bank data await a second person",
        changes,
    )
    st.page_link("app_pages/payees.py", label=label, icon=":material/account_balance:")

total = reading.read(renewals.count_to_approve)
if total == 0:
    widgets.empty(
        _("Nothing waits for approval"),
        _("A batch appears here when someone submits SIMs for review."),
        page="batches",
        label=_("Open Batches"),
    )
place = st.container()
limit, offset = widgets.pager(total, key="approvals:pager", rows=BATCHES_SHOWN) if total else (0, 0)
with place:
    for batch in reading.fresh(renewals.to_approve, limit=limit, offset=offset):
        status = reading.fresh(renewals.status, batch)
        if status is not None:
            approvals.batch_card(status, who)

with widgets.section(_("Urgent renewals"), _("ordered by one person alone; look at them the next morning")):
    urgents.urgents_to_see(who)
with widgets.section(_("Deputies"), _("who approves while an approver is away")):
    absences.absences(who)
