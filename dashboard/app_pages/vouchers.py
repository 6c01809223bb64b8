"""Vouchers and invoices: the archive, what is missing, and filing a paper."""

import streamlit as st

from dashboard import viewer, widgets
from dashboard.widgets import vouchers
from data.people.rules import Action
from data.words import _

who = viewer.enter(Action.SEE)
widgets.page_head(_("Vouchers and invoices"), _("The papers that prove renewals, byte for byte as they came."))
archive, missing, file_papers = st.tabs([_("Archive"), _("Missing"), _("File a paper")])
with archive:
    vouchers.archive(who)
with missing:
    vouchers.missing()
with file_papers:
    vouchers.file_papers(who)
