"""Payment requests: what finance is asked to pay, per payee and batch, by its due date; asked for here, marked as paid here."""

import streamlit as st

from dashboard import reading, viewer, widgets
from dashboard.widgets import paying as requests
from data.people.rules import Action
from data.renewals import paying
from data.words import _

who = viewer.enter(Action.SEE)
widgets.page_head(_("Payment requests"), _("One per payee and batch: one person asks, finance pays"))

now = reading.home().clock.now()
told = reading.fresh(paying.figures, today=reading.today(), now=now)
rows = reading.fresh(paying.waiting)
if not rows and told["requests"] == 0:
    widgets.empty(
        _("Nothing is to be paid"),
        _("Approved renewals that people place with a payee appear here; then their payment can be asked for."),
        page="worklists",
        label=_("Open Offline worklists"),
    )
    st.stop()
requests.figures(told, rows)
if rows:
    with widgets.section(_("Not asked for yet"), _("choose a line to ask for its payment")):
        requests.waiting(rows, who)
if told["requests"] == 0:
    st.stop()
with widgets.section(_("Payment requests"), _("open ones first, by the day they are due")):
    place = st.container()
    limit, offset = widgets.pager(told["requests"], key="paying:pager")
    with place:
        chosen = requests.requests(reading.fresh(paying.requests, limit=limit, offset=offset), today=reading.today())
if chosen is not None:
    requests.one_request(chosen, who)
