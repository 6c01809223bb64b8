"""Audit log: who did what to which thing and when, newest first, and whether the chain of entries holds."""

from dataclasses import asdict

import streamlit as st

from dashboard import reading, viewer, widgets
from dashboard.widgets import audit as entries
from data.audit import store as audit
from data.people.rules import Action
from data.words import _

LIST = "audit"

who = viewer.enter(Action.READ_AUDIT)
widgets.page_head(_("Audit log"), _("Who did what to which thing. Entries are chained: none can be changed unseen."))
entries.chain_badge(who)
asked = entries.log_filters(LIST)
total = reading.fresh(audit.count, **asdict(asked))
if total == 0:
    widgets.empty(_("No entry here"), _("No entry passes these filters. Take one away."))
else:
    place = st.container()
    limit, offset = widgets.pager(total, key=LIST, about=asked)
    found = reading.fresh(audit.entries, **asdict(asked), limit=limit, offset=offset)
    with place:
        entries.log(found, key=f"{LIST}:{offset}:{hash(asked)}")
