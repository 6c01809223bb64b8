"""Providers: whom we buy from, how each is reached, paid and waited for, and whose accounts are whose."""

import streamlit as st

from dashboard import reading, viewer, widgets
from dashboard.widgets import providers as shown
from data.people.rules import Action
from data.providers import store as providers
from data.words import _

who = viewer.enter(Action.SEE)
may_keep = who.may(Action.KEEP_PROVIDERS)
with widgets.page_head(_("Providers"), _("Whom we buy from: how each is reached, paid and waited for")):
    adding = may_keep and st.toggle(_(shown.NEW), key="providers:adding")

accounts = reading.read(providers.accounts)
free = [row["account"] for row in accounts if row["provider_id"] is None]
if adding:
    with widgets.section(_(shown.NEW)):
        shown.provider_form(None, free, (), who)
rows = reading.read(providers.providers)
chosen = None
if rows.num_rows:
    with widgets.section(_("Directory"), _("choose a line to see how he is reached and paid")):
        chosen = shown.directory(rows)
else:
    widgets.empty(
        _("No providers yet"),
        _("Operators write down here whom cards are bought from, with contacts, portal, ways to pay and invoices."),
    )
found = reading.read(providers.provider, chosen) if chosen is not None else None
if found is not None:
    own = [row for row in accounts if row["provider_id"] == found.provider_id]
    shown.one_provider(found, own)
    if may_keep:
        with st.expander(_("Change what is said of him"), icon=":material/edit:"):
            shown.provider_form(found, free, [row["account"] for row in own], who)
elif accounts:
    with widgets.section(_("Accounts and their payees"), _("money leaves only for payees two people have confirmed")):
        shown.accounts(accounts)
