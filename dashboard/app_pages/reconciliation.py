"""Reconciliation: our orders beside the carriers' statements, day by day; what nobody here ordered stands on top."""

import streamlit as st

from dashboard import reading, viewer, widgets
from dashboard.widgets import reconciliation
from data.people.rules import Action
from data.renewals import store as renewals
from data.words import _

who = viewer.enter(Action.SEE)
controls = widgets.page_head(
    _("Reconciliation"), _("Our orders beside the carriers' statements, their cards and their papers")
)

statements = reading.read(renewals.statements)
if not statements:
    widgets.empty(
        _("No accounts yet"),
        _("Accounts at carriers are listed in carriers.toml; their statements are read every night."),
    )
    st.stop()
with controls:
    account = reconciliation.account(statements)
reconciliation.alarm(reading.read(renewals.classes))
reconciliation.figures(reading.read(renewals.classes, account=account))
days = reading.read(renewals.count_compared_days, account=account)
chosen = None
if days:
    with widgets.section(_("By account and day"), _("choose a line to see only its differences")):
        chosen = reconciliation.compared_days(account, days)
else:
    widgets.empty(
        _("Nothing has been compared yet"),
        _("Every night at ten past four the statements of the day before are read; Jobs can do it now."),
        page="jobs",
        label=_("Open Jobs"),
    )
with widgets.section(
    _("Differences"), _("nothing is rewritten here: each is settled by a person, or by a line that comes late")
):
    ticked = reconciliation.differences(account, chosen, who)
reconciliation.without_statement(statements)
if ticked and who.may(Action.NOTE):
    with st.bottom:
        reconciliation.close(ticked, who)
