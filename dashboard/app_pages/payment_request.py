"""One payment request as a printable page: what the browser prints is the paper."""

import streamlit as st

from dashboard import reading, viewer, widgets
from dashboard.widgets import paying as requests
from dashboard.widgets.revealing import account_number
from data.people.rules import Action
from data.renewals import paying
from data.renewals.paying_rules import STANDING_WORDS, called, standing
from data.words import _, number, plural

# What a browser prints besides the request: menu, look-up box, buttons.
PRINT = """<style>@media print {
[data-testid=stSidebar], [data-testid=stTextInput], [data-testid=stButton], [data-testid=stHeader] {display: none !important}
}</style>"""
# As many as a browser sets in reasonable time; the files hold all.
ROWS = 500

who = viewer.enter(Action.SEE)
asked = st.query_params.get("request", "")
told = reading.fresh(paying.one, int(asked)) if asked.isdecimal() and len(asked) < 10 else None
if told is None:
    widgets.empty(
        _("There is no such payment request"),
        _("The address names none; choose one from the list."),
        page="payment_requests",
        label=_("Payment requests"),
    )
    st.stop()
widgets.page_head(
    _("Payment request {request}", request=called(told.id)),
    _(STANDING_WORDS[standing(told.state, told.due_on, today=reading.today())]),
)
st.html(PRINT)
requests.warnings(told)
widgets.facts(requests.bank_facts(told), columns=2)
if who.may(Action.SEE_BANK_ACCOUNTS) and told.state != "withdrawn":
    account_number(told, who)
listed = reading.read(paying.listed, told.id, limit=ROWS)
st.subheader(plural("Attached list: {count} order", "Attached list: {count} orders", told.items), anchor=False)
# As text: a table would read Markdown in what others wrote, or be a picture of the rows in sight.
st.code(
    "\n".join(requests.line(place, row) for place, row in enumerate(listed.to_pylist(), start=1)),
    language=None,
    wrap_lines=True,
)
if told.items > listed.num_rows:
    st.caption(_("The first {rows} of {total}; the files hold all.", rows=number(ROWS), total=number(told.items)))
