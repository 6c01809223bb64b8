"""Paid, not extended: cards whose renewal went through and that do not run on; who looks after them, with which ticket."""

import streamlit as st

from dashboard import reading, viewer, widgets
from dashboard.widgets import verification
from data.people.rules import Action
from data.renewals import store as renewals
from data.words import _

who = viewer.enter(Action.SEE)
widgets.page_head(
    _("Paid, not extended"), _("Every paid card is read again after 15 minutes, an hour and a day: does it run on?")
)

counts = reading.read(renewals.verification_counts)
if not counts:
    widgets.empty(
        _("No paid card has been read yet"),
        _("A quarter of an hour after a renewal has gone through, its card is read here for the first time."),
        page="batches",
        label=_("Open Batches"),
    )
    st.stop()
verification.figures(counts)
outcome = verification.view(counts)
if not counts.get(outcome):
    widgets.empty(_("Nothing here"), _("Every card that was paid runs on."))
    st.stop()
with widgets.section(_("Paid cards"), _("longest wait first")):
    ticked = verification.cards(outcome, counts[outcome].cards, who)
if outcome != "not_extended" or not who.may(Action.NOTE):
    st.stop()
if not ticked:
    st.caption(_("Tick cards to take them on, to note a ticket, or to settle them by hand."))
    st.stop()
with st.bottom, st.container(horizontal=True, vertical_alignment="bottom"):
    verification.take_on(ticked, who)
    verification.write_on(ticked, who)
