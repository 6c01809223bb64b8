"""Carrier connections: how each account's orders flow and its cards are read, and what its connector can do, with reasons."""

import streamlit as st

from dashboard import reading, viewer, widgets
from dashboard.plain import plain
from dashboard.widgets import connections
from data.carriers import connections as store
from data.carriers.store import abilities
from data.people.rules import Action
from data.words import _

who = viewer.enter(Action.SEE)
widgets.page_head(_("Carrier connections"), _("How orders flow and cards are read, account by account"))

found = reading.read(store.connections, today=reading.today())
if not found:
    widgets.empty(
        _("No accounts yet"),
        _("Accounts at carriers are listed in carriers.toml; their statements are read every night."),
    )
    st.stop()
with widgets.section(_("Accounts"), _("choose a line to see only what its connector can do")):
    chosen = connections.accounts(found, now=reading.home().clock.now())
    connections.troubles(found)
if chosen and chosen.support:
    st.caption(_("Whom to call: {support}", support=plain(chosen.support)))
with widgets.section(_("What connectors can do"), _("✓ yes, ◐ partly, ✗ no, each with its reason")):
    shown = [chosen.connector] if chosen else list(dict.fromkeys(one.connector for one in found))
    connections.abilities(reading.read(abilities), shown)
if who.may(Action.RUN_JOBS):
    st.page_link("app_pages/jobs.py", label=_("Read now: run refresh_sims or refresh_usage under Jobs"))
