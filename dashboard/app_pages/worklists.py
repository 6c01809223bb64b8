"""Offline worklists: per payee what is to be paid, to be sent, and what waits for its receipt since when."""

import streamlit as st

from dashboard import reading, viewer, widgets
from dashboard.widgets import worklists
from data.people.rules import Action
from data.renewals import offline
from data.words import _

who = viewer.enter(Action.SEE)
widgets.page_head(_("Offline worklists"), _("Renewals that people place with a payee: paid, handed over, receipted"))

rows = reading.fresh(offline.desk)
if not rows:
    widgets.empty(
        _("Nothing is placed by hand"),
        _("Approved renewals of accounts without a connection appear here, per payee."),
        page="renew",
        label=_("Open Renew"),
    )
    st.stop()
worklists.figures(rows, today=reading.today())
with widgets.section(_("Payees"), _("choose a line to pay or to send it")):
    chosen = worklists.payees(rows, today=reading.today())
    if chosen is not None:
        worklists.verbs(rows[chosen], who)
    elif who.may(Action.SEND_WORKLIST):
        st.caption(_("Choose a line: it can be marked as paid, and its list can be made."))
lists = reading.fresh(offline.worklists, limit=widgets.PAGE_ROWS)
if lists.num_rows == 0:
    st.stop()
with widgets.section(_("Lists"), _("choose one to hand it over")) as controls:
    picked = worklists.lists(lists)
if picked is not None:
    worklists.one_list(picked, who)
