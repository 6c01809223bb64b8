"""Payees: who may be paid and by which bank data; one person proposes them, another confirms, and the history stays."""

import streamlit as st

from dashboard import reading, viewer, widgets
from dashboard.widgets import payees as shown
from data.payees import store as payees
from data.people.rules import Action
from data.words import N_, _

NEW = N_("New payee")

who = viewer.enter(Action.SEE)
with widgets.page_head(_("Payees"), _("Who is paid, and by which account: one person proposes, another confirms")):
    adding = who.may(Action.PROPOSE_PAYEE) and st.toggle(_(NEW), key="payees:adding")

shown.said()
if adding:
    with widgets.section(_(NEW), _("another person confirms the bank data before anything is paid")):
        shown.proposal_form(None, who)
for change in reading.read(payees.changes, waiting=True):
    shown.waiting(change, who)
rows = reading.read(payees.payees)
if rows.num_rows == 0:
    widgets.empty(
        _("No payees yet"),
        _("Whom an account in carriers.toml names as payee appears here, and whom an operator proposes."),
        page="providers",
        label=_("Open Providers"),
    )
    st.stop()
with widgets.section(_("Register"), _("choose a line to see its history, or to propose other bank data")):
    chosen = shown.register(rows)
if chosen is not None:
    shown.one_payee(chosen, who)
